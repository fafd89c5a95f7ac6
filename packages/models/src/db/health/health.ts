// How the house is: whether Postgres answers, and how much of everything there is.
import { many, one, type Queryable } from '../pool.ts';

/** Resolves when Postgres answers. @throws Error of the driver when it does not */
export async function ping(q: Queryable): Promise<void> {
  await q.query('select 1');
}

/** How many tasks are in each state, of all users. A state that no task is in is left out. */
export const countTasks = (q: Queryable): Promise<{ readonly state: string; readonly n: number }[]> =>
  many(q, 'select state, count(*)::int as n from tasks group by state');

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

/** How much of everything there is, of all users. */
export const count = async (q: Queryable): Promise<Counts> =>
  (await one<Counts>(
    q,
    `select
      (select count(*)::int from outbox where sent_at is null) as unsent,
      (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from outbox where sent_at is null) as lag,
      (select count(*)::int from runs where state in ('starting','running')) as runs,
      (select coalesce(sum(cost_microusd), 0)::float / 1e6 from tasks) as cost,
      (select count(*)::int from inbox_items where state = 'open') as open`,
  ))!;
