import { expect, test } from '@jest/globals';
import { took } from '../kit/format.ts';
import { stepOf } from './step.ts';

test.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '1 h'],
  [7_500_000, '2 h 5 min'],
])('%i ms took %s', (ms, words) => expect(took(ms)).toBe(words));

test.each([
  ['planning', 'plan', 'Step 1 of 4, plan'],
  ['queued', 'plan', 'Step 1 of 4, plan'],
  ['ci', 'implement', 'Step 3 of 4, checks'],
  ['blocked', 'review', 'Step 4 of 4, review'],
  ['blocked', 'constructor', null],
])('a task that is %s in %s stands at %s', (state, phase, words) => {
  expect(stepOf({ state, phase, endedAt: null })).toBe(words);
  expect(stepOf({ state, phase, endedAt: new Date() })).toBeNull();
});
