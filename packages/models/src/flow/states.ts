// Where a task can be, and what we tell the person about it.
export const TASK_STATES = ['queued', 'planning', 'awaiting_plan', 'drafting', 'ci', 'in_review', 'blocked', 'done', 'cancelled', 'failed'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const PHASES = ['plan', 'implement', 'fix_ci', 'address_review'] as const;
/** What one agent run is for. */
export type Phase = (typeof PHASES)[number];

/** States that nothing leads out of. A task that failed is not among them: Retry goes on, and it can be cancelled. */
export const ENDED_STATES: readonly TaskState[] = ['done', 'cancelled'];
export const isEnded = (s: string): boolean => (ENDED_STATES as readonly string[]).includes(s);

export type Section = 'needs_you' | 'working' | 'failed' | 'done' | 'history';

/** Which inbox section shows a task. Failures stay visible until they are retried or cancelled. */
export function sectionOf(t: { state: string; hasFailure: boolean; endedAtMs: number | null }, nowMs: number): Section {
  if (t.state === 'failed' || (t.hasFailure && !isEnded(t.state))) return 'failed';
  if (!isEnded(t.state)) return 'working';
  return t.endedAtMs !== null && nowMs - t.endedAtMs < 24 * 3_600_000 && t.state === 'done' ? 'done' : 'history';
}

export interface CiCounts {
  readonly passed: number;
  readonly failed: number;
  readonly pending: number;
}

/** What a task says of itself while its agent waits for a permission. */
export const WAITS_FOR_LEAVE = 'Claude waits for your leave to go on.';

/** How a task ends that the person cancelled; what could not be tidied up follows. */
export const CANCELLED_BY_YOU = 'Cancelled by you.';

const redOf = ({ failed }: CiCounts): string => (failed === 0 ? '' : `, ${failed} of them red`);

/** One sentence that says what happens next, and whether the reader is needed. */
export function nextSentence(t: { state: string; statusLine: string; ci: CiCounts | null }): string {
  switch (t.state as TaskState) {
    case 'queued':
      return 'Waiting for a free slot. You are not needed.';
    case 'planning':
      return t.statusLine || 'Claude is reading the code and writing a plan. You are not needed.';
    case 'awaiting_plan':
      return 'The plan is ready. Approve it, or say what to change.';
    case 'drafting':
      return t.statusLine || 'Claude is writing the change. You are not needed.';
    case 'ci':
      return t.ci
        ? `Waiting for CI, ${t.ci.passed + t.ci.failed} of ${t.ci.passed + t.ci.failed + t.ci.pending} checks done${redOf(t.ci)}. You are not needed.`
        : 'Waiting for CI. You are not needed.';
    case 'in_review':
      return 'Ready for review. Look at the pull request, then merge it or say what to change.';
    case 'blocked':
      return t.statusLine || 'Waiting for you.';
    case 'done':
      return 'Merged.';
    case 'cancelled':
      return t.statusLine.startsWith(CANCELLED_BY_YOU) ? `You cancelled this.${t.statusLine.slice(CANCELLED_BY_YOU.length)}` : 'Cancelled.';
    case 'failed':
      return t.statusLine || 'Failed.';
    default:
      return t.statusLine;
  }
}
