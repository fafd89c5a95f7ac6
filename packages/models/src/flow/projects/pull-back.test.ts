// The command that brings merged work back, run by the real git against what an agent could have had merged.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pullWords } from './folders.ts';

/** A git with no settings but these, as a person's is before they set any. */
const ENV = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};
let home: string;
let folder: string;
let remote: string;
const git = (where: string, words: readonly string[], input?: string | Buffer): string =>
  execFileSync('git', ['-C', where, ...words], {
    env: ENV,
    encoding: 'utf8',
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trim();

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pull-back-'));
  folder = path.join(home, 'folder');
  remote = path.join(home, 'remote.git');
  git(home, ['init', '--quiet', '--initial-branch', 'main', folder]);
  git(folder, ['commit', '--quiet', '--allow-empty', '--message', 'first']);
  git(home, ['clone', '--quiet', '--bare', folder, remote]);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Entry {
  readonly mode: '100644' | '100755' | '120000' | '160000' | '40000';
  readonly name: string;
  readonly text?: string;
  readonly within?: readonly Entry[];
}
/** Writes a tree that no git would make of files. */
function treeOf(entries: readonly Entry[]): string {
  const idOf = ({ mode, text, within }: Entry): string => {
    if (within) return treeOf(within);
    if (mode === '160000') return git(remote, ['rev-parse', 'main']);
    return git(remote, ['hash-object', '-w', '--stdin', '--literally', '-t', 'blob'], text ?? '');
  };
  const lines = entries.map((entry) =>
    Buffer.concat([Buffer.from(`${entry.mode} ${entry.name}\0`), Buffer.from(idOf(entry), 'hex')]),
  );
  return git(remote, ['hash-object', '-w', '--stdin', '--literally', '-t', 'tree'], Buffer.concat(lines));
}
/** Something that was merged on top of a branch. */
function merged(branch: string, tree: string): string {
  const parent = git(remote, ['rev-parse', 'refs/heads/main']);
  const commit = git(remote, ['commit-tree', tree, '-p', parent, '-m', 'merged']);
  git(remote, ['update-ref', `refs/heads/${branch}`, commit]);
  return commit;
}
const pull = (branch = 'main') => {
  const [program, ...words] = pullWords({ localPath: folder, remoteUrl: remote, defaultBranch: branch });
  return spawnSync(program!, words, { env: ENV, encoding: 'utf8' });
};
/** What stands in the folder's own git: hooks and settings are programs. */
const ownGit = (): unknown => ({
  config: readFileSync(path.join(folder, '.git/config'), 'utf8'),
  hooks: readdirSync(path.join(folder, '.git/hooks')),
});
const HOOK = `#!/bin/sh\ntouch "$(dirname "$0")/../ran"\n`;

test.each<[string, readonly Entry[]]>([
  ['a hook', [{ mode: '40000', name: '.git', within: [{ mode: '100755', name: 'post-merge', text: HOOK }] }]],
  [
    'a hook, on a disk that takes all letters for one size',
    [{ mode: '40000', name: '.GIT', within: [{ mode: '100755', name: 'post-merge', text: HOOK }] }],
  ],
  [
    'a hook under a name that only looks like another',
    [{ mode: '40000', name: '.g\u200cit', within: [{ mode: '100755', name: 'post-merge', text: HOOK }] }],
  ],
  [
    'a file above the folder',
    [{ mode: '40000', name: '..', within: [{ mode: '100644', name: 'out', text: 'x' }] }],
  ],
  [
    'a submodule that is brought up to date by a command',
    [
      {
        mode: '100644',
        name: '.gitmodules',
        text: '[submodule "x"]\n\tpath = x\n\turl = ./x\n\tupdate = !touch ran\n',
      },
      { mode: '160000', name: 'x' },
    ],
  ],
  ['a file of any path', [{ mode: '100644', name: '../out', text: 'x' }]],
  [
    'a file behind a link of the same name',
    [
      { mode: '120000', name: 'a', text: '..' },
      { mode: '40000', name: 'a', within: [{ mode: '100644', name: 'out', text: 'x' }] },
    ],
  ],
])('%s in what was merged comes neither into its git nor out of the folder', (_, entries) => {
  merged('main', treeOf(entries));
  const before = ownGit();
  pull();
  expect(ownGit()).toEqual(before);
  expect(existsSync(path.join(home, 'out'))).toBe(false);
  expect(existsSync(path.join(home, 'ran'))).toBe(false);
  expect(existsSync(path.join(folder, '.git', 'ran'))).toBe(false);
});

test('a submodule, a filter and a hook of what was merged run nothing', () => {
  const ran = path.join(home, 'ran');
  const modules = `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch ${ran}"\n`;
  merged(
    'main',
    treeOf([
      { mode: '100644', name: '.gitattributes', text: '* filter=x merge=x diff=x\n' },
      { mode: '100644', name: '.gitmodules', text: modules },
      {
        mode: '40000',
        name: '.husky',
        within: [{ mode: '100755', name: 'post-merge', text: `#!/bin/sh\ntouch ${ran}\n` }],
      },
      { mode: '160000', name: 'x' },
    ]),
  );
  expect(pull()).toMatchObject({ status: 0 });
  expect(readFileSync(path.join(folder, '.gitattributes'), 'utf8')).toContain('filter=x');
  expect(existsSync(ran)).toBe(false);
});

test.each(['main', '+main', '-main', "x'y"])(
  'of %s the branch comes, whatever else is called so',
  (branch) => {
    const empty = treeOf([]);
    const commit = merged(branch, treeOf([{ mode: '100644', name: 'merged', text: 'x' }]));
    const other = git(remote, ['commit-tree', empty, '-m', 'another']);
    git(remote, ['update-ref', `refs/tags/${branch}`, other]);
    git(remote, ['update-ref', `refs/${branch}`, other]);
    expect(pull(branch)).toMatchObject({ status: 0 });
    expect(git(folder, ['rev-parse', 'HEAD'])).toBe(commit);
  },
);

test('what stands in the folder and is not committed is not written over', () => {
  merged('main', treeOf([{ mode: '100644', name: 'notes', text: 'theirs' }]));
  execFileSync('sh', ['-c', 'printf mine > notes'], { cwd: folder });
  expect(pull().status).not.toBe(0);
  expect(readFileSync(path.join(folder, 'notes'), 'utf8')).toBe('mine');
});
