import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { counted, takenBack, type Counted } from './counts-for.ts';
import { LEARNING_STATES, type LearningState } from './learnings.ts';

const rule = (times: number, state: LearningState, ...saidIn: (string | null)[]) => ({
  id: 'L1',
  times,
  state,
  saidIn,
});
const TWICE = { times: 2, saidIn: ['c1', null] };

describe('a rule that is the same counts for the other one', () => {
  test.each([
    ['noted', 'proposed', true],
    ['proposed', 'proposed', false],
    ['approved', 'approved', false],
  ] as const)('which is %s, then %s', (before, state, isWhyProposed) =>
    expect(counted(rule(1, before, 'c0'), TWICE)).toEqual({
      to: { times: 3, state, saidIn: ['c0', 'c1', null] },
      countsFor: { to: 'L1', isWhyProposed, ...TWICE },
    }),
  );
});

describe('and counts for it no more when it stands for itself again:', () => {
  const countsFor = { to: 'L1', isWhyProposed: true, ...TWICE };
  test.each([
    ['as it was', rule(3, 'proposed', 'c0', 'c1', null), false, rule(1, 'noted', 'c0')],
    [
      'one that was asked about stays so',
      rule(3, 'proposed', 'c0', 'c1', null),
      true,
      rule(1, 'proposed', 'c0'),
    ],
    [
      'what came up meanwhile stays',
      rule(4, 'proposed', 'c0', 'c1', null, 'c2'),
      false,
      rule(2, 'proposed', 'c0', 'c2'),
    ],
    ['what was decided stays', rule(3, 'approved', 'c0', 'c1', null), false, rule(1, 'approved', 'c0')],
    [
      'what was said in both stays once',
      rule(3, 'proposed', 'c1', 'c1', null),
      false,
      rule(1, 'noted', 'c1'),
    ],
    ['what it stood on was said anew', rule(3, 'approved', null), false, rule(1, 'approved')],
    ['it came up once at least', rule(1, 'approved', null), false, rule(1, 'approved')],
  ] as const)('%s', (_, { id: _id, ...to }, isAsked, { id: _other, ...then }) =>
    expect(takenBack({ ...to, isAsked }, countsFor)).toEqual(then),
  );
});

test('whatever two rules came to, counted and taken back leaves what was there', () => {
  const comments = fc.array(fc.constantFrom('a', 'b', 'c', null), { maxLength: 4 });
  const one = fc.record({ times: fc.integer({ min: 1, max: 9 }), saidIn: comments });
  const states = fc.constantFrom(...LEARNING_STATES.filter((state) => state !== 'proposed'));
  fc.assert(
    fc.property(one, one, states, (own, other, state) => {
      // A rule that is noted came up once.
      const before: Counted = { ...own, ...(state === 'noted' ? { times: 1 } : {}), state };
      const { to, countsFor } = counted({ ...before, id: 'L1' }, other);
      expect(takenBack({ ...to, isAsked: false }, countsFor)).toEqual(before);
    }),
  );
});
