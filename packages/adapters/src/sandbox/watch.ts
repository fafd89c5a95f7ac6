// Looks after the limits of sandboxes that run: tells of those that the kernel holds, and holds those that it does not.
import { readFileSync, renameSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { countsOf, type Cgroup, type CgroupCounts } from './cgroup.ts';
import type { SandboxLimits } from './limits.ts';
import { workOf, type Owner } from './place.ts';
import type { LimitHit } from './port.ts';
import { kill } from './processes.ts';
import { deletedMiB, diskUse, nameOf, ownBytes, processesUnder, threadsOf } from './usage.ts';

const LOOK_MS = 1_000;
const TOLD_MS = 10_000;
/** Between two measurements of a tree; and each takes at most a twentieth of the time. */
const MEASURE_MS = 15_000;
const MEASURE_SHARE = 20;
/** So much less room on the volume within that time, and all are measured at once. */
const SUDDEN_BYTES = 512 * 1024 * 1024;
const MEASURE_SOON_MS = 2_000;

export interface Watched {
  readonly taskId: string;
  readonly runId: string;
  readonly epoch: number;
  /** Init of its pid namespace. */
  readonly pid: number;
  readonly cgroup: Cgroup | null;
  readonly place: string;
  readonly owner: Owner | null;
  alive(): boolean;
}

interface State {
  readonly w: Watched;
  counts: CgroupCounts;
  measureAt: number;
  measuring: boolean;
  freeThen: number;
  readonly told: Map<string, number>;
}

export interface WatchOptions {
  readonly bwrap: string | null;
  limits(): SandboxLimits;
  onLimit(hit: LimitHit): void;
  end(taskId: string): Promise<void>;
}

export interface Watcher {
  add(w: Watched): void;
  /** It has ended, and its cgroup is still there: what it met since the last round is told now. */
  leave(taskId: string): void;
}

/**
 * Looks again and again at what sandboxes use, and ends what is over a limit that the kernel does not hold.
 * @returns what is to be watched is added and taken out by its task
 */
export function watcher(o: WatchOptions): Watcher {
  const states = new Map<string, State>();
  let timer: NodeJS.Timeout | null = null;

  const tell = (s: State, limit: LimitHit['limit'], max: number): void => {
    if (Date.now() - (s.told.get(limit) ?? 0) < TOLD_MS) return;
    s.told.set(limit, Date.now());
    o.onLimit({ taskId: s.w.taskId, runId: s.w.runId, limit, max });
  };

  const end = async (s: State, limit: 'disk', max: number): Promise<void> => {
    noteOver(s.w, limit);
    tell(s, limit, max);
    await o.end(s.w.taskId);
  };

  const measure = async (s: State): Promise<void> => {
    s.measuring = true;
    const l = o.limits();
    const began = Date.now();
    try {
      s.freeThen = free(s.w.place);
      const work = workOf(s.w.place);
      const use = await diskUse(work, s.w.owner, o.bwrap);
      const log = statSync(path.join(s.w.place, 'runner.log'), { throwIfNoEntry: false });
      const diskMiB =
        use.diskMiB + deletedMiB(processesUnder(s.w.pid), statSync(work).dev) + (log?.blocks ?? 0) / 2048;
      const share = Math.max(diskMiB / l.maxDiskMiB, use.files / l.maxDiskFiles);
      if (share > 1) return await end(s, 'disk', l.maxDiskMiB);
      if (share > 0.9) tell(s, 'disk_soon', l.maxDiskMiB);
    } finally {
      s.measureAt = Date.now() + Math.max(MEASURE_MS, (Date.now() - began) * MEASURE_SHARE);
      s.measuring = false;
    }
  };

  const lookAtCgroup = (s: State): void => {
    if (s.w.cgroup === null) return;
    const l = o.limits();
    const now = countsOf(s.w.cgroup);
    if (now.processes > s.counts.processes) tell(s, 'processes', l.maxProcesses);
    if (now.memory > s.counts.memory) tell(s, 'memory', l.maxMemoryMiB);
    s.counts = now;
  };

  const look = (s: State): void => {
    const l = o.limits();
    lookAtCgroup(s);
    const { folders } = s.w.cgroup ?? { folders: {} as Cgroup['folders'] };
    if (folders.memory === undefined || folders.pids === undefined) {
      const pids = processesUnder(s.w.pid);
      if (folders.pids === undefined && pids.reduce((n, p) => n + threadsOf(p), 0) >= l.maxProcesses - 2)
        tell(s, 'processes', l.maxProcesses);
      if (folders.memory === undefined) {
        const sizes = pids
          .map((pid) => ({ pid, bytes: ownBytes(pid) }))
          .toSorted((a, b) => b.bytes - a.bytes);
        if (sizes.reduce((n, x) => n + x.bytes, 0) > l.maxMemoryMiB * 1024 * 1024) {
          kill(
            (
              sizes.find((x) => x.pid !== s.w.pid && !/^(bwrap|node|claude)$/.test(nameOf(x.pid))) ??
              sizes[0]!
            ).pid,
          );
          tell(s, 'memory', l.maxMemoryMiB);
        }
      }
    }
    const sudden =
      s.freeThen - free(s.w.place) > SUDDEN_BYTES && Date.now() > s.measureAt - MEASURE_MS + MEASURE_SOON_MS;
    if (s.measuring || (!sudden && Date.now() <= s.measureAt)) return;
    // Measured again in the next round.
    void measure(s).catch(() => undefined);
  };

  const leave = (taskId: string): void => {
    const s = states.get(taskId);
    states.delete(taskId);
    if (s !== undefined) lookAtCgroup(s);
  };

  const round = (): void => {
    for (const [taskId, s] of states) {
      try {
        if (s.w.alive()) look(s);
        else leave(taskId);
      } catch {
        // It went away under our eyes; the next round sees that.
      }
    }
    if (states.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };

  return {
    add(w) {
      const now = states.get(w.taskId)?.w;
      if (now?.runId === w.runId && now.epoch === w.epoch) return;
      const counts = w.cgroup === null ? { processes: 0, memory: 0 } : countsOf(w.cgroup);
      states.set(w.taskId, {
        w,
        counts,
        measureAt: Date.now() + MEASURE_SOON_MS,
        measuring: false,
        freeThen: free(w.place),
        told: new Map(),
      });
      timer ??= setInterval(round, LOOK_MS).unref();
    },
    leave,
  };
}

const free = (place: string): number => {
  const f = statfsSync(place);
  return f.bavail * f.bsize;
};

/** Beside run.json, where no agent can write: a worker that was restarted still knows why it ended the run. */
const overFile = (place: string): string => path.join(place, 'over.json');

function noteOver(w: Watched, limit: 'disk'): void {
  writeFileSync(`${overFile(w.place)}.new`, JSON.stringify({ runId: w.runId, epoch: w.epoch, limit }));
  renameSync(`${overFile(w.place)}.new`, overFile(w.place));
}

/** @returns the limit that ended this run */
export function overOf(place: string, runId: string, epoch: number): 'disk' | null {
  try {
    const over = JSON.parse(readFileSync(overFile(place), 'utf8')) as {
      runId: string;
      epoch: number;
      limit: 'disk';
    };
    return over.runId === runId && over.epoch === epoch ? over.limit : null;
  } catch {
    // No run of this place went over a limit.
    return null;
  }
}
