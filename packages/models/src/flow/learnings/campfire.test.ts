import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { campfireDay, campfireWords, type DayFacts } from './campfire.ts';
import { addDays, dayOf } from '../memory/levels.ts';

const BERLIN = 'Europe/Berlin';
const LOOKS_MS = 20 * 60_000;
const at = (iso: string): number => Date.parse(iso);

test.each([
  ['before the hour, yesterday was looked at', '18:00', BERLIN, '2026-11-27T16:59:00Z', '2026-11-26', null],
  ['at the hour', '18:00', BERLIN, '2026-11-27T17:00:00Z', '2026-11-26', '2026-11-27'],
  ['once a day', '18:00', BERLIN, '2026-11-27T22:00:00Z', '2026-11-27', null],
  ['missed, so it is lit late', '18:00', BERLIN, '2026-11-28T08:00:00Z', '2026-11-25', '2026-11-27'],
  ['the first time', '18:00', BERLIN, '2026-11-27T08:00:00Z', null, '2026-11-26'],
  ['an hour that is left out', '02:30', BERLIN, '2026-03-29T01:00:00Z', '2026-03-28', '2026-03-29'],
  ['an hour that comes twice, again', '02:30', BERLIN, '2026-10-25T01:30:00Z', '2026-10-25', null],
  ['another day elsewhere', '18:00', 'Pacific/Auckland', '2026-11-27T05:00:00Z', '2026-11-26', '2026-11-27'],
  ['a clock that ran a year ahead', '18:00', BERLIN, '2026-11-27T18:00:00Z', '2027-11-27', '2026-11-27'],
  [
    'a zone where it is a day earlier',
    '18:00',
    'Pacific/Honolulu',
    '2026-11-28T03:00:00Z',
    '2026-11-28',
    null,
  ],
])('%s', (_, hour, zone, now, last, expected) => {
  expect(campfireDay({ at: hour, zone, nowMs: at(now), last })).toBe(expected);
});

test('through a year each day is lit once and at its hour, whatever the zone', () => {
  const zones = fc.constantFrom(BERLIN, 'UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia');
  const hours = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([h, m]) => `${`${h}`.padStart(2, '0')}:${`${m}`.padStart(2, '0')}`);
  fc.assert(
    fc.property(zones, hours, (zone, hour) => {
      let last: string | null = null;
      const lit: string[] = [];
      for (let nowMs = at('2026-01-01T00:00:00Z'); nowMs < at('2027-01-01T00:00:00Z'); nowMs += LOOKS_MS) {
        const day = campfireDay({ at: hour, zone, nowMs, last });
        if (day === null) continue;
        lit.push((last = day));
        // The first looks back a day; each after it is of the day that the clock shows, or showed at the look before.
        if (lit.length > 1) expect([nowMs, nowMs - LOOKS_MS].map((ms) => dayOf(ms, zone))).toContain(day);
      }
      expect(lit.slice(1)).toEqual(lit.slice(0, -1).map((day) => addDays(day, 1)));
      expect(lit.length).toBeGreaterThanOrEqual(365);
    }),
    // At 23:50 the next look is after midnight.
    { numRuns: 6, examples: [['Australia/Lord_Howe', '23:50']] },
  );
});

const DAY: DayFacts = {
  day: '2026-11-27',
  worked: 0,
  merged: [],
  rules: [],
  more: 0,
  against: 0,
  ignored: 0,
};
const review = { source: 'review', author: 'ada' } as const;

test.each([
  [
    { ...DAY, rules: [review] },
    'What Friday taught: one rule',
    'One came up in review (ada). Agents hear only what you approve.',
  ],
  [
    {
      ...DAY,
      worked: 3,
      merged: [{ id: 't 1', title: 'Split [fairly]' }],
      rules: [review, { source: 'review', author: 'mona' }, { source: 'ci', author: 'the check lint' }],
      more: 2,
      against: 1,
      ignored: 1,
    },
    'What Friday taught: three rules',
    '[Split fairly](/task/t%201) was merged, and two others moved. Two came up in review (ada, mona) and one came from a red check (the check lint). One of them says [the opposite](/learnings#opposites) of what agents go by. Two more wait for another evening. One rule that agents are given again and again is named by none: [look](/learnings). Agents hear only what you approve.',
  ],
  [
    {
      ...DAY,
      worked: 1,
      rules: [
        { source: 'learned', author: 'agent' },
        { source: 'learned', author: 'agent' },
      ],
    },
    'What Friday taught: two rules',
    'One task moved, none was merged. Two were offered by an agent. Agents hear only what you approve.',
  ],
] as const)('the read of a day: %#', (facts, title, body) => {
  expect(campfireWords(facts)).toEqual({ title, body });
});

test('a name from outside is no markdown', () => {
  const { body } = campfireWords({
    ...DAY,
    rules: [{ source: 'review', author: '[x](//evil.example) **a**' }],
  });
  expect(body).not.toMatch(/[[*]|\]\(/);
});
