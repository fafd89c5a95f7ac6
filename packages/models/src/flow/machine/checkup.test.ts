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

test('the words of a worker and of a clock, to the minute and the second', () => {
  expect(checksOf({ at: '2026-03-01T11:57:00.001Z', checks: [] }, now)).toEqual([
    { name: 'worker', ok: true, says: 'at work' },
  ]);
  const silent = (since: string) => [
    {
      name: 'worker',
      ok: false,
      says: `${since}. No task moves without it. Look at its log, then start it again.`,
    },
  ];
  for (const [at, says] of [
    ['2026-03-01T11:57:00Z', '3 minutes'],
    ['2026-03-01T10:01:00Z', '119 minutes'],
    ['2026-03-01T10:00:00Z', '2 hours'],
    ['2026-02-27T13:00:00Z', '47 hours'],
    ['2026-02-27T12:00:00Z', '2 days'],
    ['2025-04-05T12:00:00Z', '330 days'],
  ] as const)
    expect(checksOf({ at, checks: [] }, now)).toEqual(silent(`The worker has been silent for ${says}`));
  expect(checksOf(null, now)).toEqual(silent('The worker has not started yet'));
  expect(clockCheck(59_999)).toEqual({ name: 'clock', ok: true, says: "agrees with the cluster's" });
  expect(clockCheck(60_000)).toEqual({
    name: 'clock',
    ok: false,
    says: "The worker's clock is 60 s ahead of the cluster's. Let both keep time by NTP.",
  });
  expect(clockCheck(-60_400).says).toBe(
    "The worker's clock is 60 s behind the cluster's. Let both keep time by NTP.",
  );
});
