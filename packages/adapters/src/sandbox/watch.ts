// Looks after the limits of sandboxes that run: tells of those that the kernel holds, and holds those that it does not.
import { readFileSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { countsOf, type Cgroup, type CgroupCounts } from './cgroup.ts';
import type { SandboxLimits } from './limits.ts';
import { workOf, type Owner } from './place.ts';
import type { LimitHit } from './port.ts';
import { kill } from './processes.ts';
import { putWhole } from './whole-file.ts';
import { deletedMiB, diskUse, nameOf, ownBytes, processesUnder, threadsOf } from './usage.ts';

const LOOK_MS = 1_000;
const REPORT_AGAIN_MS = 10_000;
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
  add(watched: Watched): void;
  /** It has ended, and its cgroup is still there: what it met since the last round is told now. */
  leave(taskId: string): void;
}

/**
 * Looks again and again at what sandboxes use, and ends what is over a limit that the kernel does not hold.
 * @returns what is to be watched is added and taken out by its task
 */
export function watcher(options: WatchOptions): Watcher {
  const states = new Map<string, State>();
  let timer: NodeJS.Timeout | null = null;

  const tell = (state: State, limit: LimitHit['limit'], max: number): void => {
    if (Date.now() - (state.told.get(limit) ?? 0) < REPORT_AGAIN_MS) return;
    state.told.set(limit, Date.now());
    options.onLimit({ taskId: state.w.taskId, runId: state.w.runId, limit, max });
  };

  const end = async (state: State, limit: 'disk', max: number): Promise<void> => {
    noteOver(state.w, limit);
    tell(state, limit, max);
    await options.end(state.w.taskId);
  };

  const measure = async (state: State): Promise<void> => {
    state.measuring = true;
    const limits = options.limits();
    const began = Date.now();
    try {
      state.freeThen = free(state.w.place);
      const work = workOf(state.w.place);
      const use = await diskUse(work, state.w.owner, options.bwrap);
      const log = statSync(path.join(state.w.place, 'runner.log'), { throwIfNoEntry: false });
      const diskMiB =
        use.diskMiB + deletedMiB(processesUnder(state.w.pid), statSync(work).dev) + (log?.blocks ?? 0) / 2048;
      const share = Math.max(diskMiB / limits.maxDiskMiB, use.files / limits.maxDiskFiles);
      if (share > 1) return await end(state, 'disk', limits.maxDiskMiB);
      if (share > 0.9) tell(state, 'disk_soon', limits.maxDiskMiB);
    } finally {
      state.measureAt = Date.now() + Math.max(MEASURE_MS, (Date.now() - began) * MEASURE_SHARE);
      state.measuring = false;
    }
  };

  const lookAtCgroup = (state: State): void => {
    if (state.w.cgroup === null) return;
    const limits = options.limits();
    const now = countsOf(state.w.cgroup);
    if (now.processes > state.counts.processes) tell(state, 'processes', limits.maxProcesses);
    if (now.memory > state.counts.memory) tell(state, 'memory', limits.maxMemoryMiB);
    state.counts = now;
  };

  const look = (state: State): void => {
    const limits = options.limits();
    lookAtCgroup(state);
    const { folders } = state.w.cgroup ?? { folders: {} as Cgroup['folders'] };
    if (folders.memory === undefined || folders.pids === undefined) {
      const pids = processesUnder(state.w.pid);
      if (folders.pids === undefined && pids.reduce((n, p) => n + threadsOf(p), 0) >= limits.maxProcesses - 2)
        tell(state, 'processes', limits.maxProcesses);
      if (folders.memory === undefined) {
        const sizes = pids
          .map((pid) => ({ pid, bytes: ownBytes(pid) }))
          .toSorted((a, b) => b.bytes - a.bytes);
        if (sizes.reduce((n, x) => n + x.bytes, 0) > limits.maxMemoryMiB * 1024 * 1024) {
          kill(
            (
              sizes.find((x) => x.pid !== state.w.pid && !/^(bwrap|node|claude)$/.test(nameOf(x.pid))) ??
              sizes[0]!
            ).pid,
          );
          tell(state, 'memory', limits.maxMemoryMiB);
        }
      }
    }
    const sudden =
      state.freeThen - free(state.w.place) > SUDDEN_BYTES &&
      Date.now() > state.measureAt - MEASURE_MS + MEASURE_SOON_MS;
    if (state.measuring || (!sudden && Date.now() <= state.measureAt)) return;
    // Measured again in the next round.
    void measure(state).catch(() => undefined);
  };

  const leave = (taskId: string): void => {
    const state = states.get(taskId);
    states.delete(taskId);
    if (state !== undefined) lookAtCgroup(state);
  };

  const round = (): void => {
    for (const [taskId, state] of states) {
      try {
        if (state.w.alive()) look(state);
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
    add(watched) {
      const now = states.get(watched.taskId)?.w;
      if (now?.runId === watched.runId && now.epoch === watched.epoch) return;
      const counts = watched.cgroup === null ? { processes: 0, memory: 0 } : countsOf(watched.cgroup);
      states.set(watched.taskId, {
        w: watched,
        counts,
        measureAt: Date.now() + MEASURE_SOON_MS,
        measuring: false,
        freeThen: free(watched.place),
        told: new Map(),
      });
      timer ??= setInterval(round, LOOK_MS).unref();
    },
    leave,
  };
}

const free = (place: string): number => {
  const disk = statfsSync(place);
  return disk.bavail * disk.bsize;
};

/** Beside run.json, where no agent can write: a worker that was restarted still knows why it ended the run. */
const overFile = (place: string): string => path.join(place, 'over.json');

function noteOver(watched: Watched, limit: 'disk'): void {
  putWhole(
    overFile(watched.place),
    JSON.stringify({ runId: watched.runId, epoch: watched.epoch, limit }),
    0o600,
  );
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
