// Waits of days, on Temporal's time-skipping server: a task that waits does nothing at all, and goes on when it may.
// Temporal, worker and workflow are real; what they call is a table of answers, because days can't pass for git and Postgres.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ensureTool } from '../../../cli/src/up/wheels.ts';
import type { Phase } from '@mainloop/models/flow/states';
import type { RunEnd } from '@mainloop/models/flow/outcomes';
import type { HumanSignal } from '@mainloop/models/flow/workflow';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment as Env } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import type { Worker as WorkerType } from '@temporalio/worker';

const require = createRequire(import.meta.url);
const { TestWorkflowEnvironment } = require('@temporalio/testing') as typeof import('@temporalio/testing');
const { Worker, DefaultLogger, Runtime } = require('@temporalio/worker') as typeof import('@temporalio/worker');
const { ApplicationFailure } = require('@temporalio/common') as typeof import('@temporalio/common');
const here = path.dirname(fileURLToPath(import.meta.url));
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let env: Env;
let worker: WorkerType;
let running: Promise<void>;
const calls: string[] = [];
/** How each run ends, in order; what is over is "completed". */
let ends: RunEnd[] = [];
let verdicts: string[] = [];
let ready = 0;
let gone = false;
/** How many comments each look at the review finds, in order; then none. */
let asked: number[] = [];
/** What happens while the next looks for an answer to the plan are on their way. */
let duringLook: (() => Promise<void>)[] = [];
/** What the next calls of an activity do instead of answering, by its name, in order. */
const failing = new Map<string, (() => never)[]>();
/** What was written of the task: its states, and the titles of its failure items. */
const states: string[] = [];
const failures: { id: string; title: string; body: string }[] = [];
let ended: { state: string; statusLine: string } | null = null;
const count = (name: string): number => calls.filter((c) => c === name).length;

const answers = {
  loadTask: () => ({ skipPlan: false, planRevision: 0, hasPr: false, runs: 0, ciGraceMs: 60_000 }),
  setState: (i: { state: string }) => void states.push(i.state),
  writePlan: () => ({ revision: 1, empty: false }),
  openItem: (i: { kind: string; id: string; title: string; body: string }) => void (i.kind === 'failure' && failures.push(i)),
  closeItem: () => undefined,
  endTask: (i: { state: string; statusLine: string }) => void (ended = i),
  prepareRun: (i: { n: number; phase: Phase }) => ({ runId: `r${i.n}` }),
  ensurePlace: () => undefined,
  takeSlot: () => ({ got: true, ahead: 0 }),
  startRun: () => undefined,
  checkRun: () => ({ at: 'ended', outcome: ends.shift() ?? { kind: 'completed' } }),
  stopRun: () => undefined,
  giveUpRun: () => undefined,
  releaseSandbox: () => undefined,
  ensureIssue: () => ({ number: 1 }),
  readPlanAnswer: async () => duringLook.shift()?.(),
  ensureQuestion: () => undefined,
  readAnswer: () => undefined,
  ensureDraftPr: () => ({ number: 2 }),
  hasPushed: () => true,
  narrate: () => undefined,
  readCi: () => ({ verdict: verdicts.shift() ?? 'green', sha: 'a', weakened: [], verified: 'unknown' }),
  ensureReady: () => void ready++,
  ensureSummary: () => undefined,
  readReview: () => ({ state: gone ? 'merged' : 'open', comments: asked.shift() ?? 0, newestIso: '', author: '' }),
  merge: () => undefined,
  cleanForge: () => undefined,
};

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const cache = process.env.MAINLOOP_CACHE ?? path.join(os.homedir(), '.cache/mainloop');
  const server = ensureTool('temporalTestServer', cache, () => undefined);
  env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: server } } });
  const noted = Object.fromEntries(
    Object.entries(answers).map(([name, f]) => [
      name,
      (i: never) => {
        calls.push(name);
        failing.get(name)?.shift()?.();
        return Promise.resolve(f(i));
      },
    ]),
  );
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'waits',
    workflowBundle: { codePath: path.join(here, '../../dist/workflows.js') },
    activities: noted,
  });
  running = worker.run();
}, 120_000);
afterAll(async () => {
  worker?.shutdown();
  await running;
  await env?.teardown();
}, 60_000);
beforeEach(() => {
  calls.length = 0;
  ends = [];
  verdicts = [];
  ready = 0;
  gone = false;
  asked = [];
  duringLook = [];
  failing.clear();
  states.length = 0;
  failures.length = 0;
  ended = null;
});

