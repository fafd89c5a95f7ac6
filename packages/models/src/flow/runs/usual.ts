// How long a task usually takes in a project. Pure.
import { medianOf } from '../money/money.ts';

/** Fewer merged tasks than this say nothing about the next one. */
export const ENOUGH_MERGED = 3;

/** What is known of how long tasks of a project took, from their start to the merge. */
export interface UsualTime {
  /** How many merged ones were looked at. */
  readonly tasks: number;
  /** Milliseconds; null while there are too few to say. */
  readonly medianMs: number | null;
}

/**
 * @param tookMs of each merged task, in milliseconds from its start to its end; what waited for the person counts
 */
export const usualTimeOf = (tookMs: readonly number[]): UsualTime => ({
  tasks: tookMs.length,
  medianMs: tookMs.length < ENOUGH_MERGED ? null : medianOf(tookMs),
});
