import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import {
  divergedWords,
  freeName,
  lookWords,
  projectAt,
  pullCommand,
  repositoryNameOf,
  standing,
} from './folders.ts';
import { isRepositoryName } from '../machine/operands.ts';

test.each([
  ['api', 'api'],
  ['my api', 'my-api'],
  ['-rf', 'rf'],
  ['über/../x', 'ber-..-x'],
  ['日本語', 'folder'],
])('a folder called %s is the repository %s', (folder, name) => expect(repositoryNameOf(folder)).toBe(name));

test('whatever a folder is called, there is a name for it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }), (folder) => {
      const name = repositoryNameOf(folder);
      // A folder is never called "." or "..".
      fc.pre(!/^\.{1,2}$/.test(name));
      expect(isRepositoryName(`local/${name}`)).toBe(true);
    }),
  );
});

test('two of one name are two', () => {
  const taken = new Set<string>();
  const add = (name: string): string => {
    const free = freeName(name, (full) => taken.has(full));
    taken.add(free);
    return free;
  };
  expect([add('local/api'), add('local/api'), add('local/api-2'), add('local/api')]).toEqual([
    'local/api',
    'local/api-2',
    'local/api-2-2',
    'local/api-3',
  ]);
});

test.each([
  ['a', 'a', 'a', 'unchanged'],
  ['b', 'a', 'a', 'refreshed'],
  ['a', 'b', 'a', 'behind'],
  ['b', 'c', 'a', 'diverged'],
  ['b', 'c', null, 'diverged'],
] as const)('a folder at %s, we at %s, both have %s: %s', (theirs, ours, base, is) =>
  expect(standing(theirs, ours, base)).toBe(is),
);

test('the command that brings work back is a word for a word what git gets, whatever the folder is called', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 40 }).filter((s) => !s.includes('\0')),
      (name) => {
        const p = {
          localPath: `/${name}`,
          remoteUrl: 'http://127.0.0.1:8600/local/api.git',
          defaultBranch: 'main',
        };
        const words = execFileSync(
          'sh',
          ['-c', `git() { for w; do printf '%s\\0' "$w"; done; }; ${pullCommand(p)}`],
          { encoding: 'utf8' },
        );
        expect(words.split('\0').slice(0, -1)).toEqual([
          '-C',
          p.localPath,
          'pull',
          '--no-rebase',
          '--no-edit',
          '--',
          p.remoteUrl,
          'refs/heads/main',
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

test('what was done is said', () => {
  expect(lookWords('local/api', { outcome: 'added', commits: 0 })).toBe('Added local/api.');
  expect(lookWords('local/api', { outcome: 'refreshed', commits: 1 })).toBe(
    'local/api was there already. 1 new commit came in.',
  );
  expect(lookWords('local/api', { outcome: 'refreshed', commits: 3 })).toBe(
    'local/api was there already. 3 new commits came in.',
  );
  expect(lookWords('local/api', { outcome: 'unchanged', commits: 0 })).toBe(
    'local/api was there already. Nothing is new.',
  );
  expect(
    divergedWords({ localPath: '/home/you/api', remoteUrl: 'http://h/local/api.git', defaultBranch: 'main' }),
  ).toBe(
    'Your folder and mainloop each have commits on main that the other lacks. Run git -C /home/you/api pull --no-rebase --no-edit -- http://h/local/api.git refs/heads/main and then Retry.',
  );
});

test.each([
  ['/code/api', '/code/api'],
  ['/code/api/src/deep', '/code/api'],
  ['/code/api/vendor/lib/src', '/code/api/vendor/lib'],
  ['/code/api-2', undefined],
  ['/code', undefined],
])('who stands in %s is in the project %s', (here, folder) => {
  const projects = [{ localPath: null }, { localPath: '/code/api' }, { localPath: '/code/api/vendor/lib' }];
  expect(projectAt(here, projects)?.localPath).toBe(folder);
});
