import { describe, expect, test } from '@jest/globals';
import { HEARD_FOR_MS, playsNow, stoodSince, type EarlyTap, type Under } from './early.ts';
import { SETTLE_MS } from './settling.ts';

const tap: EarlyTap = { words: 'Approve', tappedMs: 3_000, clicks: 1 };
const there: Under = { words: 'Approve', isUnder: true, isDisabled: false, stoodSinceMs: 500, nowMs: 6_000 };

describe('a tap from before the page listened', () => {
  test.each<[string, Partial<EarlyTap>, Partial<Under>, boolean]>([
    ['what was tapped is still there', {}, {}, true],
    ['another thing lies under it', {}, { isUnder: false }, false],
    ['the button says something else', {}, { words: 'Merge' }, false],
    ['it can no longer be tapped', {}, { isDisabled: true }, false],
    ['it waited for as long as anybody waits', {}, { nowMs: 3_000 + HEARD_FOR_MS }, true],
    ['it waited longer than anybody waits', {}, { nowMs: 3_001 + HEARD_FOR_MS }, false],
    ['it had stood there just long enough', {}, { stoodSinceMs: 3_000 - SETTLE_MS }, true],
    ['it had only just come', {}, { stoodSinceMs: 3_001 - SETTLE_MS }, false],
    ['it came after the tap', {}, { stoodSinceMs: 4_000 }, false],
    ['it had only just come, but decides nothing', { tappedMs: 10 }, { stoodSinceMs: null }, true],
    ['it decides nothing, and is elsewhere now', {}, { stoodSinceMs: null, isUnder: false }, false],
    ['a key is aimed by the focus', { clicks: 0 }, { isUnder: false, stoodSinceMs: 4_000 }, true],
    ['a key, and the button says something else', { clicks: 0 }, { words: 'Merge' }, false],
  ])('%s', (_, tapped, now, plays) => {
    expect(playsNow({ ...tap, ...tapped }, { ...there, ...now })).toBe(plays);
  });
});

test.each([
  ['nobody saw it', null, 100, 900],
  ['nothing was painted', { x: 10, y: 20, sinceMs: 200 }, null, 900],
  ['it stood there before it was painted', { x: 10, y: 20, sinceMs: 50 }, 100, 100],
  ['it came there after the first paint', { x: 10, y: 20, sinceMs: 200 }, 100, 200],
  ['a hair is no move', { x: 13, y: 17, sinceMs: 200 }, 100, 200],
  ['it stood further up', { x: 10, y: 25, sinceMs: 200 }, 100, 900],
  ['it stood aside', { x: 5, y: 20, sinceMs: 200 }, 100, 900],
])('since when a button stands: %s', (_, was, paintMs, sinceMs) => {
  expect(stoodSince(was, { x: 10, y: 20 }, paintMs, 900)).toBe(sinceMs);
});
