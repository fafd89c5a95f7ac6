// What a second look found, and which commits were looked at.
import { lookRounds, type Found, type LookStep, type Weight } from '../../flow/review/second-look.ts';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { anyOf, hasRow, rows, tables } from '../rows.ts';
import { attemptsOf } from '../runs/runs.ts';

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

/**
 * @param runId of the look; what an attempt of it found that was cut off counts as well
 * @returns how much of what it found is neither answered by its author nor resolved, by its weight
 */
export async function countFound(database: Queryable, taskId: string, runId: string): Promise<Found> {
  const its = tables
    .selectFrom('events')
    .select(payloadField('review.commented', 'id').as('id'))
    .where('task_id', '=', taskId)
    .where('type', '=', 'review.commented')
    .where(payloadField('review.commented', 'runId'), '=', anyOf(await attemptsOf(database, runId)));
  const counted = await rows(
    database,
    tables
      .selectFrom('review_comments')
      .select((eb) => ['weight', eb.fn.countAll<number>().as('n')])
      .where('id', 'in', its)
      .where('state', '=', 'open')
      .where('answer', 'is', null)
      .groupBy('weight'),
  );
  const of = (weight: Weight): number => counted.find((c) => c.weight === weight)?.n ?? 0;
  return { must: of('must'), should: of('should'), note: of('note') };
}

/** @returns how often a second look sent the change back to its author since the person last asked for changes */
export async function countLookRounds(database: Queryable, taskId: string): Promise<number> {
  const told = await rows(
    database,
    tables
      .selectFrom('events')
      .select(['type', 'payload'])
      .where('task_id', '=', taskId)
      .where((eb) =>
        eb.or([
          eb('type', '=', 'review.second_looked'),
          eb.and([
            eb('type', '=', 'inbox.answered'),
            eb(payloadField('inbox.answered', 'decision'), '=', 'changes'),
          ]),
        ]),
      )
      .orderBy('seq'),
  );
  return lookRounds(
    told.map(({ type, payload }): LookStep =>
      type === 'inbox.answered' ? { is: 'changes' } : { is: 'look', found: payload as Found },
    ),
  );
}
