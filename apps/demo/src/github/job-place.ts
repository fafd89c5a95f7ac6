// Where a job of CI runs: its folder, its confinement, its limits, and `act` in it.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { bwrapArgs, toolchainBinds, toolPath } from '@mainloop/adapters/sandbox/bwrap';
import {
  enterCgroup,
  findCgroupSite,
  makeCgroup,
  removeCgroup,
  type CgroupSite,
} from '@mainloop/adapters/sandbox/cgroup';
import { limitsFor, type SandboxLimits, type WantedLimits } from '@mainloop/adapters/sandbox/limits';
import { etcBinds, ownerOf, readInner, writeEtc } from '@mainloop/adapters/sandbox/local';
import { workOf } from '@mainloop/adapters/sandbox/place';
import type { LimitHit } from '@mainloop/adapters/sandbox/port';
import { kill } from '@mainloop/adapters/sandbox/processes';
import { watcher, type Watched } from '@mainloop/adapters/sandbox/watch';
import type { Bare } from './bare.ts';
import { checkOut, remove } from './checkout.ts';
import { packageVariables, withPackages, type JobPackages } from './job-packages.ts';
import { legsHere, type AbsentLeg } from './legs.ts';
import { log } from './log.ts';
import { complaintIn, type ActLine, type Complaint } from './not-here.ts';
import { layStandIns } from './stand-ins.ts';
import type { StepLine } from './steps.ts';
import type { Happened } from './triggers.ts';
import type { Repo } from './store.ts';

