import { beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isExactly } from './exactly.ts';

let repo: string;
let sha: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
    cwd: repo,
    encoding: 'utf8',
  }).trim();
const put = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(repo, file)), { recursive: true });
  writeFileSync(path.join(repo, file), text);
};

beforeEach(() => {
  repo = mkdtempSync('/tmp/mainloop-exactly-');
  git('init', '-q', '-b', 'main');
  put('a.test.js', 'fails');
  put('app/b.js', 'b');
  put('.gitignore', 'node_modules\n');
  put('.gitattributes', '*.js filter=same\n');
  symlinkSync('a.test.js', path.join(repo, 'link'));
  git('add', '-A');
  git('commit', '-qm', 'first');
  sha = git('rev-parse', 'HEAD');
});

/** The failing test made to pass, and not in the commit. */
const passing = (): void => put('a.test.js', 'pass!');

test.each<[string, boolean, () => void]>([
  ['nothing', true, () => undefined],
  ['what the repository ignores', true, () => put('node_modules/x/index.js', 'x')],
  ["the runner's own", true, () => put('app/TASK.md', 'x')],
  ['a file that was touched', true, () => utimesSync(path.join(repo, 'app/b.js'), 1, 1)],
  ['a change', false, passing],
  ['a change that is added', false, () => (passing(), git('add', '-A'))],
  ['a file that is gone', false, () => rmSync(path.join(repo, 'app/b.js'))],
  ['a new file', false, () => put('new.js', 'x')],
  ['a program', false, () => chmodSync(path.join(repo, 'app/b.js'), 0o755)],
  [
    'a change that git is told to take for none',
    false,
    () => (git('update-index', '--assume-unchanged', 'a.test.js'), passing()),
  ],
  [
    'a change in a file that git is told to skip',
    false,
    () => (git('update-index', '--skip-worktree', 'a.test.js'), passing()),
  ],
  [
    'a change that a filter turns back',
    false,
    () => (git('config', 'filter.same.clean', 'printf fails'), passing()),
  ],
  [
    'a new file that the clone overlooks',
    false,
    () => (put('.git/info/exclude', 'new.js\n'), put('new.js', 'x')),
  ],
  [
    'a new file that is not looked for',
    false,
    () => (git('config', 'status.showUntrackedFiles', 'no'), put('new.js', 'x')),
  ],
  [
    'a new file that a list of its own overlooks',
    false,
    () => (
      put('node_modules/list', '*\n'),
      git('config', 'core.excludesFile', path.join(repo, 'node_modules/list')),
      put('new.js', 'x')
    ),
  ],
  [
    'a cache that overlooks itself',
    true,
    () => (put('.pytest_cache/.gitignore', '*\n'), put('.pytest_cache/x', 'x')),
  ],
  [
    'a change that a watcher keeps quiet about',
    false,
    () => (
      git('config', 'core.fsmonitor', 'true'),
      git('update-index', '--fsmonitor-valid', 'a.test.js'),
      passing()
    ),
  ],
  [
    'modes that are not looked at',
    false,
    () => (git('config', 'core.fileMode', 'false'), chmodSync(path.join(repo, 'app/b.js'), 0o755)),
  ],
  [
    'another tree in the name of the commit',
    false,
    () => {
      passing();
      git('commit', '-qam', 'other');
      const other = git('rev-parse', 'HEAD');
      git('replace', sha, other);
    },
  ],
  ['a clone that is none any more', false, () => rmSync(path.join(repo, '.git'), { recursive: true })],
])('%s: %s', async (_, isSame, does) => {
  does();
  expect(await isExactly(repo, sha, ['/app/TASK.md'], { PATH: process.env.PATH! })).toBe(isSame);
});

test('nothing that the clone names is started, and it stays as it was', async () => {
  const index = readFileSync(path.join(repo, '.git/index'));
  for (const [name, value] of [
    ['core.fsmonitor', 'touch ran'],
    ['filter.same.clean', 'touch ran; cat'],
    ['core.hooksPath', repo],
  ] as const)
    git('config', name, value);
  expect(await isExactly(repo, sha, [], { PATH: process.env.PATH! })).toBe(true);
  expect(readFileSync(path.join(repo, '.git/index')).equals(index)).toBe(true);
});
