// Plans as cron writes them, in a time zone: the one place that knows the library.
import { Cron } from 'croner';
import type { NextTime } from '../../flow/conversation/recurring.ts';

export type Plan =
  { readonly ok: true; readonly next: NextTime } | { readonly ok: false; readonly sentence: string };

/**
 * Reads a plan: five fields, as `30 9 * * 1-5`. Where a clock is put forward, a time that is left out comes right
 * after; where it is put back, one that is there twice comes once, unless the plan is by the hour.
 * @param zone of IANA's, like Europe/Berlin
 * @param nowMs one that does not come after it is refused
 */
export function readPlan(cron: string, zone: string, nowMs: number): Plan {
  const no = (sentence: string): Plan => ({ ok: false, sentence });
  const shown = cron.trim().slice(0, 60);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    // The only thing that it can mean.
    return no(`There is no time zone called ${zone.slice(0, 60)}. One is like Europe/Berlin.`);
  }
  let job: Cron;
  try {
    job = new Cron(cron.trim(), { timezone: zone, mode: '5-part', paused: true });
  } catch (err) {
    const why = err instanceof Error ? err.message.replace(/^CronPattern: /, '') : 'it can not be read';
    return no(`"${shown}" is no plan like "30 9 * * 1-5": ${why}`);
  }
  const next: NextTime = (afterMs) => job.nextRun(new Date(afterMs))?.getTime() ?? null;
  if (next(nowMs) === null) return no(`"${shown}" never comes: no day is like that.`);
  return { ok: true, next };
}
