import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isOpposite, oppositesIn } from './opposites.ts';

describe('two rules', () => {
  test.each([
    ['Always write a test first.', 'Never write a test first.'],
    ['Indent with tabs.', 'Indent with spaces.'],
    ['Round half to even when a bill is split.', 'Do not round half to even when a bill is split.'],
    ['Use the money helper.', 'Avoid the money helper.'],
    ["Don't squash commits.", 'Squash commits.'],
    ['Imports are relative.', 'Imports are absolute.'],
    ['Close the file before the rename.', 'Close the file after the rename.'],
    ['Round money up.', 'Round money down.'],
    ['Names of columns are in snake_case.', 'Names of columns are in camelCase.'],
    ['Use single quotes in TypeScript.', 'Use double quotes in TypeScript, please.'],
  ])('%j and %j say the opposite, whichever comes first', (a, b) => {
    expect(isOpposite(a, b)).toBe(true);
    expect(isOpposite(b, a)).toBe(true);
  });
  test.each([
    ['Always write a test first.', 'Write a test first.'],
    ['Indent with tabs.', 'Never indent with spaces.'],
    ['Never round money up.', 'Round money down.'],
    ['Round half to even.', 'Never touch the lock file by hand.'],
    ['Do not squash commits.', 'Never squash commits.'],
    ['Use tabs in Makefiles.', 'Use spaces in the YAML of our workflows.'],
    ['Write the changelog before the release.', 'Run the benchmarks after each change of the index.'],
    ['', ''],
    ['No.', 'Yes.'],
  ])('%j and %j do not', (a, b) => {
    expect(isOpposite(a, b)).toBe(false);
    expect(isOpposite(b, a)).toBe(false);
  });
  test('never say the opposite of themselves, and one order says what the other says', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 8 }), fc.string(), (a, b) => {
        expect(isOpposite(a, a)).toBe(false);
        expect(isOpposite(a, b)).toBe(isOpposite(b, a));
      }),
    );
  });
});

const rule = (
  id: string,
  words: string,
  state: string,
  projectId: string | null = null,
  apart: string[] = [],
) => ({ id, rule: words, state, projectId, apart });
const pairs = (...rules: ReturnType<typeof rule>[]): string[] =>
  oppositesIn(rules).map(({ stands, against }) => `${stands.id} ${against.id}`);

describe('the person decides between', () => {
  test.each([
    ['what counts and what waits', 'approved', 'proposed', ['a b']],
    ['what waits and what counts', 'proposed', 'approved', ['b a']],
    ['two that count', 'approved', 'approved', ['b a']],
    ['two that wait', 'proposed', 'proposed', []],
    ['one that nobody is asked about', 'approved', 'noted', []],
    ['one that is retired', 'approved', 'retired', []],
  ] as const)('%s', (_, first, second, wanted) =>
    expect(pairs(rule('a', 'Indent with tabs.', first), rule('b', 'Indent with spaces.', second))).toEqual(
      wanted,
    ),
  );
  test.each([
    [['b'], []],
    [[], ['a']],
  ])('none of which they said that both hold', (ofA, ofB) =>
    expect(
      pairs(
        rule('a', 'Indent with tabs.', 'approved', null, ofA),
        rule('b', 'Indent with spaces.', 'approved', null, ofB),
        rule('c', 'Indent with spaces!', 'approved'),
      ),
    ).toEqual(['c a']),
  );
  test('those that an agent could be given together, and no others', () => {
    const tabs = (project: string | null) => rule('a', 'Indent with tabs.', 'approved', project);
    const spaces = (project: string | null) => rule('b', 'Indent with spaces.', 'approved', project);
    expect(pairs(tabs('one'), spaces('two'))).toEqual([]);
    expect(pairs(tabs('one'), spaces('one'))).toEqual(['b a']);
    expect(pairs(tabs(null), spaces('one'))).toEqual(['b a']);
  });
});
