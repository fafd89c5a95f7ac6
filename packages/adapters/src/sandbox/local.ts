// The local sandbox: a working tree of its own for each task, confined by bubblewrap under an unprivileged uid.
// The process outlives the worker that started it; it is found again through run.json (pid and start time).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import type { Writable } from 'node:stream';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { INSIDE, runnerCommand, SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { bwrapArgs, toolchainBinds, toolPath } from './bwrap.ts';
import {
  CONTROLLERS,
  enterCgroup,
  findCgroupSite,
  makeCgroup,
  removeCgroup,
  type Cgroup,
  type CgroupSite,
} from './cgroup.ts';
import { limitsFor, limitWords, type SandboxLimits, type WantedLimits } from './limits.ts';
import type { Keeper } from './keeper.ts';
import { overOf, watcher } from './watch.ts';
import { ensurePlace, removePlace, sweepPlaces, workOf, type Owner } from './place.ts';
import { childrenOf, isSame, kill, sandboxesWith, startTicks } from './processes.ts';
import { putWhole } from './whole-file.ts';
import { SandboxError, type LimitHit, type Sandbox, type SandboxRun, type SandboxStatus } from './port.ts';

export interface LocalSandboxOptions {
  /** Folder that holds one folder for each task. */
  readonly root: string;
  /** Folder with node, claude, runner.mjs and the talk-back command; bound read-only. */
  readonly kit: string;
  /**
   * Folder that holds the gateway's socket. The folder is bound, not the socket: a restarted gateway makes a
   * new one.
   */
  readonly gatewayDir: string;
  /** Folder of bare mirrors, `<owner>/<name>.git`; objects are borrowed read-only. */
  readonly mirrors: string;
  readonly bwrap: string;
  /** Folder of the operator's own toolchains; see `toolchainBinds`. */
  readonly toolchains?: string | null;
  /** The user said by name that no confinement is acceptable on this machine. */
  readonly unconfined: boolean;
  readonly limits?: WantedLimits;
  /** Of the kit: what is started, behind everything else that runs here. Not given: the runner. */
  readonly program?: string;
  /** What it is told besides. */
  readonly told?: () => Readonly<Record<string, string>>;
  /** Gives a task the set-up that is kept for it, and looks whether there is one to be kept. */
  readonly keeper?: Pick<Keeper, 'give' | 'look'>;
  /** A sandbox has met one of its limits. Told again each time, at most once in ten seconds. */
  readonly onLimit?: (hit: LimitHit) => void;
  /** A process that this worker started has ended. Only a hint: a worker that was restarted is not told. */
  readonly onExit?: (taskId: string) => void;
}

interface RunFile {
  readonly runId: string;
  readonly epoch: number;
  readonly pid: number;
  readonly startTicks: string;
  /**
   * The first process inside, init of its pid namespace; it outlives bubblewrap's outer one when only that is
   * killed.
   */
  readonly innerPid: number | null;
  readonly innerTicks: string | null;
  /** Left out where the kernel lets us make no groups, and by older workers. */
  readonly cgroup?: Cgroup | null;
  /** The same, by the name that it had in files of older workers. */
  readonly cage?: Cgroup | null;
}

/**
 * Sandboxes on this machine, each confined by bubblewrap, or not at all where the user wants it so.
 * @param options `root`: the folder that holds one folder for each task
 */
