// What a person reads of a push that a guardrail holds. Pure.
import { cleanTitle, fence } from '../text.ts';
import type { Hit, Judgement } from './judge.ts';
import type { Guardrails } from './rules.ts';

/** Lines of what is held that stand on the card; the diff beside them has the rest. */
const MAX_LINES = 20;

const TITLES = {
  path: 'Let this change to guarded paths through?',
  files: 'Let a change of this size through?',
  lines: 'Let a change of this size through?',
  secret: 'Let what looks like a secret through?',
} as const satisfies Record<Hit['rule'], string>;

/** @param judgement one that asks */
export function askedTitle({ hits }: Judgement): string {
  const rules = new Set(hits.map((hit) => hit.rule));
  if (rules.has('secret')) return TITLES.secret;
  return rules.has('path') ? TITLES.path : TITLES.files;
}

/**
 * @param judgement one that asks
 * @param refusal why it can't be allowed here, as the end of a sentence; null when it can
 */
export function askedWords({ hits }: Judgement, refusal: string | null): string {
  const lines = hits.slice(0, MAX_LINES).map((hit) => lineOf(hit));
  if (hits.length > MAX_LINES) lines.push(`and ${hits.length - MAX_LINES} more`);
  const end =
    refusal === null
      ? 'Allowing lets through exactly this; anything else asks again.'
      : `This can't be allowed here: ${refusal}. Refuse it; the agent is told to take it out.`;
  return `A guardrail wants your yes:\n\n${fence(lines.join('\n'), '')}\n\n${end}`;
}

/** @returns a hit, and whose rule it is, in short lines */
function lineOf({ rule, says, what, from }: Hit): string {
  const whose = from === 'all' ? 'all projects' : 'this project';
  switch (rule) {
    case 'path':
      return `${cleanTitle(what, 200)}\n  by ${says} of ${whose}`;
    case 'files':
      return `${what} files, where ${whose} may change ${says} at most`;
    case 'lines':
      return `${what} lines, where ${whose} may change ${says} at most`;
    case 'secret':
      return `${says} in ${cleanTitle(what, 300)}\n  by a rule of ${whose}`;
  }
}

/** @returns what guardrails say, a line each; none where they say nothing */
export function guardrailLines(rules: Guardrails): string[] {
  const { neverPaths, askPaths, changeFiles, changeLines, overSize, secrets } = rules;
  const over = overSize === 'never' ? 'never more' : 'more with a yes';
  const lines: readonly (readonly [boolean, string])[] = [
    [neverPaths.length > 0, `May not change: ${neverPaths.join(', ')}`],
    [askPaths.length > 0, `Change only with a yes: ${askPaths.join(', ')}`],
    [changeFiles !== null, `At most ${changeFiles} files in a change, ${over}`],
    [changeLines !== null, `At most ${changeLines} lines in a change, ${over}`],
    [
      secrets !== 'let',
      `What looks like a secret ${secrets === 'never' ? 'never passes' : 'passes with a yes'}`,
    ],
  ];
  return lines.filter(([is]) => is).map(([, line]) => line);
}

/** What a dry run came to. */
export interface Tried {
  readonly pushes: number;
  readonly stopped: readonly { readonly title: string; readonly sentence: string }[];
  /** Those of which not all was kept. */
  readonly partly: number;
}

/** @returns what came of it, as sentences for a person */
export function triedWords({ pushes, stopped, partly }: Tried): string {
  if (pushes === 0) return 'Nothing was pushed yet.';
  const of = pushes === 1 ? 'the last push' : `the last ${pushes} pushes`;
  const some = partly === 0 ? '' : ` ${partly} ${partly === 1 ? 'is' : 'are'} too large to be told whole.`;
  if (pushes === 1) return `It would ${stopped.length === 0 ? 'not ' : ''}have stopped ${of}.${some}`;
  return `It would have stopped ${stopped.length === 0 ? 'none' : stopped.length} of ${of}.${some}`;
}
