import { describe, expect, test } from '@jest/globals';
import { afterLook, foundWords, MAX_LOOK_ROUNDS, placeOf, type Found } from './second-look.ts';

const found = (must: number, should: number, note: number): Found => ({ must, should, note });

describe('what follows a second look', () => {
  test.each([
    ['nothing was found', found(0, 0, 0), 0, 'offer'],
    ['notes are for the person', found(0, 0, 5), 0, 'offer'],
    ['something has to change', found(1, 0, 0), 0, 'address'],
    ['something should change', found(0, 1, 0), 1, 'address'],
    ['it went back as often as it may', found(3, 2, 0), MAX_LOOK_ROUNDS, 'offer'],
  ] as const)('%s', (_, what, rounds, follows) => {
    expect(afterLook(what, rounds)).toBe(follows);
  });
});

test.each([
  [found(0, 0, 0), ''],
  [found(1, 0, 1), '1 must, 1 note'],
  [found(2, 3, 4), '2 must, 3 should, 4 notes'],
])('%j is said in words', (what, words) => {
  expect(foundWords(what)).toBe(words);
});

test.each([
  [null, null, null],
  ['', null, null],
  ['src/a.ts:12', 'src/a.ts', 12],
  ['./src/a.ts:12', 'src/a.ts', 12],
  ['src/a.ts:12-20', 'src/a.ts', 12],
  ['src/a.ts:12:3', 'src/a.ts', 12],
  ['src/a.ts', 'src/a.ts', null],
  ['a b/c:d.ts:7', 'a b/c:d.ts', 7],
  ['src/a.ts:0', 'src/a.ts:0', null],
  ['src/a.ts:many', 'src/a.ts:many', null],
  [':12', ':12', null],
])('%j is a place', (at, path, line) => {
  expect(placeOf(at)).toEqual({ path, line });
});
