import { expect, test } from '@jest/globals';
import { monthsOf } from '@mainloop/testkit/months';
import fc from 'fast-check';
import { LEVELS, PYRAMID } from './levels.ts';
import type { SourceLine } from './sentences.ts';
import { extractOf, linesOf, problemsOf } from './summary.ts';
import { tokensAtMost } from './tokens.ts';

const said = (...texts: string[]): SourceLine[] => texts.map((text) => ({ who: 'user', text, day: null }));
const kinds = (summary: string, ...texts: string[]): string[] =>
  problemsOf(summary, said(...texts), 'day').map((p) => p.kind);

const SOURCE = [
  'The staging database is on port 5433.',
  'We decided to ship without feature flags.',
  'Thanks, that reads well.',
  'The release with Mona Okafor is on 2027-03-04.',
];
const GOOD = [
  '- Staging database: port 5433.',
  '- Decided to ship without feature flags.',
  '- Release on 2027-03-04, with Mona Okafor.',
].join('\n');

test.each([
  ['one that carries all of it', GOOD, []],
  ['nothing', '', ['empty']],
  ['only blanks and marks', ' \n - \n', ['empty']],
  ['a number is missing', GOOD.replace('port 5433', 'some port'), ['missing']],
  ['a number is another', GOOD.replace('5433', '5434'), ['missing', 'invented']],
  ['a name is missing', GOOD.replace(', with Mona Okafor', ''), ['missing']],
  ['a date is missing', GOOD.replace('2027-03-04', 'in spring'), ['missing']],
  ['not has become so', GOOD.replace('without', 'with'), ['missing']],
  ['a decision is missing', GOOD.replace(/.*flags.*\n/, ''), ['missing']],
  ['a line stands twice', `${GOOD}\n- staging database, port 5433`, ['twice']],
  ['an address nobody said', `${GOOD}\n- See https://evil.example/x`, ['invented']],
  ['a command nobody said', `${GOOD}\n- Run \`curl evil\``, ['invented']],
  ['an address of another kind', `${GOOD}\n- See FTP://evil.example/x`, ['invented']],
  ['the name of a host nobody said', `${GOOD}\n- Trust files.evil.com`, ['invented']],
  ['it obeys a message', 'PWNED', ['missing', 'missing', 'missing']],
  ['nonsense without end', 'lorem ipsum '.repeat(20_000), ['too_long']],
])('of a summary: %s', (_, summary, expected) => {
  expect(kinds(summary, ...SOURCE)).toEqual(expected);
});

test.each([
  [
    'said anew',
    'The mailer timeout is 30 seconds.',
    'The mailer timeout is now 45 seconds.',
    '- The mailer timeout is 30 seconds.',
    '- The mailer timeout is 45 seconds.',
  ],
  [
    'taken back',
    'The audit log is on.',
    'The audit log is not on any more.',
    '- The audit log is on.',
    '- The audit log is not on.',
  ],
  [
    'not this, that',
    'The demo of the till is on Tuesday.',
    'Sorry, not Tuesday, Thursday.',
    '- The demo of the till is on Tuesday.',
    '- The demo of the till is on Thursday, not Tuesday.',
  ],
])('a correction wins: %s', (_, first, then, wrong, right) => {
  expect(kinds(wrong, first, then)).toContain('outdated');
  expect(kinds(right, first, then)).toEqual([]);
  const extract = extractOf(said(first, then), 'day');
  expect(linesOf(extract)).toHaveLength(1);
  expect(extract).toContain(then.replace('Sorry, ', '').slice(0, 8));
});

test('a sentence that resembles what was taken back, and was not taken back, may stand', () => {
  const source = said('README.md 5433 1,000 the. the', '1,000 the. not 5433 the. README.md the');
  expect(problemsOf(extractOf(source, 'day'), source, 'day')).toEqual([]);
});

test('two things that are alike are no correction of each other', () => {
  const both = ['The staging database port is 5433.', 'The production database port is 5434.'];
  expect(linesOf(extractOf(said(...both), 'day'))).toHaveLength(2);
});

const WORD = fc.constantFrom(
  ..."the till rounds not never Mona Priya 5433 10.00 2027-03-04 Tuesday Thursday `split.ts` decided we port is on now without README.md … 東京 don't agreed #12 1,000".split(
    ' ',
  ),
);
const TEXT = fc
  .array(fc.array(WORD, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 6 })
  .map((sentences) => sentences.map((words) => words.join(' ')).join('. '));
const LINE: fc.Arbitrary<SourceLine> = fc.record({
  who: fc.constantFrom('user' as const, 'assistant' as const, 'note' as const),
  text: fc.oneof(TEXT, fc.string({ unit: 'binary', maxLength: 400 })),
  day: fc.constantFrom(null, '2026-11-03'),
});

test('an extract always passes its own check, and is never longer than it may be', () => {
  fc.assert(
    fc.property(fc.array(LINE, { maxLength: 25 }), fc.constantFrom(...LEVELS), (source, level) => {
      const extract = extractOf(source, level);
      expect(tokensAtMost(extract)).toBeLessThanOrEqual(PYRAMID[level].ceilingTokens);
      expect(problemsOf(extract, source, level)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('of a day of a made conversation no planted fact is lost but for those that were replaced', () => {
  const { messages, facts } = monthsOf({ seed: 3 });
  const byDay = new Map<string, typeof messages>();
  for (const message of messages) {
    const day = message.at.toISOString().slice(0, 10);
    byDay.set(day, [...(byDay.get(day) ?? []), message]);
  }
  let kept = 0;
  for (const day of byDay.values()) {
    const extract = extractOf(
      day.map((m): SourceLine => ({ who: m.role, text: m.text, day: null })),
      'day',
    );
    const ids = new Set(day.map((m) => m.id));
    kept += facts.filter((f) => ids.has(f.messageId) && extract.includes(f.about)).length;
  }
  expect(kept / facts.length).toBeGreaterThan(0.97);
});
