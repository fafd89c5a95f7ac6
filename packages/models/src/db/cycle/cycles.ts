// Cycles: how one ends, how one is asked for, and what is shown of the last day.
import type { Cycle } from '../../contracts/cycle.ts';
import { cycleAsked, cycleEnded } from '../../events/cycle.ts';
import { isLate, isQuiet, type CycleReason, type PhaseReport } from '../../flow/cycle/cycle.ts';
import { append, appendOnce, decideAndAppend } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';
import { rows, tables } from '../rows.ts';
import { getClock, saveClock } from './clock.ts';

export interface EndedCycle {
  readonly ownerId: string;
  readonly id: string;
  readonly startedMs: number;
  readonly reason: CycleReason;
  readonly missed: number;
  /** Up to here it has gathered the log; null when it could not. */
  readonly seq: number | null;
  readonly phases: readonly PhaseReport[];
  readonly said: readonly string[];
}

/**
 * Writes down that a cycle has ended, once: one that had nothing to tell is only counted.
 * @returns whether it left an event
 */
export const endCycle = (db: Db, cycle: EndedCycle, nowMs: number): Promise<boolean> =>
  decideAndAppend(db, async (tx) => {
    const { ownerId, id, startedMs, reason, missed, phases, said } = cycle;
    const clock = await getClock(tx, ownerId);
    if (clock.lastId === id) return clock.quiet === 0;
    const quiet = isQuiet(reason, phases, said);
    if (!quiet) {
      const startedAt = new Date(startedMs).toISOString();
      const payload = { id, startedAt, reason, missed, quietBefore: clock.quiet, phases, said };
      await append(tx, [cycleEnded.new({ actor: 'mainloop', payload })], ownerId);
    }
    const next = {
      lastId: id,
      endedMs: nowMs,
      seq: cycle.seq ?? clock.seq,
      quiet: quiet ? clock.quiet + 1 : 0,
    };
    await saveClock(tx, ownerId, next);
    return !quiet;
  });

/** The person wants a cycle now: the worker hears of it. */
export const askCycle = (db: Db, ownerId: string): Promise<unknown> =>
  appendOnce(db, [cycleAsked.new({ actor: 'you', payload: {} })], ownerId);

const DAY_MS = 86_400_000;
/** More of a day are not shown. */
const MOST_SHOWN = 500;

/** @returns how often it comes, when the last was, and those of the last day that had something to tell */
export async function readCycle(database: Queryable, ownerId: string, now: Date): Promise<Cycle> {
  const { cycleMinutes } = await getSettings(database, ownerId);
  const clock = await getClock(database, ownerId);
  const cycles = await rows(
    database,
    tables
      .selectFrom('cycles')
      .select(['id', 'started_at as startedAt', 'ended_at as endedAt', 'reason', 'missed'])
      .select(['quiet_before as quietBefore', 'phases', 'said'])
      .where('owner_id', '=', ownerId)
      .where('ended_at', '>', new Date(now.getTime() - DAY_MS))
      .orderBy('ended_at', 'desc')
      .limit(MOST_SHOWN),
  );
  return {
    everyMinutes: cycleMinutes,
    lastAt: clock.lastId === null ? null : new Date(clock.endedMs),
    isLate: isLate(clock, { nowMs: now.getTime(), everyMs: cycleMinutes * 60_000 }),
    quiet: clock.quiet,
    cycles,
  };
}
