// A control group for each sandbox, where the kernel lets us make one: version 2 in our own or our parent's
// group, version 1 for root. What is in there can't get out, whatever it forks, and the kernel itself holds
// the limits.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxLimits } from './limits.ts';

export type Controller = 'pids' | 'memory' | 'cpu';
export const CONTROLLERS: readonly Controller[] = ['pids', 'memory', 'cpu'];

/** Where groups can be made; a controller that is missing is not limited by the kernel here. */
export type CgroupSite = {
  readonly version: 1 | 2;
  readonly folders: Partial<Record<Controller, string>>;
};

/** Folders of one sandbox's groups, each once. */
export type Cgroup = { readonly version: 1 | 2; readonly folders: Partial<Record<Controller, string>> };

/** How often a limit was met since the group was made. */
export interface CgroupCounts {
  readonly processes: number;
  readonly memory: number;
}

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** @param mountinfo text of /proc/self/mountinfo */
export function cgroupMounts(mountinfo: string): Mount[] {
  return mountinfo
    .split('\n')
    .map((line) => /^\S+ \S+ \S+ \S+ (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(line))
    .filter((m) => m !== null)
    .map((m) => ({ point: m[1]!, type: m[2]!, options: m[3]!.split(',') }));
}

/** @param text text of /proc/self/cgroup; @returns our group by controller, '' for version 2 */
export function ownGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.trim().split('\n')) {
    const [, controllers = '', group = '/'] = line.split(':');
    for (const controller of controllers.split(',')) groups.set(controller, group);
  }
  return groups;
}

/** Looks where groups can be made, by making one and moving a process in. @returns null: nowhere */
export function findCgroupSite(): CgroupSite | null {
  try {
    const mounts = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
    const own = ownGroups(readFileSync('/proc/self/cgroup', 'utf8'));
    return versionTwo(mounts, own) ?? versionOne(mounts, own);
  } catch {
    // No control groups here: `mainloop doctor` says what holds instead.
    return null;
  }
}

function versionTwo(mounts: readonly Mount[], own: Map<string, string>): CgroupSite | null {
  const mount = mounts.find((m) => m.type === 'cgroup2');
  const group = own.get('');
  if (!mount || group === undefined) return null;
  // A group with processes in it may have no limited children, except the root; so the parent is tried before our own.
  for (const base of new Set([path.join(mount.point, path.dirname(group)), path.join(mount.point, group)])) {
    const enabled = CONTROLLERS.filter((c) => enables(base, c));
    if (!enabled.includes('pids') || !enabled.includes('memory') || !admits(base)) continue;
    return { version: 2, folders: Object.fromEntries(enabled.map((c) => [c, base])) };
  }
  return null;
}

function enables(base: string, controller: Controller): boolean {
  const file = path.join(base, 'cgroup.subtree_control');
  const has = (): boolean => readFileSync(file, 'utf8').trim().split(/\s+/).includes(controller);
  try {
    if (!has()) writeFileSync(file, `+${controller}`);
    return has();
  } catch {
    // Not ours to turn on.
    return false;
  }
}

function versionOne(mounts: readonly Mount[], own: Map<string, string>): CgroupSite | null {
  const folders: Partial<Record<Controller, string>> = {};
  for (const controller of CONTROLLERS) {
    const mount = mounts.find((m) => m.type === 'cgroup' && m.options.includes(controller));
    if (!mount) continue;
    const base = [path.join(mount.point, own.get(controller) ?? '/'), mount.point].find((folder) =>
      existsSync(path.join(folder, 'cgroup.procs')),
    );
    if (base !== undefined && admits(base)) folders[controller] = base;
  }
  return Object.keys(folders).length > 0 ? { version: 1, folders } : null;
}

/** Whether a child of this group takes a process of ours. */
function admits(base: string): boolean {
  const child = path.join(base, `mainloop-probe-${process.pid}`);
  try {
    mkdirSync(child);
    return (
      spawnSync('/bin/sh', ['-c', 'echo $$ > "$0/cgroup.procs"', child], { stdio: 'ignore' }).status === 0
    );
  } catch {
    // Not ours to write in.
    return false;
  } finally {
    removeFolder(child);
  }
}

/**
 * Makes the groups of one sandbox, with their limits. Asking again gives the same.
 * @param name of the group, once on this machine
 */
export function makeCgroup(site: CgroupSite, name: string, limits: SandboxLimits): Cgroup {
  const folders = Object.fromEntries(
    Object.entries(site.folders).map(([controller, base]) => [controller, path.join(base, name)]),
  ) as Cgroup['folders'];
  for (const folder of new Set(Object.values(folders))) mkdirSync(folder, { recursive: true });
  const set = (controller: Controller, file: string, value: number | string): void => {
    const folder = folders[controller];
    if (folder !== undefined && existsSync(path.join(folder, file)))
      writeFileSync(path.join(folder, file), String(value));
  };
  const bytes = limits.maxMemoryMiB * 1024 * 1024;
  set('pids', 'pids.max', limits.maxProcesses);
  if (site.version === 2) {
    set('memory', 'memory.swap.max', 0);
    set('memory', 'memory.max', bytes);
    set('cpu', 'cpu.weight', limits.cpuWeight);
  } else {
    // Memory with swap may not be below memory alone, so an older, higher one goes first.
    set('memory', 'memory.memsw.limit_in_bytes', -1);
    set('memory', 'memory.limit_in_bytes', bytes);
    set('memory', 'memory.memsw.limit_in_bytes', bytes);
    set('cpu', 'cpu.shares', Math.round((1024 * limits.cpuWeight) / 100));
  }
  return { version: site.version, folders };
}

/**
 * Puts processes into the groups; whatever they start is born there.
 * @throws where a process has ended
 */
export function enterCgroup(cgroup: Cgroup, pids: readonly number[]): void {
  for (const folder of new Set(Object.values(cgroup.folders)))
    for (const pid of pids) appendFileSync(path.join(folder, 'cgroup.procs'), String(pid));
}

/** @returns 0 for a limit that the kernel does not count here */
export function countsOf(cgroup: Cgroup): CgroupCounts {
  const count = (controller: Controller, file: string, word: string): number => {
    try {
      return Number(
        new RegExp(`^${word} (\\d+)$`, 'm').exec(
          readFileSync(path.join(cgroup.folders[controller] ?? '/nowhere', file), 'utf8'),
        )?.[1] ?? 0,
      );
    } catch {
      // The group is gone, and what it counted with it.
      return 0;
    }
  };
  return {
    processes: count('pids', 'pids.events', 'max'),
    memory: count('memory', cgroup.version === 2 ? 'memory.events' : 'memory.oom_control', 'oom_kill'),
  };
}

/**
 * The groups go when nothing is in them any more.
 * @param cgroup one that is gone already is fine
 */
export function removeCgroup(cgroup: Cgroup): void {
  for (const folder of new Set(Object.values(cgroup.folders))) removeFolder(folder);
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or the kernel has not let go of it: it is empty and costs nothing.
  }
}
