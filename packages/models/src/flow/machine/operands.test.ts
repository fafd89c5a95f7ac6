import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { own } from '../look.ts';
import { isBranchName, isObjectName, isRepositoryName, isWholePath } from './operands.ts';

test('whatever is taken for a branch, git takes for one', () => {
  const odd = fc.constantFrom(
    'a',
    'B',
    '-',
    '.',
    '/',
    '@',
    '{',
    '~',
    '^',
    ':',
    ' ',
    '*',
    '\\',
    '[',
    '?',
    '\t',
    '\n',
    '.lock',
    '..',
    'é',
    'HEAD',
  );
  fc.assert(
    fc.property(
      fc.array(odd, { minLength: 1, maxLength: 6 }).map((p) => p.join('')),
      (name) => {
        if (isBranchName(name))
          expect([name, spawnSync('git', ['check-ref-format', '--branch', name]).status]).toEqual([name, 0]);
      },
    ),
    { numRuns: 60 },
  );
  for (const fine of ['main', 'feature/a-b', 'v1.2', 'mainloop/fix-x-123456', '日本'])
    expect([fine, isBranchName(fine)]).toEqual([fine, true]);
  for (const bad of [
    '--upload-pack=x',
    '-f',
    'a..b',
    'a b',
    'a:b',
    '+a',
    '',
    '@',
    'a.lock',
    'a/.b',
    '/a',
    'a/',
    'a//b',
    'a@{1}',
    'a\0b',
    'HEAD',
  ])
    expect([bad, isBranchName(bad) && !bad.startsWith('+')]).toEqual([bad, false]);
});

test.each([
  ['/home/ann/code', true],
  ['/', true],
  ['--upload-pack=id', false],
  ['ext::sh -c id', false],
  ['ssh://host/x', false],
  ['code', false],
  ['./code', false],
  ['/a/../etc', false],
  ['/a\0b', false],
  ['', false],
])('a whole path: %j %s', (p, is) => expect(isWholePath(p)).toBe(is));

test.each([
  ['demo/tally', true],
  ['a/.github', true],
  ['a/b/c', false],
  ['a', false],
  ['../../..', false],
  ['./x', false],
  ['-a/b', false],
  ['a/-b', false],
  ['a/b\n', false],
])('a repository: %j %s', (full, is) => expect(isRepositoryName(full)).toBe(is));

test('an object is named by all of its letters', () => {
  expect(['a'.repeat(40), 'a'.repeat(64)].every(isObjectName)).toBe(true);
  expect(['HEAD', '--x', 'a'.repeat(39), 'A'.repeat(40), `${'a'.repeat(40)}\n`].some(isObjectName)).toBe(
    false,
  );
});

test('a record holds what it holds, not what every object inherits', () => {
  const record: Record<string, number> = { one: 1 };
  expect(own(record, 'one')).toBe(1);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom('constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'),
      ),
      (name) => {
        if (name !== 'one') expect(own(record, name)).toBeUndefined();
      },
    ),
  );
});
