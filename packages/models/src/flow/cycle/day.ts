// The last day of the cycle at a glance: an hour is a cell. Pure.
import type { CycleReason, PhaseReport } from './cycle.ts';

const HOUR_MS = 3_600_000;
export const HOURS = 24;

/** A cycle that had something to tell. */
export interface CycleTold {
  readonly startedAt: Date;
  readonly reason: CycleReason;
  /** So many before it did not come. */
  readonly missed: number;
  readonly phases: readonly PhaseReport[];
}

/**
 * What an hour was like. `trouble`: a phase failed; `missed`: cycles did not come; `told`: there was something to
 * tell; `quiet`: there was nothing.
 */
export type HourKind = 'trouble' | 'missed' | 'told' | 'quiet';
export interface CycleHour {
  readonly fromMs: number;
  readonly kind: HourKind;
  /** Cycles of it that had something to tell. */
  readonly told: number;
}

/**
 * The last 24 hours, oldest first; the last is the one that is under way.
 * @param everyMs how often a cycle comes
 * @param lastMs when the newest ended; since then they are missing, if it is late
 */
export function hoursOf(
  cycles: readonly CycleTold[],
  {
    nowMs,
    everyMs,
    lastMs,
  }: { readonly nowMs: number; readonly everyMs: number; readonly lastMs: number | null },
): CycleHour[] {
  const newestFrom = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const gaps = cycles
    .filter(({ missed }) => missed > 0)
    .map(({ startedAt, missed }) => [startedAt.getTime() - missed * everyMs, startedAt.getTime()] as const);
  if (lastMs !== null && nowMs - lastMs > 2 * everyMs) gaps.push([lastMs + everyMs, nowMs]);
  return Array.from({ length: HOURS }, (_, n) => {
    const fromMs = newestFrom - (HOURS - 1 - n) * HOUR_MS;
    const within = cycles.filter(({ startedAt }) => isIn(startedAt.getTime(), fromMs));
    const isMissed = gaps.some(([from, to]) => from < fromMs + HOUR_MS && to > fromMs);
    return { fromMs, told: within.length, kind: kindOf(within, isMissed) };
  });
}

const isIn = (ms: number, fromMs: number): boolean => ms >= fromMs && ms < fromMs + HOUR_MS;

function kindOf(within: readonly CycleTold[], isMissed: boolean): HourKind {
  if (within.some(({ phases }) => phases.some(({ trouble }) => trouble !== ''))) return 'trouble';
  if (isMissed) return 'missed';
  return within.length > 0 ? 'told' : 'quiet';
}
