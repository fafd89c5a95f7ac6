import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import fc from 'fast-check';
import { isLike } from './name-pattern.ts';

/** What GitHub's cheat sheet says of its own examples. */
test.each<[string, string, boolean]>([
  ['feature/*', 'feature/my-branch', true],
  ['feature/*', 'feature/beta-a/my-branch', false],
  ['feature/**', 'feature/beta-a/my-branch', true],
  ['releases/mona-the-octocat', 'releases/mona-the-octocat', true],
  ['*feature', 'mona-feature', true],
  ['*feature', 'ver-10-features', false],
  ['v2*', 'v2.9', true],
  ['v[12].[0-9]+.[0-9]+', 'v1.10.1', true],
  ['v[12].[0-9]+.[0-9]+', 'v3.1.1', false],
  ['*.jsx?', 'page.js', true],
  ['*.jsx?', 'page.jsx', true],
  ['*.jsx?', 'page.jsxx', false],
  ['**/README.md', 'README.md', true],
  ['**/README.md', 'js/README.md', true],
  ['**/*src/**', 'my-src/code/js/app.js', true],
  ['**/*-post.md', 'my-post.md', true],
  ['**/migrate-*.sql', 'db/sept/migrate-v1.sql', true],
  ['docs/**/*.md', 'docs/hello.md', true],
  ['docs/**/*.md', 'docs/a/markdown/file.md', true],
  ['docs/*', 'docs/mona/octocat.txt', false],
  ['a.c', 'abc', false],
  ['a+b', 'aaab', true],
  ['(a)', '(a)', true],
  ['', '', true],
  ['', 'x', false],
])('%s and %s: %s', (pattern, name, want) => {
  expect(isLike(pattern, name)).toBe(want);
});

test('a name without wildcards is like itself and nothing else', () => {
  const plain = fc.string({ unit: fc.constantFrom(...'ab/.-_(){}|^$ä🦊') });
  fc.assert(
    fc.property(plain, plain, (a, b) => expect([isLike(a, a), isLike(a, b)]).toEqual([true, a === b])),
  );
});

test.each(['*a'.repeat(60), '**a'.repeat(60), '**/a'.repeat(60), 'a?'.repeat(200)])(
  'the pattern %s takes no long on any name',
  async (pattern) => {
    const look = (): void => expect(isLike(`${pattern}b`, `${'a'.repeat(2_000)}c`)).toBe(false);
    expect(await cpuMs(look)).toBeLessThan(3_000);
  },
);