export function localSandbox(options: LocalSandboxOptions): Sandbox {
  const dirOf = (taskId: string): string => path.join(options.root, safe(taskId));
  const runFile = (taskId: string): string => path.join(dirOf(taskId), 'run.json');

  let found: { limits: SandboxLimits; site: CgroupSite | null } | null = null;
  const around = (): { limits: SandboxLimits; site: CgroupSite | null } => {
    mkdirSync(options.root, { recursive: true, mode: 0o711 });
    const disk = statfsSync(options.root);
    const machine = {
      memoryMiB: totalmem() / 1024 / 1024,
      diskMiB: (disk.blocks * disk.bsize) / 1024 / 1024,
    };
    return (found ??= {
      limits: limitsFor(machine, options.limits),
      site: options.unconfined ? null : findCgroupSite(),
    });
  };
  const watch = watcher({
    bwrap: options.unconfined ? null : options.bwrap,
    limits: () => around().limits,
    onLimit: (hit) => options.onLimit?.(hit),
    end: (taskId) => stop(taskId),
  });
  const watched = (taskId: string, run: RunFile): void =>
    watch.add({
      taskId,
      runId: run.runId,
      epoch: run.epoch,
      pid: run.innerPid ?? run.pid,
      cgroup: run.cgroup ?? null,
      place: dirOf(taskId),
      owner: options.unconfined ? null : ownerOf(taskId),
      alive: () => alive(run),
    });

  const read = (taskId: string): RunFile | null => {
    try {
      const file = JSON.parse(readFileSync(runFile(taskId), 'utf8')) as RunFile;
      return { ...file, cgroup: file.cgroup ?? file.cage ?? null };
    } catch {
      // Nothing was started here.
      return null;
    }
  };

  const stop = async (taskId: string): Promise<void> => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const run = read(taskId);
      const left = run && alive(run) ? pidsOf(run) : sandboxesWith(options.bwrap, workOf(dirOf(taskId)));
      if (left.length === 0) {
        watch.leave(taskId);
        if (run?.cgroup) removeCgroup(run.cgroup);
        return;
      }
      for (const pid of left) kill(pid);
      if (Date.now() > deadline)
        throw new SandboxError('setup', `The sandbox of ${taskId} does not end (pid ${left.at(-1)}).`);
      await new Promise((done) => setTimeout(done, 25));
    }
  };

  /** Once for each place, before anything has run in it. */
  const giveKept = async (run: SandboxRun, owner: Owner | null): Promise<void> => {
    const given = path.join(dirOf(run.taskId), 'given');
    if (!options.keeper || !run.setup || existsSync(given) || read(run.taskId) !== null) return;
    writeFileSync(given, '');
    await options.keeper.give(run.repo, run.setup, path.join(workOf(dirOf(run.taskId)), 'kept'), owner);
  };

  return {
    provision: (taskId) => ensurePlace(options.root, safe(taskId), ownerOf(taskId)),

    async start(run: SandboxRun) {
      const now = read(run.taskId);
      if (now && alive(now) && now.runId === run.runId && now.epoch === run.epoch) return;
      await stop(run.taskId);
      await this.provision(run.taskId);
      const dir = dirOf(run.taskId);
      const mirror = path.join(options.mirrors, `${run.repo}.git`);
      ensureMirror(options.mirrors, mirror);
      const toolchains = toolchainBinds(options.toolchains ?? null);
      const env = {
        PATH: toolPath(INSIDE.kit, process.env.PATH, toolchains),
        HOME: INSIDE.home,
        LANG: 'C.UTF-8',
        SHELL: '/bin/bash',
        TERM: 'dumb',
        TZ: 'UTC',
        MAINLOOP_TOKEN: run.token,
        MAINLOOP_GATEWAY: `http://127.0.0.1:${INSIDE.port}`,
        ...(run.author === undefined ? {} : { MAINLOOP_AUTHOR: JSON.stringify(run.author) }),
        ...options.told?.(),
      };
      const owner = ownerOf(run.taskId);
      if (process.getuid?.() === 0 && !owner)
        throw new SandboxError('unavailable', 'No unprivileged uid to run the agent under.');
      await giveKept(run, owner);
      const etc = path.join(options.root, '.etc');
      writeEtc(etc);
      const { limits, site } = around();
      const infoPath = path.join(dir, `info-${run.epoch}.json`);
      const info = openSync(infoPath, 'w+');
      const log = openSync(path.join(dir, 'runner.log'), 'w');
      const confined = bwrapArgs({
        readOnly: [
          [options.kit, INSIDE.kit],
          [options.gatewayDir, path.dirname(INSIDE.socket)],
          ...toolchains,
          ...etcBinds(etc),
          [mirror, INSIDE.mirror],
        ],
        writable: [[workOf(dir), '/work']],
        cwd: '/work',
        infoFd: 3,
        blockFd: 4,
        dieWithParent: false,
        ...limits,
        command: [
          ...(options.program === undefined ? [] : ['/usr/bin/nice', '-n', '15']),
          ...runnerCommand(options.program),
        ],
      });
      const [cmd, args, extra] = options.unconfined
        ? ([
            path.join(options.kit, 'node'),
            [path.join(options.kit, 'runner.mjs')],
            {
              ...env,
              MAINLOOP_UNCONFINED: dir,
              MAINLOOP_KIT: options.kit,
              MAINLOOP_SOCKET: path.join(options.gatewayDir, 'gateway.sock'),
              MAINLOOP_MIRROR: mirror,
            },
          ] as const)
        : ([options.bwrap, confined, env] as const);
      const child = spawn(cmd, args, {
        cwd: '/',
        env: extra,
        detached: true,
        // Nothing of the run starts before it is where its limits hold.
        stdio: ['ignore', log, log, info, 'pipe'],
        ...(owner && !options.unconfined ? owner : {}),
      });
      closeSync(log);
      const failed = new Promise<never>((_, no) =>
        child.once('error', (error) =>
          no(new SandboxError('unavailable', `bubblewrap did not start: ${error.message}`)),
        ),
      );
      // Returned below when there is no process; otherwise the exit says it.
      failed.catch(() => undefined);
      child.once('exit', () => {
        options.onExit?.(run.taskId);
        // By now the mirror has what the run started from.
        if (run.setup) options.keeper?.look(run.repo, run.setup);
      });
      child.unref();
      if (child.pid === undefined) return failed;
      const innerPid = options.unconfined
        ? null
        : await Promise.race([readInner(infoPath, child.pid), failed]);
      let cgroup: Cgroup | null = null;
      if (site !== null && innerPid !== null) {
        cgroup = makeCgroup(site, cgroupName(options.root, run.taskId), limits);
        enterCgroup(cgroup, [child.pid, innerPid]);
      }
      closeSync(info);
      rmSync(infoPath, { force: true });
      const record: RunFile = {
        runId: run.runId,
        epoch: run.epoch,
        pid: child.pid,
        startTicks: startTicks(child.pid) ?? 'gone',
        innerPid,
        innerTicks: innerPid === null ? null : startTicks(innerPid),
        cgroup,
      };
      putWhole(runFile(run.taskId), JSON.stringify(record), 0o600);
      const gate = child.stdio[4] as Writable;
      gate.on('error', () => undefined);
      gate.end('1');
      watched(run.taskId, record);
      if (run.setup) options.keeper?.look(run.repo, run.setup);
    },

    async status(taskId): Promise<SandboxStatus> {
      const run = read(taskId);
      if (!run) return { kind: 'none' };
      if (alive(run)) {
        // A worker that was restarted goes on watching what it finds.
        watched(taskId, run);
        return { kind: 'running', runId: run.runId, epoch: run.epoch };
      }
      const over = overOf(dirOf(taskId), run.runId, run.epoch);
      const detail = lastLines(path.join(dirOf(taskId), 'runner.log'));
      return {
        kind: 'exited',
        runId: run.runId,
        epoch: run.epoch,
        detail,
        ...(over === null ? {} : { over }),
      };
    },

    stop,

    async release(taskId) {
      await stop(taskId);
      await removePlace(options.root, safe(taskId), ownerOf(taskId));
    },

    // What release leaves behind it leaves by throwing.
    stuck: async () => [],
    async checkup() {
      const { limits, site } = around();
      const missing = CONTROLLERS.filter((c) => site?.folders[c] === undefined);
      return [{ name: 'limits', ok: true, says: limitWords(limits, missing) }];
    },

    async list() {
      if (!existsSync(options.root)) return [];
      await sweepPlaces(options.root, ownerOf, Date.now());
      return readdirSync(options.root).filter((n) => !n.startsWith('.'));
    },
  };
}

