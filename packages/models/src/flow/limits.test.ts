import { expect, test } from '@jest/globals';
import { mayPrint, mayTalk, OUTPUT_LIMITS, type Talk } from './limits.ts';

const nothing = { aRun: 0, aMinute: 0, events: 0, open: 0 };

test.each<[Talk, Partial<typeof nothing>, string | null]>([
  ['says', {}, null],
  ['says', { aRun: 99 }, null],
  ['says', { aRun: 100 }, 'This run has had its 100 things said. Go on without.'],
  ['says', { open: 20 }, null],
  ['questions', { aRun: 5 }, 'This run has had its 5 questions. Go on without.'],
  ['questions', { open: 20 }, '20 things wait for the reader already. End your turn; you are woken with the answers.'],
  ['permissions', { open: 19 }, null],
  ['permissions', { open: 20 }, '20 things wait for the reader already. End your turn; you are woken with the answers.'],
  ['heldPushes', { aRun: 5 }, 'This run has had its 5 pushes that wait for the reader. Go on without.'],
  ['refusedPushes', { aRun: 1_000 }, null],
  ['refusedPushes', { aMinute: 10 }, '10 refused pushes in one minute are enough. Wait a minute.'],
  ['replies', { events: 59 }, null],
  ['replies', { events: 60 }, 'More than 60 events in one minute. Wait a minute.'],
])('%s after %j', (talk, n, sentence) => {
  expect(mayTalk(talk, { ...nothing, ...n })).toEqual(sentence === null ? { ok: true } : { ok: false, sentence });
});

const { aRun, atOnce, aSecond } = OUTPUT_LIMITS;
test.each([
  [0, atOnce, 0, { kind: 'keep', bytes: atOnce }],
  [0, atOnce + 1, 0, { kind: 'wait' }],
  [atOnce, aSecond, 1, { kind: 'keep', bytes: aSecond }],
  [atOnce, aSecond + 1, 1, { kind: 'wait' }],
  [atOnce, 1, -3_600, { kind: 'wait' }],
  [aRun - 5, 9, 1e6, { kind: 'keep', bytes: 5 }],
  [aRun, 9, 0, { kind: 'keep', bytes: 0 }],
])('with %d bytes kept, %d more after %d seconds', (end, bytes, ageS, verdict) => {
  expect(mayPrint(end, bytes, ageS)).toEqual(verdict);
});
