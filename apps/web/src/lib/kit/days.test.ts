import { describe, expect, test } from '@jest/globals';
import { dayIn, dayOf, laterTimes } from './days.ts';

test.each([
  // A Wednesday morning, a Wednesday night, a Sunday, and the last day of a year that ends on a Friday.
  ['2026-03-04T10:00', ['Tonight 4 20', 'Tomorrow 5 8', 'Monday 9 8']],
  ['2026-03-04T19:30', ['Tomorrow 5 8', 'Monday 9 8']],
  ['2026-03-08T10:00', ['Tonight 8 20', 'Tomorrow 9 8']],
  ['2027-12-31T23:59', ['Tomorrow 1 8', 'Monday 3 8']],
])('at %s later may be %j', (now, want) => {
  const times = laterTimes(new Date(now));
  expect(times.map((t) => `${t.label} ${t.at.getDate()} ${t.at.getHours()}`)).toEqual(want);
  for (const time of times) expect(time.at.getTime()).toBeGreaterThan(new Date(now).getTime());
});

describe('days', () => {
  const now = new Date(2026, 10, 26, 9, 0).getTime();
  test.each([
    ['2026-11-03', new Date(2026, 10, 3)],
    ['3 Nov', new Date(2026, 10, 3)],
    ['nov 3', new Date(2026, 10, 3)],
    ['3. November, 2024', new Date(2024, 10, 3)],
    ['24 dec', new Date(2025, 11, 24)],
    [' Yesterday ', new Date(2026, 10, 25)],
    ['today', new Date(2026, 10, 26)],
    ['2026-02-30', null],
    ['31 jun', null],
    ['3 mercury', null],
    ['42', null],
    ['round half to even', null],
    ['', null],
  ])('typed as %j', (typed, day) => {
    expect(dayIn(typed, now)).toEqual(day);
  });
  test('are said by their distance, then by their name', () => {
    const said = [
      new Date(2026, 10, 26, 0, 1),
      new Date(2026, 10, 25, 23),
      new Date(2026, 10, 3),
      new Date(2025, 10, 3),
    ].map((d) => dayOf(d, now));
    expect(said).toEqual(['Today', 'Yesterday', 'Tuesday 3 November', 'Monday 3 November 2025']);
  });
});
