import { expect, test } from '@jest/globals';
import { takeUpStep, waitsMs } from './all-held.ts';
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

const other = { ...held, body: { decision: 'revise' }, atMs: 106_000 };
test.each([
  ['nothing was waited for yet', held, false, null, 101_000, { do: 'wait', ms: 9_000 }],
  ['its page said that it goes', { ...held, left: true }, false, null, 100_001, { do: 'send' }],
  ['its page was waited for', held, false, 100_000, 110_000, { do: 'send' }],
  ['it was sent or taken back meanwhile', null, false, 100_000, 110_000, { do: 'nothing' }],
  ['this page decided on it meanwhile', held, true, 100_000, 110_000, { do: 'nothing' }],
  ['its page decided otherwise meanwhile', other, false, 100_000, 110_000, { do: 'wait', ms: 6_000 }],
  ['that was waited for, too', other, false, 106_000, 116_000, { do: 'send' }],
  ['the clock was put back while it waited', held, false, 100_000, 5_000, { do: 'send' }],
] as const)('what another page held is taken up, when %s', (_, now, here, waitedFor, nowMs, step) =>
  expect(takeUpStep(now, here, waitedFor, nowMs)).toEqual(step),
);
