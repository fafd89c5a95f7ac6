import { expect, test } from '@jest/globals';
import { checksOf, clockCheck } from './checkup.ts';

const now = Date.parse('2026-03-01T12:00:00Z');
const bad = { name: 'rights', ok: false, says: 'missing' };

test.each<[string, Parameters<typeof checksOf>[0], [string, boolean][]]>([
  ['never heard of', null, [['worker', false]]],
  [
    'heard of just now',
    { at: '2026-03-01T11:59:30Z', checks: [bad] },
    [
      ['worker', true],
      ['rights', false],
    ],
  ],
  ['silent: what it said is old', { at: '2026-03-01T11:50:00Z', checks: [bad] }, [['worker', false]]],
])('%s', (_, checkup, want) => {
  expect(checksOf(checkup, now).map((c) => [c.name, c.ok])).toEqual(want);
});

test.each([
  [0, true, 'agrees'],
  [-59_000, true, 'agrees'],
  [90_000, false, '90 s ahead of'],
  [-3_600_000, false, '3600 s behind'],
])('a clock that is off by %i ms', (off, ok, words) => {
  expect(clockCheck(off)).toMatchObject({ ok, says: expect.stringContaining(words) });
});
