import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RunnerConfig } from './config.ts';
import { mayUnasked } from './unasked.ts';

let root: string;
let repo: string;
const around = () => ({
  config: { repo, gatewayUrl: 'http://127.0.0.1:8700' } as RunnerConfig,
  env: { PATH: process.env.PATH!, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
});
const git = (...a: string[]): void => void execFileSync('git', a, { cwd: repo, stdio: 'ignore' });
const bash = (command: string): Promise<boolean> => mayUnasked(around(), 'Bash', { command });
const write = (file: string): Promise<boolean> =>
  mayUnasked(around(), 'Write', { file_path: file, content: 'x' });

beforeEach(() => {
  root = mkdtempSync('/tmp/unasked-');
  repo = path.join(root, 'repo');
  mkdirSync(path.join(repo, 'src'), { recursive: true });
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', 'http://127.0.0.1:8700/git/repo.git');
  writeFileSync(path.join(repo, 'src/a.ts'), 'a\n');
  writeFileSync(path.join(root, 'outside'), 'b\n');
});
afterEach(() => rmSync(root, { recursive: true }));

test('a shape of the list runs unasked in a clone as we made it', async () => {
  for (const c of [
    'git status',
    'git add -A',
    'git push',
    'cat src/a.ts',
    'ls',
    'git diff -- src/gone.ts',
    `cat ${repo}/src/a.ts`,
  ])
    expect([c, await bash(c)]).toEqual([c, true]);
  for (const f of ['src/b.ts', `${repo}/src/new/folder/c.ts`, '.github/workflows/ci.yml'])
    expect([f, await write(f)]).toEqual([f, true]);
});

test('what lies elsewhere, or is git’s own, is asked about, through links too', async () => {
  symlinkSync('.git', path.join(repo, 'docs'));
  symlinkSync('../outside', path.join(repo, 'link'));
  symlinkSync('../not-yet', path.join(repo, 'dangling'));
  symlinkSync('/', path.join(repo, 'src/outside'));
  symlinkSync('node_modules', path.join(repo, 'lib'));
  mkdirSync(path.join(repo, 'node_modules'));
  for (const c of [
    'cat link',
    'cat docs/config',
    'cat .git/config',
    'cat ../outside',
    'cat /etc/passwd',
    'cat src/outside/etc/passwd',
    'cat dangling',
    'ls src/outside',
  ])
    expect([c, await bash(c)]).toEqual([c, false]);
  for (const f of [
    'link',
    'docs/config',
    'docs/hooks/x',
    '.git/config',
    '../outside',
    'dangling',
    'src/outside/etc/x',
    'lib/x',
    'node_modules/x',
    '.claude/settings.json',
    '.',
    '/etc/x',
    '.envrc',
  ])
    expect([f, await write(f)]).toEqual([f, false]);
});

test('git is asked about as soon as its configuration names anything more', async () => {
  for (const [key, value] of [
    ['core.fsmonitor', './x'],
    ['filter.x.clean', './x'],
    ['include.path', '../x'],
    ['remote.origin.pushurl', 'ext::sh -c id'],
  ] as const) {
    git('config', key, value);
    expect([key, await bash('git status')]).toEqual([key, false]);
    expect(await bash('cat src/a.ts')).toBe(true);
    git('config', '--unset', key);
    expect([key, await bash('git status')]).toEqual([key, true]);
  }
  writeFileSync(path.join(repo, '.git/config.worktree'), '');
  expect(await bash('git status')).toBe(false);
  rmSync(path.join(repo, '.git'), { recursive: true });
  expect(await bash('git status')).toBe(false);
  writeFileSync(path.join(repo, '.git'), 'gitdir: elsewhere\n');
  expect(await bash('git status')).toBe(false);
});

test('nothing else is let through', async () => {
  for (const input of [null, 'ls', {}, { command: 'id' }])
    expect(await mayUnasked(around(), 'Bash', input)).toBe(false);
  expect(await mayUnasked(around(), 'WebFetch', { url: 'http://x' })).toBe(false);
});