/** Of all jobs of a workflow together. GitHub gives each six hours. */
const LONGEST_MS = 30 * 60_000;
const CALLS_ANOTHER = /uses:\s*["']?[\w.-]+\/[\w.-]+\/\.github\/workflows\//;
/** Of one repository, looked through for actions that stand-ins are there for. */
const MAX_ACTION_FILES = 200;

export interface ActionsOptions {
  readonly act: string;
  /** null: in a pod, which is the confinement. */
  readonly bwrap: string | null;
  readonly node: string;
  /** Folder of the operator's own toolchains; see `toolchainBinds`. */
  readonly toolchains?: string | null;
  readonly work: string;
  readonly base: string;
  /** null: its jobs have no package registry. In a pod there is none. */
  readonly packages: JobPackages | null;
  /** Of all jobs of a workflow; half an hour when it is not given. */
  readonly longestMs?: number;
  /** Of one job, where the machine's share is not wanted. */
  readonly limits?: WantedLimits;
}

/** A job has no more than these, on however large a machine. */
const OF_A_JOB = { maxProcesses: 512, maxFileMiB: 512 } satisfies WantedLimits;

/** A line that `act --json` prints. */
export type ActStep = ActLine & StepLine;

/** A workflow's file at a commit, and what set it off. */
export interface Triggered {
  readonly repo: Repo;
  readonly branch: string;
  readonly sha: string;
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
  readonly what: Happened;
}

/** What is heard of a job while it runs. */
export interface JobListener {
  onLine(line: ActStep): void;
  onLimit(hit: LimitHit): void;
  /** Of these nothing is run. */
  onAbsent(legs: readonly AbsentLeg[]): void;
  /** It is ended before its time. */
  onLate(why: string): void;
  /** It ended with nothing but this. */
  onComplaint(complaint: Complaint): void;
}

/** What is started, from outside the confinement. */
interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A job's folder, while it runs. */
interface Place {
  readonly job: string;
  readonly folder: string;
  readonly owner: ReturnType<typeof ownerOf>;
}

/**
 * Where the jobs of workflows run: `act`, within limits, and in a sandbox where there is bubblewrap.
 * @returns `runJob`, which runs one and keeps what it said
 */
export function jobPlaces(bare: Bare, options: ActionsOptions) {
  let found: { limits: SandboxLimits; site: CgroupSite | null } | null = null;
  /** As for a sandbox: the same machine, the same share. In a pod, that has the limits. */
  const around = (): { limits: SandboxLimits; site: CgroupSite | null } => {
    if (found !== null) return found;
    const disk = statfsSync(options.work);
    const machine = {
      memoryMiB: totalmem() / 1024 / 1024,
      diskMiB: (disk.blocks * disk.bsize) / 1024 / 1024,
    };
    return (found = {
      limits: limitsFor(machine, { ...OF_A_JOB, ...options.limits }),
      site: options.bwrap === null ? null : findCgroupSite(),
    });
  };
  const longestMs = options.longestMs ?? LONGEST_MS;
  const running = new Map<string, { pid: number; hit(hit: LimitHit): void }>();
  const watch = watcher({
    bwrap: options.bwrap,
    limits: () => around().limits,
    onLimit: (h) => (h.limit === 'disk_soon' ? undefined : running.get(h.taskId)?.hit(h)),
    end: async (job) => kill(running.get(job)?.pid ?? -1),
  });

  /** What the repository's own actions and reusable workflows say, where a workflow uses one. */
  const actionsOf = async (full: string, sha: string, text: string): Promise<string[]> => {
    if (!/uses:\s*["']?\.\//.test(text)) return [];
    const all = (await bare.git(full, ['ls-tree', '-r', '-z', '--name-only', sha])).split('\0');
    const files = all
      .filter((f) => /(?:^|\/)action\.ya?ml$|^\.github\/workflows\/[^/]+\.ya?ml$/.test(f))
      .slice(0, MAX_ACTION_FILES);
    return Promise.all(files.map((f) => bare.git(full, ['cat-file', 'blob', `${sha}:${f}`])));
  };

  const standInsFor = async (
    { repo, sha, text }: Triggered,
    folder: string,
    inside: { at: string; node: string },
  ): Promise<string[]> => {
    mkdirSync(folder, { mode: 0o755 });
    // Of a workflow that calls somebody else's, `act` would not say which job it could not fetch it for.
    return CALLS_ANOTHER.test(text)
      ? []
      : layStandIns({ folder, ...inside }, [text, ...(await actionsOf(repo.full, sha, text))]);
  };

  /** @returns how `act` is started for it, confined where there is bubblewrap */
  const commandFor = async (triggered: Triggered, place: string, listener: JobListener): Promise<Command> => {
    const dir = workOf(place);
    const etc = path.join(options.work, '.etc');
    writeEtc(etc);
    const laid = path.join(place, 'stand-ins');
    const inside =
      options.bwrap === null
        ? { at: laid, node: options.node }
        : { at: '/opt/ci/stand-ins', node: '/opt/ci/node' };
    const packages =
      options.packages === null || options.bwrap === null
        ? null
        : withPackages(options.packages, {
            repo: triggered.repo.full,
            untilMs: Date.now() + longestMs,
            folder: path.join(options.work, '.ci'),
            node: '/opt/ci/node',
          });
    const standIns = await standInsFor(triggered, laid, inside);
    const file = workflowFor(triggered, laid, inside.at, listener);
    const act = (folder: string): string[] =>
      actArguments({ ...triggered, file }, folder, standIns, packages !== null);
    if (options.bwrap === null)
      return {
        program: options.act,
        args: act(path.join(dir, 'repo')),
        env: environment(path.join(dir, 'home'), path.dirname(options.node), []),
      };
    const toolchains = toolchainBinds(options.toolchains ?? null);
    return {
      program: options.bwrap,
      args: bwrapArgs({
        readOnly: [
          [options.act, '/opt/ci/act'],
          [options.node, '/opt/ci/node'],
          [laid, inside.at],
          ...toolchains,
          ...etcBinds(etc),
          ...(packages?.readOnly ?? []),
        ],
        writable: [[dir, '/work']],
        cwd: '/work/repo',
        dieWithParent: true,
        infoFd: 3,
        blockFd: 4,
        ...around().limits,
        command: [...(packages?.command ?? []), '/opt/ci/act', ...act('/work/repo')],
      }),
      env: { ...environment('/work/home', '/opt/ci', toolchains), ...packages?.env },
    };
  };

  /** Nothing of the job runs before it is where its limits hold. */
  const confine = (
    child: ChildProcess,
    pid: number,
    { job, folder, owner }: Place,
    infoPath: string,
    listener: JobListener,
  ): void => {
    const { limits, site } = around();
    const gate = child.stdio[4] as Writable;
    gate.on('error', () => undefined);
    void readInner(infoPath, pid).then((inner) => {
      if (inner === null) return;
      const cgroup = site === null ? null : makeCgroup(site, `mainloop-${job}`, limits);
      if (cgroup !== null) enterCgroup(cgroup, [pid, inner]);
      running.set(job, { pid: inner, hit: (hit) => listener.onLimit(hit) });
      const alive = (): boolean => running.has(job);
      watch.add({
        taskId: job,
        runId: job,
        epoch: 1,
        pid: inner,
        cgroup,
        place: folder,
        owner,
        alive,
      } satisfies Watched);
      child.once('close', () => {
        watch.leave(job);
        running.delete(job);
        if (cgroup !== null) removeCgroup(cgroup);
      });
      gate.end('1');
    });
  };

  const runIn = (place: Place, { program, args, env }: Command, listener: JobListener): Promise<number> =>
    new Promise<number>((resolve) => {
      const infoPath = path.join(place.folder, 'info.json');
      const info = openSync(infoPath, 'w+');
      const child = spawn(program, args, {
        cwd: '/',
        env,
        stdio: options.bwrap === null ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', info, 'pipe'],
        ...place.owner,
      });
      const tooLong = setTimeout(() => {
        listener.onLate(`it takes more than ${Math.ceil(longestMs / 60_000)} minutes on this machine`);
        child.kill('SIGKILL');
      }, longestMs);
      closeSync(info);
      if (options.bwrap !== null && child.pid !== undefined)
        confine(child, child.pid, place, infoPath, listener);
      let isHeard = false;
      child.stdout!.on(
        'data',
        linesTo((line) => {
          isHeard = true;
          listener.onLine(line);
        }),
      );
      let complaint = '';
      child.stderr!.on('data', (data: Buffer) => {
        complaint = (complaint + data.toString()).slice(-2_000);
      });
      child.on('error', (err) => {
        clearTimeout(tooLong);
        listener.onComplaint({ of: 'machine', words: err.message });
        resolve(1);
      });
      child.on('close', (code) => {
        clearTimeout(tooLong);
        if (code !== 0 && complaint !== '') log.warn({ said: complaint.trim() }, 'act complains');
        if (code !== 0 && !isHeard) listener.onComplaint(complaintIn(complaint));
        resolve(code ?? 1);
      });
    });

  /** @returns the exit code of `act`; 1 when it could not be started */
  const runJob = async (triggered: Triggered, listener: JobListener): Promise<number> => {
    mkdirSync(options.work, { recursive: true, mode: 0o711 });
    const folder = mkdtempSync(path.join(options.work, 'ci-'));
    const job = path.basename(folder);
    chmodSync(folder, 0o711);
    const dir = workOf(folder);
    mkdirSync(dir, { mode: 0o700 });
    const owner = ownerOf(job);
    try {
      await checkOut({
        source: bare.dir(triggered.repo.full),
        dir,
        branch: triggered.branch,
        sha: triggered.sha,
        owner,
      });
      if (triggered.what.event === 'pull_request')
        writeFileSync(path.join(dir, 'event.json'), JSON.stringify(triggered.what.payload));
      return await runIn({ job, folder, owner }, await commandFor(triggered, folder, listener), listener);
    } finally {
      await remove(dir, owner);
      removeTop(folder);
    }
  };

  return { runJob };
}

/** What this machine stands for. */
const MACHINES = ['latest', '24.04', '22.04'].map((version) => `ubuntu-${version}`);

/**
 * Lays the workflow anew where `act` must not see all of it.
 * @param laid a folder of ours that is there, which the job sees as `at` and can't write into
 * @returns the file for `act`
 */
function workflowFor({ file, text }: Triggered, laid: string, at: string, listener: JobListener): string {
  // Legs that share a machine share its home and what was built there already; side by side each would build it.
  const parallel = Math.max(1, Math.floor(availableParallelism() / 2));
  const legs = legsHere(text, { has: (name) => MACHINES.includes(name), parallel });
  listener.onAbsent(legs.absent);
  if (legs.text === text) return file;
  const own = path.join('workflow', path.basename(file));
  mkdirSync(path.join(laid, 'workflow'), { mode: 0o755 });
  writeFileSync(path.join(laid, own), legs.text, { mode: 0o644 });
  return path.join(at, own);
}

/** @param folder the work tree, as `act` sees it; what happened lies beside it */
function actArguments(
  { what, file }: Triggered,
  folder: string,
  standIns: readonly string[],
  hasPackages: boolean,
): string[] {
  const variables = hasPackages ? Object.entries(packageVariables()) : [];
  return [
    what.event,
    '-C',
    folder,
    '-W',
    file,
    ...MACHINES.flatMap((name) => ['-P', `${name}=-self-hosted`]),
    ...(what.event === 'pull_request' ? ['-e', path.join(folder, '../event.json')] : []),
    ...'--json --no-cache-server --action-offline-mode --rm'.split(' '),
    ...standIns,
    ...variables.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
  ];
}

const environment = (
  home: string,
  tools: string,
  toolchains: ReturnType<typeof toolchainBinds>,
): Record<string, string> => ({
  PATH: toolPath(tools, process.env.PATH, toolchains),
  HOME: home,
  XDG_CACHE_HOME: `${home}/.cache`,
  LANG: 'C.UTF-8',
  CI: 'true',
});

/** @returns takes the pieces of a stream of JSON lines */
function linesTo(onLine: (line: ActStep) => void): (piece: Buffer) => void {
  let rest = '';
  return (piece) => {
    rest += piece.toString();
    const lines = rest.split('\n');
    rest = (lines.pop() ?? '').slice(-1024 * 1024);
    for (const line of lines) {
      try {
        onLine(JSON.parse(line) as ActStep);
      } catch {
        // act prints a stray line that is not JSON now and then.
      }
    }
  };
}

/** What we put into a place ourselves; the job's own folder is removed under the job's uid, or stays. */
function removeTop(place: string): void {
  for (const name of readdirSync(place))
    if (path.join(place, name) !== workOf(place)) rmSync(path.join(place, name), { recursive: true });
  if (!existsSync(workOf(place))) rmdirSync(place);
}
