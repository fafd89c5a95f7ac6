// A year of plans, with clocks that are put forward and back and a machine that is off at times.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alarmOf, dueOf, nextTimes, type NextTime } from '../../flow/conversation/recurring.ts';
import { readPlan } from './cron.ts';

const YEAR_MS = 366 * 86_400_000;
const FROM = Date.parse('2026-01-01T00:00:00Z');
const planOf = (cron: string, zone: string): NextTime => {
  const plan = readPlan(cron, zone, FROM);
  if (!plan.ok) throw new Error(plan.sentence);
  return plan.next;
};
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC'] as const;
const FORMATS = new Map(
  ZONES.map((zone) => [zone, new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' })]),
);
const localDay = (ms: number, zone: (typeof ZONES)[number]): string => FORMATS.get(zone)!.format(ms);

test('once a day is once on each day of the year, on the days that a clock is changed too', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), fc.nat({ max: 3 }), fc.nat({ max: 59 }), (zone, hour, minute) => {
      const next = planOf(`${minute} ${hour} * * *`, zone);
      const days: string[] = [];
      for (let at = next(FROM); at !== null && at < FROM + YEAR_MS; at = next(at))
        days.push(localDay(at, zone));
      const want = new Set<string>();
      for (let at = FROM; at < FROM + YEAR_MS; at += 6 * 3_600_000) want.add(localDay(at, zone));
      expect(new Set(days).size).toBe(days.length);
      // The first and the last day are cut by where the year begins in the zone.
      const middle = [...want].toSorted().slice(1, -1);
      expect(days.filter((day) => middle.includes(day)).toSorted()).toEqual(middle);
    }),
    { numRuns: 6 },
  );
});

/** The same plan, as its times were found. */
const among =
  (times: readonly number[]): NextTime =>
  (after) => {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! > after) high = middle;
      else low = middle + 1;
    }
    return times[low] ?? null;
  };
const CRONS = ['30 2 * * *', '0 */12 * * *', '0 9 * * 1-5', '0 12 1 * *', '15 1,3 * * 0', '59 23 31 12 *'];

const years = new Map<string, number[]>();
/** All times of a plan in the year; reading one takes a second. */
function yearOf(cron: string, zone: string): number[] {
  const known = years.get(`${cron} ${zone}`);
  if (known !== undefined) return known;
  const next = planOf(cron, zone);
  const times: number[] = [];
  for (let at = next(FROM); at !== null && at < FROM + YEAR_MS; at = next(at)) times.push(at);
  years.set(`${cron} ${zone}`, times);
  return times;
}

test('a year with random downtime: nothing is lost, nothing comes twice, and one stands for all that were missed', () => {
  const downtime = fc.array(
    fc.record({ at: fc.nat({ max: YEAR_MS }), ms: fc.oneof(fc.nat(600_000), fc.nat(40 * 86_400_000)) }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...CRONS), fc.constantFrom(...ZONES), downtime, (cron, zone, off) => {
      const isOff = (at: number): boolean => off.some((d) => at >= FROM + d.at && at < FROM + d.at + d.ms);
      const times = yearOf(cron, zone);
      // It is looked at each time that has come, when the machine is on again, and at the end, twice each time.
      const looks = [...times, ...off.map((d) => FROM + d.at + d.ms), FROM + 2 * YEAR_MS]
        .filter((at) => !isOff(at))
        .toSorted((one, other) => one - other);
      const came: number[] = [];
      let [since, missed] = [FROM, 0];
      const within = among(times);
      for (const now of looks.flatMap((at) => [at, at])) {
        const due = dueOf(within, since, now);
        if (due === null) continue;
        came.push(due.dueMs);
        missed += due.missed;
        since = due.dueMs;
      }
      expect(new Set(came).size).toBe(came.length);
      if (missed < 1_000) expect(came.length + missed).toBe(times.length);
      const all = new Set(came);
      expect(times.filter((at) => !isOff(at) && !all.has(at))).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test.each([
  ['0 9 30 2 *', 'UTC', '"0 9 30 2 *" never comes: no day is like that.'],
  [
    '0 9 * * *',
    'Europe/Atlantis',
    'There is no time zone called Europe/Atlantis. One is like Europe/Berlin.',
  ],
  ['61 * * * *', 'UTC', '"61 * * * *" is no plan like "30 9 * * 1-5": Invalid value for minute: 61'],
  ['* * * * * *', 'UTC', "mode '5-part' requires exactly 5 parts"],
  ['', 'UTC', '"" is no plan like'],
  ['@reboot', 'UTC', 'is no plan like'],
])('%j in %s is refused in a sentence', (cron, zone, says) => {
  const plan = readPlan(cron, zone, FROM);
  expect(plan.ok ? '' : plan.sentence).toContain(says);
});

test('whatever is written as a plan is read or refused', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.constantFrom('UTC', 'x', ''), (cron, zone) => {
      const plan = readPlan(cron, zone, FROM);
      expect(plan.ok ? typeof plan.next(FROM) : typeof plan.sentence).not.toBe('undefined');
    }),
  );
});

test('the times that come next, also where a clock is put forward', () => {
  expect(
    nextTimes(planOf('30 2 * * *', 'Europe/Berlin'), Date.parse('2026-03-28T00:00:00Z'), 3).map((at) =>
      new Date(at).toISOString(),
    ),
  ).toEqual(['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
});

test('years of a plan by the minute are not walked through', () => {
  const next = planOf('* * * * *', 'Europe/Berlin');
  const now = FROM + 5 * YEAR_MS;
  let asked = 0;
  expect(dueOf((at) => (asked++, next(at)), FROM, now)).toEqual({ dueMs: now, missed: 1_000 });
  expect(asked).toBeLessThan(2_000);
});

test.each([
  [0, 0, '', ''],
  [4 * 60_000, 0, '', ''],
  [
    3 * 3_600_000,
    2,
    '',
    '/nightly was due on 1 Jan 2026, 01:00 and came on 1 Jan 2026, 04:00, because mainloop did not run. 2 before it were left out.',
  ],
  [
    0,
    0,
    'There is no such project.',
    '/nightly was due on 1 Jan 2026, 01:00 and did not happen. There is no such project.',
  ],
  [
    0,
    1,
    '',
    '/nightly was due on 1 Jan 2026, 01:00 and came on 1 Jan 2026, 01:00, because mainloop did not run. One before it was left out.',
  ],
])('late by %d ms, %d missed, refused %j', (late, missed, refused, says) => {
  const due = { dueMs: FROM, missed };
  expect(alarmOf({ skill: 'nightly', due, atMs: FROM + late, zone: 'Europe/Berlin', refused })).toBe(says);
});
