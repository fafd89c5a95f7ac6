// Copies that are made before they are asked for: nobody shares one, and nothing is begun too early or for nothing.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readyCopies, type Copies } from './copies.ts';

const REST_MS = 5_000;
let begun: string[];
let copies: Copies;
beforeEach(() => {
  jest.useFakeTimers();
  begun = [];
  copies = readyCopies(async (of) => `${of}${begun.push(of)}`, REST_MS);
});
afterEach(() => void jest.useRealTimers());

const after = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

test('the first is begun at once where it may, the next when a rest is over', async () => {
  copies.fill('a', 2, 0);
  await after(0);
  expect(begun).toEqual(['a']);
  await after(REST_MS - 1);
  expect(begun).toEqual(['a']);
  await after(1);
  expect(begun).toEqual(['a', 'a']);
  await after(10 * REST_MS);
  expect(begun).toHaveLength(2);
});

test('what is there is taken in its order, and made anew when whoever took it is under way', async () => {
  copies.fill('a', 2, 0);
  await after(REST_MS);
  expect(await copies.take('a')).toBe('a1');
  copies.fill('a', 2);
  expect(await copies.take('a')).toBe('a2');
  copies.fill('a', 2);
  await after(REST_MS - 1);
  expect(begun).toHaveLength(2);
  await after(REST_MS + 1);
  expect(begun).toHaveLength(4);
});

test('who waits is served at once, each with one of his own', async () => {
  copies.fill('a', 2);
  const taken = await Promise.all([copies.take('a'), copies.take('a'), copies.take('a')]);
  expect(taken).toEqual(['a1', 'a2', 'a3']);
  await after(10 * REST_MS);
  expect(begun).toHaveLength(3);
});

test('what is forgotten is handed out to be removed, and what had not begun never does', async () => {
  copies.fill('a', 2, 0);
  copies.fill('b', 1, 0);
  await after(1);
  expect(await copies.forget('a')).toEqual(['a1']);
  await after(10 * REST_MS);
  expect(begun).toEqual(['a', 'b']);
  expect([await copies.forget('a'), await copies.take('b')]).toEqual([[], 'b2']);
});

test('a copy that fails is told to whoever takes it, and to nobody else', async () => {
  let fails = true;
  copies = readyCopies(async () => {
    if (fails) throw new Error('no room');
    return 'x';
  }, REST_MS);
  copies.fill('a', 2, 0);
  await after(1);
  await expect(copies.take('a')).rejects.toThrow('no room');
  fails = false;
  expect(await copies.take('a')).toBe('x');
  copies.fill('a', 1, 0);
  fails = true;
  await after(1);
  expect(await copies.forget('a')).toEqual([]);
});
