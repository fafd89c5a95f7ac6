import { expect, test } from '@jest/globals';
import { MAX_OPEN_ITEMS, OUTPUT_LIMITS, limitSentence, mayPrint, mayTalk, type Talk } from './limits.ts';

const nothing = { aRun: 0, aMinute: 0, events: 0, open: 0 };

test.each<[Talk, Partial<typeof nothing>, string | null]>([
  ['says', {}, null],
  ['says', { aRun: 99 }, null],
  ['says', { aRun: 100 }, 'This run has had its 100 things said. Go on without.'],
  ['says', { open: 20 }, null],
  ['questions', { aRun: 5 }, 'This run has had its 5 questions. Go on without.'],
  [
    'questions',
    { open: 20 },
    '20 things wait for the reader already. End your turn; you are woken with the answers.',
  ],
  ['permissions', { open: 19 }, null],
  [
    'permissions',
    { open: 20 },
    '20 things wait for the reader already. End your turn; you are woken with the answers.',
  ],
  ['heldPushes', { aRun: 5 }, 'This run has had its 5 pushes that wait for the reader. Go on without.'],
  ['refusedPushes', { aRun: 1_000 }, null],
  ['refusedPushes', { aMinute: 10 }, '10 refused pushes in one minute are enough. Wait a minute.'],
  ['shows', { aRun: 11, open: 20 }, null],
  ['shows', { aRun: 12 }, 'This run has had its 12 pictures. Go on without.'],
  ['replies', { events: 59 }, null],
  ['replies', { events: 60 }, 'More than 60 events in one minute. Wait a minute.'],
])('%s after %j', (talk, n, sentence) => {
  expect(mayTalk(talk, { ...nothing, ...n })).toEqual(
    sentence === null ? { ok: true } : { ok: false, sentence },
  );
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

test('each limit of a sandbox has its sentence', () => {
  expect((['processes', 'memory', 'disk_soon', 'disk'] as const).map((l) => limitSentence(l, 7))).toEqual([
    "The sandbox has its 7 processes and can't start another. End what is not needed, or run less at the same time.",
    'The sandbox used more than its 7 MiB of memory, so its biggest process was ended. Run less at the same time, or raise MAINLOOP_SANDBOX_MEMORY_MIB.',
    'The sandbox has used nine tenths of its 7 MiB of disk. Remove what is not needed: at the limit the run is ended.',
    'The sandbox used more than its 7 MiB of disk, so the run was ended. Retry starts from the last checkpoint.',
  ]);
});

test('a push that would wait for the reader opens an item too, a word does not', () => {
  const n = { aRun: 0, aMinute: 0, events: 0, open: MAX_OPEN_ITEMS };
  expect(
    (['questions', 'permissions', 'heldPushes', 'says', 'replies', 'refusedPushes'] as const).map(
      (t) => mayTalk(t, n).ok,
    ),
  ).toEqual([false, false, false, true, true, true]);
});
