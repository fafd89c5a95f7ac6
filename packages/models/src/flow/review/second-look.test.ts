import { describe, expect, test } from '@jest/globals';
import {
  afterLook,
  foundAnswer,
  foundWords,
  leftBefore,
  lookCost,
  lookRounds,
  MAX_LOOK_ROUNDS,
  placeOf,
  type Found,
  type LookStep,
} from './second-look.ts';

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

const look = (must: number, should: number, note = 0): LookStep => ({
  is: 'look',
  found: found(must, should, note),
});
test.each<[string, LookStep[], number]>([
  ['nobody looked', [], 0],
  ['it found nothing, or what is for the person', [look(0, 0), look(0, 0, 3)], 0],
  ['it found something', [look(1, 0)], 1],
  ['it found something twice', [look(0, 2), look(0, 0), look(1, 0)], 2],
  ['the person saw what was left', [look(1, 0), look(1, 0), look(1, 0)], 2],
  ['the person asked for something since', [look(1, 0), look(1, 0), { is: 'changes' }], 0],
  ['and it found something again', [look(1, 0), { is: 'changes' }, look(0, 1)], 1],
])('how often a change went back to its author when %s', (_, history, rounds) => {
  expect(lookRounds(history)).toBe(rounds);
});

test.each([
  ['must', 0, 'Found: its author works on it.'],
  ['should', MAX_LOOK_ROUNDS - 1, 'Found: its author works on it.'],
  [
    'must',
    MAX_LOOK_ROUNDS,
    'Found: the person who decides on the change reads it; its author has had it back 2 times.',
  ],
  ['note', 0, 'Noted.'],
  ['note', MAX_LOOK_ROUNDS, 'Noted.'],
] as const)('who finds a %s after %i rounds is told where it goes', (weight, rounds, says) => {
  expect(foundAnswer(weight, rounds)).toBe(says);
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

test('what second looks cost is told by itself, and not where there was none', () => {
  const run = (phase: string, costMicrousd: number) => ({ phase, costMicrousd });
  const author = [run('implement', 900_000), run('address_review', 50_000)];
  expect(lookCost(author)).toBeNull();
  expect(lookCost([...author, run('second_look', 30_000), run('second_look', 10_000)])).toBe(40_000);
  expect(lookCost([...author, run('second_look', 0)])).toBe(0);
});

test.each([
  [found(0, 0, 0), found(0, 0, 1), found(0, 0, 1)],
  [found(1, 0, 1), found(2, 0, 2), found(1, 0, 1)],
  // The person has resolved it meanwhile.
  [found(1, 2, 0), found(0, 2, 0), found(0, 0, 0)],
])('of %j with %j open, looks before it left %j', (own, open, left) => {
  expect(leftBefore(own, open)).toEqual(left);
});
