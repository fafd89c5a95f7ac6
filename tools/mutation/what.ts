// What the mutation run changes, and which tests it expects to notice.

/** Decisions: all of flow, and what the gateway decides by looking at bytes. */
export const MUTATED: readonly string[] = [
  'packages/models/src/flow/**/*.ts',
  'apps/gateway/src/{*-rules,json-weight,pkt,usage-meter}.ts',
];

/** Not looked at: their tests ask git itself for each example, which takes seconds and not microseconds. */
const ASK_GIT = ['diff', 'git', 'operands', 'pull-back'];
/**
 * Whether a file is not mutated: a test, or what asks git itself.
 * @param file its path in the tree
 */
export const isLeftOut = (file: string): boolean =>
  file.endsWith('.test.ts') || ASK_GIT.some((name) => file.endsWith(`/${name}.ts`));

/** Tests of those that need no server, no database and no other program. */
export const TESTS: readonly string[] = [
  `packages/models/src/flow/**/!(${ASK_GIT.join('|')}).test.ts`,
  'packages/network/src/addresses.test.ts',
  'apps/gateway/src/{rules,pkt,model-rules,json-weight,usage-meter}.test.ts',
];
