// Where a task can be, and what we tell the person about it.
import { ALL_PAUSED } from './runs/holds.ts';

export const TASK_STATES = [
  'queued',
  'planning',
  'awaiting_plan',
  'drafting',
  'ci',
  'in_review',
  'blocked',
  'done',
  'cancelled',
  'failed',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const PHASES = ['plan', 'implement', 'fix_ci', 'second_look', 'address_review'] as const;
/** What one agent run is for. */
export type Phase = (typeof PHASES)[number];

const READING: readonly Phase[] = ['plan', 'second_look'];
/** @param text a phase, of this version or another @returns whether its run reads the code and leaves it as it is */
export const onlyReads = (text: string): boolean => (READING as readonly string[]).includes(text);

/** States that nothing leads out of. A task that failed is not among them: Retry goes on, and it can be cancelled. */
export const ENDED_STATES: readonly TaskState[] = ['done', 'cancelled'];
/** @param text a task's state; one that is not known has not ended */
export const isEnded = (text: string): boolean => (ENDED_STATES as readonly string[]).includes(text);

export type Section = 'needs_you' | 'working' | 'failed' | 'done' | 'history';

/**
 * Which inbox section shows a task. Failures stay visible until they are retried or cancelled.
 * @param task `hasFailure`: an item of it says that something failed
 * @param nowMs milliseconds since 1970
 */
export function sectionOf(
  task: { state: string; hasFailure: boolean; endedAtMs: number | null },
  nowMs: number,
): Section {
  if (task.state === 'failed' || (task.hasFailure && !isEnded(task.state))) return 'failed';
  if (!isEnded(task.state)) return 'working';
  return task.endedAtMs !== null && nowMs - task.endedAtMs < 24 * 3_600_000 && task.state === 'done'
    ? 'done'
    : 'history';
}

export interface CiCounts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

export const WAITING_FOR = ['permission', 'account_limit'] as const;
/**
 * What a task stands still for, where that is more than its state says: its agent asks for a permission, or
 * its account has a limit.
 */
export type WaitingFor = (typeof WAITING_FOR)[number];

export const ENDINGS = ['merged', 'closed', 'kept', 'cancelled', 'cancelled_in_temporal'] as const;
/**
 * How a task ended. `closed`: somebody closed its pull request; `kept`: and its branch is kept; `cancelled`:
 * by the user.
 */
export type Ending = (typeof ENDINGS)[number];

/** What each ending is called, in the story and in the chat. */
export const ENDING_SENTENCE: Readonly<Record<Ending, string>> = {
  merged: 'Merged.',
  closed: 'The pull request was closed without a merge.',
  kept: 'The pull request was closed without a merge; its branch is kept.',
  cancelled: 'Cancelled by you.',
  cancelled_in_temporal: 'Cancelled in Temporal.',
};

/** What is known of where a task stands, besides what it is about. */
export interface Standing {
  readonly state: string;
  /**
   * Its own words for what it does or waits for; of one that has ended, what could not be tidied up. '' when
   * there is nothing more to say.
   */
  readonly statusLine: string;
  readonly ci: CiCounts | null;
  readonly waitingFor: WaitingFor | null;
  /** Null before the end, and for tasks that ended in words which nobody knows any more. */
  readonly endedHow: Ending | null;
}

/** Ends what is said of a task that goes on by itself. */
const NOT_NEEDED = 'You are not needed.';
const redOf = ({ failed }: CiCounts): string => (failed === 0 ? '' : `, ${failed} of them red`);

/**
 * One sentence that says what happens next, and whether the reader is needed.
 * @param hold what keeps it from a slot that it waits for, as `holdOf` says it; '' when nothing does
 * @returns words for the page, the terminal and the chat
 */
export function nextSentence(task: Standing, hold: string): string {
  if (task.waitingFor === 'permission' && !isEnded(task.state))
    return 'Claude waits for your permission to go on.';
  switch (task.state as TaskState) {
    case 'queued':
      return hold || 'Waiting for a free slot. You are not needed.';
    case 'planning':
      return task.statusLine || 'Claude is reading the code and writing a plan. You are not needed.';
    case 'awaiting_plan':
      return 'The plan is ready. Approve it, or say what to change.';
    case 'drafting':
      return task.statusLine || 'Claude is writing the change. You are not needed.';
    case 'ci':
      return task.ci
        ? `Waiting for CI, ${task.ci.passed + task.ci.failed} of ${task.ci.passed + task.ci.failed + task.ci.pending} checks done${redOf(task.ci)}. You are not needed.`
        : 'Waiting for CI. You are not needed.';
    case 'in_review':
      // Nothing is merged, and no agent starts.
      if (hold === ALL_PAUSED && task.statusLine.endsWith(NOT_NEEDED)) return hold;
      return (
        task.statusLine || 'Ready for review. Look at the pull request, then merge it or say what to change.'
      );
    case 'blocked':
      return task.statusLine || 'Waiting for you.';
    case 'done':
      return sentences('Merged.', task.statusLine);
    case 'cancelled':
      return sentences(
        task.endedHow === null || task.endedHow === 'merged' ? 'Cancelled.' : CANCELLED[task.endedHow],
        task.statusLine,
      );
    case 'failed':
      return task.statusLine || 'Failed.';
    default:
      return task.statusLine;
  }
}

/**
 * The same while something of the task waits for the person: then it does not say that they are not needed.
 * @param sentence as `nextSentence` made it
 */
export const whileAsked = (sentence: string): string =>
  sentence.replace(/ ?You are not needed\.$/, '') || 'It waits for you.';

const CANCELLED: Readonly<Record<Exclude<Ending, 'merged'>, string>> = {
  ...ENDING_SENTENCE,
  cancelled: 'You cancelled this.',
};

/**
 * Sentences one after the other, without those that say nothing.
 * @returns '' where none is left
 */
export const sentences = (...all: readonly string[]): string => all.filter((s) => s !== '').join(' ');
