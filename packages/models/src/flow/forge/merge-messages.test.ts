import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setsOff } from './text.ts';
import { actingCommits, UNREAD, wayRefused } from './merge-messages.ts';
import { MERGE_METHODS } from '../workflow.ts';

/**
 * What GitHub looks for in the messages of commits that come to the default branch, each as its own
 * documentation has it.
 */
const ON_GITHUB = [
  /\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b:?\s+(?:[\w.-]+\/[\w.-]+)?(#\d|GH-\d|https?:)/i,
  /(?<![\w.+-])@[a-z0-9]/i,
  /^(co-authored-by|signed-off-by):/im,
  /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|^skip-checks:/im,
];

describe('a commit message of an agent', () => {
  test.each([
    'fixes #12',
    'Split the bill\n\nThis closes: owner/repo#3, too.',
    'Resolved GH-7',
    'fix https://github.com/a/b/issues/1',
    'fix\u200bes #12',
    'Split\r\rfixes #12',
    'Thanks @torvalds',
    'cc @org/team',
    'x\n\nCo-authored-by: A <a@b.example>',
    'x\n\nSigned-off-by: A <a@b.example>',
    'x\n\nBREAKING CHANGE: all of it',
    'x [skip ci]',
    'x [ci skip]',
    'x\n\n\nskip-checks: true',
  ])('would do something: %j', (message) => {
    expect(setsOff(message)).not.toBeNull();
  });

  test.each([
    'Split the bill fairly',
    'fix: round down',
    'Fixes the rounding',
    'Write to a@b.example',
    'See #12',
    'Speak to #12\n\nAnd 3 < 4 & 5.',
    '',
  ])('does nothing: %j', (message) => {
    expect(setsOff(message)).toBeNull();
  });

  test('whatever GitHub would find in it is found', () => {
    const part = fc.constantFrom('fixes', 'Closed', 'resolve', ':', ' ', '\n', '#12', 'GH-1', 'a/b#2', '@', 'me', 'a@b', 'Co-authored-by: x', 'Signed-off-by:', '[skip ci]', '[no ci]', 'skip-checks: true', '\r', 'word', 'https://github.com/a/b/issues/1'); // prettier-ignore
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const message = parts.join('');
        if (ON_GITHUB.some((re) => re.test(message)))
          expect([message, setsOff(message)]).not.toEqual([message, null]);
      }),
      { numRuns: 2_000 },
    );
  });
});

test('the commits that would act are named, five of them at most', () => {
  const commits = [
    { sha: '1234567890', message: 'Split\n\nfixes #12' },
    { sha: 'abc', message: 'plain' },
    { sha: 'fedcba9876', message: 'by @you' },
  ];
  expect(actingCommits(commits)).toEqual(['1234567 says “fixes #12”', 'fedcba9 says “by @you”']);
  expect(actingCommits(Array.from({ length: 9 }, () => commits[0]!))).toHaveLength(5);
});

test.each([
  ['squash', ['a says “fixes #1”'], null],
  ['squash', null, null],
  ['rebase', [], null],
  ['merge', [], null],
  ['rebase', ['a says “fixes #1”'], "Of the agent's commits, a says “fixes #1”: on the"],
  [
    'merge',
    ['a says “fixes #1”', 'b', 'c'],
    "Of the agent's commits, a says “fixes #1”, and 2 more like it: on the",
  ],
  ['rebase', [UNREAD], `Of the agent's commits, ${UNREAD}: on the`],
  ['merge', null, `Of the agent's commits, ${UNREAD}: on the`],
] as const)('merged by %s with %j: %s', (method, acting, refused) => {
  const said = wayRefused(method, acting);
  expect(refused === null ? said : said?.startsWith(refused)).toBe(refused === null ? null : true);
});

test('one way is always open', () => {
  for (const acting of [null, [], [UNREAD], ['x']])
    expect(MERGE_METHODS.some((m) => wayRefused(m, acting) === null)).toBe(true);
});

test('a commit that its own author signed off may be merged in any way; one that is signed off for another may not', () => {
  const commit = {
    sha: '1234567890',
    author: 'Mona <m@x>',
    message: 'Add it\n\nSigned-off-by: Mona <m@x>\n',
  };
  expect(actingCommits([commit])).toEqual([]);
  expect(actingCommits([{ ...commit, author: 'Ada <a@x>' }])).toHaveLength(1);
  expect(actingCommits([{ ...commit, message: `${commit.message}Fixes: #1\n` }])).toHaveLength(1);
});
