// Skills that come by themselves: which time is due, which were missed, what is said of one that did not happen. Pure.

/** The times of a plan: the next one after a moment, in milliseconds since 1970; null when none comes. */
export type NextTime = (afterMs: number) => number | null;

/** So long after its time it is still on time: the scheduler spreads what it starts. */
export const ON_TIME_MS = 5 * 60_000;
/** More that were missed are not told apart. */
export const MOST_MISSED = 1_000;

export interface Due {
  /** The newest time that has come. */
  readonly dueMs: number;
  /** Older ones that nobody handled; at most `MOST_MISSED`. */
  readonly missed: number;
}

/** Looked for in longer and longer stretches, so that years of a plan by the minute are not walked through. */
const STRETCHES_MS = [3_600_000, 86_400_000, 32 * 86_400_000, 400 * 86_400_000];

function newestIn(next: NextTime, fromMs: number, toMs: number): number | null {
  let newest: number | null = null;
  for (let at = next(fromMs); at !== null && at <= toMs; at = next(at)) newest = at;
  return newest;
}

/**
 * What is due of a plan.
 * @param sinceMs the last time that was handled, or when the plan began: nothing up to it is due
 * @returns the newest time up to now, which stands for all that were missed; null when nothing is due
 */
export function dueOf(next: NextTime, sinceMs: number, nowMs: number): Due | null {
  const first = next(sinceMs);
  if (first === null || first > nowMs) return null;
  const stretch = STRETCHES_MS.map((ms) => nowMs - ms).find(
    (fromMs) => fromMs > sinceMs && newestIn(next, fromMs, nowMs) !== null,
  );
  const dueMs = newestIn(next, stretch ?? sinceMs, nowMs);
  if (dueMs === null) return null;
  let missed = 0;
  for (let at: number | null = first; at !== null && at < dueMs && missed < MOST_MISSED; at = next(at))
    missed++;
  return { dueMs, missed };
}

/** @returns the next times, soonest first; fewer when the plan ends */
export function nextTimes(next: NextTime, afterMs: number, count: number): number[] {
  const times: number[] = [];
  for (let at = next(afterMs); at !== null && times.length < count; at = next(at)) times.push(at);
  return times;
}

export const OUTCOMES = ['proposed', 'started', 'skipped', 'refused'] as const;
/**
 * What became of a time that had come. `started`: without a tap, because its owner had allowed it;
 * `skipped`: the one before is not done.
 */
export type RecurringOutcome = (typeof OUTCOMES)[number];

const clock = (ms: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(ms);
const more = (missed: number): string => {
  if (missed === 0) return '';
  const many = missed >= MOST_MISSED ? `${MOST_MISSED} or more` : String(missed);
  return missed === 1 ? ' One before it was left out.' : ` ${many} before it were left out.`;
};

/**
 * The alarm: what is said when a time passed and it did not happen, or did not happen then.
 * @param came.refused why it could not be proposed, in a sentence; '' when it was
 * @returns a sentence or two; '' when all is as it should be
 */
export function alarmOf(came: {
  readonly skill: string;
  readonly due: Due;
  readonly atMs: number;
  readonly zone: string;
  readonly refused: string;
}): string {
  const { skill, due, atMs, zone, refused } = came;
  const when = `/${skill} was due on ${clock(due.dueMs, zone)}`;
  if (refused !== '') return `${when} and did not happen. ${refused}${more(due.missed)}`;
  if (atMs - due.dueMs <= ON_TIME_MS && due.missed === 0) return '';
  return `${when} and came on ${clock(atMs, zone)}, because mainloop did not run.${more(due.missed)}`;
}

/** How one of the past ones stands. */
export interface Came {
  readonly outcome: RecurringOutcome;
  /** Of a refusal. */
  readonly sentence: string;
  readonly proposal: 'open' | 'confirmed' | 'declined' | 'expired' | null;
  /** A time in whatever form; null when it did not. */
  readonly startedAt: Date | string | null;
  readonly finishedAt: Date | string | null;
}

/** @returns in a few words how far it came: due, proposed, started, finished */
export function cameWords(came: Came): string {
  if (came.outcome === 'refused') return `did not happen: ${came.sentence}`;
  if (came.outcome === 'skipped') return 'left out, because the one before was not done';
  if (came.finishedAt !== null) return 'finished';
  if (came.startedAt !== null) return 'started, not finished';
  if (came.proposal === 'declined') return 'not started: you declined it';
  if (came.proposal === 'expired') return 'not started: nobody tapped Start in time';
  return 'waits for Start';
}
