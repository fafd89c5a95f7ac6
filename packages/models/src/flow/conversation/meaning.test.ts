import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIMENSIONS, fused, inBytes, nearness, signatureBytes, signatureOf, Signatures } from './meaning.ts';

const vector = fc
  .array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((xs) => inBytes(xs));
const noOf = (i: number): number => i * 10;
const indexOf = (vectors: readonly Int8Array[], atMs: (i: number) => number = () => 0): Signatures => {
  const signatures = new Signatures();
  for (const [i, v] of vectors.entries()) signatures.add(noOf(i), signatureBytes(signatureOf(v)), atMs(i));
  return signatures;
};
/** Counted bit by bit. */
const apart = (a: Int8Array, b: Int8Array): number =>
  a.reduce((n, x, i) => n + (x > 0 !== b[i]! > 0 ? 1 : 0), 0);

describe('a vector in bytes', () => {
  test('keeps its direction', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 50 }),
        (values) => {
          fc.pre(values.some((x) => Math.abs(x) > 1e-6));
          const length = Math.hypot(...values);
          const bytes = inBytes(values);
          const cosine = values.reduce((n, x, i) => n + x * bytes[i]!, 0) / (length * Math.hypot(...bytes));
          expect(cosine).toBeGreaterThan(0.99);
        },
      ),
    );
  });
  test('of no direction is near to nothing', () => {
    expect([...inBytes([0, 0])]).toEqual([0, 0]);
    expect(nearness(inBytes([0, 0]), inBytes([1, 0]))).toBe(0);
  });
  test.each([
    ['the same direction', [1, 2], [2, 4], 1],
    ['the opposite', [1, 2], [-1, -2], -1],
    ['none to do with it', [1, 0], [0, 1], 0],
  ])('nearness of %s', (_, a, b, n) => expect(nearness(inBytes(a), inBytes(b))).toBeCloseTo(n, 2));
});

describe('signatures', () => {
  test('the nearest are those that have the fewest bits apart, whatever their number', () => {
    fc.assert(
      fc.property(
        fc.array(vector, { minLength: 1, maxLength: 40 }),
        vector,
        fc.integer({ min: 1, max: 50 }),
        (all, q, most) => {
          const found = indexOf(all).nearest(q, most);
          expect(new Set(found).size).toBe(found.length);
          expect(found).toHaveLength(Math.min(most, all.length));
          const best = all
            .map((v) => apart(v, q))
            .toSorted((a, b) => a - b)
            .slice(0, most);
          expect(found.map((no) => apart(all[no / 10]!, q)).toSorted((a, b) => a - b)).toEqual(best);
        },
      ),
      { numRuns: 60 },
    );
  });
  test('of a time are found though others are nearer', () => {
    const v = (x: number): Int8Array =>
      inBytes(Array.from({ length: DIMENSIONS }, (_, i) => (i < x ? -1 : 1)));
    const all = Array.from({ length: 3_000 }, (_, i) => v(i % 300));
    const signatures = indexOf(all, (i) => i * 60_000);
    expect(signatures.size).toBe(3_000);
    expect(signatures.nearest(v(0), 2, { fromMs: 10 * 60_000, toMs: 12 * 60_000 }).toSorted()).toEqual([
      100, 110,
    ]);
    expect(signatures.nearest(v(0), 5, { fromMs: 2_999 * 60_000 })).toEqual([29_990]);
    expect(signatures.nearest(v(0), 5, { toMs: 0 })).toEqual([]);
  });
  test('of nothing nothing is near', () => expect(new Signatures().nearest(inBytes([1]), 3)).toEqual([]));
});

describe('one list of two', () => {
  test.each([
    [
      'what both have comes before what one has first',
      [
        ['a', 'b'],
        ['c', 'b'],
      ],
      ['b', 'a', 'c'],
    ],
    ['one alone is itself', [['a', 'b', 'c'], []], ['a', 'b', 'c']],
    ['of two alike the earlier list is right', [['a'], ['b']], ['a', 'b']],
    ['nothing', [[], []], []],
  ])('%s', (_, lists, one) => expect(fused(lists)).toEqual(one));
  test('holds each of both once', () => {
    const list = fc.uniqueArray(fc.nat(30));
    fc.assert(
      fc.property(list, list, (a, b) => {
        const f = fused([a, b]);
        expect(f.toSorted((x, y) => x - y)).toEqual([...new Set([...a, ...b])].toSorted((x, y) => x - y));
      }),
    );
  });
});
