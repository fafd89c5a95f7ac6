// The cycle: when it comes, which of its phases run, what is said of it. Pure.
import { own } from '../look.ts';

/** In their order. Each says what it did; one that fails does not keep the next. */
export const CYCLE_PHASES = ['gather', 'triage', 'narrate', 'tend'] as const;
export type CyclePhase = (typeof CYCLE_PHASES)[number];

export const CYCLE_REASONS = ['clock', 'news', 'asked', 'missed'] as const;
/** Why a cycle came. `news`: something happened that does not wait for the clock; `missed`: it makes up for others. */
export type CycleReason = (typeof CYCLE_REASONS)[number];

/** What a phase did. Counts that are 0 are left out. */
export interface PhaseReport {
  readonly phase: CyclePhase;
  readonly ms: number;
  readonly did: Readonly<Record<string, number>>;
  /** Why it failed, in a sentence; empty when it did not. */
  readonly trouble: string;
}

/** Where the cycle stands, from one to the next. */
export interface CycleClock {
  /** Of the newest that ended; null before the first. */
  readonly lastId: string | null;
  /** When that was, in milliseconds since 1970. */
  readonly endedMs: number;
  /** Up to here the log has been gathered. */
  readonly seq: number;
  /** So many ended since the last that had something to tell. */
  readonly quiet: number;
}
export const NO_CYCLE: CycleClock = { lastId: null, endedMs: 0, seq: 0, quiet: 0 };

/** What happened since the last cycle that does not wait for the next. */
export interface Woken {
  readonly asked: boolean;
  readonly news: boolean;
}

/** Events that do not wait for the clock: something came to a standstill, or is over. */
export const NEWS_TYPES = [
  'task.ended',
  'run.silent',
  'sandbox.stuck',
  'work.paused',
  'work.resumed',
] as const;

/** After a cycle at least so long for the next, however much happens; a person who asks does not wait for it. */
export const REST_MS = 30_000;
/** One is late when so many of its intervals have gone by without it. */
const LATE = 1.5;

/**
 * Whether a cycle should come before Temporal's clock says so.
 * @returns why; null: it can wait for the clock
 */
export function wakeOf(
  clock: CycleClock,
  { asked, news }: Woken,
  now: { readonly nowMs: number; readonly everyMs: number },
): CycleReason | null {
  if (asked) return 'asked';
  const sinceMs = now.nowMs - clock.endedMs;
  if (isLate(clock, now)) return clock.lastId === null ? 'clock' : 'missed';
  return news && sinceMs >= REST_MS ? 'news' : null;
}

/** @returns whether a cycle should have ended by now and did not */
export const isLate = (
  clock: Pick<CycleClock, 'endedMs'>,
  { nowMs, everyMs }: { readonly nowMs: number; readonly everyMs: number },
): boolean => nowMs - clock.endedMs > LATE * everyMs;

/** @returns how many did not come before this one, which stands for all of them */
export function missedBefore(clock: CycleClock, nowMs: number, everyMs: number): number {
  if (clock.lastId === null || !isLate(clock, { nowMs, everyMs })) return 0;
  return Math.max(1, Math.round((nowMs - clock.endedMs) / everyMs) - 1);
}

/**
 * Why a cycle that has begun came.
 * @param missed how many it stands for
 */
export function reasonOf({ asked, news }: Woken, missed: number): CycleReason {
  if (asked) return 'asked';
  if (missed > 0) return 'missed';
  return news ? 'news' : 'clock';
}

/**
 * Which phases run after the first two.
 * @param told how many things there are to tell @param due how many tasks are to be told of, woken or let go of
 * @returns `tend` always: what is due by the clock no event tells
 */
export const phasesAfter = (told: number, due: number): readonly CyclePhase[] =>
  told + due > 0 ? ['narrate', 'tend'] : ['tend'];

/**
 * Whether there is nothing to tell of a cycle: then it leaves no event, and is only counted.
 * @param said what happened in its time, in sentences
 */
export const isQuiet = (
  reason: CycleReason,
  reports: readonly PhaseReport[],
  said: readonly string[],
): boolean =>
  (reason === 'clock' || reason === 'news') &&
  said.length === 0 &&
  reports.every(
    ({ phase, did, trouble }) =>
      trouble === '' && (phase === 'gather' || Object.values(did).every((n) => n === 0)),
  );

/** What is told of the log, in the order in which it is told: one, and several. */
const TOLD: readonly (readonly [type: string, one: string, several: string])[] = [
  ['task.confirmed', 'A task began', 'tasks began'],
  ['run.started', 'An agent began to work', 'agents began to work'],
  ['branch.pushed', 'A change was pushed', 'changes were pushed'],
  ['push.held', 'A push waits for a yes', 'pushes wait for a yes'],
  ['push.refused', 'A push was refused', 'pushes were refused'],
  ['collision.found', 'A task was found to conflict', 'conflicts were found between tasks'],
  ['pr.ready', 'A pull request became ready', 'pull requests became ready'],
  ['pr.merged', 'A pull request was merged', 'pull requests were merged'],
  ['pr.closed', 'A pull request was closed', 'pull requests were closed'],
  ['task.ended', 'A task ended', 'tasks ended'],
  ['inbox.opened', 'One thing came to your inbox', 'things came to your inbox'],
  ['later.back', 'One thing that you put off is back', 'things that you put off are back'],
  ['inbox.answered', 'You decided one thing', 'things were decided'],
  ['recurring.came', 'Recurring work came', 'times recurring work came'],
  ['automation.fired', 'An automation fired', 'automations fired'],
  ['run.silent', 'An agent said nothing for a while', 'times an agent said nothing for a while'],
  ['sandbox.stuck', 'A sandbox did not go away', 'sandboxes did not go away'],
  ['work.paused', 'Everything was paused', 'times everything was paused'],
  ['work.resumed', 'Everything went on', 'times everything went on'],
];

/** The types of which something is told. */
export const TOLD_TYPES: readonly string[] = TOLD.map(([type]) => type);

/**
 * What happened, in a sentence for each kind of it.
 * @param counts events by type
 */
export const saidOf = (counts: Readonly<Record<string, number>>): string[] =>
  TOLD.flatMap(([type, one, several]) => {
    const count = own(counts, type) ?? 0;
    if (count === 0) return [];
    return count === 1 ? `${one}.` : `${count} ${several}.`;
  });
