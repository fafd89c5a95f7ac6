// How often a rule came up, when another one is said to be the same: its times count for that one, and are taken
// back when it stands for itself again. Pure.
import type { LearningState } from './learnings.ts';

/** What a rule counts for another one while it is the same. */
export interface CountsFor {
  /** The one that stands for both. */
  readonly to: string;
  readonly times: number;
  /** The comments that said it; null for a time that it was said otherwise. */
  readonly saidIn: readonly (string | null)[];
  /** The other one had come up once only, and was proposed because of this. */
  readonly isWhyProposed: boolean;
}

export interface Counted {
  readonly times: number;
  readonly saidIn: readonly (string | null)[];
  readonly state: LearningState;
}

/**
 * Twice is no chance any more: a rule that was noted is proposed.
 * @param to the one that stands for both
 * @param one the one that is the same
 */
export function counted(
  to: Counted & { readonly id: string },
  one: Pick<Counted, 'times' | 'saidIn'>,
): { readonly to: Counted; readonly countsFor: CountsFor } {
  const { times, saidIn } = one;
  const isWhyProposed = to.state === 'noted';
  const state = isWhyProposed ? 'proposed' : to.state;
  return {
    to: { times: to.times + times, saidIn: [...to.saidIn, ...saidIn], state },
    countsFor: { to: to.id, times, saidIn, isWhyProposed },
  };
}

/**
 * The other way round. What it came up to by itself meanwhile stays, and so does what a person decided.
 * @param to.isAsked a campfire asked about it: then it stays proposed, whoever opens that finds it there
 */
export function takenBack(to: Counted & { readonly isAsked: boolean }, countsFor: CountsFor): Counted {
  const times = Math.max(1, to.times - countsFor.times);
  const isNoted = countsFor.isWhyProposed && to.state === 'proposed' && times === 1 && !to.isAsked;
  return { times, saidIn: without(to.saidIn, countsFor.saidIn), state: isNoted ? 'noted' : to.state };
}

/** One for each, from the end, where they were added. */
function without(all: readonly (string | null)[], some: readonly (string | null)[]): (string | null)[] {
  const left = [...all];
  for (const one of some) {
    const at = left.lastIndexOf(one);
    if (at !== -1) left.splice(at, 1);
  }
  return left;
}
