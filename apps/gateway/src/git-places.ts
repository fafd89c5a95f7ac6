// Where the gateway keeps git: a mirror of each repository, which sandboxes read, and a quarantine for each task,
// which takes what they push.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { isLive } from '@mainloop/models/db/tasks/tasks';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import type { GatewayConfig } from './config.ts';
import { forgePatience } from './forge-patience.ts';
import { forgeSignIn } from './forge-sign-in.ts';

const run = promisify(execFile);
/** Of a git that is asked for a line or two. */
const MAX_SAID_BYTES = 1024 * 1024;

/** For git in repositories of our own, which talks to nobody. */
export const OWN_ENV = gitEnvironment({ path: process.env.PATH, reach: 'files' });

/**
 * Fewer than a hundred objects git writes one by one, packed anew, as a fetch usually brings little. What
 * brings all of a repository, it keeps as one pack, like a clone (500 MB in 50 files: 48 s and 7 s).
 */
const AS_IT_CAME = ['-c', 'fetch.unpackLimit=1'] as const;

/** Several requests of one clone come within a second; the forge need not be asked for each. */
const FRESH_MS = 1_000;

export type GitPlaces = ReturnType<typeof openGitPlaces>;

/**
 * The mirrors and quarantines below the gateway's folder of git.
 * @returns how they are made, brought up to date and spoken to; what fails throws git's own error
 */
export function openGitPlaces(config: GatewayConfig) {
  const quarantines = path.join(config.gitDir, 'quarantine');
  const mirrorOf = (byToken: RunByToken): string =>
    path.join(config.gitDir, 'mirrors', `${byToken.repo}.git`);
  const quarantineOf = (byToken: RunByToken): string => path.join(quarantines, `${byToken.task_id}.git`);
  const asForge = forgeSignIn(config);
  const whileAway = forgePatience();
  const serial = inRows();
  const fetchedAt = new Map<string, number>();

  /** @returns what git prints */
  const git = async (dir: string, args: string[], env: NodeJS.ProcessEnv = OWN_ENV): Promise<string> => {
    const all = ['--git-dir', dir, ...args];
    return (await run('git', all, { env, maxBuffer: MAX_SAID_BYTES, cwd: config.gitDir })).stdout;
  };

  /** @returns the commit that a ref names; '' where there is no such ref */
  const tipOf = async (dir: string, ref: string): Promise<string> =>
    (await git(dir, ['rev-parse', '-q', '--verify', ref]).catch(() => '')).trim();

  /** @returns true when it was made now */
  const ensureBare = async (dir: string): Promise<boolean> => {
    if (existsSync(path.join(dir, 'HEAD'))) return false;
    mkdirSync(dir, { recursive: true });
    await run('git', ['init', '-q', '--bare', dir], { env: OWN_ENV });
    return true;
  };

  /** Does what git does towards the forge, signed in, and again while the forge is away. */
  const towardsForge = <T>(byToken: RunByToken, act: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> =>
    whileAway(byToken.remote_url, () => asForge(byToken.repo, act));

  /** @returns the folder of the mirror, which is as the forge's repository was a second ago */
  const refreshMirror = (byToken: RunByToken): Promise<string> =>
    serial(byToken.repo, async () => {
      const dir = mirrorOf(byToken);
      const isNew = await ensureBare(dir);
      if (isNew) await git(dir, ['config', 'gc.auto', '0']);
      if (Date.now() - (fetchedAt.get(byToken.repo) ?? 0) > FRESH_MS) {
        const all = [
          ...(isNew ? AS_IT_CAME : []),
          'fetch',
          '-q',
          '--prune',
          '--no-tags',
          byToken.remote_url,
          '+refs/heads/*:refs/heads/*',
          '+refs/tags/*:refs/tags/*',
        ];
        await towardsForge(byToken, (env) => git(dir, all, env));
        fetchedAt.set(byToken.repo, Date.now());
      }
      return dir;
    });

  /** @returns the folder of the task's quarantine, with the branches of the mirror, whose objects it borrows */
  const freshQuarantine = async (byToken: RunByToken, mirror: string): Promise<string> => {
    const dir = quarantineOf(byToken);
    if (await ensureBare(dir))
      writeFileSync(path.join(dir, 'objects/info/alternates'), path.join(mirror, 'objects') + '\n');
    await git(dir, ['fetch', '-q', '--prune', '--no-tags', mirror, '+refs/heads/*:refs/heads/*']);
    return dir;
  };

  return {
    quarantines,
    mirrorOf,
    quarantineOf,
    git,
    tipOf,
    refreshMirror,
    freshQuarantine,
    towardsForge,
    /** One push of a task at a time. */
    inTurn: <T>(taskId: string, work: () => Promise<T>): Promise<T> => serial(`push/${taskId}`, work),
    /** The forge's repository has changed since: the next request fetches it. */
    forget: (byToken: RunByToken): void => void fetchedAt.delete(byToken.repo),
  };
}

/** @returns does one thing after the other of what has the same key */
function inRows(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const locks = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const next = (locks.get(key) ?? Promise.resolve()).then(work, work);
    locks.set(
      key,
      // The caller has the error; the next in line only waits for the end.
      next.catch(() => undefined),
    );
    return next;
  };
}

/** Removes what was pushed into quarantine by tasks that have ended. @returns their ids */
export async function sweepQuarantine(config: GatewayConfig, db: Db): Promise<string[]> {
  const dir = path.join(config.gitDir, 'quarantine');
  const gone: string[] = [];
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const taskId = name.replace(/\.git$/, '');
    if (await isLive(db, taskId)) continue;
    rmSync(path.join(dir, name), { recursive: true, force: true });
    gone.push(taskId);
  }
  return gone;
}
