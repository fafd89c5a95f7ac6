// The folder a task works in. What lies in it belongs to an agent, who may have left a link, a pipe or a
// device where a folder was. So it is made once, whole, under a name that nobody else may write to, and never
// touched again below its top.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The folder that the sandbox may write to. All above it is ours.
 * @param place the folder of one task
 */
export const workOf = (place: string): string => path.join(place, 'work');

/** What a killed worker left behind is looked at after this time. */
const LEFTOVER_MS = 10 * 60_000;

/**
 * Makes the place of a task, unless it is there.
 * @param owner whom it belongs to; null: us
 */
export async function ensurePlace(root: string, taskId: string, owner: Owner | null): Promise<void> {
  const place = path.join(root, taskId);
  if (existsSync(workOf(place))) return;
  // Half of one, from before places were made whole.
  if (existsSync(place)) await removePlace(root, taskId, owner);
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const made = path.join(root, `.new-${taskId}-${randomUUID()}`);
  mkdirSync(made);
  chmodSync(made, 0o711);
  mkdirSync(workOf(made), { mode: 0o700 });
  if (owner) chownSync(workOf(made), owner.uid, owner.gid);
  try {
    renameSync(made, place);
  } catch (err) {
    rmSync(made, { recursive: true });
    // Somebody else was quicker.
    if (!existsSync(workOf(place))) throw err;
  }
}

/**
 * Takes the place out of everybody's reach, then removes it. Nothing may run in it any more.
 * @param owner who made what lies in it: the removal is theirs too, so it can do no more than they could
 */
export async function removePlace(root: string, taskId: string, owner: Owner | null): Promise<void> {
  const gone = path.join(root, `.gone-${taskId}-${randomUUID()}`);
  try {
    renameSync(path.join(root, taskId), gone);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw err;
  }
  await erase(gone, owner);
}

/**
 * Removes what a killed worker left half made or half removed.
 * @param nowMs milliseconds since 1970; what is young may still be being made
 */
export async function sweepPlaces(
  root: string,
  ownerOf: (taskId: string) => Owner | null,
  nowMs: number,
): Promise<void> {
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) {
    const taskId = /^\.(?:new|gone)-([A-Za-z0-9-]+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(
      name,
    )?.[1];
    if (taskId === undefined) continue;
    const place = path.join(root, name);
    const changedMs = lstatSync(place, { throwIfNoEntry: false })?.ctimeMs ?? nowMs;
    if (nowMs - changedMs > LEFTOVER_MS) await erase(place, ownerOf(taskId));
  }
}

/** Folders may be nested deeper than a path may be long, and closed to their own owner. */
const ERASE =
  'find . -mindepth 1 -delete 2>/dev/null || { chmod -R u+rwX . 2>/dev/null; find . -mindepth 1 -delete; }';

/**
 * Removes what lies in a folder, as whoever owns it.
 * @param owner null: as ourselves
 * @throws what was printed, when something could not be removed
 */
export function emptyFolder(folder: string, owner: Owner | null): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    const child = spawn('/bin/sh', ['-c', ERASE], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...owner,
    });
    child.stderr.on('data', (data: Buffer) => {
      words = (words + data.toString()).slice(-500);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${folder} can't be removed: ${words.trim() || `exit ${code}`}`)),
    );
  });
}

async function erase(place: string, owner: Owner | null): Promise<void> {
  if (existsSync(workOf(place))) await emptyFolder(workOf(place), owner);
  rmSync(place, { recursive: true, force: true });
}
