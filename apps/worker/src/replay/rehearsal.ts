// A task's workflow for real, on Temporal's time-skipping server: Temporal, worker and workflow are the true
// ones; what they call is a table of answers, because days can't pass for git and Postgres. For tests and for
// the histories that are recorded.
import type { CiReport, RedCheck } from '@mainloop/models/flow/ci/report';
import type { RunEnd } from '@mainloop/models/flow/runs/outcomes';
import type { Phase } from '@mainloop/models/flow/states';
import type {
  HumanSignal,
  Position,
  Resume,
  TaskStanding,
  TaskWorkflowInput,
} from '@mainloop/models/flow/workflow';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { ensureTool } from '../../../cli/src/up/wheels.ts';
import { comesToRest, whenClear } from './rest.ts';

const require = createRequire(import.meta.url);
const testing = require('@temporalio/testing') as typeof import('@temporalio/testing');
const { Worker, DefaultLogger, Runtime } =
  require('@temporalio/worker') as typeof import('@temporalio/worker');
const { isGrpcDeadlineError } = require('@temporalio/client') as typeof import('@temporalio/client');
const { ApplicationFailure } = require('@temporalio/common') as typeof import('@temporalio/common');
export const WORKFLOWS = path.join(import.meta.dirname, '../../dist/workflows.js');

/**
 * What no retry fixes, and no stage expects.
 * @returns an activity that always fails so
 */
export const broken = (message: string) => (): never => {
  throw ApplicationFailure.nonRetryable(message, 'test.broken');
};

/**
 * What goes by when it is tried again later.
 * @returns an activity that always fails so
 */
export const unavailable = (message: string) => (): never => {
  throw ApplicationFailure.retryable(message, 'test.unavailable');
};

/**
 * What a workflow was handed over with that stands there, after two runs.
 * @param pending decisions that had come and were not looked at
 */
export const standingAt = (position: Position, pending: readonly HumanSignal[] = []): Resume => ({
  version: 2,
  position,
  seenRuns: 2,
  items: 0,
  pending,
});

interface CiLook {
  readonly verdict: string;
  readonly weakened?: readonly string[];
  readonly verified?: string;
  readonly sha?: string;
  readonly red?: readonly RedCheck[];
  readonly told?: CiReport;
  readonly fits?: boolean | null;
}

/** What is told of checks about which there is nothing to say. */
export const CI_REPORT: CiReport = {
  pull: 'open',
  ask: null,
  red: '',
  pushedNothing: false,
  unchecked: null,
};

/** What the world answers, in order; and what it was asked and told. */
export interface Script {
  /** How each run ends; what is over is "completed". */
  ends: RunEnd[];
  /** What each look at CI finds; then green. */
  cis: CiLook[];
  /** How many comments each look at the review finds; then none. */
  asked: number[];
  /** What happens while the next looks for an answer to the plan are on their way. */
  duringLook: (() => Promise<void>)[];
  /** What the next calls of an activity do or answer instead, by its name. */
  readonly instead: Map<string, (() => unknown)[]>;
  /** Whether the pull request was merged elsewhere. */
  gone: boolean;
  /** Which activity was called with what, in order. */
  readonly calls: { readonly name: string; readonly input: unknown }[];
  readonly states: string[];
  /** Failures and gates. */
  readonly failures: {
    readonly id: string;
    readonly kind: string;
    readonly title: string;
    readonly body: string;
  }[];
  /** What each run was about. */
  readonly abouts: (string | undefined)[];
  ended: { readonly state: string; readonly how: string; readonly left: string } | null;
}
const blank = (): Script => ({
  ends: [],
  cis: [],
  asked: [],
  duringLook: [],
  instead: new Map(),
  gone: false,
  calls: [],
  states: [],
  failures: [],
  abouts: [],
  ended: null,
});

