// A local GitHub in the process of the test, with one repository in it.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startLocalGitHub, type LocalGitHub } from '../../../apps/demo/src/github/server.ts';

const run = promisify(execFile);

/** Of a git that reads nobody's settings and asks nobody. */
export const CLEAN_GIT = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

/**
 * Runs git while this process goes on: the forge stands in it, and must not be blocked.
 * @param folder where
 * @returns what it prints; throws with its `stderr` when it fails
 */
export const gitIn = async (folder: string, ...args: string[]): Promise<string> =>
  (
    await run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: folder, env: CLEAN_GIT })
  ).stdout.trim();

/**
 * An empty one.
 * @param root its folder, which need not be there
 * @param token what its one user shows
 * @param login that user; it may push everywhere
 */
export const startHub = (
  root: string,
  { token = 'the-forge-token', login = 'mainloop', port = 0 } = {},
): Promise<LocalGitHub> =>
  startLocalGitHub({
    root,
    port,
    tokens: new Map([[token, login]]),
    operatorSecret: 'x'.repeat(32),
    webhook: null,
    ci: null,
    reviewers: [],
  });

/**
 * Brings a new repository in, with one commit on `main`.
 * @param folder where its working copy is made
 * @param files what stands in the commit, by path
 */
export async function seedRepository(
  hub: LocalGitHub,
  repo: string,
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  await gitIn(folder, 'init', '-q', '-b', 'main');
  await gitIn(folder, 'add', '-A');
  await gitIn(folder, 'commit', '-qm', 'first');
  await hub.importRepo(repo, folder, 'main');
}
