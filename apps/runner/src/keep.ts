// Makes a set-up to be kept: the default branch in a sandbox of its own, with packages from the registry and
// nothing else, and no agent. What it answers lies in /work/made.json, what is to be kept in /work/kept.
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { SetupWanted, type SetupMade } from '@mainloop/models/contracts/kept-setup';
import { filesThatSay } from '@mainloop/models/flow/runs/kept-setup';
import { readsAnything } from '@mainloop/models/flow/runs/setup';
import type { RunnerConfig } from './config.ts';
import { ensureFolder, inFolder, putFile, workFolder } from './folders.ts';
import { keptKey, layKept } from './kept.ts';
import { findSetup } from './setup.ts';
import { shell } from './shell.ts';

const run = promisify(execFile);
const LIMIT_MS = 15 * 60_000;

/** @param env of every program; its git is shown no credential */
export async function makeSetup(
  config: Pick<RunnerConfig, 'repo' | 'home' | 'mirror'>,
  wanted: SetupWanted,
  env: Record<string, string>,
): Promise<SetupMade> {
  const git = async (...args: string[]): Promise<string> =>
    (
      await run('git', args, {
        cwd: config.repo,
        env,
        timeout: LIMIT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: 64 * 1024 * 1024,
      })
    ).stdout;
  /** Of what is in the index. */
  const checkOut = async (paths: readonly string[]): Promise<void> => {
    const writing = run('git', ['checkout-index', '-q', '-f', '-z', '--stdin'], { cwd: config.repo, env });
    writing.child.stdin!.end(paths.map((p) => `${p}\0`).join(''));
    await writing;
  };
  ensureFolder(config.repo);
  await git('init', '-q', '-b', 'mainloop-empty');
  writeFileSync(
    path.join(config.repo, '.git/objects/info/alternates'),
    path.join(config.mirror, 'objects') + '\n',
  );
  // Some read their own version from a tag.
  const tags = await git(
    `--git-dir=${config.mirror}`,
    'for-each-ref',
    '--format=create %(refname) %(objectname)',
    'refs/tags',
  );
  const renaming = run('git', ['update-ref', '--stdin'], { cwd: config.repo, env });
  renaming.child.stdin!.end(tags);
  await renaming;
  // What says whether there is anything to do is checked out first: most commits change nothing of it, and a
  // repository may be large.
  await git('update-ref', '--no-deref', 'HEAD', wanted.commit);
  await git('read-tree', wanted.commit);
  await checkOut(filesThatSay(await git('ls-tree', '-r', '-l', '-z', wanted.commit), wanted.folder));
  const work = workFolder(config, wanted);
  const setup =
    wanted.command === null ? findSetup(work, env.PATH ?? '').found : { command: wanted.command, from: null };
  if (setup === null) return { kind: 'nothing' };
  const { key, reads } = await keptKey(
    config.repo,
    env,
    inFolder(wanted.folder, setup.command),
    readsAnything(setup.from),
  );
  if (wanted.have.includes(key)) return { kind: 'same', key, reads };
  await git('checkout', '-q', '-f', '--detach', wanted.commit);
  const { code, tail } = await shell(setup.command, { repo: work, env }, LIMIT_MS);
  if (code !== 0)
    return {
      kind: 'failed',
      why: `${setup.command.slice(0, 200)}: ${code === null ? 'out of time' : `exit ${code}`}: ${tail.slice(-1_000)}`,
    };
  return (await layKept(config, env, key))
    ? { kind: 'made', key, reads }
    : { kind: 'failed', why: 'The set-up changes files of the repository itself.' };
}

/** @param asked of the environment: SetupWanted as JSON */
export async function keep(config: RunnerConfig, asked: string, env: Record<string, string>): Promise<void> {
  const made = await makeSetup(config, SetupWanted.parse(JSON.parse(asked)), env).catch(
    (err: unknown): SetupMade => ({
      kind: 'failed',
      why: String((err as Error).message).slice(0, 2_000),
    }),
  );
  if (existsSync(path.dirname(config.repo)))
    putFile(path.join(path.dirname(config.repo), 'made.json'), JSON.stringify(made));
}