const reportOf = (phase: string) => ({ phase, ms: 1, did: {}, trouble: '' });
const cycleAnswers = {
  gatherCycle: () => ({
    report: reportOf('gather'),
    reason: 'clock',
    missed: 0,
    seq: 7,
    said: ['A task began.'],
  }),
  triageCycle: () => ({ report: reportOf('triage'), stuck: [], certain: 'all' }),
  narrateCycle: () => ({ report: reportOf('narrate'), said: [] }),
  tendCycle: () => reportOf('tend'),
  endCycle: () => undefined,
};
const answers = (script: () => Script) => ({
  loadTask: () => ({ skipPlan: false, planRevision: 0, hasPr: false, runs: 0, ciGraceMs: 60_000 }),
  setState: (input: { state: string }) => void script().states.push(input.state),
  writePlan: () => ({ revision: 1, empty: false }),
  openItem: (input: { kind: string; id: string; title: string; body: string }) =>
    void ((input.kind === 'failure' || input.kind === 'gate') && script().failures.push(input)),
  closeItem: () => undefined,
  endTask: (input: { state: string; how: string; left: string }) => void (script().ended = input),
  prepareRun: (input: { n: number; phase: Phase; context: { about?: string } }) => {
    script().abouts.push(input.context.about);
    return { runId: `r${input.n}` };
  },
  ensurePlace: () => undefined,
  takeSlot: () => ({ got: true, ahead: 0 }),
  startRun: () => undefined,
  checkRun: () => ({ at: 'ended', outcome: script().ends.shift() ?? { kind: 'completed' } }),
  stopRun: () => undefined,
  giveUpRun: () => undefined,
  releaseSandbox: () => undefined,
  ensureIssue: () => ({ number: 1 }),
  readPlanAnswer: async () => script().duringLook.shift()?.(),
  ensureQuestion: () => undefined,
  readAnswer: () => undefined,
  ensureDraftPr: () => ({ number: 2 }),
  hasPushed: () => true,
  narrate: () => undefined,
  readCi: () => ({
    verdict: 'green',
    sha: 'a',
    weakened: [],
    verified: 'unknown',
    base: 'main',
    ...script().cis.shift(),
  }),
  needsSecondLook: () => false,
  endSecondLook: () => ({ must: 0, should: 0, note: 0 }),
  ensureReady: () => undefined,
  ensureSummary: () => undefined,
  readReview: () => ({
    state: script().gone ? 'merged' : 'open',
    comments: script().asked.shift() ?? 0,
    newestIso: '',
    author: '',
  }),
  merge: () => ({ did: 'merged' }),
  joinTrain: () => ({ isChecked: true }),
  stepTrain: () => ({ did: 'merged', sentence: '' }),
  leaveTrain: () => undefined,
  isAsApproved: () => true,
  readPull: () => ({ state: 'open', by: '', atIso: '' }),
  ensureReopened: () => ({ did: 'reopened' }),
  ensureDraft: () => undefined,
  readOthers: () => ({ body: '' }),
  cleanForge: () => undefined,
  comeRecurring: () => 'proposed',
  actAutomation: () => ({ webhooks: 2 }),
  sendWebhook: () => undefined,
  failAutomation: () => undefined,
  ...cycleAnswers,
});

export interface Rehearsal {
  readonly env: TestWorkflowEnvironment;
  /** That of the task that was started last. */
  script(): Script;
  /** How often an activity was called. */
  count(name: string): number;
  /** What an activity was called with, each time. */
  inputs(name: string): unknown[];
  /**
   * Starts a task; the one before it is over then.
   * @param script what differs from a world where everything goes well
   * @param at where it is continued; a new task without it
   */
  start(script?: Partial<Script>, at?: TaskWorkflowInput['at']): Promise<WorkflowHandle>;
  /** Starts a workflow that is no task's, in a world that answers so. */
  startOther(
    other: { readonly workflow: string; readonly workflowId: string; readonly input: object },
    script?: Partial<Script>,
  ): Promise<WorkflowHandle>;
  /** @param id what follows the task's id in the decision's */
  say(
    handle: WorkflowHandle,
    id: string,
    kind: HumanSignal['kind'],
    text?: string,
    more?: Pick<HumanSignal, 'onlyRetry'>,
  ): Promise<void>;
  /** Where a task stands, in its own words. */
  standing(handle: WorkflowHandle): Promise<TaskStanding>;
  /** What a task came to. @throws Error with where it stands, when it does not end in far longer than it takes */
  end(handle: WorkflowHandle): Promise<unknown>;
  /**
   * Lets time go by on the server's clock, and all that follows from it be done. What a signal or a start set off
   * is done before: the clock skips while a busy machine has not yet begun on it.
   * @param time milliseconds, or words such as "1 day"
   */
  passes(time: number | `${number} ${string}`): Promise<void>;
  close(): Promise<void>;
}

/** Of this machine's time; a task ends in a second or two of it. */
const END_MS = 300_000;

/** Of this machine's time, before a task is terminated: that it is at rest can be done without. */
const LAST_REST_MS = 5_000;

/**
 * Terminates a task when nothing of it is under way. The time-skipping server never skips again after a run
 * that is terminated with an activity or a workflow task in flight: it keeps that one's lock on the time
 * (https://github.com/temporalio/sdk-java/issues/1138), and every later sleep of the file takes as long as it
 * says.
 */
async function terminateAtRest(handle: WorkflowHandle, resting: Set<string>): Promise<void> {
  await comesToRest(handle, resting, LAST_REST_MS);
  // It may have ended by itself.
  await handle.terminate().catch(() => undefined);
}

