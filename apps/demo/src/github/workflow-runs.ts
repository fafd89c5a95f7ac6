// Runs of workflows and their jobs, as GitHub Actions lists them, from the moment they are there to their end.
import type { LimitHit } from '@mainloop/adapters/sandbox/port';
import { parse } from 'yaml';
import { environmentThatHolds } from './environments.ts';
import type { Hooks } from './hooks.ts';
import { log } from './log.ts';
import type { ActStep, JobListener, Triggered } from './job-place.ts';
import { JobEnds, type JobEnd } from './not-here.ts';
import { stepsOf } from './stand-ins.ts';
import * as shape from './shapes.ts';
import { JobSteps, writtenSteps } from './steps.ts';
import { triggers } from './triggers.ts';
import { nowIso, type Job, type Repo, type Store, type WorkflowRun } from './store.ts';

const MAX_LOG_CHARS = 4 * 1024 * 1024;

interface Workflow {
  readonly name?: string;
  readonly on?: unknown;
  readonly jobs?: Record<string, { readonly name?: string; readonly steps?: unknown }>;
}
/** A run that is listed, and has not begun. */
export interface OpenRun {
  readonly wf: Workflow;
  readonly wfRun: WorkflowRun;
  readonly jobs: Map<string, Job>;
}

/** @returns whether a run is one of this file, at this commit, set off by the same kind of event */
export const isOf =
  ({ repo, branch, sha, file, what }: Omit<Triggered, 'text'>) =>
  (run: WorkflowRun): boolean =>
    run.repo === repo.full &&
    run.branch === branch &&
    run.sha === sha &&
    run.path === file &&
    run.event === what.event;

/**
 * @param base the address that its answers name
 * @param runJob see `jobPlaces`
 */
export function workflowRuns(
  store: Store,
  hooks: Hooks,
  base: string,
  runJob: (triggered: Triggered, listener: JobListener) => Promise<number>,
) {
  /** @returns null for what is no workflow, or none for this */
  const open = ({ repo, branch, sha, file, text, what }: Triggered): OpenRun | null => {
    let workflow: Workflow;
    try {
      workflow = parse(text) as Workflow;
    } catch {
      // No YAML: GitHub runs nothing either.
      return null;
    }
    if (!workflow || !triggers(workflow.on, what)) return null;
    const wfRun = store.insert('run', {
      repo: repo.full,
      name: workflow.name ?? file,
      path: file,
      branch,
      sha,
      event: what.event,
      attempt: 1 + store.find('run', isOf({ repo, branch, sha, file, what })).length,
      status: 'in_progress',
      conclusion: null,
      createdAt: nowIso(),
      updatedAt: nowIso(),
    });
    const jobs = openJobs(store, repo, wfRun, workflow);
    announce(repo, wfRun, wfRun.status === 'waiting' ? 'requested' : 'in_progress');
    return { wf: workflow, wfRun, jobs };
  };

  /** Runs it to its end. */
  const run = async (triggered: Triggered, { wf, wfRun, jobs }: OpenRun): Promise<void> => {
    const { repo } = triggered;
    const standIns = new Map(Object.entries(wf.jobs ?? {}).map(([id, job]) => [id, stepsOf(job.steps)]));
    const ends = new JobEnds((id, step) => standIns.get(id)?.has(step) === true);
    const logs = new Map(
      Object.entries(wf.jobs ?? {}).map(([id, job]) => [
        id,
        new JobLog(new JobSteps(writtenSteps(job.steps))),
      ]),
    );
    const code = await runJob(triggered, {
      onLine: (acted) => {
        const id = acted.jobID ?? [...jobs.keys()].find((k) => acted.job?.includes(k));
        if (id === undefined || !jobs.has(id)) return;
        ends.hear(id, acted);
        logs.get(id)!.hear(acted);
      },
      onAbsent: (legs) => {
        for (const { job, leg } of legs) ends.absent(job, leg);
      },
      onLate: (why) => {
        ends.late(why);
        for (const id of jobs.keys()) logs.get(id)!.note(`##[error]Ended: ${why}.`);
      },
      onComplaint: ({ of, words }) => {
        if (of === 'machine') ends.late(`this machine could not start it (${words})`);
        for (const id of jobs.keys()) logs.get(id)!.note(`##[error]${words}`);
      },
      onLimit: (hit) => {
        for (const id of jobs.keys()) logs.get(id)!.note(`##[error]${overWords(hit)}`);
      },
    }).catch((err: unknown) => {
      log.error({ err, repo: repo.full, file: triggered.file }, 'a workflow could not be run');
      ends.late('this machine could not make a place for it');
      return 1;
    });
    const concluded: JobEnd['conclusion'][] = [];
    for (const [id, job] of jobs) {
      const { conclusion, missing } = ends.of(id, code);
      concluded.push(conclusion);
      store.update('job', job, {
        status: 'completed',
        conclusion,
        ...(missing === null
          ? {}
          : {
              note: `${conclusion === 'success' ? 'Passed, but not all of it ran here' : 'Not run here'}: ${missing}`,
            }),
        completedAt: nowIso(),
        steps: logs.get(id)!.steps.all(),
        log: logs.get(id)!.text(),
      });
    }
    const failed = concluded.includes('failure') || (code !== 0 && !concluded.includes('neutral'));
    store.update('run', wfRun, {
      status: 'completed',
      conclusion: failed ? 'failure' : 'success',
      updatedAt: nowIso(),
    });
    for (const job of jobs.values())
      hooks.send('check_run', {
        action: 'completed',
        check_run: shape.checkRun(base, job),
        repository: shape.repo(base, repo),
        sender: shape.user(base, 'github-actions'),
      });
    announce(repo, wfRun, 'completed');
  };

  const announce = (repo: Repo, workflowRun: WorkflowRun, action: string): void =>
    hooks.send('workflow_run', {
      action,
      workflow_run: shape.workflowRun(base, workflowRun, repo),
      repository: shape.repo(base, repo),
      sender: shape.user(base, 'github-actions'),
    });

  /** Its jobs, which waited for an approval, begin. */
  const begin = (repo: Repo, { wfRun, jobs }: OpenRun): void => {
    store.update('run', wfRun, { status: 'in_progress' });
    for (const job of jobs.values()) store.update('job', job, { status: 'in_progress', startedAt: nowIso() });
    announce(repo, wfRun, 'in_progress');
  };

  /** What a kill left in the middle is cancelled, as when GitHub's runners are lost. @returns those runs */
  const cancelOpen = (): readonly WorkflowRun[] => {
    const left = store.find('run', (x) => x.status !== 'completed');
    for (const workflowRun of left) {
      store.update('run', workflowRun, { status: 'completed', conclusion: 'cancelled' });
      for (const job of store.find('job', (x) => x.runId === workflowRun.id && x.status !== 'completed'))
        store.update('job', job, {
          status: 'completed',
          conclusion: 'cancelled',
          name: job.name,
          completedAt: nowIso(),
        });
    }
    return left;
  };

  return { open, begin, run, cancelOpen };
}