let n = 0;
const start = (): Promise<WorkflowHandle> =>
  env.client.workflow.start('taskWorkflow', { taskQueue: 'waits', workflowId: `task/wait-${++n}`, args: [{ taskId: `w${n}` }] });
const say = (h: WorkflowHandle, id: string, kind: HumanSignal['kind']): Promise<void> =>
  h.signal('human', { id: `w${n}${id}`, kind } satisfies HumanSignal);

describe('a task that waits', () => {
  test('for a plan answer and a review, four days each: a handful of looks, and it goes on', async () => {
    const h = await start();
    await env.sleep(4 * DAY);
    expect(count('openItem')).toBe(1);
    expect(count('prepareRun')).toBe(1);
    // The answer comes as a signal; the forge is looked at now and then for a reaction, ever less often.
    const looked = count('readPlanAnswer');
    expect(looked).toBeLessThanOrEqual(25);
    await env.sleep(DAY);
    expect(count('readPlanAnswer') - looked).toBeLessThanOrEqual(4);
    await say(h, '-plan-1', 'approve');
    await env.sleep(HOUR);
    expect(ready).toBe(1);
    const looks = count('readReview');
    await env.sleep(4 * DAY);
    // Every six hours at last: of a resolved thread nobody else tells.
    expect(count('readReview') - looks).toBeLessThanOrEqual(25);
    gone = true;
    await h.signal('poke');
    expect(await h.result()).toEqual({ state: 'done' });
  }, 60_000);

  test('for a review whose list lags behind the webhook: what the first look does not find, one soon after it does', async () => {
    const h = await start();
    await say(h, '-plan-1', 'approve');
    await env.sleep(HOUR);
    expect(count('prepareRun')).toBe(2);
    asked = [0, 1];
    await h.signal('poke');
    await env.sleep(60_000);
    expect(count('prepareRun')).toBe(3);
  }, 60_000);

  test('for CI whose last word was told before it could be read', async () => {
    const h = await start();
    verdicts = Array.from({ length: 6 }, () => 'pending');
    await say(h, '-plan-1', 'approve');
    await env.sleep(HOUR / 2);
    expect(ready).toBe(0);
    verdicts = ['pending'];
    await h.signal('poke');
    await env.sleep(60_000);
    expect(ready).toBe(1);
  }, 60_000);

  test('for a plan answer, and hears a word that comes while it looks', async () => {
    const h = await start();
    await env.sleep(HOUR);
    const looked = count('readPlanAnswer');
    duringLook = [() => h.signal('poke')];
    await h.signal('poke');
    await env.sleep(HOUR);
    // At the word, at the one that came meanwhile, 4 s and 30 s later, and after 10 and 20 minutes.
    expect(count('readPlanAnswer') - looked).toBe(6);
  }, 60_000);

  test("for a model's usage limit until its reset, days away, once", async () => {
    const now = await env.currentTimeMs();
    ends = [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }];
    await start();
    await env.sleep(47 * HOUR);
    expect(count('startRun')).toBe(1);
    await env.sleep(2 * HOUR);
    expect(count('startRun')).toBe(2);
  }, 60_000);

  test('for that reset, and goes on at once when the person says with which model', async () => {
    const now = await env.currentTimeMs();
    ends = [{ kind: 'wait', reason: 'five_hour', untilMs: now + 2 * DAY }];
    const h = await start();
    await env.sleep(HOUR);
    await h.signal('poke');
    await env.sleep(HOUR);
    expect(count('startRun')).toBe(1);
    await say(h, '-go-on', 'go_on');
    await env.sleep(HOUR);
    expect(count('startRun')).toBe(2);
  }, 60_000);

  test('for CI that takes a day: it looks now and then, and never takes silence for green', async () => {
    verdicts = Array.from({ length: 50 }, () => 'pending');
    const h = await start();
    await say(h, '-plan-1', 'approve');
    await env.sleep(6 * HOUR);
    expect(ready).toBe(0);
    expect(count('readCi')).toBeLessThanOrEqual(40);
    await env.sleep(12 * HOUR);
    expect(ready).toBe(1);
  }, 60_000);

  test('after a cancel: nothing is left open', async () => {
    const h = await start();
    await env.sleep(DAY);
    await say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect([count('cleanForge'), count('releaseSandbox'), count('endTask')]).toEqual([1, 1, 1]);
  }, 60_000);

  test('in a repair loop: three repairs, then the person, however long that takes', async () => {
    verdicts = ['red', 'red', 'red', 'red'];
    const h = await start();
    await say(h, '-plan-1', 'approve');
    await env.sleep(5 * DAY);
    expect(count('prepareRun')).toBe(2 + 3);
    expect(ready).toBe(0);
    const waiting = count('openItem');
    await env.sleep(5 * DAY);
    expect(count('openItem')).toBe(waiting);
    await say(h, '-f5-1', 'retry');
    await env.sleep(HOUR);
    expect(ready).toBe(1);
  }, 60_000);
});