/**
 * The gateway fills it in place; a sandbox sees what comes into a folder that was there when it began. Open
 * as the gateway makes them.
 */
function ensureMirror(mirrors: string, mirror: string): void {
  const open = process.getuid?.() === 0 ? 0o755 : 0o700;
  for (const dir of [mirrors, path.dirname(mirror), mirror]) {
    if (existsSync(dir)) continue;
    mkdirSync(dir, { recursive: true });
    chmodSync(dir, open);
  }
}

const cgroupName = (root: string, taskId: string): string =>
  `mainloop-${createHash('sha256').update(root).digest('hex').slice(0, 8)}-${taskId}`;

/**
 * A uid of its own for each task, far above real accounts, so that tasks can't touch each other even
 * outside their namespaces. Their group is
 * one: the data folder lets it, and no other account, pass to the kit, the mirrors and the gateway's
 * socket.
 * @returns null where we are not root: then everything is ours
 */
export function ownerOf(taskId: string): Owner | null {
  if (process.getuid?.() !== 0) return null;
  const uid = 2_000_000 + (createHash('sha256').update(taskId).digest().readUInt32BE(0) % 1_000_000);
  return { uid, gid: SANDBOX_GID };
}

/**
 * The host's account list is nobody's business inside; programs only want a name for uid 1000.
 * @param dir is made; one that is filled already stays as it is
 */
