// How the house is: whether Postgres answers, and how much of everything there is.
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { row, rows, run, tables } from '../rows.ts';

/** Resolves when Postgres answers. @throws Error of the driver when it does not */
export async function ping(database: Queryable): Promise<void> {
  await run(
    database,
    tables.selectNoFrom((eb) => eb.lit(1).as('up')),
  );
}

/**
 * How many tasks are in each state, of all users. A state that no task is in is left out.
 * @returns `n` tasks each
 */
export const countTasks = (database: Queryable): Promise<{ readonly state: string; readonly n: number }[]> =>
  rows(
    database,
    tables
      .selectFrom('tasks')
      .select(['state', (eb) => eb.fn.countAll<number>().as('n')])
      .groupBy('state'),
  );

export interface Counts {
  /** Rows of the outbox that have not reached Temporal. */
  readonly unsent: number;
  /** Seconds since the oldest of them was written; 0 when there is none. */
  readonly lag: number;
  /** Runs that are starting or running. */
  readonly runs: number;
  /** Dollars, of all tasks. */
  readonly cost: number;
  /** Items of the inbox that wait for the user. */
  readonly open: number;
}

/**
 * How much of everything there is, of all users.
 * @returns `lag` is the age of the oldest row in the outbox, in seconds; `cost` is in dollars
 */
export async function count(database: Queryable): Promise<Counts> {
  const unsent = tables.selectFrom('outbox').where('sent_at', 'is', null);
  const counted = await row(
    database,
    tables.selectNoFrom((eb) => [
      unsent.select(eb.fn.countAll<number>().as('n')).as('unsent'),
      unsent
        .select((of) => sql<number>`extract(epoch from now() - ${of.fn.min('created_at')})::float`.as('s'))
        .as('lag'),
      eb
        .selectFrom('runs')
        .select(eb.fn.countAll<number>().as('n'))
        .where('state', 'in', ['starting', 'running'])
        .as('runs'),
      eb
        .selectFrom('tasks')
        .select((of) => sql<number>`${of.fn.sum('cost_microusd')}::float / 1e6`.as('n'))
        .as('cost'),
      eb
        .selectFrom('inbox_items')
        .select(eb.fn.countAll<number>().as('n'))
        .where('state', '=', 'open')
        .as('open'),
    ]),
  );
  return {
    unsent: counted?.unsent ?? 0,
    lag: counted?.lag ?? 0,
    runs: counted?.runs ?? 0,
    cost: counted?.cost ?? 0,
    open: counted?.open ?? 0,
  };
}
