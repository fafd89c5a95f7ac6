// Runs: one phase of a task, as a row. Slots, epochs, output and endings stand beside it.
import { randomUUID } from 'node:crypto';
import { runId as makeRunId } from '../../flow/ids.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { isCutOff, spendsSession, type RunOutcome } from '../../flow/runs/outcomes.ts';
import type { Phase } from '../../flow/states.ts';
import type { KeptWorkflow } from '../../flow/projects/workflow-file.ts';
import { takeUnreceived, type Unreceived } from './commands.ts';
import { withTx, type Db, type Queryable } from '../pool.ts';
import { hasRow, row, rows, run as runStatement, tables } from '../rows.ts';
import { sql } from 'kysely';

export interface RunRow {
  readonly id: string;
  readonly owner_id: string;
  readonly task_id: string;
  readonly phase: Phase;
  readonly n: number;
  readonly state: 'queued' | 'starting' | 'running' | 'ended';
  readonly epoch: number;
  readonly session_id: string;
  readonly resume: boolean;
  readonly prompt: string;
  readonly model: string;
  readonly budget_microusd: number;
  readonly cost_microusd: number;
  readonly outcome: RunOutcome | null;
  readonly lease_until: Date | null;
  readonly output_at: Date | null;
  readonly started_at: Date | null;
}

/**
 * Makes the row once; asking again gives the same run. The session is carried over from the task's last run, unless that
 * run ended because the session had grown too long for the model: resumed, it would be refused for ever.
 * @param i.prompt made from what nobody heard since the last run ended, oldest first; `freshSession`: what was said in
 *   earlier runs is not in this one's session, so the prompt has to bring it
 */
export async function ensureRun(
  db: Db,
  input: {
    ownerId: string;
    taskId: string;
    n: number;
    phase: Phase;
    prompt: (unreceived: Unreceived, freshSession: boolean) => string;
    model: string;
  },
): Promise<string> {
  const id = makeRunId(input.taskId, input.n);
  const { resumed, freshSession } = await sessionFor(db, input);
  await withTx(db, async (tx) => {
    if (await hasRow(tx, tables.selectFrom('runs').select('id').where('id', '=', id))) return;
    const prompt = await takeUnreceived(tx, input, (unreceived) => input.prompt(unreceived, freshSession));
    await runStatement(
      tx,
      tables
        .insertInto('runs')
        .columns([
          'id',
          'owner_id',
          'task_id',
          'phase',
          'n',
          'state',
          'session_id',
          'resume',
          'prompt',
          'model',
          'budget_microusd',
        ])
        .expression((eb) =>
          eb
            .selectFrom('tasks')
            .select((of) => [
              sql<string>`${id}::text`.as('id'),
              sql<string>`${input.ownerId}::text`.as('owner_id'),
              'tasks.id as task_id',
              sql<Phase>`${input.phase}::text`.as('phase'),
              sql<number>`${input.n}::int`.as('n'),
              sql<'queued'>`'queued'`.as('state'),
              sql<string>`${resumed ?? randomUUID()}::text`.as('session_id'),
              sql<boolean>`${resumed !== null}::boolean`.as('resume'),
              sql<string>`${prompt}::text`.as('prompt'),
              sql<string>`${input.model}::text`.as('model'),
              sql<number>`greatest(0, ${of.ref('tasks.budget_cents')}::bigint * 10000 - ${of.ref('tasks.cost_microusd')})`.as(
                'budget_microusd',
              ),
            ])
            .where('tasks.id', '=', input.taskId),
        ),
    );
  });
  return id;
}

/**
 * Whoever reads the change knows nothing of the session that made it, and the other way round.
 * @returns `resumed`: the session to go on in, null for a new one; `freshSession`: it is new because the one before
 *   grew too long
 */
async function sessionFor(
  db: Db,
  { taskId, n, phase }: { readonly taskId: string; readonly n: number; readonly phase: Phase },
): Promise<{ resumed: string | null; freshSession: boolean }> {
  const isLook = phase === 'second_look';
  const before = tables
    .selectFrom('runs')
    .select(['session_id', 'outcome'])
    .where('task_id', '=', taskId)
    .where('n', '<', n)
    .where('phase', isLook ? '=' : '<>', 'second_look');
  const last = await row(db, before.where('started_at', 'is not', null).orderBy('n', 'desc').limit(1));
  const freshSession = last !== null && spendsSession(last.outcome);
  // A look that was cut off, or waits for an answer, goes on; each other one is a pair of fresh eyes.
  const isAnew = isLook && last?.outcome?.kind === 'completed';
  return { resumed: last !== null && !freshSession && !isAnew ? last.session_id : null, freshSession };
}

/** @returns the whole row; null where there is none */
export const getRun = (database: Queryable, id: string): Promise<RunRow | null> =>
  row(database, tables.selectFrom('runs').selectAll().where('id', '=', id));

export interface RunByToken extends RunRow {
  readonly title: string;
  readonly task_prompt: string;
  readonly branch: string;
  readonly repo: string;
  readonly remote_url: string;
  readonly default_branch: string;
  readonly project_id: string;
  readonly project_settings: unknown;
  /** What is kept of the WORKFLOW.md of its project; null where that has none. */
  readonly project_workflow: KeptWorkflow | null;
  readonly budget_cents: number;
  readonly attachments: readonly AttachmentRef[];
  readonly task_cost: number;
  readonly plan: string | null;
  /** What belongs to the task on the forge, once it is there. */
  readonly pr_number: number | null;
  readonly issue_number: number | null;
  /** Of the process that has claimed the epoch, as it is kept; null before one has. */
  readonly holder: string | null;
}

/** @returns a query of runs with what the gateway needs of their task and project; say which */
export const runsOfTasks = () =>
  tables
    .selectFrom('runs as r')
    .innerJoin('tasks as t', 't.id', 'r.task_id')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .selectAll('r')
    .select([
      't.title',
      't.prompt as task_prompt',
      't.attachments',
      't.branch',
      't.budget_cents',
      't.cost_microusd as task_cost',
      't.plan',
      't.pr_number',
      't.issue_number',
    ])
    .select([
      'p.repo',
      'p.remote_url',
      'p.default_branch',
      'p.id as project_id',
      'p.settings as project_settings',
      'p.workflow as project_workflow',
    ]);

/** @returns the last run of a task that goes on, also one that has ended */
export const findLastRun = (database: Queryable, taskId: string): Promise<RunByToken | null> =>
  row(
    database,
    runsOfTasks()
      .where('r.task_id', '=', taskId)
      .where('t.ended_at', 'is', null)
      .orderBy('r.n', 'desc')
      .limit(1),
  );

/**
 * The attempts at one piece of work: a run, and those right before it in its phase that were cut off and
 * whose work it took up. What one of them said or asked, the next one says again.
 * @returns their ids, the run itself first
 */
export async function attemptsOf(database: Queryable, runId: string): Promise<string[]> {
  const before = await rows(
    database,
    tables
      .selectFrom('runs as b')
      .innerJoin('runs as r', (join) => join.onRef('r.task_id', '=', 'b.task_id').onRef('b.n', '<=', 'r.n'))
      .select(['b.id', 'b.phase', 'b.outcome'])
      .where('r.id', '=', runId)
      .orderBy('b.n', 'desc')
      .limit(20),
  );
  const first = before.findIndex((b, i) => i > 0 && !(b.phase === before[0]!.phase && isCutOff(b.outcome)));
  return before.slice(0, first < 0 ? undefined : first).map((b) => b.id);
}
