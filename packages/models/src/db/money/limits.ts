// What was spent in the running day, week and month, next to the limits; and what tasks came to.
import { beginningsAt, forecastsOf, type Forecast, type Spent } from '../../flow/money/money.ts';
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { rows, tables } from '../rows.ts';

/** @returns of each project that cost something in this month or week; of the chat under '' */
export async function readSpent(
  database: Queryable,
  ownerId: string,
  nowMs: number,
): Promise<Map<string, Spent>> {
  const began = beginningsAt(nowMs);
  const since = new Date(Math.min(began.week.getTime(), began.month.getTime()));
  const [day, week, month] = [began.day, began.week, began.month].map((at) => at.toISOString().slice(0, 10));
  const spent = await rows(
    database,
    tables
      .selectFrom('cost_days')
      .select((eb) => {
        const from = (first: string | undefined) =>
          sql<number>`coalesce(sum(${eb.ref('microusd')}) filter (where ${eb.ref('day')} >= ${first}::date), 0)::bigint`;
        return ['project_id', from(day).as('day'), from(week).as('week'), from(month).as('month')];
      })
      .where('owner_id', '=', ownerId)
      .where('day', '>=', sql<Date>`${since.toISOString().slice(0, 10)}::date`)
      .groupBy('project_id'),
  );
  return new Map(spent.map((of) => [of.project_id, { day: of.day, week: of.week, month: of.month }]));
}

/** How many of the tasks that were merged last count. */
const COUNTED = 500;

/** @returns by project what its merged tasks cost, of the newest 500 of all projects */
export const readForecasts = async (database: Queryable, ownerId: string): Promise<Map<string, Forecast>> =>
  forecastsOf(
    await rows(
      database,
      tables
        .selectFrom('tasks')
        .select(['project_id as projectId', 'cost_microusd as microusd'])
        .where('owner_id', '=', ownerId)
        .where('state', '=', 'done')
        .orderBy('ended_at', 'desc')
        .limit(COUNTED),
    ),
  );
