import { expect, test } from '@jest/globals';
import { seenWords, lastSentWords } from './settings.ts';

const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();

test('when a device was seen and told is said as an age, also just now', () => {
  expect([seenWords(agoMs(0)), seenWords(agoMs(4 * 60_000))]).toEqual(['seen just now', 'seen 4 min ago']);
  expect(lastSentWords(agoMs(0), agoMs(7_200_000))).toBe('told just now');
  expect(lastSentWords(null, agoMs(7_200_000))).toBe('added 2 h ago');
});
