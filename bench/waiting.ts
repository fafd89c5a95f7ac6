// A thousand tasks that wait for a person: what that costs, and whether a new task still starts as on an empty system.
import { readdirSync, readFileSync } from 'node:fs';
import { OWNER } from '../packages/models/src/flow/ids.ts';
import path from 'node:path';
import { append, toOutbox } from '../packages/models/src/db/log.ts';
import { one, openPool, withTx } from '../packages/models/src/db/pool.ts';
import { taskConfirmed } from '../packages/models/src/events/tasks.ts';
import { taskWorkflowId } from '../packages/models/src/flow/ids.ts';
import { TASK_WORKFLOW, type TaskWorkflowInput } from '../packages/models/src/flow/workflow.ts';
import { until, type Stack } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';
import { startTimes } from './start.ts';

const N = 1_000;
const PROCESSES = ['temporal', 'worker', 'api', 'gateway', 'web'] as const;
const WATCH_S = 30;

export async function benchWaiting(stack: Stack): Promise<Result[]> {
  const empty = quantile(await startTimes(stack, stack.model, 5), 0.5);
  const idle = await cpu(stack);
  const db = openPool(stack.databaseUrl, 'bench', 4);
  const project = (await one<{ id: string }>(db, 'select id from projects limit 1'))!;
  for (let n = 0; n < N; n += 100)
    await withTx(db, async (tx) => {
      for (let i = n; i < n + 100; i++) {
        const id = `t-wait${String(i).padStart(5, '0')}`;
        await append(
          tx,
          [
            taskConfirmed.unproposed({
              taskId: id,
              actor: 'bench',
              payload: {
                proposalId: null,
                projectId: project.id,
                title: `Waits ${i}`,
                prompt: 'x',
                model: 'claude-opus-5-5',
                budgetCents: 500,
                skipPlan: false,
                branch: `mainloop/${id}`,
              },
            }),
          ],
          OWNER,
        );
        const at: TaskWorkflowInput['at'] = {
          stage: 'await_plan',
          round: 1,
          reviewedUntil: '',
          seenRuns: 1,
          items: 0,
          pending: [],
        };
        await toOutbox(tx, {
          kind: 'start',
          workflowId: taskWorkflowId(id),
          name: TASK_WORKFLOW,
          payload: { taskId: id, at } satisfies TaskWorkflowInput,
        });
      }
    });
  await until(
    'a thousand open questions',
    async () =>
      (await one<{ n: number }>(
        db,
        "select count(*)::int as n from inbox_items where state = 'open' and id like 't-wait%'",
      ))!.n === N,
    300_000,
    500,
  );
  await new Promise((r) => setTimeout(r, 10_000));
  const waiting = await cpu(stack);
  const places = readdirSync(path.join(stack.home, 'sandboxes')).filter((d) => d.startsWith('t-wait')).length;
  const then = quantile(await startTimes(stack, stack.model, 5), 0.5);
  await db.end();
  return [
    result(
      `CPU of all our processes with ${N.toLocaleString('en')} tasks waiting`,
      waiting,
      '% of one core',
      idle,
      'idle (under 10% more than with none)',
      waiting <= idle + 10,
    ),
    result('  of them sandboxes', places, 'places', null, 'none', places === 0),
    result(
      '  confirm to first model request among them',
      then,
      'ms',
      empty,
      'as on an empty system (at most 1.25x)',
      then <= empty * 1.25,
    ),
  ];
}

/** Percent of one core that our processes used together over a while. */
async function cpu(stack: Stack): Promise<number> {
  const ticks = (): number =>
    PROCESSES.flatMap((p) => (p === 'temporal' ? stack.pidsOf(p) : [stack.pidOf(p)])).reduce((n, pid) => {
      const file = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return n + Number(file[11]) + Number(file[12]);
    }, 0);
  const before = ticks();
  await new Promise((r) => setTimeout(r, WATCH_S * 1000));
  return (ticks() - before) / WATCH_S;
}
