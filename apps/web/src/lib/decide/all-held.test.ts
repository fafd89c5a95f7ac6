import { expect, test } from '@jest/globals';
import { waitsMs } from './all-held.ts';
import type { Held } from './held.ts';

const held: Held = { path: '/api/inbox/i', body: {}, label: '', says: '', atMs: 100_000, left: false };

test.each([
  ['its page has gone and said so', { left: true }, 100_500, 0],
  ['its page may be there yet', {}, 101_000, 9_000],
  ['nobody holds it for that long', {}, 110_000, 0],
  ['it is from long ago', {}, 9_000_000, 0],
  ['the clock was put back', {}, 5_000, 10_000],
])('what another page held, when %s', (_, change, nowMs, ms) =>
  expect(waitsMs({ ...held, ...change }, nowMs)).toBe(ms),
);
