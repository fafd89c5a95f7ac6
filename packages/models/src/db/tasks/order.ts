// In which order tasks get their agents, as the person says: how urgent each is, and which end before it.
import { taskBlockersChanged, taskPriorityChanged } from '../../events/tasks.ts';
import { circleOf, type Priority } from '../../flow/runs/dispatch.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { isEnded } from '../../flow/states.ts';
import { append, decideAndAppend } from '../log.ts';
import type { Db, Queryable, Tx } from '../pool.ts';
import { anyOf, hasRow, row, rows, tables } from '../rows.ts';
import { wake } from '../runs/slots.ts';

interface OfTask {
  readonly ownerId: string;
  readonly taskId: string;
  readonly by: string;
}
type Ordered<C extends 'no_blocker' | 'blockers_circle' = never> =
  { readonly ok: true } | Refusal<'no_task' | 'task_ended' | C>;

/**
 * Says how urgent a task is: what waits in line goes by it from now on.
 * @returns `ok`, or `no_task` and `task_ended`
 */
export const setPriority = (db: Db, input: OfTask & { readonly priority: Priority }): Promise<Ordered> =>
  decideAndAppend(db, async (tx) => {
    const refused = await whyNot(tx, input);
    if (refused !== null) return refused;
    const { taskId, by: actor, priority } = input;
    await append(tx, [taskPriorityChanged.new({ taskId, actor, payload: { priority } })], input.ownerId);
    await wakeQueued(tx, taskId);
    return { ok: true };
  });

/**
 * Says which tasks have to end before an agent works on this one; they take the place of those before.
 * @returns `ok`; or that one of them is not there, or waits itself for this one
 */
export const setBlockers = (
  db: Db,
  input: OfTask & { readonly blockedBy: readonly string[] },
): Promise<Ordered<'no_blocker' | 'blockers_circle'>> =>
  decideAndAppend(db, async (tx) => {
    const refused = await whyNot(tx, input);
    if (refused !== null) return refused;
    const { ownerId, taskId, by: actor } = input;
    const blockedBy = [...new Set(input.blockedBy)];
    const missing = await findMissing(tx, ownerId, blockedBy);
    if (missing !== null) return refusal('no_blocker', missing);
    const open = await rows(
      tx,
      tables
        .selectFrom('tasks')
        .select(['id', 'title', 'blocked_by'])
        .where('owner_id', '=', ownerId)
        .where('ended_at', 'is', null),
    );
    const tasks = new Map(open.map((task) => [task.id, task]));
    // One that has ended waits for nobody.
    const circle = circleOf(taskId, blockedBy, (id) => tasks.get(id)?.blocked_by ?? []);
    if (circle !== null)
      return refusal(
        'blockers_circle',
        circle.map((id) => tasks.get(id)?.title ?? id),
      );
    await append(tx, [taskBlockersChanged.new({ taskId, actor, payload: { blockedBy } })], ownerId);
    await wakeQueued(tx, taskId);
    return { ok: true };
  });

/** @returns the first of these ids that is no task of the owner; null when all are */
export async function findMissing(
  database: Queryable,
  ownerId: string,
  ids: readonly string[],
): Promise<string | null> {
  if (ids.length === 0) return null;
  const found = await rows(
    database,
    tables.selectFrom('tasks').select('id').where('owner_id', '=', ownerId).where('id', '=', anyOf(ids)),
  );
  const there = new Set(found.map(({ id }) => id));
  return ids.find((id) => !there.has(id)) ?? null;
}

/** What waits for its slot goes by the new order at once. */
async function wakeQueued(tx: Tx, taskId: string): Promise<void> {
  const isQueued = await hasRow(
    tx,
    tables.selectFrom('runs').select('id').where('task_id', '=', taskId).where('state', '=', 'queued'),
  );
  if (isQueued) await wake(tx, taskId);
}

/**
 * What waited for a task that has ended looks for its slot now.
 * @param taskId the one that has ended
 */
export async function wakeBlocked(tx: Tx, taskId: string): Promise<void> {
  const waiting = await rows(
    tx,
    tables
      .selectFrom('tasks as t')
      .innerJoin('runs as r', 'r.task_id', 't.id')
      .select('t.id')
      .where('r.state', '=', 'queued')
      .where((of) => of(of.val(taskId), '=', of.fn.any('t.blocked_by'))),
  );
  for (const { id } of waiting) await wake(tx, id);
}

async function whyNot(
  database: Queryable,
  { ownerId, taskId }: OfTask,
): Promise<Refusal<'no_task' | 'task_ended'> | null> {
  const task = await row(
    database,
    tables.selectFrom('tasks').select('state').where('id', '=', taskId).where('owner_id', '=', ownerId),
  );
  if (task === null) return refusal('no_task');
  return isEnded(task.state) ? refusal('task_ended', task.state) : null;
}
