import { expect, test } from '@jest/globals';
import { afterWords, answeredWords, goneLines, refusedGate } from './card.ts';

test('a long answer is told by its beginning', () => {
  expect(answeredWords('Left')).toBe('You answered “Left”.');
  expect(answeredWords('x'.repeat(61))).toBe(`You answered “${'x'.repeat(60)}…”.`);
});

test.each([
  [0, ''],
  [1, ', one more after this'],
  [2, ', 2 more after this'],
])('%i questions after this one', (after, words) => expect(afterWords(after)).toBe(words));

test('what follows from a gate that stays shut hangs on what it is about', () => {
  expect([refusedGate(true, true), refusedGate(false, true), refusedGate(false, false)]).toEqual([
    'Claude fixes it.',
    'Claude puts it back.',
    'Checking CI again.',
  ]);
  expect([goneLines(1), goneLines(3)]).toEqual(['One line is gone.', '3 lines are gone.']);
});
