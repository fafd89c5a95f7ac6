// Tasks a minute with an agent and a forge that answer at once, next to a bare Temporal workflow with as many
// activities on the same server, the same kind of worker and the same machine. What is left is our own work:
// Postgres, outbox, signals.
import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Forge } from '../packages/adapters/src/forge/port.ts';
import type { Sandbox } from '../packages/adapters/src/sandbox/port.ts';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';
import { translated } from '../apps/worker/src/activities/errors.ts';
import { forgeActivities } from '../apps/worker/src/activities/forge.activities.ts';
import { runActivities } from '../apps/worker/src/activities/run.activities.ts';
import { taskActivities } from '../apps/worker/src/activities/task.activities.ts';
import { ownerOfTask } from '../apps/worker/src/log.ts';
import { relayOnce } from '../apps/worker/src/relay.ts';
import { openLog } from '../packages/logs/src/log.ts';
import { decide } from '../packages/models/src/db/inbox/decide.ts';
import { append, toOutbox } from '../packages/models/src/db/log.ts';
import { migrate } from '../packages/models/src/db/migrate.ts';
import { many, openPool, withTx, type Db } from '../packages/models/src/db/pool.ts';
import { endRun } from '../packages/models/src/db/runs/endings.ts';
import { saveSettings } from '../packages/models/src/db/projects/settings.ts';
import { branchPushed } from '../packages/models/src/events/forge.ts';
import { taskConfirmed } from '../packages/models/src/events/tasks.ts';
import { OWNER, taskWorkflowId } from '../packages/models/src/flow/ids.ts';
import { TASK_QUEUE, TASK_WORKFLOW } from '../packages/models/src/flow/workflow.ts';
import { seedProject } from '../packages/testkit/src/seed.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { result, type Result } from './lib.ts';

const N = 100;
const here = path.dirname(fileURLToPath(import.meta.url));
const WORKER = { stickyQueueScheduleToStartTimeout: '1s', maxConcurrentActivityTaskExecutions: 40 } as const;

export async function benchThroughput(stack: Stack): Promise<Result[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const namespace = `bench-${process.pid}`;
  const temporal = ensureTool(
    'temporal',
    path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop'),
    () => undefined,
  );
  // Not synchronously: the way to Temporal leads through this process.
  await promisify(execFile)(temporal, [
    'operator',
    'namespace',
    'create',
    '--address',
    stack.temporal,
    namespace,
  ]);
  const admin = openPool(stack.databaseUrl, 'bench', 1);
  await admin.query(`create database throughput_${process.pid}`);
  await admin.end();
  const url = new URL(stack.databaseUrl);
  url.pathname = `/throughput_${process.pid}`;
  await migrate(url.href);
  const db = openPool(url.href, 'bench', 20);
  await seedProject(db);
  await db.query(`update projects set settings = '{"maxRuns": 50}'`);
  await saveSettings(db, OWNER, { maxRuns: 100 });
  const connection = await NativeConnection.connect({ address: stack.temporal });
  const client = new Client({ connection: await Connection.connect({ address: stack.temporal }), namespace });
  // A namespace takes a moment to reach every part of the server.
  await new Promise((r) => setTimeout(r, 3_000));
  try {
    const ours = await tasks(db, client, connection, namespace);
    const bare = await bareOnes(client, connection, namespace, ours.activities);
    return [
      result(
        `tasks a minute with an instant agent, ${N} at once`,
        ours.perMinute,
        'tasks/min',
        bare,
        'at least half of bare Temporal',
        ours.perMinute >= bare / 2,
      ),
      result('  of it activities in one task', ours.activities, 'activities', null, 'reported', true),
    ];
  } finally {
    await connection.close();
    await db.end();
  }
}

async function tasks(
  db: Db,
  client: Client,
  connection: NativeConnection,
  namespace: string,
): Promise<{ perMinute: number; activities: number }> {
  const hit = (): void => undefined;
  const sandbox = instantSandbox(db);
  const log = openLog('bench');
  // Nobody's folder is a project here.
  const importer = { look: () => Promise.reject(new Error('no folder')) };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: path.join(here, '../apps/worker/dist/workflows.js') },
    activities: translated(
      {
        ...taskActivities({ db, ciGraceMs: 1_000 }),
        ...runActivities({ db, forge: instantForge, sandbox, importer, hit, log, settleMs: 0 }),
        ...forgeActivities({
          db,
          forge: instantForge,
          hit,
          settleMs: 0,
          ciPatienceMs: 3_600_000,
          quietMs: 60_000,
        }),
      },
      log,
      ownerOfTask(db),
    ),
    ...WORKER,
  });
  const running = worker.run();
  let done = false;
  const relaying = (async () => {
    while (!done) if ((await relayOnce(db, client, hit)) === 0) await new Promise((r) => setTimeout(r, 5));
  })();
  const person = (async () => {
    while (!done) {
      const open = await many<{ id: string }>(
        db,
        "select id from inbox_items where state = 'open' and kind = 'review'",
      );
      await Promise.all(
        open.map((o) =>
          decide(db, { ownerId: OWNER, itemId: o.id, decision: 'merge', text: '', via: 'cli', by: 'bench' }),
        ),
      );
      await new Promise((r) => setTimeout(r, 20));
    }
  })();
  const ids = Array.from({ length: N }, (_, n) => `t-bench${String(n).padStart(4, '0')}`);
  const startedMs = performance.now();
  await withTx(db, async (tx) => {
    for (const id of ids) {
      await append(
        tx,
        [
          taskConfirmed.unproposed({
            taskId: id,
            actor: 'bench',
            payload: {
              proposalId: null,
              projectId: 'pr-1',
              title: id,
              prompt: 'x',
              model: 'claude-opus-5-5',
              budgetCents: 500,
              skipPlan: true,
              branch: `mainloop/${id}`,
            },
          }),
        ],
        OWNER,
      );
      await toOutbox(tx, {
        kind: 'start',
        workflowId: taskWorkflowId(id),
        name: TASK_WORKFLOW,
        payload: { taskId: id },
      });
    }
  });
  while ((await many(db, 'select 1 from tasks where ended_at is null')).length > 0)
    await new Promise((r) => setTimeout(r, 25));
  const seconds = (performance.now() - startedMs) / 1000;
  done = true;
  await Promise.all([relaying, person]);
  const history = await client.workflow.getHandle(taskWorkflowId(ids[N / 2]!)).fetchHistory();
  worker.shutdown();
  await running;
  return {
    perMinute: (N / seconds) * 60,
    activities: (history.events ?? []).filter((e) => e.activityTaskScheduledEventAttributes).length,
  };
}

