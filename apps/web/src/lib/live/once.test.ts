import { expect, test } from '@jest/globals';
import { readOnce } from './once.ts';

test('what never changes is read once, also by two at the same time', async () => {
  const asked: string[] = [];
  const read = readOnce(async (key) => `${key}${asked.push(key)}`, 2);
  expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual(['a1', 'a1', 'b2']);
  expect([await read('a'), await read('c'), await read('a'), await read('b')]).toEqual([
    'a1',
    'c3',
    'a1',
    'b4',
  ]);
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
});

test('one that failed is asked again', async () => {
  let tries = 0;
  const read = readOnce(
    () => (++tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve(tries)),
    2,
  );
  await expect(read('a')).rejects.toThrow('away');
  expect([await read('a'), await read('a')]).toEqual([2, 2]);
});