/** One for each job; all of them wait, and their run too, where an environment wants an approval. */
function openJobs(store: Store, repo: Repo, run: WorkflowRun, workflow: Workflow): Map<string, Job> {
  const all = Object.entries(workflow.jobs ?? {}).map(
    ([id, job]) => [id, job, environmentThatHolds(repo.rules, job)] as const,
  );
  const status = all.some(([, , held]) => held !== null) ? 'waiting' : 'in_progress';
  if (status === 'waiting') store.update('run', run, { status });
  const opened = all.map(([id, job, held]): [string, Job] => [
    id,
    store.insert('job', {
      repo: repo.full,
      runId: run.id,
      name: job.name ?? id,
      sha: run.sha,
      status,
      conclusion: null,
      startedAt: nowIso(),
      completedAt: null,
      log: '',
      ...(held === null ? {} : { environment: held }),
    }),
  ]);
  return new Map(opened);
}

/** The log of one job, as GitHub would keep it, and its steps. */
class JobLog {
  readonly steps: JobSteps;
  readonly #lines: string[] = [];
  #chars = 0;

  constructor(steps: JobSteps) {
    this.steps = steps;
  }

  hear(line: ActStep): void {
    this.steps.hear(line, nowIso());
    const said = saidBy(line);
    if (said !== undefined) this.note(said);
  }

  note(said: string): void {
    this.#chars += said.length;
    if (this.#chars > MAX_LOG_CHARS) return;
    const at = `${new Date().toISOString().replace('Z', '0000Z')}`;
    const lines = said.split('\n').map((x) => `${at} ${x}`);
    this.#lines.push(...lines);
    this.steps.wrote(lines.length);
  }

  text(): string {
    return `\ufeff${this.#lines.join('\n')}\n`;
  }
}

/** @returns what a line of `act` adds to the log of its job */
function saidBy(line: ActStep): string | undefined {
  if (line.raw_output) return line.msg?.replace(/\n$/, '');
  if (line.level === 'error') return `##[error]${line.msg}`;
  return /Run Main/.test(line.msg ?? '') ? `##[group]Run ${line.step}` : undefined;
}

const overWords = ({ limit, max }: LimitHit): string =>
  limit === 'processes'
    ? `This job has its ${max} processes and can't start another.`
    : `This job used more than its ${max} MiB of ${limit}.`;
