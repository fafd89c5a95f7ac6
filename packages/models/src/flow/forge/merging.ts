// What the forge says when it does not merge, and what follows from it. Pure.
import { cleanTitle } from '../text.ts';
import { MERGE_METHODS, type MergeMethod } from '../workflow.ts';

export const MERGE_REFUSALS = [
  'head_moved',
  'base_moved',
  'method',
  'queue',
  'reviews',
  'checks',
  'conflicts',
  'behind',
  'draft',
  'closed',
  'signatures',
  'rules',
  'other',
] as const;
/** Why a pull request was not merged. */
export type MergeRefusal = (typeof MERGE_REFUSALS)[number];

/** GitHub tells them apart in words alone; the first that fits counts. */
const SAID: readonly (readonly [MergeRefusal, RegExp])[] = [
  ['head_moved', /head (branch|sha) was modified|head sha (didn't|did not) match/i],
  // A merge that somebody else has begun is over at the next try, or has moved the base.
  ['base_moved', /base branch was modified|merge already in progress/i],
  ['queue', /merge queue/i],
  [
    'method',
    /(merge commits|squash merg\w+|rebase merg\w+|merge method \w+) (are|is) not allowed|this branch can't be rebased|rebas\w+ is not allowed|linear history|must not contain merge commits/i,
  ],
  ['signatures', /signed commits|verified signatures|must have .*signature/i],
  [
    'reviews',
    /approving review|review (is )?required|code owner|changes requested|changes were requested|unresolved (conversation|comment)|conversations? must be resolved/i,
  ],
  ['behind', /not up.to.date|out.of.date|is behind|branch must be up.to.date/i],
  [
    'checks',
    /status check|required check|check(s)? (are|is|have|has)? ?(expected|failing|failed|pending|in progress|not succeeded)/i,
  ],
  ['conflicts', /conflict|not mergeable/i],
  ['draft', /draft/i],
  ['closed', /closed|base branch is gone|already merged/i],
  ['rules', /rule violations|repository rule|protected branch|not authorized|push restriction/i],
];

/** @param said the forge's own words */
export const mergeRefusal = (said: string): MergeRefusal =>
  SAID.find(([, words]) => words.test(said))?.[0] ?? 'other';

const SENTENCES: Record<MergeRefusal, string> = {
  head_moved: 'Something was pushed to the pull request meanwhile, so it was not merged.',
  base_moved: 'The base branch is just being changed. It is tried again.',
  method: 'The repository does not allow this way of merging. Choose another one.',
  queue: 'The repository merges through its merge queue.',
  reviews: 'The repository wants reviews that are not there yet. Ask for them on GitHub, then merge again.',
  checks: 'A check that the repository requires is not green. Wait for it, then merge again.',
  conflicts: 'The change conflicts with the base branch. Claude merges the base branch into it.',
  behind:
    'The branch is behind its base, and the repository wants it up to date. Ask for changes: Claude merges the base branch into it.',
  draft: 'The pull request is a draft again. Mark it ready on GitHub, then merge again.',
  closed: 'The pull request is closed.',
  signatures: 'The repository wants signed commits, and these are not.',
  rules: 'A rule of the repository forbids it.',
  other: 'It was not merged.',
};

/**
 * One sentence of ours, and the forge's own words.
 * @param said by the forge, at most 300 characters of it are shown; may be empty
 */
export function sayRefusal(why: MergeRefusal, said: string): string {
  const words = cleanTitle(said, 300);
  return words === '' ? SENTENCES[why] : `${SENTENCES[why]} GitHub: ${words}`;
}

/**
 * @param wanted as the person chose it; undefined or '' when they left it to the repository
 * @param allowed null when the repository does not tell
 * @returns how to merge, or the sentence that says why not so
 */
export function wayToMerge(
  wanted: string | undefined,
  allowed: readonly MergeMethod[] | null,
): { method: MergeMethod } | { sentence: string } {
  const known = MERGE_METHODS.find((m) => m === wanted);
  const may = allowed ?? MERGE_METHODS;
  const method = known ?? may[0];
  if (method === undefined)
    return {
      sentence:
        'This repository allows no way of merging. Allow one in its settings on GitHub, then merge again.',
    };
  if (may.includes(method)) return { method };
  return {
    sentence: `This repository does not allow "${WAYS[method]}". It allows: ${may.map((m) => `"${WAYS[m]}"`).join(', ')}. Choose one of these.`,
  };
}
/**
 * A ruleset may forbid what the settings of the repository allow, and is not told of before.
 * @param tried what the forge has refused
 * @returns the next way, where the person has chosen none; null when none is left
 */
export function nextWay(
  wanted: string | undefined,
  allowed: readonly MergeMethod[] | null,
  tried: readonly MergeMethod[],
): MergeMethod | null {
  if (MERGE_METHODS.some((m) => m === wanted)) return null;
  return (allowed ?? MERGE_METHODS).find((m) => !tried.includes(m)) ?? null;
}
/** In the words of the page. */
const WAYS: Record<MergeMethod, string> = {
  squash: 'as one commit',
  rebase: 'commit by commit',
  merge: 'with a merge commit',
};
