// Each figure of `make style` is shown a small source whose count is known, or it may count nothing.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FigureName, measure, sourcesOf, table } from './style.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const one = (name: FigureName, text: string, file = 'apps/api/src/planted.ts') =>
  measure([{ file, text }])[name];
const linesOf = (name: FigureName, text: string, file?: string): number[] =>
  one(name, text, file).places.map((place) => place.line);

test('lines over 120 columns: 120 is still fine, and comments and tests count', () => {
  const text = `${'a'.repeat(120)}\n${'b'.repeat(121)}\n\n// ${'c'.repeat(130)}\n`;
  expect([one('lines', text).part, one('lines', text).whole, linesOf('lines', text)]).toEqual([2, 4, [2, 4]]);
  expect(one('lines', text, 'e2e/x.spec.ts').part).toBe(2);
  expect(one('lines', text, 'apps/web/src/x.svelte').part).toBe(2);
});

test('nested ternaries: in a branch or the condition, through parentheses; not one in a function that a branch calls with', () => {
  expect(
    linesOf(
      'ternaries',
      'const a = b ? 1 : 2;\nconst c = b ? 1 : d ? 2 : 3;\nconst e = (b ? 1 : 2) ? 3 : (d ? 4 : 5);\n',
    ),
  ).toEqual([2, 3, 3]);
  expect(linesOf('ternaries', 'const a = b ? c.map((d) => (d ? 1 : 2)) : e(f ? 1 : 2);\n')).toEqual([]);
  expect(one('ternaries', 'const a = 1;\n', 'apps/api/src/y.ts').whole).toBe(1);
});

test('names: variables, parameters and what is taken out of an object; not properties, types, or a lone underscore', () => {
  const text =
    'const four = 1;\nfunction calls(ab: number, { cd: efgh, ij }: X, _: Y, [k]: Z) { let a; }\ninterface LongerThanOthers { andItsPropertyToo: string }\n';
  const figure = one('names', text);
  expect([figure.part, figure.whole]).toEqual([
    'four'.length + 'ab'.length + 'efgh'.length + 'ij'.length + 'k'.length + 'a'.length,
    6,
  ]);
  expect(figure.places.map((place) => place.text)).toEqual(['k', 'a']);
});

test('functions: 60 lines are still fine; methods and arrows count, what has no body does not', () => {
  const body = (lines: number): string => 'x();\n'.repeat(lines - 2);
  const text = `function a() {\n${body(60)}}\nconst b = () => {\n${body(61)}};\nclass C { d() {\n${body(61)}} }\ndeclare function e(): void;\n`;
  expect([one('functions', text).part, one('functions', text).whole, linesOf('functions', text)]).toEqual([
    2,
    3,
    [61, 122],
  ]);
});

test('docstrings: an exported function says its parameters, result or errors; words alone say none of them', () => {
  const text = `/** Words. */
export function a(): void {}
/** @param x words */
export function b(x: number): void {}
/** @returns words */
export const c = (): number => 1;
/** @throws words */
export async function d(): Promise<void> {}
export const e = function (): void {};
export const notAFunction = 1;
function inside(): void {}
`;
  const figure = one('docstrings', text);
  expect([figure.part, figure.whole, figure.places.map((place) => place.text)]).toEqual([3, 5, ['a', 'e']]);
});

test('tests to code: e2e counts on neither side, nor does what helps tests', () => {
  const figure = measure([
    { file: 'apps/api/src/a.ts', text: '1;\n2;\n3;\n4;\n' },
    { file: 'apps/api/src/a.test.ts', text: '1;\n2;\n' },
    { file: 'packages/testkit/src/b.ts', text: '1;\n' },
    { file: 'e2e/c.spec.ts', text: '1;\n' },
  ]).tests;
  expect([figure.part, figure.whole]).toEqual([2, 4]);
});

test('SQL in apps: statements in quotes and templates; not sentences, git, tests or packages', () => {
  const text = `db.query('select 1');
db.query(\`select a, b from tasks where id = \${id}\`);
db.query("insert into tasks (id) values ($1)");
db.query(\`
  update tasks set state = 'done' where id = $1\`);
db.query('delete from tasks');
db.query('with old as (select 1) delete from tasks');
db.query('select pg_notify($1,$2)');
say('select what you like'); say('update the page'); say('with care'); say('delete it from here'); git('commit');
`;
  expect(linesOf('sql', text)).toEqual([1, 2, 3, 4, 6, 7, 8]);
  expect(one('sql', text, 'apps/api/src/a.test.ts').part).toBe(0);
  expect(one('sql', text, 'packages/models/src/db/a.ts').part).toBe(0);
  // What stands in for GitHub keeps its state in an SQLite of its own.
  expect(one('sql', text, 'apps/demo/src/a.ts').part).toBe(0);
});

test('casts: never, through unknown, with parentheses and angle brackets, in a component; not unknown alone, const or tests', () => {
  const text =
    'a as never;\n(b as unknown) as string;\nc as unknown as string;\n<string>(<unknown>d);\ne as unknown;\nf as const;\ng as string;\n';
  expect(linesOf('casts', text)).toEqual([1, 2, 3, 4]);
  expect(
    linesOf(
      'casts',
      '<p>{"a as never"}</p>\n<script lang="ts">\n  const x = y as never;\n</script>\n',
      'apps/web/src/X.svelte',
    ),
  ).toEqual([3]);
  expect(one('casts', text, 'apps/api/src/a.spec.ts').part).toBe(0);
});

test('the table has a row for each figure and says nothing of the machine it runs on', async () => {
  const [figures, run] = await withTree({}, () => [
    measure(sourcesOf(root)),
    spawnSync(process.execPath, [path.join(root, 'tools/style.ts')], {
      encoding: 'utf8',
      env: { ...process.env, WHERE: '' },
    }),
  ]);
  expect(
    table(figures)
      .slice(1)
      .map((line) => line.split(' ')[0]),
  ).toEqual(Object.keys(figures));
  for (const figure of Object.values(figures))
    for (const place of figure.places) expect(path.isAbsolute(place.file)).toBe(false);
  expect([run.status, run.stdout.trimEnd().split('\n')]).toEqual([0, table(figures)]);
  expect(run.stdout).not.toContain(root);
});
