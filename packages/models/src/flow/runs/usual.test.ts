import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ENOUGH_MERGED, usualTimeOf } from './usual.ts';

const MIN = 60_000;

test.each([
  [[], { tasks: 0, medianMs: null }],
  [[5 * MIN, 6 * MIN], { tasks: 2, medianMs: null }],
  [[5 * MIN, 90 * MIN, 7 * MIN], { tasks: 3, medianMs: 7 * MIN }],
  [[5 * MIN, 7 * MIN, 9 * MIN, 4_000 * MIN], { tasks: 4, medianMs: 8 * MIN }],
])('of %j tasks it is %j', (took, usual) => {
  expect(usualTimeOf(took)).toEqual(usual);
});

test('one task that waited for days moves it no further than the next one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100 * MIN), { minLength: ENOUGH_MERGED }), (took) => {
      const { medianMs } = usualTimeOf([...took, 1e12]);
      expect(medianMs).toBeLessThanOrEqual(Math.max(...took));
    }),
  );
});
