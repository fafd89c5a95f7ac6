import { expect, test } from '@jest/globals';
import { aged, ago, backAt, centsIn, learnServerTime } from './format.ts';

test('times are told by the server, when the clock here is far off', () => {
  const here = Date.parse('2026-03-01T12:00:00Z');
  try {
    expect(learnServerTime('Sun, 01 Mar 2026 12:00:40 GMT', here)).toBe(false);
    expect(learnServerTime(null, here)).toBe(false);
    const server = Date.now() + 26 * 3_600_000;
    expect(learnServerTime(new Date(server).toUTCString())).toBe(true);
    expect(ago(new Date(server - 5 * 60_000))).toBe('5 min');
    expect(aged(new Date(server - 5 * 60_000))).toBe('5 min ago');
    expect(aged(new Date(server))).toBe('just now');
  } finally {
    learnServerTime(null);
  }
});

test('what was put off says when it comes back', () => {
  const now = new Date(2026, 10, 25, 22, 0).getTime();
  expect(
    [new Date(2026, 10, 25, 23, 30), new Date(2026, 10, 26, 1, 0), new Date(2026, 10, 28, 9, 5)].map((at) =>
      backAt(at, now),
    ),
  ).toEqual(['Back today at 23:30', 'Back tomorrow at 01:00', 'Back on Saturday at 09:05']);
});

test('dollars are typed, cents are kept', () => {
  expect([centsIn('7'), centsIn(' 0.5 '), centsIn(''), centsIn('19.99')]).toEqual([700, 50, null, 1999]);
});
