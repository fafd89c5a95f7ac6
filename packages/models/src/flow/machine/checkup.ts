// What is wrong with the place that tasks run in, for whoever may fix it. Pure.
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found and, when it is not well, what to do. */
  readonly says: string;
}
export interface Checkup {
  /** ISO time of the worker's last look. */
  readonly at: string;
  readonly checks: readonly Check[];
}

/** The row of the settings that keeps it. */
export const CHECKUP_KEY = 'checkup';
const SILENT_MS = 3 * 60_000;

/**
 * The worker's checks; or that nothing was heard of it, then what it said last counts for nothing.
 * @param checkup what the worker wrote last, null when it never has
 * @returns the worker itself first
 */
export function checksOf(checkup: Checkup | null, nowMs: number): readonly Check[] {
  const silentMs = checkup === null ? 0 : nowMs - Date.parse(checkup.at);
  if (checkup !== null && silentMs < SILENT_MS)
    return [{ name: 'worker', ok: true, says: 'at work' }, ...checkup.checks];
  const since =
    checkup === null
      ? 'The worker has not started yet'
      : `The worker has been silent for ${silence(silentMs)}`;
  return [
    {
      name: 'worker',
      ok: false,
      says: `${since}. No task moves without it. Look at its log, then start it again.`,
    },
  ];
}

/** In the largest unit of which there are two. */
function silence(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/** Further than this from the cluster's clock, tokens are refused and ages mean nothing. */
const CLOCK_OFF_MS = 60_000;
/**
 * @param offMs how far the cluster's clock is before ours, in milliseconds; after, when it is less than 0
 */
export function clockCheck(offMs: number): Check {
  const seconds = Math.round(Math.abs(offMs) / 1000);
  return Math.abs(offMs) < CLOCK_OFF_MS
    ? { name: 'clock', ok: true, says: "agrees with the cluster's" }
    : {
        name: 'clock',
        ok: false,
        says: `The worker's clock is ${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} the cluster's. Let both keep time by NTP.`,
      };
}
