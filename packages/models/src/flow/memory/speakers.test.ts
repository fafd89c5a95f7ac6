import { expect, test } from '@jest/globals';
import { monthsOf } from '@mainloop/testkit/months';
import type { SourceLine } from './sentences.ts';
import { speakersOf, speakersOfEdit } from './speakers.ts';
import { extractOf, linesOf } from './summary.ts';

const SOURCE: readonly SourceLine[] = [
  { who: 'user', text: 'The staging database is on port 5433. Mona Okafor does the release.', day: null },
  { who: 'assistant', text: 'I would always squash the commits of a branch before the merge.', day: null },
  { who: 'assistant', text: 'Noted: the staging database is on port 5433.', day: null },
  { who: 'note', text: 'The task “Split fairly” was merged.', day: null },
];

test.each([
  ['word for word', '- Mona Okafor does the release.', ['user']],
  ['in other words', '- Release: Mona Okafor.', ['user']],
  ['what mainloop said', '- Always squash the commits of a branch before merging it.', ['assistant']],
  ['what both said is the user’s', '- Staging database: port 5433.', ['user']],
  ['what neither said', '- “Split fairly” was merged.', ['note']],
  ['what nobody said', '- Birds sing in spring.', ['note']],
  ['a day in front of it', '- 2026-11-26: Mona Okafor does the release.', ['user']],
  ['nothing', '', []],
  [
    'one for each line',
    '- Mona Okafor does the release.\n- Always squash the commits of a branch.',
    ['user', 'assistant'],
  ],
])('%s', (_, summary, expected) => {
  expect(speakersOf(summary, SOURCE)).toEqual(expected);
});

test('of an extract each line is whose it was, through three levels', () => {
  const { messages } = monthsOf({ seed: 9, days: 3, messages: 120, facts: 12 });
  const lines = messages.map((m): SourceLine => ({ who: m.role, text: m.text, day: null }));
  let source = lines;
  for (const level of ['day', 'week', 'month'] as const) {
    const text = extractOf(source, level);
    const who = speakersOf(text, source);
    expect(who).toHaveLength(linesOf(text).length);
    source = linesOf(text).map((line, at): SourceLine => ({ who: who[at]!, text: line, day: null }));
    for (const { who: speaker, text: line } of source) {
      if (speaker !== 'user') continue;
      // What counts as the user's three levels up was said by the user in the first place.
      expect(
        lines.some(
          (l) => l.who === 'user' && l.text.includes(line.replace(/ \(of: .*/, '').replace(/ …$/, '')),
        ),
      ).toBe(true);
    }
  }
  expect(new Set(source.map((l) => l.who)).size).toBeGreaterThan(0);
});

test('what the user writes anew is theirs, and what they left is whose it was', () => {
  const before = '- One.\n- Two.';
  expect(speakersOfEdit('- Two.\n- Three.', before, ['user', 'assistant'])).toEqual(['assistant', 'user']);
  expect(speakersOfEdit('- One.', before, null)).toEqual(['note']);
});
