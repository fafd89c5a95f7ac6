import { afterAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gitEnvironment, gitReason, type Reach } from './git.ts';

const dir = mkdtempSync('/tmp/mainloop-git-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const git = (reach: Reach, ...args: string[]): string =>
  execFileSync('git', args, {
    cwd: dir,
    encoding: 'utf8',
    stdio: 'pipe',
    env: gitEnvironment({ path: process.env.PATH, reach }),
  });

test('what a repository names in its own configuration is not started', () => {
  const mark = path.join(dir, 'ran');
  const program = path.join(dir, 'program');
  writeFileSync(program, `#!/bin/sh\ntouch ${mark}\n`);
  chmodSync(program, 0o755);
  git('nothing', 'init', '-q', 'a');
  writeFileSync(path.join(dir, 'a/x'), '1');
  const commit = [
    '-C',
    'a',
    '-c',
    'user.name=x',
    '-c',
    'user.email=x@x',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'x',
  ];
  git('nothing', '-C', 'a', 'add', 'x');
  git('nothing', ...commit);
  mkdirSync(path.join(dir, 'hooks'));
  for (const h of ['reference-transaction', 'post-commit', 'pre-commit', 'post-index-change'])
    writeFileSync(path.join(dir, 'hooks', h), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
  for (const [key, value] of [
    ['core.hooksPath', path.join(dir, 'hooks')],
    ['core.fsmonitor', program],
    ['core.pager', program],
    ['core.sshCommand', program],
    ['credential.helper', program],
    ['protocol.ext.allow', 'always'],
  ] as const)
    git('nothing', '-C', 'a', 'config', key, value);
  writeFileSync(path.join(dir, 'a/x'), '2');
  git('nothing', '-C', 'a', 'status');
  git('nothing', ...commit, '-a');
  expect(() => git('http', '-C', 'a', 'fetch', `ext::${program}`)).toThrow(/transport 'ext' not allowed/);
  expect(() => git('http', '-C', 'a', 'fetch', 'git@127.0.0.1:x')).toThrow(/transport 'ssh' not allowed/);
  expect(existsSync(mark)).toBe(false);
});

test('a transport that a call does not need is refused by name', () => {
  expect(() => git('nothing', '-C', 'a', 'fetch', dir)).toThrow(/transport 'file' not allowed/);
  expect(() => git('http', '-C', 'a', 'fetch', dir)).toThrow(/transport 'file' not allowed/);
  expect(() => git('nothing', '-C', 'a', 'fetch', 'http://127.0.0.1:1/x')).toThrow(
    /transport 'http' not allowed/,
  );
  expect(() => git('files', '-C', 'a', 'fetch', path.join(dir, 'a'))).not.toThrow();
});

test('it holds no variable but its own, and a secret of a call stands where it was put', () => {
  const environment = gitEnvironment({
    path: '/bin',
    config: [['http.extraHeader', 'Authorization: x']],
    more: { GIT_PROTOCOL: 'version=2' },
  });
  expect(
    Object.keys(environment).filter((k) => !/^(GIT_|PATH$|HOME$|XDG_CONFIG_HOME$|LANG$)/.test(k)),
  ).toEqual([]);
  const at = Object.entries(environment).filter(([, value]) => value === 'Authorization: x');
  expect(at).toEqual([[`GIT_CONFIG_VALUE_${Number(environment.GIT_CONFIG_COUNT) - 1}`, 'Authorization: x']]);
  expect(environment.GIT_PROTOCOL).toBe('version=2');
});

test.each([
  ['', ''],
  ['\n\n', ''],
  ['fatal: not a git repository\n', 'not a git repository'],
  ['warning: one\nerror: RPC failed; HTTP 500\nfatal: early EOF\n', 'RPC failed; HTTP 500'],
  ['Connection reset\n', 'Connection reset'],
  [
    "fatal: detected dubious ownership in repository at '/a'\nTo add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /a\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
    "detected dubious ownership in repository at '/a'",
  ],
  [
    'ssh: no route\n\nPlease make sure you have the correct access rights\nand the repository exists.\n',
    'ssh: no route',
  ],
])('of all that git wrote the cause is told: %j', (written, reason) => {
  expect(gitReason(written)).toBe(reason);
});