async function bareOnes(
  client: Client,
  connection: NativeConnection,
  namespace: string,
  activities: number,
): Promise<number> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error };
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: 'bare',
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: path.join(here, '../apps/worker/bench/bare.workflow.ts'),
      logger: quiet,
    }),
    activities: { nothing: async () => undefined },
    ...WORKER,
  });
  const running = worker.run();
  const startedMs = performance.now();
  const handles = await Promise.all(
    Array.from({ length: N }, (_, n) =>
      client.workflow.start('bareWorkflow', {
        taskQueue: 'bare',
        workflowId: `bare/${n}`,
        args: [activities],
      }),
    ),
  );
  await Promise.all(handles.map((h) => h.result()));
  const seconds = (performance.now() - startedMs) / 1000;
  worker.shutdown();
  await running;
  return (N / seconds) * 60;
}

/** An agent that has pushed and ended before anybody looks. */
const instantSandbox = (db: Db): Sandbox => ({
  provision: async () => undefined,
  async start(run) {
    await withTx(db, (tx) =>
      append(
        tx,
        [
          branchPushed.new({
            taskId: run.taskId,
            actor: 'bench',
            payload: {
              pushId: run.runId,
              branch: 'b',
              sha: 'a'.repeat(40),
              commits: [],
              files: 1,
              additions: 1,
              deletions: 0,
            },
          }),
        ],
        OWNER,
      ),
    );
    await endRun(db, run.runId, run.epoch, { kind: 'completed', summary: 'Done.' });
  },
  status: async () => ({ kind: 'none' }),
  stop: async () => undefined,
  release: async () => undefined,
  list: async () => [],
  checkup: async () => [],
  stuck: async () => [],
});

const ensured = { number: 1, url: 'http://forge/1', outcome: 'created' as const, at: '2026-01-01T00:00:00Z' };
const instantForge: Forge = {
  whoAmI: async () => 'bench',
  whoCommits: async () => null,
  getRepo: async (full) => ({
    full,
    defaultBranch: 'main',
    cloneUrl: '',
    empty: false,
    tip: 'a'.repeat(40),
    canPush: true,
    isInOurWay: false,
  }),
  hasFolder: async () => true,
  listFiles: async () => ({ files: [], isWhole: true }),
  readText: async () => null,
  listOpenIssues: async () => [],
  findNow: async (full) => ({ full, defaultBranch: 'main', cloneUrl: '', isArchived: false }),
  ensureIssue: async () => ensured,
  ensureDraftPr: async () => ensured,
  ensureComment: async () => ({ id: 1, outcome: 'created' }),
  ensureLabel: async () => 'updated',
  ensureLineComment: async () => ({ id: 1, outcome: 'created' }),
  ensureReply: async () => ({ id: 1, outcome: 'created' }),
  listThreads: async () => [],
  ensureThread: async () => 'unchanged',
  readDiff: async () => '',
  ensureReopened: async () => 'unchanged',
  readClosing: async () => ({ by: '', atIso: '' }),
  ensureReady: async () => 'updated',
  ensureMerged: async () => ({ sha: 'b'.repeat(40), outcome: 'updated' }),
  ensureClosed: async () => 'updated',
  ensureBranchGone: async () => 'updated',
  ensureFiles: async ({ files }) => ({ urls: files.map((f) => f.path), outcome: 'created' }),
  ensureRefGone: async () => 'unchanged',
  getPull: async (_, number) => ({
    number,
    url: '',
    state: 'open',
    merged: false,
    draft: false,
    headSha: 'a'.repeat(40),
    mergeSha: null,
    base: 'main',
    baseSha: 'c'.repeat(40),
    fits: true,
  }),
  listChecks: async () => ({
    checks: [],
    suites: [],
    statuses: [{ id: 1, context: 'ci', state: 'success', url: null, summary: '', at: null }],
    required: [],
    unreadable: [],
  }),
  ensureRerun: async () => ({ asked: 0 }),
  ensureDraft: async () => 'unchanged',
  mergeMethods: async () => null,
  ensureQueued: async () => 'unchanged',
  readPullTemplate: async () => null,
  readIssueTemplates: async () => [],
  hasQueue: async () => false,
  isQueued: async () => false,
  countBehind: async () => 0,
  ensureUpdated: async () => 'unchanged',
  listCommits: async () => [],
  jobLog: async () => '',
  listIssueComments: async () => [],
  listReviews: async () => [],
  listReviewComments: async () => [],
  listNewestLineComments: async () => [],
  listReactions: async () => [],
  mayWrite: async () => true,
  changed: async () => ({ numbers: [], branches: [], shas: [], baseMoved: false }),
};
