// The folder for sockets that only our own processes may reach. A socket's path has a limit of 107 bytes, and
// a data folder may lie deep.
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/** sockaddr_un has room for 108 bytes with the closing zero (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Where the sockets of one data folder lie: inside it when the longest name fits, else in a short folder
 * whose name is made from it.
 * @param longest name of the longest socket, with its subfolder
 * @param runtimeDir a folder that only this user (or root) can write to, such as XDG_RUNTIME_DIR; null: /tmp
 * is used
 */
export function socketBase(home: string, longest: string, uid: number, runtimeDir: string | null): string {
  const inside = path.join(home, 'run', 's');
  if (Buffer.byteLength(path.join(inside, longest)) <= LONGEST_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const near = runtimeDir === null ? null : path.join(runtimeDir, `mainloop-${name}`);
  if (near !== null && Buffer.byteLength(path.join(near, longest)) <= LONGEST_SOCKET_PATH) return near;
  return path.join('/tmp', `mainloop-${uid}-${name}`);
}

/**
 * Makes a folder with this mode and owner, or takes the one that is there when it is ours. Never through a
 * link: in /tmp anybody may have put one.
 * @param mine uids whose folder it may be already
 * @throws Error with one sentence when something else is in its place
 */
export function ensureClosedFolder(
  dir: string,
  mode: number,
  mine: readonly number[],
  owner?: FileOwner,
): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (err) {
    if ((err as { code?: string }).code !== 'EEXIST') throw err;
  }
  const stats = lstatSync(dir);
  if (!stats.isDirectory() || !mine.includes(stats.uid))
    throw new Error(
      `${dir} belongs to somebody else, so nothing of ours is put there. Remove it, or set MAINLOOP_HOME to a shorter path.`,
    );
  if (owner && (stats.uid !== owner.uid || stats.gid !== owner.gid)) chownSync(dir, owner.uid, owner.gid);
  if ((stats.mode & 0o7777) !== mode) chmodSync(dir, mode);
}

/** The folder that this user alone may write to, where the system has one. */
function runtimeDirOf(env: Record<string, string | undefined>, uid: number): string | null {
  const dir = uid === 0 ? '/run' : env.XDG_RUNTIME_DIR;
  if (dir === undefined || dir === '') return null;
  try {
    const stats = lstatSync(dir);
    return stats.isDirectory() && stats.uid === uid && (stats.mode & 0o022) === 0 ? dir : null;
  } catch {
    // Not there, so not to be used.
    return null;
  }
}

/**
 * Where the sockets of this data folder lie for whoever runs us.
 * @param longest name that a socket in there has: all of a socket's path has to fit
 * @returns a whole path
 */
export function socketsOf(home: string, longest: string): string {
  const uid = process.getuid!();
  return socketBase(home, longest, uid, runtimeDirOf(process.env, uid));
}
