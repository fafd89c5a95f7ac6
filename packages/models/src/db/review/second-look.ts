// What a second look found, and which commits were looked at.
import type { Found, Weight } from '../../flow/review/second-look.ts';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { hasRow, rows, tables } from '../rows.ts';

/** @returns whether an agent that did not write it has read this commit to the end */
export const wasLookedAt = (database: Queryable, taskId: string, sha: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('events')
      .select('seq')
      .where('task_id', '=', taskId)
      .where('type', '=', 'review.second_looked')
      .where(payloadField('review.second_looked', 'sha'), '=', sha)
      .limit(1),
  );

/** @returns how much of what second looks found is neither answered by its author nor resolved, by its weight */
export async function countOpen(database: Queryable, taskId: string): Promise<Found> {
  const counted = await rows(
    database,
    tables
      .selectFrom('review_comments')
      .select((eb) => ['weight', eb.fn.countAll<number>().as('n')])
      .where('task_id', '=', taskId)
      .where('via', '=', 'look')
      .where('state', '=', 'open')
      .where('answer', 'is', null)
      .groupBy('weight'),
  );
  const of = (weight: Weight): number => counted.find((c) => c.weight === weight)?.n ?? 0;
  return { must: of('must'), should: of('should'), note: of('note') };
}
