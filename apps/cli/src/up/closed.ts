// The data folder is closed to everybody else on the machine. Whoever runs as root has two kinds of
// neighbours to let in, each to its own folder and no further: Postgres' account, and the sandboxes by their
// one group.
import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { own } from '@mainloop/models/flow/look';

/**
 * Who besides us may pass through a folder: nobody, the sandboxes, or whoever knows the way (its own folders
 * are closed then).
 */
type PassableBy = 'nobody' | 'sandboxes' | 'passage';

/**
 * Folders that another account has to reach something in; what is not named is for nobody. Plain users have
 * no other account.
 */
const PASSABLE_BY: Readonly<Record<string, PassableBy>> = {
  '.': 'passage',
  run: 'passage',
  'run/s': 'passage',
  'run/gateway': 'sandboxes',
  kit: 'sandboxes',
  'git/mirrors': 'sandboxes',
  git: 'sandboxes',
  sandboxes: 'sandboxes',
  setups: 'sandboxes',
  toolchains: 'sandboxes',
  'local-github': 'sandboxes',
  // The server binaries, where root's own are out of its account's reach.
  'postgres-server': 'passage',
};

/**
 * The mode and group a folder of the data folder should have.
 * @param folder relative to the data folder, `.` for itself
 * @returns group null: left as it is
 */
export function listenerOf(folder: string, isRoot: boolean): { mode: number; gid: number | null } {
  const who = own(PASSABLE_BY, folder) ?? 'nobody';
  if (!isRoot || who === 'nobody') return { mode: 0o700, gid: null };
  return who === 'passage' ? { mode: 0o711, gid: null } : { mode: 0o710, gid: SANDBOX_GID };
}

/**
 * Made, so that whoever fills them finds it closed: some do with an open umask, and would make an
 * open folder.
 */
const FIRST = [
  'run',
  'run/gateway',
  'git',
  'git/mirrors',
  'git/quarantine',
  'kit',
  'local-github',
  'sandboxes',
  'setups',
  'toolchains',
  'logs',
] as const;

/**
 * Makes the folders and closes what an older version, or a looser umask, left open. Only what lies directly
 * in
 * the data folder and in `run` is touched: below a closed folder modes do not matter, and links are passed
 * over.
 * @param home the data folder; its parts are made where they are missing
 */
export function closeHome(home: string): void {
  const isRoot = process.getuid?.() === 0;
  for (const folder of FIRST) mkdirSync(path.join(home, folder), { recursive: true, mode: 0o700 });
  close(home, '.', isRoot);
  for (const name of readdirSync(home)) close(home, name, isRoot);
  for (const folder of ['run', 'git'])
    for (const name of readdirSync(path.join(home, folder))) close(home, path.join(folder, name), isRoot);
}

function close(home: string, name: string, isRoot: boolean): void {
  const at = path.join(home, name);
  const stats = lstatSync(at);
  // Postgres' folder is its account's and closed by it.
  if (stats.isSymbolicLink() || stats.uid !== process.getuid?.()) return;
  const want = stats.isDirectory() ? listenerOf(name, isRoot) : { mode: 0o600, gid: null };
  if (want.gid !== null && stats.gid !== want.gid) lchownSync(at, stats.uid, want.gid);
  if ((stats.mode & 0o7777) !== want.mode) chmodSync(at, want.mode);
}
