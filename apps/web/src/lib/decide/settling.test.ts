import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasMoved, mayDecide, SETTLE_MS, settlesInMs, type Place } from './settling.ts';

const at = (y: number, scrolledY = 0, x = 0, scrolledX = 0, mostY = 10_000): Place => ({
  x,
  y,
  scrolledX,
  scrolledY,
  mostX: 10_000,
  mostY,
});
const atEnd = (y: number, scrolledY: number, mostY = scrolledY): Place => at(y, scrolledY, 0, 0, mostY);

describe('a button moved', () => {
  test.each([
    ['it was not there before', null, at(10), false, true],
    ['it stands where it stood', at(100), at(100), false, false],
    ['a hair is no move', at(100), at(103), false, false],
    ['what stood above it left', at(400), at(100), false, true],
    ['something appeared above it', at(100), at(400), false, true],
    ['it went aside', at(0, 0, 10), at(0, 0, 200), false, true],
    ['the person scrolled', at(400), at(100, 300), false, false],
    ['the page scrolled itself', at(400), at(100, 300), true, true],
    ['the browser held it where it was', at(400, 500), at(400, 200), false, false],
    ['it was held, and the page scrolled itself besides', at(400, 500), at(400, 200), true, false],
    [
      'the end of the page came nearer, and the browser scrolled it back',
      atEnd(100, 500),
      atEnd(250, 350),
      false,
      true,
    ],
    [
      'the same, once the browser had been looked at before it did',
      atEnd(100, 500, 350),
      atEnd(250, 350),
      false,
      true,
    ],
    [
      'the page became shorter while the person was further up',
      atEnd(100, 200, 500),
      atEnd(100, 200, 350),
      false,
      false,
    ],
    [
      'the person scrolled up in a page that became shorter',
      atEnd(100, 400, 500),
      atEnd(300, 200, 450),
      false,
      false,
    ],
    ['the person scrolled to the end', atEnd(400, 200, 500), atEnd(100, 500), false, false],
    ['the person scrolled while something left', at(400, 0), at(100, 100), false, true],
  ] as const)('%s', (_, before, now, byProgram, moved) => {
    expect(hasMoved(before, now, byProgram)).toBe(moved);
  });

  test('scrolling by hand alone never counts, whatever the way', () => {
    const px = fc.integer({ min: -5_000, max: 5_000 });
    fc.assert(
      fc.property(px, px, px, px, (x, y, dx, dy) => !hasMoved(at(y, 0, x), at(y - dy, dy, x - dx, dx))),
    );
  });
});

test.each([
  [0, 1, false],
  [SETTLE_MS - 1, 1, false],
  [SETTLE_MS, 1, true],
  [0, 2, false],
  [0, 0, true],
])('%d ms after it moved, a click that tells of %d taps decides: %s', (ms, clicks, may) => {
  expect(mayDecide({ movedAtMs: 50, nowMs: 50 + ms, clicks })).toBe(may);
});

test('it is never settled for longer than it takes', () => {
  const ms = fc.integer({ min: 0, max: 1e9 });
  fc.assert(
    fc.property(
      ms,
      ms,
      (moved, later) => settlesInMs(moved, moved + later) === Math.max(0, SETTLE_MS - later),
    ),
  );
});
