import { expect, test } from '@jest/globals';
import { lookAgainMs } from './looks.ts';

test('after a word from the forge there are two looks soon, then one ever more seldom, and never none', () => {
  const waits = Array.from({ length: 12 }, (_, looks) => lookAgainMs(looks));
  expect(waits.slice(0, 4)).toEqual([4_000, 30_000, 600_000, 1_200_000]);
  expect(waits.slice(-2)).toEqual([21_600_000, 21_600_000]);
  expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
  expect(lookAgainMs(5_000)).toBe(21_600_000);
});
