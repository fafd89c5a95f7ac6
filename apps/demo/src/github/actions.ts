// GitHub Actions, locally: `act` really runs the pushed workflow, confined like an agent, without network but for its packages.
import { spawn } from 'node:child_process';
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
import { totalmem } from 'node:os';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { bwrapArgs, toolchainBinds, toolPath } from '@mainloop/adapters/sandbox/bwrap';
import { enterCage, findCageSite, makeCage, removeCage, type CageSite } from '@mainloop/adapters/sandbox/cage';
import { limitsFor, type SandboxLimits, type WantedLimits } from '@mainloop/adapters/sandbox/limits';
import { etcBinds, ownerOf, readInner, writeEtc } from '@mainloop/adapters/sandbox/local';
import { workOf } from '@mainloop/adapters/sandbox/place';
import type { LimitHit } from '@mainloop/adapters/sandbox/port';
import { kill } from '@mainloop/adapters/sandbox/processes';
import { watcher, type Watched } from '@mainloop/adapters/sandbox/watch';
import { NOT_HERE } from '@mainloop/models/flow/ci';
import { parse } from 'yaml';
import type { Bare } from './bare.ts';
import { checkOut, remove } from './checkout.ts';
import type { Hooks } from './hooks.ts';
import { packageVariables, withPackages, type JobPackages } from './job-packages.ts';
import { log } from './log.ts';
import { JobEnds, type ActLine, type JobEnd } from './not-here.ts';
import { layStandIns, stepsOf } from './stand-ins.ts';
import * as shape from './shapes.ts';
import { JobSteps, writtenSteps, type StepLine } from './steps.ts';
import { triggers, type Happened } from './triggers.ts';
import { nowIso, type Happening, type Issue, type Job, type Repo, type Store, type WorkflowRun } from './store.ts';

const MAX_LOG_CHARS = 4 * 1024 * 1024;
const TIMEOUT_MS = 10 * 60_000;
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
  /** Of one job, where the machine's share is not wanted. */
  readonly limits?: WantedLimits;
}

/** A job has no more than these, on however large a machine. */
const OF_A_JOB = { maxProcesses: 512, maxFileMiB: 512 } satisfies WantedLimits;

type ActStep = ActLine & StepLine;

interface Workflow {
  readonly name?: string;
  readonly on?: unknown;
  readonly jobs?: Record<string, { readonly name?: string; readonly steps?: unknown }>;
}
interface OpenRun {
  readonly wf: Workflow;
  readonly wfRun: WorkflowRun;
  readonly jobs: Map<string, Job>;
}

