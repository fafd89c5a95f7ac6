// Approved changes that wait to be merged. Those of one repository and base go in the order in which they
// came, which is that of the log.
import { trainJoined, trainLeft } from '../../events/forge.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import type { TrainEnd } from '../../flow/forge/train.ts';
import type { TaskState } from '../../flow/states.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { append, toOutbox } from '../log.ts';
import type { Queryable, Tx } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';

/** Which ride of a task: the item in which it was approved. */
interface Ride {
  readonly taskId: string;
  readonly itemId: string;
}

const waiting = tables
  .selectFrom('tasks as t')
  .innerJoin('projects as p', 'p.id', 't.project_id')
  .where('t.train_seq', 'is not', null)
  .where('t.ended_at', 'is', null);

/** @returns the tasks that wait in the same train, in order; [] when this one does not */
const trainOf = (
  database: Queryable,
  taskId: string,
): Promise<{ readonly id: string; readonly itemId: string | null; readonly state: TaskState }[]> =>
  rows(
    database,
    waiting
      .innerJoin('tasks as mine', (on) => on.on('mine.id', '=', taskId).on('mine.train_seq', 'is not', null))
      .innerJoin('projects as ours', 'ours.id', 'mine.project_id')
      .select(['t.id', 't.train_item as itemId', 't.state'])
      .where((is) =>
        is.and([
          is(is.fn('lower', ['p.repo']), '=', is.fn('lower', ['ours.repo'])),
          is('p.default_branch', '=', is.ref('ours.default_branch')),
        ]),
      )
      .orderBy('t.train_seq'),
  );

/** @returns all rides of all users, each with its owner: who waits to be merged, whatever became of the task's workflow */
export async function listRides(database: Queryable): Promise<(Ride & { readonly ownerId: string })[]> {
  const riding = await rows(
    database,
    waiting
      .select(['t.id as taskId', 't.train_item as itemId', 't.owner_id as ownerId'])
      .orderBy('t.train_seq'),
  );
  return riding.flatMap(({ itemId, ...task }) => (itemId === null ? [] : [{ ...task, itemId }]));
}

/**
 * Puts a task at the end of its train. Asking again changes nothing, also when it has left since.
 * @param ride `sha`: the commit that the user has approved
 */
export const joinTrain = (
  tx: Tx,
  ownerId: string,
  { taskId, itemId, sha }: Ride & { readonly sha: string },
): Promise<unknown> =>
  append(tx, [trainJoined.new({ taskId, actor: 'mainloop', payload: { itemId, sha } })], ownerId);

/**
 * @returns 1 when no other task is before it; null when it is not in the train by this approval. One that
 * keeps its place, and stands still for a person meanwhile, is passed.
 */
export async function findPlace(database: Queryable, { taskId, itemId }: Ride): Promise<number | null> {
  const train = (await trainOf(database, taskId)).filter((t) => t.id === taskId || t.state !== 'blocked');
  const at = train.findIndex((t) => t.id === taskId && t.itemId === itemId);
  return at < 0 ? null : at + 1;
}

/**
 * Takes a task out of its train, and wakes those that waited behind it. Asking again changes nothing.
 * @param ride `how` it ended there, and `why` in words
 */
export async function leaveTrain(
  tx: Tx,
  ownerId: string,
  {
    taskId,
    itemId,
    how,
    why,
    by = 'mainloop',
  }: Ride & { readonly how: TrainEnd; readonly why: string; readonly by?: string },
): Promise<void> {
  const train = await trainOf(tx, taskId);
  const left = await append(
    tx,
    [trainLeft.new({ taskId, actor: by, payload: { itemId, how, why } })],
    ownerId,
  );
  if (left.length === 0) return;
  for (const next of train.slice(train.findIndex((x) => x.id === taskId) + 1)) await wake(tx, next.id);
}

/**
 * Tells those behind a task that it stands still for a person, and is passed meanwhile.
 * @param taskId of the one that stands still; nobody is told where it is in no train
 */
export async function wakeBehind(tx: Tx, taskId: string): Promise<void> {
  const train = await trainOf(tx, taskId);
  for (const next of train.slice(train.findIndex((x) => x.id === taskId) + 1)) await wake(tx, next.id);
}

/** Takes a task out of its train that stands still, or is not wanted there any more. @returns whether it was in one */
export async function takeOut(
  tx: Tx,
  input: { readonly ownerId: string; readonly taskId: string; readonly by: string; readonly why: string },
): Promise<boolean> {
  const mine = await row(
    tx,
    waiting
      .select('t.train_item as itemId')
      .where('t.id', '=', input.taskId)
      .where('t.owner_id', '=', input.ownerId),
  );
  if (mine?.itemId == null) return false;
  await leaveTrain(tx, input.ownerId, {
    taskId: input.taskId,
    itemId: mine.itemId,
    how: 'out',
    why: input.why,
    by: input.by,
  });
  await wake(tx, input.taskId);
  return true;
}

const wake = (tx: Tx, taskId: string): Promise<void> =>
  toOutbox(tx, { kind: 'signal', workflowId: taskWorkflowId(taskId), name: SIGNALS.lookAgain, payload: {} });
