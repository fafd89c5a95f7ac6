import { expect, test } from '@jest/globals';
import { atMost } from './at-most.ts';

test('so many are under way at once, the rest come in the order asked, and an error frees its place', async () => {
  const does = atMost(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    does(async () => {
      begun.push(n);
      await new Promise<void>((end) => ends.push(end));
      if (n === 1) throw new Error('broke');
      return n;
    }),
  );
  const settled = Promise.allSettled(all);
  const turn = (): Promise<void> => new Promise((r) => setImmediate(r));
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[1]!();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  for (const n of [0, 2, 3]) {
    ends[n]!();
    await turn();
  }
  expect(begun).toEqual([0, 1, 2, 3]);
  expect((await settled).map((one) => (one.status === 'fulfilled' ? one.value : 'broke'))).toEqual([
    0,
    'broke',
    2,
    3,
  ]);
  expect(await does(() => Promise.resolve('free again'))).toBe('free again');
});
