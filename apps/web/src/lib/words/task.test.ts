import { expect, test } from '@jest/globals';
import { lookCostWords, nowWords, readWords, usualWords } from './task.ts';

test.each([
  [{ tasks: 7, medianMs: 42 * 60_000 }, 'Usually 42 min from start to merge: the median of the last 7 here.'],
  [{ tasks: 0, medianMs: null }, null],
  [{ tasks: 2, medianMs: null }, null],
])('the usual time of %j is said where there is one', (usual, words) => {
  expect(usualWords(usual)).toBe(words);
});

test.each([
  [1, 0, 'Read the change'],
  [8, 1, 'Read the change, one comment'],
  [9, 2, 'Read all 9 files, 2 comments'],
])('of %i files and %i comments the link says %j', (files, comments, words) => {
  expect(readWords(files, comments)).toBe(words);
});

test('where a task stands is said only where it is known', () => {
  expect([nowWords(null), nowWords('Step 2 of 4, change')]).toEqual(['Now', 'Now · Step 2 of 4, change']);
});

test('what a second look cost is said by itself', () => {
  expect([lookCostWords(40_000), lookCostWords(0)]).toEqual(['Second look $0.04', 'Second look $0.00']);
});
