import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { minutesUntil, MOST_LATER_MINUTES } from './later.ts';

const NOW = new Date(2027, 0, 15, 12, 0);

test.each([
  ['2027-01-15 12:01', 1],
  ['2027-01-15T13:30', 90],
  [' 2027-01-16 ', 20 * 60],
  ['2027-01-15 12:00', null],
  ['2027-01-15', null],
  ['2026-12-31 23:59', null],
  ['2027-02-30', null],
  ['2027-13-01', null],
  ['2027-01-16 24:00', null],
  ['2027-01-16 08:60', null],
  ['2028-01-16', null],
  ['tomorrow', null],
  ['', null],
  ['2027-1-16', null],
  ['2027-01-16 08:30; rm', null],
])('%j is in %s minutes', (words, minutes) => expect(minutesUntil(words, NOW)).toBe(minutes));

test('whatever is asked for comes back in time, or is refused', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(2026, 6, 1), max: new Date(2027, 11, 1), noInvalidDate: true }),
      (at) => {
        const two = (n: number): string => String(n).padStart(2, '0');
        const words = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
        const minutes = minutesUntil(words, NOW);
        if (minutes === null) return;
        expect(minutes).toBeGreaterThanOrEqual(1);
        expect(minutes).toBeLessThanOrEqual(MOST_LATER_MINUTES);
        expect(Math.abs(NOW.getTime() + minutes * 60_000 - at.getTime())).toBeLessThan(60_000);
      },
    ),
  );
});