/** What no retry mends, and no stage expects. */
const broken = (message: string) => (): never => {
  throw ApplicationFailure.nonRetryable(message, 'test.broken');
};

describe('a task that something unexpected happens to', () => {
  test('says so in the inbox, is failed, hears what is said meanwhile, and goes on at Retry', async () => {
    failing.set('hasPushed', [broken('the table pushes is gone')]);
    const h = await start();
    await say(h, '-plan-1', 'approve');
    await env.sleep(HOUR);
    expect(failures.map((f) => [f.id, f.title, f.body])).toEqual([
      [`w${n}-f2-1`, 'mainloop ran into something it did not expect (implement). Retry goes on from there.', 'the table pushes is gone'],
    ]);
    expect(states.at(-1)).toBe('failed');
    // Said while it stands still: nothing is dropped.
    await say(h, '-review-3', 'merge');
    await say(h, '-f2-1', 'retry');
    expect(await h.result()).toEqual({ state: 'done' });
    expect(count('merge')).toBe(1);
  }, 60_000);

  test('can be cancelled there', async () => {
    failing.set('hasPushed', [broken('gone')]);
    const h = await start();
    await say(h, '-plan-1', 'approve');
    await env.sleep(HOUR);
    await say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
  }, 60_000);

  test('while it ends: what stays behind is said, and it has ended all the same', async () => {
    failing.set('stopRun', [broken('no such process')]);
    failing.set('releaseSandbox', [broken('the folder is busy')]);
    const h = await start();
    await env.sleep(HOUR);
    await say(h, '-cancel', 'cancel');
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect(ended?.statusLine).toBe(
      'Cancelled by you. Its agent could not be stopped: no such process. Its sandbox could not be removed yet: the folder is busy.',
    );
  }, 60_000);

  test('somebody cancels its workflow in Temporal: it ends as a cancelled task does', async () => {
    const h = await start();
    await env.sleep(HOUR);
    await h.cancel();
    expect(await h.result()).toEqual({ state: 'cancelled' });
    expect([count('cleanForge'), count('releaseSandbox'), ended?.statusLine]).toEqual([1, 1, 'Cancelled in Temporal.']);
  }, 60_000);
});
