// Puts the demo project into the local GitHub: a real repository with a real history.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import type { LocalGitHub } from './github/server.ts';

/**
 * Makes the demo's repository once, with the same commits on every machine.
 * @param seedDir where its files lie
 * @param work a folder for it that may be emptied
 */
export async function seedDemo(github: LocalGitHub, seedDir: string, work: string): Promise<void> {
  if (github.store.one('repo', (r) => r.full === 'demo/tally')) return;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const dir = path.join(work, 'tally');
  cpSync(path.join(seedDir, 'tally'), dir, { recursive: true });
  const who = {
    GIT_AUTHOR_NAME: 'Robin Reyes',
    GIT_AUTHOR_EMAIL: 'robin@example.com',
    GIT_COMMITTER_NAME: 'Robin Reyes',
    GIT_COMMITTER_EMAIL: 'robin@example.com',
    GIT_AUTHOR_DATE: '2026-10-01T09:00:00Z',
    GIT_COMMITTER_DATE: '2026-10-01T09:00:00Z',
  };
  const env = gitEnvironment({ path: process.env.PATH, more: who });
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: dir, env, stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  git('add', 'README.md', 'package.json', 'src');
  git('commit', '-qm', 'Split a bill between friends');
  git('add', '-A');
  git('commit', '-qm', 'Test it, and run the tests in CI');
  if (existsSync(path.join(dir, '.git'))) await github.importRepo('demo/tally', dir, 'main');
  rmSync(work, { recursive: true, force: true });
}
