import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LEARNING_STATES, type LearningState } from './learnings.ts';
import { OTHER, SAME } from './likeness.fixture.ts';
import { offersIn, sameAs, type Likenable } from './likeness.ts';

const rule = (id: string, words: string, more: Partial<Likenable> = {}): Likenable => ({
  id,
  rule: words,
  state: 'proposed',
  projectId: 'pr-1',
  apart: [],
  ...more,
});
const BANK = 'Round half to even.';
const AGAIN = 'Money is rounded half to even, like the bank does.';
const near = (): number => 0.7;
const far = (): number => 0.5;

describe('a rule is the same as', () => {
  test.each([
    ['an older one that waits as well', {}, {}, 'old'],
    ['one that agents go by', { state: 'approved' }, {}, 'old'],
    ['one that agents go by, though it counts itself', { state: 'approved' }, { state: 'approved' }, 'old'],
    ['none that was rejected', { state: 'rejected' }, {}, undefined],
    ['none that counts less', { state: 'noted' }, {}, undefined],
    ['none of another project', { projectId: 'pr-2' }, {}, undefined],
    ['one of all projects', { projectId: null }, {}, 'old'],
    ['none that a person told apart', {}, { apart: ['old'] }, undefined],
    ['none that was told apart from it', { apart: ['new'] }, {}, undefined],
    ['none once it is retired', {}, { state: 'retired' }, undefined],
  ] as const)('%s', (_, old, own, id) => {
    const fresh = rule('new', AGAIN, own);
    const all = [rule('old', BANK, old), fresh];
    expect(sameAs(fresh, all, near)?.to.id).toBe(id);
    expect(sameAs(fresh, all, null)?.to.id).toBe(id);
  });
  test('none that is far, and the nearest of several', () => {
    const all = ['a', 'b', 'c'].map((id) => rule(id, `The rule ${id}.`));
    const own = rule('new', AGAIN);
    expect(sameAs(own, [...all, own], far)).toBeNull();
    expect(sameAs(own, [...all, own], (_, b) => (b.includes(' b.') ? 0.9 : 0.6))?.to.id).toBe('b');
  });
  test('none that says the opposite, however near', () => {
    const own = rule('new', 'Indent with spaces.');
    expect(sameAs(own, [rule('old', 'Indent with tabs.'), own], () => 0.99)).toBeNull();
  });
  test('never each of the other, whatever their states', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<LearningState>(...LEARNING_STATES), { maxLength: 8 }),
        (states) => {
          const all = states.map((state, i) => rule(`L${i}`, BANK, { state }));
          const to = new Map(all.map((one) => [one.id, sameAs(one, all, near)?.to.id]));
          // Whoever goes from one to the other comes to an end.
          for (const { id } of all) {
            let steps = 0;
            for (let at = to.get(id); at !== undefined; at = to.get(at))
              expect(++steps).toBeLessThan(all.length);
          }
        },
      ),
    ));
});

test('by words alone few are found, and none that is not the same', () => {
  const found = (pairs: typeof SAME): number =>
    pairs.filter(([a, b]) => sameAs(rule('b', b), [rule('a', a), rule('b', b)], null) !== null).length;
  expect(found(SAME)).toBeGreaterThanOrEqual(3);
  expect(found(OTHER)).toBe(0);
});

test.each([
  ['both wait', 'proposed', 'proposed', true],
  ['it was approved since', 'approved', 'proposed', false],
  ['the other counts', 'noted', 'approved', true],
  ['the other was rejected since', 'proposed', 'rejected', false],
  ['it was rejected since', 'rejected', 'approved', false],
] as const)('a person is asked where %s: %s', (_, own, others, isAsked) => {
  const all = [
    { ...rule('new', AGAIN, { state: own }), nearTo: 'old' },
    { ...rule('old', BANK, { state: others }), nearTo: null },
  ];
  expect(offersIn(all).get('new')?.id).toBe(isAsked ? 'old' : undefined);
});
test('a person is asked about nothing that is not there', () =>
  expect(offersIn([{ ...rule('new', AGAIN), nearTo: 'gone' }]).size).toBe(0));
