// What a cycle costs with ten thousand tasks at work, and with nothing to do. A thousand of them have a workflow in a
// real Temporal, whose list is read ten times: to start ten thousand takes it minutes.
import { Client, Connection } from '@temporalio/client';
import { cycleActivities, type TaskWorkflows } from '../apps/worker/src/activities/cycle.activities.ts';
import { taskWorkflows } from '../apps/worker/src/cycle-schedule.ts';
import { openPool, type Db } from '../packages/models/src/db/pool.ts';
import { OWNER, taskWorkflowId } from '../packages/models/src/flow/ids.ts';
import { TASK_WORKFLOW } from '../packages/models/src/flow/workflow.ts';
import { until, type Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';

const TASKS = 10_000;
const IN_TEMPORAL = 1_000;
const ROUNDS = 20;
const AT_ONCE = 50;
const BAR_MS = 2_000;

/** All phases of one cycle, as its workflow goes through them. @returns milliseconds, and what triage found stuck */
async function cycle(db: Db, workflows: TaskWorkflows, n: number): Promise<{ ms: number; stuck: number }> {
  const phases = cycleActivities({
    db,
    hit: () => undefined,
    sandbox: { list: () => Promise.resolve([]), release: () => Promise.resolve() },
    workflows,
  });
  const of = { ownerId: OWNER, startedMs: Date.now() };
  const began = performance.now();
  const { report, said, ...gathered } = await phases.gatherCycle(of);
  const triaged = await phases.triageCycle(of);
  const tended = await phases.tendCycle({ ...of, ...triaged });
  const reports = [report, triaged.report, tended];
  await phases.endCycle({ ...of, ...gathered, id: `bench-${n}`, phases: reports, said });
  return { ms: performance.now() - began, stuck: triaged.stuck.length };
}

async function fill(db: Db, client: Client): Promise<void> {
  await db.query(
    `insert into tasks (id, owner_id, project_id, title, prompt, model, budget_cents, skip_plan, state, phase, branch, created_at, updated_at)
     select 'bench-' || n, $1, 'bench', 'Task ' || n, '', 'm', 1, false, 'in_review', 'implement', 'b', now() - interval '1 hour', now() - interval '1 hour'
       from generate_series(1, $2) n`,
    [OWNER, TASKS],
  );
  await db.query('analyze tasks');
  // Nobody works on them: they only run.
  for (let from = 1; from <= IN_TEMPORAL; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) =>
        client.workflow.start(TASK_WORKFLOW, {
          taskQueue: 'nobody',
          workflowId: taskWorkflowId(`bench-${from + n}`),
          args: [],
        }),
      ),
    );
  const workflows = taskWorkflows(client);
  await until('all to be listed', async () => (await workflows.running()).size >= IN_TEMPORAL);
}

/** As many pages of the real list as ten thousand have; those that were not started are added. */
const tenThousand = (real: TaskWorkflows, lacks: number): TaskWorkflows => ({
  ...real,
  count: async () => TASKS - IN_TEMPORAL - lacks + (await real.count()),
  async running() {
    const ids = new Set(Array.from({ length: TASKS }, (_, n) => taskWorkflowId(`bench-${n + 1}`)));
    for (let n = 0; n < TASKS / IN_TEMPORAL; n++) for (const id of await real.running()) ids.add(id);
    return ids;
  },
});

export async function benchCycle(stack: Stack): Promise<Result[]> {
  const db = openPool(stack.databaseUrl, 'bench-cycle', 4);
  const connection = await Connection.connect({ address: stack.temporal });
  const client = new Client({ connection });
  try {
    const rounds = async (from: number, workflows: TaskWorkflows) => {
      const all: { ms: number; stuck: number }[] = [];
      for (let n = 0; n < ROUNDS; n++) all.push(await cycle(db, workflows, from + n));
      return {
        p95: quantile(
          all.map(({ ms }) => ms),
          0.95,
        ),
        stuck: Math.max(...all.map(({ stuck }) => stuck)),
      };
    };
    const idle = await rounds(0, taskWorkflows(client));
    await fill(db, client);
    const full = await rounds(ROUNDS, tenThousand(taskWorkflows(client), 0));
    const listed = await rounds(2 * ROUNDS, tenThousand(taskWorkflows(client), 1));
    return [
      result('a cycle with nothing to do, p95', idle.p95, 'ms', null, 'reported', true),
      result(
        'a cycle over 10,000 tasks at work, p95',
        full.p95,
        'ms',
        idle.p95,
        `at most ${BAR_MS} ms, and none of them is stuck`,
        full.p95 <= BAR_MS && full.stuck === 0,
      ),
      result('of them one that lists all workflows, p95', listed.p95, 'ms', idle.p95, 'reported', true),
    ];
  } finally {
    await connection.close();
    await db.end();
  }
}
