// What a change is judged by.
import { readEvents } from '../../events/read.ts';
import type { EventType, LoggedEvent } from '../../events/registry.ts';
import { weighed, type Found } from '../../flow/review/second-look.ts';
import { storedEvents } from '../log.ts';
import type { Queryable } from '../pool.ts';
import { anyOf, row, rows, tables } from '../rows.ts';

/** What says how a change was checked, and what was tried. */
export const CHECKED: readonly EventType[] = [
  'ci.verdict',
  'evidence.recorded',
  'run.ended',
  'review.second_looked',
];
/** So many of them are read, the newest. */
export const MOST_CHECKED = 60;
/** So many pushes are told apart, the newest. */
export const MOST_PUSHES = 50;

export interface Evidence {
  readonly prompt: string;
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** What second looks found and nobody has answered or resolved. */
  readonly lookOpen: Found;
  /** The newest push, and the whole change as of it, as git writes it. */
  readonly newest: { readonly id: string; readonly diff: string } | null;
  /** Pushes since the person last looked; null when they never did. */
  readonly unseen: number | null;
}

/** @returns null where the user has no such task */
export async function findEvidence(
  database: Queryable,
  ownerId: string,
  taskId: string,
): Promise<Evidence | null> {
  const task = await row(
    database,
    tables
      .selectFrom('tasks')
      .select(['prompt', 'looked_push as looked'])
      .where('id', '=', taskId)
      .where('owner_id', '=', ownerId),
  );
  if (task === null) return null;
  const pushes = tables.selectFrom('pushes').where('task_id', '=', taskId).where('owner_id', '=', ownerId);
  const newest = (eb: typeof pushes) => eb.orderBy('created_at', 'desc').orderBy('id', 'desc');
  const [pushed, last, found, open] = await Promise.all([
    rows(database, newest(pushes).select('id').limit(MOST_PUSHES)),
    row(database, newest(pushes).select(['id', 'diff']).limit(1)),
    rows(
      database,
      storedEvents
        .where('owner_id', '=', ownerId)
        .where('task_id', '=', taskId)
        .where('type', '=', anyOf(CHECKED))
        .orderBy('seq', 'desc')
        .limit(MOST_CHECKED),
    ),
    rows(
      database,
      tables
        .selectFrom('review_comments')
        .select('weight')
        .where('task_id', '=', taskId)
        .where('via', '=', 'look')
        .where('state', '=', 'open')
        .where('answer', 'is', null),
    ),
  ]);
  const seenAt = task.looked === null ? -1 : pushed.findIndex(({ id }) => id === task.looked);
  return {
    prompt: task.prompt,
    events: readEvents(found.toReversed()).events,
    lookOpen: weighed(open),
    newest: last,
    unseen: seenAt < 0 ? null : seenAt,
  };
}