export function actions(store: Store, bare: Bare, hooks: Hooks, o: ActionsOptions) {
  let found: { limits: SandboxLimits; site: CageSite | null } | null = null;
  /** As for a sandbox: the same machine, the same share. In a pod, that has the limits. */
  const around = (): { limits: SandboxLimits; site: CageSite | null } => {
    if (found !== null) return found;
    const disk = statfsSync(o.work);
    const machine = { memoryMiB: totalmem() / 1024 / 1024, diskMiB: (disk.blocks * disk.bsize) / 1024 / 1024 };
    return (found = { limits: limitsFor(machine, { ...OF_A_JOB, ...o.limits }), site: o.bwrap === null ? null : findCageSite() });
  };
  const running = new Map<string, { pid: number; hit(h: LimitHit): void }>();
  const watch = watcher({
    bwrap: o.bwrap,
    limits: () => around().limits,
    onLimit: (h) => (h.limit === 'disk_soon' ? undefined : running.get(h.taskId)?.hit(h)),
    end: async (job) => kill(running.get(job)?.pid ?? -1),
  });

  /**
   * Every run is there before the first begins, as on GitHub: what is not listed yet would be taken for nothing that checks the commit.
   * @param wanted which files of workflows
   * @param listed is called when all runs are there
   */
  const happened = async (
    repo: Repo,
    branch: string,
    sha: string,
    what: Happened,
    wanted: (file: string) => boolean,
    listed: () => void = () => undefined,
  ): Promise<void> => {
    // No workflows at that commit.
    const files = (await bare.git(repo.full, ['ls-tree', '-z', '--name-only', sha, '--', '.github/workflows/']).catch(() => ''))
      .split('\0')
      .filter((f) => /\.ya?ml$/.test(f) && wanted(f));
    const opened: { file: string; text: string; run: OpenRun }[] = [];
    for (const file of files) {
      const text = await bare.git(repo.full, ['cat-file', 'blob', `${sha}:${file}`]);
      const run = openRun(repo, branch, sha, file, text, what);
      if (run !== null) opened.push({ file, text, run });
    }
    listed();
    for (const { file, text, run } of opened)
      await runWorkflow(repo, branch, sha, file, text, what, run).catch((err: unknown) =>
        log.error({ err, repo: repo.full, file }, 'a workflow could not be run'),
      );
  };

  /** @returns null when git can't say */
  const changed = (full: string, ...range: string[]): Promise<string[] | null> =>
    bare.git(full, ['diff', '--name-only', '--no-renames', '-z', ...range]).then(
      (said) => said.split('\0').filter(Boolean),
      // No commit in common, or one that is gone.
      () => null,
    );
  const pathsOf = (repo: Repo, base: string, sha: string): Promise<string[] | null> => changed(repo.full, `refs/heads/${base}...${sha}`);
  const pathsOfPush = async (repo: Repo, { branch, sha, before }: Happening): Promise<string[] | null> => {
    if (before !== null) return changed(repo.full, before, sha);
    return branch === repo.defaultBranch ? null : changed(repo.full, `refs/heads/${repo.defaultBranch}...${sha}`);
  };
  const ofPull = async (repo: Repo, sha: string, { number, action }: NonNullable<Happening['pull']>): Promise<Happened | null> => {
    const pull = store.one('issue', (i) => i.repo === repo.full && i.number === number);
    if (!pull?.pr) return null;
    const { base } = pull.pr;
    const shown = shape.pull(pull, repo, { base: o.base, comments: 0, reactions: [], reviewComments: 0, commits: 0, fits: null, stat: NO_STAT });
    const payload = { action, number, pull_request: shown, repository: shape.repo(o.base, repo) };
    return { event: 'pull_request', action, base, payload, paths: await pathsOf(repo, base, sha) };
  };
  /** @param isAgain after a kill: the runs that it had listed by then run again by themselves */
  const follow = async (repo: Repo, h: Happening, isAgain: boolean): Promise<void> => {
    const { branch, sha } = h;
    const what: Happened | null = h.pull === null ? { event: 'push', branch, paths: await pathsOfPush(repo, h) } : await ofPull(repo, sha, h.pull);
    const listed = (): void => store.remove('happening', h);
    if (what === null) return listed();
    const isListed = (file: string): boolean =>
      store.one('run', (r) => r.repo === repo.full && r.branch === branch && r.sha === sha && r.path === file && r.event === what.event) !==
      undefined;
    await happened(repo, branch, sha, what, (file) => !isAgain || !isListed(file), listed);
  };

  /** @param before where the branch stood; null: it is new, and counts from where it left the default branch */
  const pushed = (repo: Repo, branch: string, sha: string, before: string | null): Promise<void> =>
    follow(repo, store.insert('happening', { repo: repo.full, branch, sha, before, pull: null }), false);
  const befell = (repo: Repo, { number, pr }: Issue, action: string): Promise<void> =>
    follow(repo, store.insert('happening', { repo: repo.full, branch: pr!.head, sha: pr!.headSha, before: null, pull: { number, action } }), false);
  const rerun = async (repo: Repo, r: WorkflowRun): Promise<void> => {
    const pull = store.one('issue', (i) => i.repo === repo.full && i.state === 'open' && i.pr?.head === r.branch);
    const isSame = (file: string): boolean => file === r.path;
    if (r.event !== 'pull_request') return happened(repo, r.branch, r.sha, { event: 'push', branch: r.branch, paths: null }, isSame);
    if (pull === undefined) return;
    const payload = { action: 'synchronize', number: pull.number };
    await happened(repo, r.branch, r.sha, { event: 'pull_request', action: 'synchronize', base: pull.pr!.base, payload, paths: null }, isSame);
  };

  /** @returns null for what is no workflow, or none for this */
  const openRun = (repo: Repo, branch: string, sha: string, file: string, text: string, what: Happened): OpenRun | null => {
    let wf: Workflow;
    try {
      wf = parse(text) as Workflow;
    } catch {
      // No YAML: GitHub runs nothing either.
      return null;
    }
    if (!wf || !triggers(wf.on, what)) return null;
    const wfRun = store.insert('run', {
      repo: repo.full,
      name: wf.name ?? file,
      path: file,
      branch,
      sha,
      event: what.event,
      attempt:
        1 +
        store.find('run', (r) => r.repo === repo.full && r.branch === branch && r.sha === sha && r.path === file && r.event === what.event).length,
      status: 'in_progress',
      conclusion: null,
      createdAt: nowIso(),
      updatedAt: nowIso(),
    });
    const jobs = new Map<string, Job>();
    for (const [id, j] of Object.entries(wf.jobs ?? {}))
      jobs.set(
        id,
        store.insert('job', {
          repo: repo.full,
          runId: wfRun.id,
          name: j.name ?? id,
          sha,
          status: 'in_progress',
          conclusion: null,
          startedAt: nowIso(),
          completedAt: null,
          log: '',
        }),
      );
    announce(repo, wfRun, 'in_progress');
    return { wf, wfRun, jobs };
  };

  const runWorkflow = async (
    repo: Repo,
    branch: string,
    sha: string,
    file: string,
    text: string,
    what: Happened,
    { wf, wfRun, jobs }: OpenRun,
  ): Promise<void> => {
    const logs = new Map<string, string[]>();
    const size = new Map<string, number>();
    const standIns = new Map(Object.entries(wf.jobs ?? {}).map(([id, j]) => [id, stepsOf(j.steps)]));
    const ends = new JobEnds((id, step) => standIns.get(id)?.has(step) === true);
    const steps = new Map(Object.entries(wf.jobs ?? {}).map(([id, j]) => [id, new JobSteps(writtenSteps(j.steps))]));
    const onLine = (l: ActStep): void => {
      const id = l.jobID ?? [...jobs.keys()].find((k) => l.job?.includes(k));
      if (id === undefined || !jobs.has(id)) return;
      ends.hear(id, l);
      steps.get(id)!.hear(l, nowIso());
      const said = l.raw_output
        ? l.msg?.replace(/\n$/, '')
        : l.level === 'error'
          ? `##[error]${l.msg}`
          : /Run Main/.test(l.msg ?? '')
            ? `##[group]Run ${l.step}`
            : undefined;
      if (said === undefined) return;
      note(id, said);
    };
    const note = (id: string, said: string): void => {
      const n = (size.get(id) ?? 0) + said.length;
      size.set(id, n);
      if (n > MAX_LOG_CHARS) return;
      const at = `${new Date().toISOString().replace('Z', '0000Z')}`;
      const lines = said.split('\n').map((x) => `${at} ${x}`);
      (logs.get(id) ?? logs.set(id, []).get(id)!).push(...lines);
      steps.get(id)!.wrote(lines.length);
    };
    const code = await execute(repo, branch, sha, file, what, text, onLine, (hit) => {
      for (const id of jobs.keys()) note(id, `##[error]${overWords(hit)}`);
    });
    const concluded: JobEnd['conclusion'][] = [];
    for (const [id, job] of jobs) {
      const { conclusion, missing } = ends.of(id, code);
      concluded.push(conclusion);
      store.update('job', job, {
        status: 'completed',
        conclusion,
        ...(missing === null ? {} : { note: `${conclusion === 'success' ? 'Passed, but not all of it ran here' : NOT_HERE}: ${missing}` }),
        completedAt: nowIso(),
        steps: steps.get(id)!.all(),
        log: `\ufeff${(logs.get(id) ?? []).join('\n')}\n`,
      });
    }
    const failed = concluded.includes('failure') || (code !== 0 && !concluded.includes('neutral'));
    store.update('run', wfRun, { status: 'completed', conclusion: failed ? 'failure' : 'success', updatedAt: nowIso() });
    for (const job of jobs.values())
      hooks.send('check_run', {
        action: 'completed',
        check_run: shape.checkRun(o.base, job),
        repository: shape.repo(o.base, repo),
        sender: shape.user(o.base, 'github-actions'),
      });
    announce(repo, wfRun, 'completed');
  };

  /** What the repository's own actions and reusable workflows say, where a workflow uses one. */
  const actionsOf = async (full: string, sha: string, text: string): Promise<string[]> => {
    if (!/uses:\s*["']?\.\//.test(text)) return [];
    const all = (await bare.git(full, ['ls-tree', '-r', '-z', '--name-only', sha])).split('\0');
    const files = all.filter((f) => /(?:^|\/)action\.ya?ml$|^\.github\/workflows\/[^/]+\.ya?ml$/.test(f)).slice(0, MAX_ACTION_FILES);
    return Promise.all(files.map((f) => bare.git(full, ['cat-file', 'blob', `${sha}:${f}`])));
  };

  const announce = (repo: Repo, r: WorkflowRun, action: string): void =>
    hooks.send('workflow_run', {
      action,
      workflow_run: shape.workflowRun(o.base, r, repo),
      repository: shape.repo(o.base, repo),
      sender: shape.user(o.base, 'github-actions'),
    });

  const execute = async (
    repo: Repo,
    branch: string,
    sha: string,
    file: string,
    what: Happened,
    text: string,
    onLine: (l: ActStep) => void,
    onLimit: (hit: LimitHit) => void,
  ): Promise<number> => {
    mkdirSync(o.work, { recursive: true, mode: 0o711 });
    const place = mkdtempSync(path.join(o.work, 'ci-'));
    const job = path.basename(place);
    chmodSync(place, 0o711);
    const dir = workOf(place);
    mkdirSync(dir, { mode: 0o700 });
    const owner = ownerOf(job);
    const { limits, site } = around();
    try {
      await checkOut({ source: bare.dir(repo.full), dir, branch, sha, owner });
      const etc = path.join(o.work, '.etc');
      writeEtc(etc);
      const packages =
        o.packages === null || o.bwrap === null
          ? null
          : withPackages(o.packages, { repo: repo.full, untilMs: Date.now() + TIMEOUT_MS, folder: path.join(o.work, '.ci'), node: '/opt/ci/node' });
      if (what.event === 'pull_request') writeFileSync(path.join(dir, 'event.json'), JSON.stringify(what.payload));
      const laid = path.join(place, 'stand-ins');
      mkdirSync(laid, { mode: 0o755 });
      const inside = o.bwrap === null ? { at: laid, node: o.node } : { at: '/opt/ci/stand-ins', node: '/opt/ci/node' };
      // Of a workflow that calls somebody else's, `act` would not say which job it could not fetch it for.
      const standIns = CALLS_ANOTHER.test(text) ? [] : layStandIns({ folder: laid, ...inside }, [text, ...(await actionsOf(repo.full, sha, text))]);
      const act = (program: string, folder: string): string[] => [
        program,
        what.event,
        '-C',
        folder,
        '-W',
        file,
        ...['latest', '24.04', '22.04'].flatMap((v) => ['-P', `ubuntu-${v}=-self-hosted`]),
        ...(what.event === 'pull_request' ? ['-e', path.join(folder, '../event.json')] : []),
        ...'--json --no-cache-server --action-offline-mode --rm'.split(' '),
        ...standIns,
        ...(packages === null ? [] : Object.entries(packageVariables()).flatMap(([name, value]) => ['--env', `${name}=${value}`])),
      ];
      const toolchains = o.bwrap === null ? [] : toolchainBinds(o.toolchains ?? null);
      const around = (home: string, tools: string): Record<string, string> => ({
        PATH: toolPath(tools, process.env.PATH, toolchains),
        HOME: home,
        XDG_CACHE_HOME: `${home}/.cache`,
        LANG: 'C.UTF-8',
        CI: 'true',
      });
      const [program, args, env] =
        o.bwrap === null
          ? [o.act, act(o.act, path.join(dir, 'repo')).slice(1), around(path.join(dir, 'home'), path.dirname(o.node))]
          : [
              o.bwrap,
              bwrapArgs({
                readOnly: [
                  [o.act, '/opt/ci/act'],
                  [o.node, '/opt/ci/node'],
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
                ...limits,
                command: [...(packages?.command ?? []), ...act('/opt/ci/act', '/work/repo')],
              }),
              { ...around('/work/home', '/opt/ci'), ...packages?.env },
            ];
      return await new Promise<number>((resolve) => {
        const infoPath = path.join(place, 'info.json');
        const info = openSync(infoPath, 'w+');
        const p = spawn(program, args, {
          cwd: '/',
          env,
          // Nothing of the job runs before it is where its limits hold.
          stdio: o.bwrap === null ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', info, 'pipe'],
          timeout: TIMEOUT_MS,
          killSignal: 'SIGKILL',
          ...owner,
        });
        closeSync(info);
        if (o.bwrap !== null && p.pid !== undefined) {
          const { pid } = p;
          const gate = p.stdio[4] as Writable;
          gate.on('error', () => undefined);
          void readInner(infoPath, pid).then((inner) => {
            if (inner === null) return;
            const cage = site === null ? null : makeCage(site, `mainloop-${job}`, limits);
            if (cage !== null) enterCage(cage, [pid, inner]);
            running.set(job, { pid: inner, hit: onLimit });
            const alive = (): boolean => running.has(job);
            watch.add({ taskId: job, runId: job, epoch: 1, pid: inner, cage, place, owner, alive } satisfies Watched);
            p.once('close', () => {
              watch.leave(job);
              running.delete(job);
              if (cage !== null) removeCage(cage);
            });
            gate.end('1');
          });
        }
        let rest = '';
        p.stdout!.on('data', (d: Buffer) => {
          rest += d.toString();
          const lines = rest.split('\n');
          rest = (lines.pop() ?? '').slice(-1024 * 1024);
          for (const l of lines) {
            try {
              onLine(JSON.parse(l) as ActStep);
            } catch {
              // act prints a stray line that is not JSON now and then.
            }
          }
        });
        let err = '';
        p.stderr!.on('data', (d: Buffer) => {
          err = (err + d.toString()).slice(-2_000);
        });
        p.on('error', () => resolve(1));
        p.on('close', (code) => {
          if (code !== 0 && err !== '') log.warn({ said: err.trim() }, 'act complains');
          resolve(code ?? 1);
        });
      });
    } finally {
      await remove(dir, owner);
      removeTop(place);
    }
  };

  /** Runs that a kill left in the middle are run again, as GitHub's runners would be replaced. */
  const recover = (): void => {
    for (const r of store.find('run', (x) => x.status !== 'completed')) {
      store.update('run', r, { status: 'completed', conclusion: 'cancelled' });
      for (const j of store.find('job', (x) => x.runId === r.id && x.status !== 'completed'))
        store.update('job', j, { status: 'completed', conclusion: 'cancelled', name: j.name, completedAt: nowIso() });
      const repo = store.one('repo', (x) => x.full === r.repo);
      if (repo) void rerun(repo, r);
    }
    for (const h of store.find('happening', () => true)) {
      const repo = store.one('repo', (x) => x.full === h.repo);
      if (repo) void follow(repo, h, true);
    }
  };

  return { pushed, befell, rerun, recover };
}

/** What we put into a place ourselves; the job's own folder is removed under the job's uid, or stays. */
function removeTop(place: string): void {
  for (const f of readdirSync(place)) if (path.join(place, f) !== workOf(place)) rmSync(path.join(place, f), { recursive: true });
  if (!existsSync(workOf(place))) rmdirSync(place);
}

const overWords = ({ limit, max }: LimitHit): string =>
  limit === 'processes' ? `This job has its ${max} processes and can't start another.` : `This job used more than its ${max} MiB of ${limit}.`;

const NO_STAT = { files: 0, additions: 0, deletions: 0 };
