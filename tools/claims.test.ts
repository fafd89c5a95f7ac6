// The check of docs/security.md is shown each kind of break, or it may be asleep.
import { expect, test } from '@jest/globals';
import { problemsOf, problemsOfTree, titlesIn } from './claims.ts';

const SPEC = `test('holds it', () => {}); describe("a place", () => { it.each([['x', 1]])('%s is \\'refused\\'', () => {}); });
test(\`by \${how}\`, async () => {}); test.skip('sleeps', () => {});
const asRoot = root ? test : test.skip; asRoot('needs root', () => {});`;
const sourceOf = (file: string): string | null => (file === 'e2e/a.spec.ts' ? SPEC : null);
const page = (sentences: string, notes = '[^a]: e2e/a.spec.ts › holds it'): string =>
  `# Security\n\nAn introduction claims nothing.\n\n## What holds\n\n${sentences}\n\n## What it does not hold\n\n- A kernel bug.\n\n${notes}\n`;

test('every claim of docs/security.md names a test that is there', () => {
  expect(problemsOfTree()).toEqual([]);
});

test('titles are read as they stand: tables, templates and escapes; a skipped test is none', () => {
  expect([...titlesIn(SPEC)].sort()).toEqual([
    "%s is 'refused'",
    'a place',
    'by ${how}',
    'holds it',
    'needs root',
  ]);
});

test('a page whose sentences all end in a test is in order', () => {
  expect(
    problemsOf(
      page('One thing holds.[^a] So does `another`, which\nis longer.[^a]\n\n- And this one.[^a]'),
      sourceOf,
    ),
  ).toEqual([]);
  expect(
    problemsOf(
      page('One.[^a]', "[^a]: `e2e/a.spec.ts` › a place › %s is 'refused' · e2e/a.spec.ts › holds it"),
      sourceOf,
    ),
  ).toEqual([]);
});

test.each([
  [
    'a sentence without a test',
    page('One holds.[^a] Another one is said to.'),
    'No test is named for: Another one is said to.',
  ],
  [
    'a sentence in front of one that has a test',
    page('One is said to. Another holds.[^a]'),
    'No test is named for: One is said to.',
  ],
  [
    'a list item without a test',
    page('- One holds.[^a]\n- Two is said to.'),
    'No test is named for: Two is said to.',
  ],
  [
    'a test that is not there',
    page('One.[^a]', '[^a]: e2e/a.spec.ts › held it'),
    'names the test "held it", which e2e/a.spec.ts does not have',
  ],
  [
    'a block that is not there',
    page('One.[^a]', '[^a]: e2e/a.spec.ts › nowhere › holds it'),
    'names the test "nowhere"',
  ],
  ['a test that is skipped', page('One.[^a]', '[^a]: e2e/a.spec.ts › sleeps'), 'names the test "sleeps"'],
  [
    'a file that is not there',
    page('One.[^a]', '[^a]: e2e/b.spec.ts › holds it'),
    'names the file e2e/b.spec.ts, which is not there',
  ],
  ['a file and no test', page('One.[^a]', '[^a]: e2e/a.spec.ts'), 'and no test in it'],
  ['a footnote without text', page('One.[^a] Two.[^b]'), 'The footnote [^b] has no text that names a test.'],
  [
    'a footnote that nobody uses',
    page('One.[^a]', '[^a]: e2e/a.spec.ts › holds it\n[^b]: e2e/a.spec.ts › holds it'),
    'No sentence ends in the footnote [^b].',
  ],
])('a planted break is noticed: %s', (_, markdown, sentence) => {
  expect(problemsOf(markdown, sourceOf).join('\n')).toContain(sentence);
});
