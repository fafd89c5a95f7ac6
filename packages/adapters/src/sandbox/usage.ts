// What a sandbox takes of the machine, seen from outside: an agent can silence its runner, but not this.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Owner } from './place.ts';

const run = promisify(execFile);
const MEASURE_MS = 120_000;

export interface DiskUse {
  readonly diskMiB: number;
  readonly files: number;
}

/**
 * Measures what lies in a folder. Under the uid of whoever owns it, in a namespace where nothing is closed to
 * that uid: a folder with mode 000 hides nothing.
 * @param bwrap null: unconfined, then what is closed is not seen
 */
export async function diskUse(folder: string, owner: Owner | null, bwrap: string | null): Promise<DiskUse> {
  const links = ['/bin', '/lib', '/lib64'].flatMap((l) => ['--symlink', `usr${l}`, l]);
  const around = [
    ...'--unshare-all --unshare-user --cap-add CAP_DAC_READ_SEARCH --die-with-parent --ro-bind /usr /usr'.split(
      ' ',
    ),
    ...links,
    '--ro-bind',
    folder,
    '/work',
    '--chdir',
    '/work',
    '--',
  ];
  const measure = async (args: string): Promise<number> => {
    const [program, all] =
      bwrap === null
        ? ['/usr/bin/du', args.split(' ')]
        : [bwrap, [...around, '/usr/bin/du', ...args.split(' ')]];
    const options = {
      ...owner,
      cwd: bwrap === null ? folder : '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      timeout: MEASURE_MS,
    };
    // A file that went away meanwhile is an error of du, and no error here: the sum stands on its last line.
    const { stdout } = await run(program, all, options).catch((err: unknown) => ({
      stdout: String((err as { stdout?: string }).stdout ?? ''),
    }));
    return Number.parseInt(stdout.trim().split('\n').at(-1) ?? '', 10) || 0;
  };
  const kib = await measure('-sxk .');
  return { diskMiB: kib / 1024, files: await measure('-sx --inodes .') };
}

/**
 * Every process of a pid namespace, found as what descends from its init: the kernel gives orphans to that.
 * @param init its pid as we see it
 * @returns pids as we see them, without those that ended meanwhile
 */
export function processesUnder(init: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = read(`/proc/${name}/stat`);
    if (fields !== '')
      parents.set(Number(name), Number(fields.slice(fields.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isUnder = (pid: number): boolean => {
    for (
      let parent: number | undefined = pid, steps = 0;
      parent !== undefined && parent > 1 && steps < 100_000;
      parent = parents.get(parent), steps++
    )
      if (parent === init) return true;
    return false;
  };
  return [...parents.keys()].filter(isUnder);
}

/**
 * Bytes that a process has for itself: what it shares with others, as programs and libraries, is left out.
 * @returns 0 for a process that is gone
 */
export function ownBytes(pid: number): number {
  const [, resident = 0, shared = 0] = read(`/proc/${pid}/statm`).split(' ').map(Number);
  return Math.max(0, resident - shared) * 4096;
}

/** @returns 0 for a process that is gone */
export const threadsOf = (pid: number): number =>
  Number(/^Threads:\t(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
/** @returns the name that the kernel has for it, '' when it is gone */
export const nameOf = (pid: number): string => read(`/proc/${pid}/comm`).trim();

/**
 * MiB in files that were deleted and are still open: no name leads to them, so no measuring of folders
 * finds them.
 * @param device the number of the file system that counts
 */
export function deletedMiB(pids: readonly number[], device: number): number {
  const found = new Map<number, number>();
  for (const pid of pids) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const file = `/proc/${pid}/fd/${fd}`;
      try {
        if (!readlinkSync(file).endsWith(' (deleted)')) continue;
        const stats = statSync(file);
        if (stats.isFile() && stats.dev === device) found.set(stats.ino, stats.blocks * 512);
      } catch {
        // Closed meanwhile.
      }
    }
  }
  return [...found.values()].reduce((n, b) => n + b, 0) / 1024 / 1024;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // It ended while we looked.
    return [];
  }
}
function read(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    // It ended while we looked.
    return '';
  }
}
