// A set-up that was made once on the default branch, where no agent ever was, and is moved into a task's
// clone instead of being made again.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, lstatSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { KeptList } from '@mainloop/models/contracts/kept-setup';
import {
  KEPT_OF_HOME,
  KEPT_TOOLS,
  keptParts,
  runsAtInstall,
  setupReads,
  trackedOf,
  type KeptFrom,
  type SetupReads,
} from '@mainloop/models/flow/runs/kept-setup';
import type { RunnerConfig } from './config.ts';
import { pathWithoutFetched } from './fetched.ts';
import { ensureFolder, putFile, readPlain } from './folders.ts';
import { isProgram } from './languages.ts';

const run = promisify(execFile);
const MAX_LISTING = 256 * 1024 * 1024;

/** Where a kept set-up lies when the sandbox is given one, and where one is laid to be kept. */
const folderOf = (config: Pick<RunnerConfig, 'repo'>): string => path.join(path.dirname(config.repo), 'kept');
const LIST = 'list.json';

/**
 * The same where the set-up would come to the same. What is checked out is taken for what HEAD says: it is
 * asked before anybody works there.
 * @param isOwn whether the project's owner wrote the command
 * @returns the key, and what of the commit it hangs on
 */
export async function keptKey(
  repo: string,
  env: Record<string, string>,
  command: string,
  isOwn: boolean,
): Promise<{ key: string; reads: SetupReads }> {
  const { stdout } = await run('git', ['ls-tree', '-r', '-z', 'HEAD'], {
    cwd: repo,
    env,
    maxBuffer: MAX_LISTING,
  });
  const files = trackedOf(stdout);
  const manifests = files.filter((f) => f.path === 'package.json' || f.path.endsWith('/package.json'));
  const made: KeptFrom = {
    command,
    isOwn,
    files,
    runsAtInstall: manifests.some((f) => runsAtInstall(readPlain(path.join(repo, f.path)) ?? '')),
    tools: toolsOn(pathWithoutFetched(env.PATH ?? '')),
    platform: `${process.platform} ${process.arch}`,
  };
  return {
    key: createHash('sha256')
      .update(JSON.stringify(keptParts(made)))
      .digest('hex'),
    reads: setupReads(made),
  };
}

/** Each with what changes when another version is put in its place, without starting it. */
function toolsOn(toolPath: string): string[] {
  const folders = toolPath.split(':');
  return KEPT_TOOLS.flatMap((tool) => {
    const found = folders.map((f) => path.join(f, tool)).find(isProgram);
    if (found === undefined) return [];
    const file = realpathSync(found);
    const { size, mtimeMs } = statSync(file);
    return [`${tool} ${file} ${size} ${mtimeMs}`];
  });
}

/**
 * Lays what a set-up has made beside the clone, to be kept. Renames, so it takes no time and no room.
 * @returns false when the set-up changed files of the repository itself: then it can't be had by moving
 */
export async function layKept(
  config: Pick<RunnerConfig, 'repo' | 'home'>,
  env: Record<string, string>,
  key: string,
): Promise<boolean> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: config.repo, env, maxBuffer: MAX_LISTING })).stdout;
  if ((await git('status', '--porcelain', '--untracked-files=no')) !== '') return false;
  const made = (await git('ls-files', '--others', '--directory', '-z')).split('\0').filter((p) => p !== '');
  const home = KEPT_OF_HOME.filter((p) => existsSync(path.join(config.home, p)));
  const folder = folderOf(config);
  rmSync(folder, { recursive: true, force: true });
  ensureFolder(folder);
  const parts: KeptList['parts'] = [
    ...made.map((p): KeptList['parts'][number] => ['repo', p.replace(/\/$/, '')]),
    ...home.map((p): KeptList['parts'][number] => ['home', p]),
  ];
  for (const [i, [where, part]] of parts.entries())
    renameSync(path.join(config[where], part), path.join(folder, String(i)));
  putFile(path.join(folder, LIST), JSON.stringify({ key, parts } satisfies KeptList));
  return true;
}

/**
 * Moves a kept set-up to where it was made, when it is the one that is wanted. What lies in the way already stays.
 * @returns false when there is none, or another one: that is removed
 */
export function takeKept(config: Pick<RunnerConfig, 'repo' | 'home'>, key: string): boolean {
  const list = keptIn(config);
  if (list === null) return false;
  const fits = list.key === key;
  if (fits)
    for (const [i, [where, part]] of list.parts.entries()) {
      const to = path.join(config[where], part);
      if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) continue;
      ensureFolder(path.dirname(to));
      move(path.join(folderOf(config), String(i)), to);
    }
  rmSync(folderOf(config), { recursive: true, force: true });
  return fits;
}

/** @returns null where none was given, or one that can't be read */
export function keptIn(config: Pick<RunnerConfig, 'repo'>): KeptList | null {
  const text = readPlain(path.join(folderOf(config), LIST));
  if (text === null) return null;
  const parsed = KeptList.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (err) {
    // A folder that is closed to writing (Go's modules are) can't be moved by its owner into another one.
    if ((err as NodeJS.ErrnoException).code !== 'EACCES') throw err;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  }
}
