import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  beginningsAt,
  forecastsOf,
  forecastWords,
  fullPeriod,
  medianOf,
  NO_LIMITS,
  PERIODS,
  raisedCents,
  spentWords,
  sumSpent,
} from './money.ts';

test.each([
  ['2026-11-26T23:59:59Z', '2026-11-26', '2026-11-23', '2026-11-01'],
  ['2026-11-23T00:00:00Z', '2026-11-23', '2026-11-23', '2026-11-01'],
  ['2026-11-22T23:59:59Z', '2026-11-22', '2026-11-16', '2026-11-01'],
  ['2027-01-01T00:00:00Z', '2027-01-01', '2026-12-28', '2027-01-01'],
  ['2028-02-29T12:00:00Z', '2028-02-29', '2028-02-28', '2028-02-01'],
])('at %s the day began on %s, the week on %s, the month on %s', (now, day, week, month) => {
  const began = beginningsAt(Date.parse(now));
  expect(PERIODS.map((period) => began[period].toISOString().slice(0, 10))).toEqual([day, week, month]);
});

describe('a limit is full', () => {
  const spent = { day: 1_000_000, week: 3_000_000, month: 9_000_000 };
  test.each([
    [NO_LIMITS, null],
    [{ ...NO_LIMITS, day: 100 }, 'day'],
    [{ ...NO_LIMITS, day: 101 }, null],
    [{ ...NO_LIMITS, week: 300, day: 100 }, 'week'],
    [{ day: 100, week: 300, month: 900 }, 'month'],
    [{ day: 100, week: 301, month: 901 }, 'day'],
  ] as const)('%j: %s', (limits, period) => {
    expect(fullPeriod(spent, limits)).toBe(period);
  });
});

test('whatever was spent, the button raises the limit to more than that, in whole dollars', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1e12), (cents, microusd) => {
      const raised = raisedCents(cents, microusd);
      expect(raised % 100).toBe(0);
      expect(raised).toBeGreaterThanOrEqual(cents);
      expect(raised * 10_000).toBeGreaterThan(microusd);
      expect(fullPeriod({ day: microusd, week: 0, month: 0 }, { ...NO_LIMITS, day: raised })).toBeNull();
    }),
  );
});

test('what was spent adds up', () => {
  expect(
    sumSpent([
      { day: 1, week: 2, month: 3 },
      { day: 10, week: 20, month: 30 },
    ]),
  ).toEqual({ day: 11, week: 22, month: 33 });
  expect(sumSpent([])).toEqual({ day: 0, week: 0, month: 0 });
});

test('the median is the middle, whatever the order', () => {
  expect([medianOf([]), medianOf([7]), medianOf([1, 100]), medianOf([9, 1, 5])]).toEqual([null, 7, 51, 5]);
  fc.assert(
    fc.property(fc.array(fc.nat(1e9), { minLength: 1 }), (values) => {
      const median = medianOf(values)!;
      expect(values.filter((value) => value <= median + 1).length * 2).toBeGreaterThanOrEqual(values.length);
      expect(values.filter((value) => value >= median - 1).length * 2).toBeGreaterThanOrEqual(values.length);
    }),
  );
});

test('a forecast says how much it stands on', () => {
  const of = forecastsOf([
    { projectId: 'a', microusd: 1_000_000 },
    { projectId: 'a', microusd: 3_000_000 },
    { projectId: 'a', microusd: 2_000_000 },
    { projectId: 'b', microusd: 500_000 },
  ]);
  expect(forecastWords(of.get('a')!)).toBe('Likely about $2.00: the median of the 3 tasks merged here.');
  expect(forecastWords(of.get('b')!)).toBe('The one task merged here cost $0.50.');
  expect(forecastWords(null)).toBe('Nothing was merged here yet, so there is no forecast.');
});

test('a limit is said in one sentence with when it ends', () => {
  expect(spentWords({ period: 'week', cents: 2_000, of: 'all agents' })).toBe(
    "This week's limit for all agents ($20.00) is spent. New work waits until Monday (UTC), or until you raise it.",
  );
});
