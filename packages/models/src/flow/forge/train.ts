// The merge train: approved changes of one repository and base are merged one after the other, each green
// together with what was merged before it. Pure.
import type { CiOutcome } from '../ci/verdict.ts';
import { sayConflict } from './conflicts.ts';

/**
 * How a change leaves the train. `moved`, `red`, `conflicts` and `stuck` (its checks say nothing): it is
 * looked at anew, and repaired. `asked`: somebody wrote on it. `out`: the person took it out. `refused`,
 * `queued`: what the forge said. `closed`: its pull request is.
 */
export const TRAIN_ENDS = [
  'merged',
  'closed',
  'moved',
  'red',
  'conflicts',
  'stuck',
  'asked',
  'refused',
  'queued',
  'out',
] as const;
export type TrainEnd = (typeof TRAIN_ENDS)[number];

/** How often the base may move by other hands while CI looks at the two together, until the person is asked. */
export const MAX_UPDATES = 6;

/** What is known of a change that waits to be merged. */
export interface AtTrain {
  /** 1: none is before it. */
  readonly place: number;
  readonly base: string;
  /** Whether it merges without a conflict; null while the forge does not know. */
  readonly fits: boolean | null;
  /** How many commits of the base it does not have. */
  readonly behind: number;
  /** Whether its head is what was looked at with the base merged into it, and not just what was looked at. */
  readonly isUpdated: boolean;
  /** Whether checks had said that what was looked at is good. Where nothing does, there is nothing to wait for. */
  readonly isChecked: boolean;
  readonly ci: CiOutcome['is'];
  /** What is red, as a sentence. */
  readonly red: string;
  /** Why its checks get no further by themselves, as a sentence; null when they may. */
  readonly ask: string | null;
  /** Since its head is there, in milliseconds. */
  readonly ageMs: number;
  /** How long a commit may be without any check until none will come, in milliseconds. */
  readonly graceMs: number;
  /** How often the base was merged into it. */
  readonly updates: number;
  /**
   * Whether it keeps its place while the agent brings the base into it. Those that conflict behind it would
   * conflict anew after each merge before them, so each is repaired once, when its turn has come. Those of
   * older workflows make way instead.
   */
  readonly keepsPlace: boolean;
}

export type TrainStep =
  | { readonly do: 'wait' }
  /** Merge the base into its branch. */
  | { readonly do: 'update' }
  | { readonly do: 'merge' }
  /** The agent brings the base into it; its place is kept meanwhile. */
  | { readonly do: 'join'; readonly why: string }
  | { readonly do: 'leave'; readonly how: Exclude<TrainEnd, 'merged'>; readonly why: string };

/**
 * @returns what is done about a change that waits to be merged; what is red makes way at once, wherever it
 * stands, and what conflicts is the agent's when its turn has come
 */
export function trainStep(at: AtTrain): TrainStep {
  const { base, ci } = at;
  const together = at.isUpdated ? ` together with ${base}` : '';
  const leave = (how: Exclude<TrainEnd, 'merged'>, why: string): TrainStep => ({ do: 'leave', how, why });
  if (at.fits === false && !at.keepsPlace) return leave('conflicts', sayConflict(base));
  if (ci === 'red')
    return leave('red', at.isUpdated ? `CI failed${together}: ${at.red}` : `CI failed after all: ${at.red}`);
  if (at.place > 1) return { do: 'wait' };
  if (at.fits === false) return { do: 'join', why: sayConflict(base) };
  if (!at.isChecked && !at.isUpdated) return { do: 'merge' };
  if (at.behind > 0) {
    if (at.updates < MAX_UPDATES) return { do: 'update' };
    return leave(
      'refused',
      `${base} has moved ${at.updates} times while CI looked at the change together with it. Merge it to try again.`,
    );
  }
  switch (ci) {
    case 'green':
      return { do: 'merge' };
    case 'pending':
    case 'infrastructure':
      return at.ask === null ? { do: 'wait' } : leave('stuck', at.ask);
    case 'nothing_ran':
    case 'not_run_here':
      return at.ageMs < at.graceMs
        ? { do: 'wait' }
        : leave('stuck', `CI ran nothing on the change${together}.`);
  }
}

const ENDINGS: ReadonlyMap<number, string> = new Map([
  [1, 'st'],
  [2, 'nd'],
  [3, 'rd'],
]);
const ordinal = (place: number): string =>
  `${place}${(place % 100 > 10 && place % 100 < 14 ? undefined : ENDINGS.get(place % 10)) ?? 'th'}`;

/** @returns where a change stands that waits to be merged, as a sentence for the person */
export const sayPlace = (place: number, base: string): string =>
  place > 1
    ? `${ordinal(place)} to merge into ${base}; those before it go first. You are not needed.`
    : `Next to merge into ${base}, as soon as CI is green on the two together. You are not needed.`;

/**
 * Whether two diffs of one branch, each from where it left its base, change the same: the same lines of
 * the same files go and come, wherever in a
 * file the base has moved them. False rather than wrong: git may tell one change in two ways.
 * @param one a diff in git's own form
 */
export function isSameChange(one: string, other: string): boolean {
  const [a, b] = [linesOf(one), linesOf(other)];
  return a.length === b.length && a.every((line, n) => line === b[n]);
}

/**
 * What is left of a diff without what the base decides: where a hunk begins, what is around it, how the blobs
 * of text are called.
 */
function linesOf(diff: string): string[] {
  let isHunk = false;
  let blob = '';
  return diff.split('\n').flatMap((line) => {
    if (line.startsWith('diff --git ')) isHunk = false;
    if (line.startsWith('@@')) isHunk = true;
    if (isHunk) return /^[-+\\]/.test(line) ? [line] : [];
    if (line.startsWith('index ')) {
      blob = /\.\.([0-9a-f]+)/.exec(line)?.[1] ?? '';
      return [];
    }
    // What is not text has no lines: its new content is known by its name alone.
    if (/^(Binary files |GIT binary patch)/.test(line)) return [line, blob];
    return line.startsWith('similarity ') ? [] : [line];
  });
}
