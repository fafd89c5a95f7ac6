import { expect, test } from '@jest/globals';
import { waitsForPerson, waitsWords } from './waits.ts';

const at = (ms: number): Date => new Date(ms);
const NOW = 1_000;

test.each([
  ['nothing', [], [], 0],
  ['an item of any kind', [null], [], 1],
  ['one that was put off', [at(NOW + 1)], [], 0],
  ['one that has come back', [at(NOW)], [], 1],
  ['a proposal', [], [at(NOW + 1)], 1],
  ['one that has expired', [], [at(NOW)], 0],
  ['all together', [null, null, at(NOW + 1)], [at(NOW + 1), at(0)], 3],
] as const)('%s', (_, items, proposals, n) => {
  expect(
    waitsForPerson(
      {
        items: items.map((snoozedUntil) => ({ snoozedUntil })),
        proposals: proposals.map((expiresAt) => ({ expiresAt })),
      },
      NOW,
    ),
  ).toBe(n);
});

test('in words', () => {
  expect([0, 1, 4].map(waitsWords)).toEqual([
    'Nothing needs you.',
    'One thing needs you.',
    '4 things need you.',
  ]);
});
