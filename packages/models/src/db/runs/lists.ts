// Runs as others ask about them: which are active, which are silent, how they ended. What changes them is in runs.ts.
import type { Run } from '../../contracts/runs.ts';
import type { RunOutcome } from '../../flow/runs/outcomes.ts';
import type { Phase } from '../../flow/states.ts';
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { hasRow, nowAnd, row, rows, tables } from '../rows.ts';

/**
 * Runs of all users that have had two seconds to start and have not ended.
 * @returns one entry a run, in no order
 */
export const listActive = (
  database: Queryable,
): Promise<{ readonly id: string; readonly taskId: string; readonly epoch: number }[]> =>
  rows(
    database,
    tables
      .selectFrom('runs')
      .select(['id', 'task_id as taskId', 'epoch'])
      .where('state', 'in', ['starting', 'running'])
      .where('started_at', '<', nowAnd(-2_000)),
  );

export interface SilentRun {
  readonly id: string;
  readonly taskId: string;
  readonly ownerId: string;
  readonly epoch: number;
  /** Milliseconds since its last output, or since its start. */
  readonly ms: number;
}

/**
 * Runs that have printed nothing for longer than `ms`. One that waits for a permission is not silent, it
 * waits.
 * @param ms milliseconds
 */
export const listSilent = (database: Queryable, ms: number): Promise<SilentRun[]> =>
  rows(
    database,
    tables
      .selectFrom('runs as r')
      .select(['id', 'task_id as taskId', 'owner_id as ownerId', 'epoch'])
      .select((eb) =>
        sql<number>`floor(extract(epoch from now() - ${eb.fn.coalesce('output_at', 'started_at')}) * 1000)::bigint`.as(
          'ms',
        ),
      )
      .where('state', '=', 'running')
      .where((eb) => eb(eb.fn.coalesce('output_at', 'started_at'), '<', nowAnd(-ms)))
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('inbox_items as i')
              .select('i.id')
              .whereRef('i.task_id', '=', 'r.task_id')
              .where('i.kind', '=', 'permission')
              .where('i.state', '=', 'open'),
          ),
        ),
      ),
  );

/**
 * Runs of a task that have not ended, whether they have started or not.
 * @returns with the epoch that ends it
 */
export const listUnended = (
  database: Queryable,
  taskId: string,
): Promise<{ readonly id: string; readonly epoch: number; readonly state: string }[]> =>
  rows(
    database,
    tables
      .selectFrom('runs')
      .select(['id', 'epoch', 'state'])
      .where('task_id', '=', taskId)
      .where('state', '<>', 'ended'),
  );

export interface CompletedRun {
  readonly phase: Phase;
  readonly outcome: Extract<RunOutcome, { kind: 'completed' }>;
}

/**
 * Runs of a task that did what they were for, besides planning, in their order.
 * @returns the phase and what it came to
 */
export async function listCompleted(database: Queryable, taskId: string): Promise<CompletedRun[]> {
  const all = tables
    .selectFrom('runs')
    .select(['phase', 'outcome'])
    .where('task_id', '=', taskId)
    .where('phase', '<>', 'plan')
    .orderBy('n');
  const ended = await rows(database, all);
  return ended.flatMap(({ phase, outcome }) => (outcome?.kind === 'completed' ? [{ phase, outcome }] : []));
}

/** @returns the number of the newest run of a task; 0 when it has none */
export const lastNumber = async (database: Queryable, taskId: string): Promise<number> =>
  (
    await row(
      database,
      tables
        .selectFrom('runs')
        .select((eb) => eb.fn.max('n').as('n'))
        .where('task_id', '=', taskId),
    )
  )?.n ?? 0;

/** @returns how a run ended; null while it has not, and for one that is not there */
export const findOutcome = async (database: Queryable, runId: string): Promise<RunOutcome | null> =>
  (await row(database, tables.selectFrom('runs').select('outcome').where('id', '=', runId)))?.outcome ?? null;

/**
 * All runs of a task, in their order.
 * @returns as the page shows them
 */
export const listRuns = (database: Queryable, taskId: string): Promise<Run[]> =>
  rows(
    database,
    tables
      .selectFrom('runs')
      .select([
        'id',
        'phase',
        'n',
        'state',
        'epoch',
        'outcome',
        'cost_microusd as costMicrousd',
        'started_at as startedAt',
        'ended_at as endedAt',
      ])
      .where('task_id', '=', taskId)
      .orderBy('n'),
  );

/**
 * Whether this user has such a run.
 * @param ownerId the user
 */
export const hasRun = (database: Queryable, ownerId: string, id: string): Promise<boolean> =>
  hasRow(
    database,
    tables.selectFrom('runs').select('id').where('id', '=', id).where('owner_id', '=', ownerId),
  );
