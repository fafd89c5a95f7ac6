import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import fc from 'fast-check';
import {
  addDays,
  dayLabel,
  dayOf,
  daysIn,
  monthOf,
  startOfDay,
  timeOf,
  uncovered,
  weekOf,
  windowAt,
  type Range,
} from './levels.ts';
import { cutToTokens, tokensAtMost } from './tokens.ts';

const HOUR = 3_600_000;
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Kiritimati',
  'Pacific/Niue',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
];
const hours = (day: string, zone: string): number =>
  (startOfDay(addDays(day, 1), zone) - startOfDay(day, zone)) / HOUR;

test.each([
  ['2026-11-26', 'Europe/Berlin', 24],
  ['2026-03-29', 'Europe/Berlin', 23],
  ['2026-10-25', 'Europe/Berlin', 25],
  ['2026-04-05', 'Australia/Lord_Howe', 24.5],
  // Midnight itself was left out.
  ['2018-11-04', 'America/Sao_Paulo', 23],
  // A day that there was not.
  ['2011-12-30', 'Pacific/Apia', 0],
])('%s in %s has %d hours', (day, zone, expected) => {
  expect(hours(day, zone)).toBe(expected);
});

const RANGE: fc.Arbitrary<Range> = fc
  .tuple(
    fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2030, 0) }),
    fc.integer({ min: 1, max: 40 * 24 * HOUR }),
  )
  .map(([fromMs, long]) => ({ fromMs, toMs: fromMs + long }));

test('days of a time leave nothing out, tell nothing twice, and each lies on one day', () => {
  fc.assert(
    fc.property(RANGE, fc.constantFrom(...ZONES), (range, zone) => {
      const days = daysIn(range, zone);
      expect(days[0]!.fromMs).toBe(range.fromMs);
      expect(days.at(-1)!.toMs).toBe(range.toMs);
      days.forEach((day, at) => {
        if (at > 0) expect(day.fromMs).toBe(days[at - 1]!.toMs);
        expect(dayOf(day.fromMs, zone)).toBe(dayOf(day.toMs - 1, zone));
      });
    }),
    { numRuns: 60 },
  );
});

test('after a change of the time zone what comes joins what there is', () => {
  fc.assert(
    fc.property(RANGE, fc.constantFrom(...ZONES), fc.constantFrom(...ZONES), (range, before, after) => {
      const middle = range.fromMs + Math.floor((range.toMs - range.fromMs) / 2);
      const kept = daysIn({ ...range, toMs: startOfDay(dayOf(middle, before), before) }, before);
      const left = uncovered(range, kept).flatMap((hole) => daysIn(hole, after));
      const all = [...kept, ...left].toSorted((a, b) => a.fromMs - b.fromMs);
      all.forEach((day, at) => expect(day.fromMs).toBe(at === 0 ? all[0]!.fromMs : all[at - 1]!.toMs));
      const labels = all.map((day) => dayLabel(day, after));
      expect(labels).toEqual(labels.toSorted());
    }),
    { numRuns: 60 },
  );
});

test('weeks and months nest: a week is of one month, a month begins with a Monday', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), (n) => {
      const day = addDays('1999-12-31', n);
      const week = weekOf(day);
      expect(new Date(Date.parse(week)).getUTCDay()).toBe(1);
      expect(week <= day && day < addDays(week, 7)).toBe(true);
      expect(monthOf(week)).toMatch(/^\d{4}-\d\d$/);
    }),
  );
});

test('the window tells a day of messages, seven days at least, five weeks at least, and no time twice', () => {
  fc.assert(
    fc.property(RANGE, fc.constantFrom(...ZONES), ({ fromMs }, zone) => {
      const w = windowAt(fromMs, null, zone);
      expect(w.messagesFromMs).toBeLessThanOrEqual(fromMs - 24 * HOUR);
      expect(w.daysFrom <= addDays(w.messagesFrom, -7)).toBe(true);
      expect(w.daysFrom >= addDays(w.messagesFrom, -13)).toBe(true);
      expect(w.weeksFrom <= addDays(w.daysFrom, -35)).toBe(true);
      expect(monthOf(w.weeksFrom)).not.toBe(monthOf(addDays(w.weeksFrom, -7)));
      expect([weekOf(w.daysFrom), weekOf(w.weeksFrom)]).toEqual([w.daysFrom, w.weeksFrom]);
    }),
    { numRuns: 60 },
  );
});

test('after a pause the day that was spoken of last is told word for word', () => {
  const now = Date.parse('2026-11-26T10:00:00Z');
  expect(windowAt(now, Date.parse('2026-11-02T23:30:00Z'), 'Europe/Berlin').messagesFrom).toBe('2026-11-03');
  expect(timeOf(Date.parse('2026-11-02T23:30:00Z'), 'Europe/Berlin')).toBe('00:30');
});

test.each([
  ['', 0],
  ['the cat', 2],
  ['5433', 4],
  ['東京', 6],
  ['a'.repeat(64), 32],
])('%j is %d tokens at most', (text, tokens) => {
  expect(tokensAtMost(text)).toBe(tokens);
});

test('what is cut has no more tokens than it may, and is the beginning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.nat(80), (text, tokens) => {
      const cut = cutToTokens(text, tokens);
      expect(tokensAtMost(cut)).toBeLessThanOrEqual(tokens);
      expect(text.startsWith(cut)).toBe(true);
      if (tokensAtMost(text) <= tokens) expect(cut).toBe(text);
    }),
  );
});

test('a megabyte is cut within a blink', async () => {
  const cut = (): void =>
    expect(tokensAtMost(cutToTokens('word '.repeat(200_000), 4_000))).toBeLessThanOrEqual(4_000);
  expect(await cpuMs(cut)).toBeLessThan(1_000);
});