export function writeEtc(dir: string): void {
  if (existsSync(path.join(dir, 'hosts'))) return;
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  chmodSync(dir, 0o755);
  putWhole(
    path.join(dir, 'passwd'),
    `root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:1000:1000:agent:${INSIDE.home}:/bin/bash\n`,
  );
  putWhole(path.join(dir, 'group'), 'root:x:0:\nagent:x:1000:\n');
  putWhole(path.join(dir, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  // The last: it says that all are there.
  putWhole(path.join(dir, 'hosts'), '127.0.0.1 localhost sandbox\n');
}
/** @returns pairs of a file of ours and where the sandbox sees it */
export const etcBinds = (dir: string): (readonly [string, string])[] =>
  ['passwd', 'group', 'nsswitch.conf', 'hosts'].map((f) => [path.join(dir, f), `/etc/${f}`] as const);

/** @returns the first process inside, as bubblewrap writes it to its info file; null when it has ended before */
export async function readInner(file: string, pid: number): Promise<number | null> {
  const deadline = Date.now() + 5_000;
  while (Date.now() < deadline) {
    const match = /"child-pid":\s*(\d+)/.exec(readFileSync(file, 'utf8'));
    if (match) return Number(match[1]);
    if (startTicks(pid) === null) return null;
    await new Promise((r) => setTimeout(r, 5));
  }
  return null;
}

const alive = (run: RunFile): boolean =>
  isSame(run.pid, run.startTicks) || (run.innerPid !== null && isSame(run.innerPid, run.innerTicks ?? ''));

/**
 * The first process inside comes first, it is init of its pid namespace: when it goes, the kernel ends
 * everything with it.
 */
const pidsOf = (run: RunFile): number[] => [
  ...(run.innerPid !== null && isSame(run.innerPid, run.innerTicks ?? '') ? [run.innerPid] : []),
  ...(isSame(run.pid, run.startTicks) ? [...childrenOf(run.pid), run.pid] : []),
];

/** An agent may write as much as it likes to its runner's log, so only the end is read. */
const LOG_TAIL_BYTES = 16 * 1024;

function lastLines(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const end = Buffer.alloc(LOG_TAIL_BYTES);
      const from = Math.max(0, fstatSync(descriptor).size - LOG_TAIL_BYTES);
      const count = readSync(descriptor, end, 0, LOG_TAIL_BYTES, from);
      return end.toString('utf8', 0, count).trim().split('\n').slice(-3).join(' ').slice(0, 500);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // It printed nothing.
    return '';
  }
}

function safe(taskId: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(taskId)) throw new SandboxError('setup', 'bad task id');
  return taskId;
}