/** A time-skipping server, and a worker at it. */
interface Stage {
  readonly env: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/** The SDK gives its server five seconds to begin with, which a busy machine may take for that alone. */
const MOST_STARTS = 10;

async function startServer(): Promise<TestWorkflowEnvironment> {
  const cache = process.env.MAINLOOP_CACHE ?? path.join(os.homedir(), '.cache/mainloop');
  const server = ensureTool('temporalTestServer', cache, () => undefined);
  for (let started = 1; ; started++) {
    try {
      return await testing.TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: server } },
      });
    } catch (err) {
      if (started === MOST_STARTS || !/did not start within/.test((err as Error).message)) throw err;
    }
  }
}

async function openStage(bundle: string, activities: object): Promise<Stage> {
  const env = await startServer();
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'rehearsal',
    workflowBundle: { codePath: bundle },
    activities,
  });
  const running = worker.run();
  return {
    env,
    async close() {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
}

/** A minute without a workflow is skipped within some milliseconds. */
const SKIPPED_MS = 60_000;
const SKIPPING_MS = 5_000;

/** Whether time is still skipped; asked when no workflow runs. @throws Error of a server that is gone */
async function skips(env: TestWorkflowEnvironment): Promise<boolean> {
  try {
    await env.connection.withDeadline(Date.now() + SKIPPING_MS, () => env.sleep(SKIPPED_MS));
    return true;
  } catch (error) {
    if (isGrpcDeadlineError(error)) return false;
    throw error;
  }
}

/** @returns the activities, which write down what they are asked, and in `resting` that they failed and are tried again */
const notes = (script: () => Script, resting: Set<string>): object =>
  Object.fromEntries(
    Object.entries(answers(script)).map(([name, answer]) => [
      name,
      async (i: never) => {
        resting.delete(name);
        script().calls.push({ name, input: i });
        const instead = script().instead.get(name)?.shift();
        try {
          return await (instead === undefined ? answer(i) : instead());
        } catch (error) {
          if (!(error instanceof ApplicationFailure && error.nonRetryable)) resting.add(name);
          throw error;
        }
      },
    ]),
  );

/** What a workflow came to. @throws Error with where it stands */
async function endOf(handle: WorkflowHandle): Promise<unknown> {
  const result = handle.result();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = async (): Promise<void> =>
      reject(new Error(`it goes on: ${JSON.stringify(await handle.query('standing'))}`));
    timer = setTimeout(() => void tell().catch(reject), END_MS);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
    // One that goes on is terminated by the next, or with the server.
    result.catch(() => undefined);
  }
}

/** @param bundle path of the workflows' code */
export async function openRehearsal(bundle: string = WORKFLOWS): Promise<Rehearsal> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  let script = blank();
  let n = 0;
  let last: WorkflowHandle | undefined;
  const resting = new Set<string>();
  const noted = notes(() => script, resting);
  let stage = await openStage(bundle, noted);
  const left: Promise<void>[] = [];
  return {
    get env() {
      return stage.env;
    },
    script: () => script,
    count: (name) => script.calls.filter((c) => c.name === name).length,
    inputs: (name) => script.calls.filter((c) => c.name === name).map((c) => c.input),
    async start(given = {}, at) {
      // It may have ended; one that goes on would take the answers of this one.
      if (last !== undefined) await terminateAtRest(last, resting);
      if (last !== undefined && !(await skips(stage.env))) {
        // On a busy machine what was at rest may get something under way before it is terminated.
        left.push(stage.close());
        stage = await openStage(bundle, noted);
      }
      script = { ...blank(), ...given };
      resting.clear();
      const input: TaskWorkflowInput = { taskId: `w${++n}`, at };
      const options = { taskQueue: 'rehearsal', workflowId: `task/w${n}`, args: [input] };
      return (last = whenClear(
        stage.env,
        await stage.env.client.workflow.start('taskWorkflow', options),
        resting,
      ));
    },
    async startOther({ workflow, workflowId, input }, given = {}) {
      script = { ...blank(), ...given };
      const args = [input];
      const options = { taskQueue: 'rehearsal', workflowId, args };
      return (last = whenClear(stage.env, await stage.env.client.workflow.start(workflow, options), resting));
    },
    say: (handle, id, kind, text, more = {}) =>
      handle.signal('human', { id: `w${n}${id}`, kind, text, ...more } satisfies HumanSignal),
    standing: (h) => h.query<TaskStanding>('standing'),
    end: endOf,
    async passes(time) {
      if (last !== undefined) await comesToRest(last, resting);
      await stage.env.sleep(time);
      if (last !== undefined) await comesToRest(last, resting);
    },
    async close() {
      await Promise.all([...left, stage.close()]);
    },
  };
}
