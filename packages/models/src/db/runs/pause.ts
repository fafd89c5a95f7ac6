// One switch over all work of an owner. While it is off, agents are stopped, no run takes a slot and nothing is merged.
import type { Via } from '../../flow/events.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { workPaused, workResumed } from '../../events/work.ts';
import { takeLock } from '../locks.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { hasRow, nowAnd, row, rows, tables } from '../rows.ts';
import { sendCommand } from './commands.ts';

/** How everything stands. */
export interface PauseState {
  /** When everything was paused; null when it is not. */
  readonly since: Date | null;
  readonly via: Via | null;
  /** Agents that work: while everything is paused, those that are being stopped. */
  readonly agents: number;
  /** Tasks whose next run waits for its turn. */
  readonly queued: number;
}

interface Asked {
  readonly ownerId: string;
  readonly via: Via;
  readonly by: string;
}

/** @returns whether the switch of this owner is on */
export const isAllPaused = (database: Queryable, ownerId: string): Promise<boolean> =>
  hasRow(database, tables.selectFrom('pauses').select('owner_id').where('owner_id', '=', ownerId));

/** @returns since when and from where, how many agents still work, and how many runs wait */
export async function readPause(database: Queryable, ownerId: string): Promise<PauseState> {
  const paused = await row(
    database,
    tables.selectFrom('pauses').select(['since', 'via']).where('owner_id', '=', ownerId),
  );
  const runs = await row(
    database,
    tables
      .selectFrom('runs')
      .select((eb) => [
        eb.fn.countAll<number>().filterWhere('state', 'in', ['starting', 'running']).as('agents'),
        eb.fn.countAll<number>().filterWhere('state', '=', 'queued').as('queued'),
      ])
      .where('owner_id', '=', ownerId)
      .where('state', '<>', 'ended'),
  );
  return {
    since: paused?.since ?? null,
    via: paused?.via ?? null,
    agents: runs?.agents ?? 0,
    queued: runs?.queued ?? 0,
  };
}

/**
 * Pauses everything: every agent that works is told to stop, and goes on when all is resumed. Doing it
 * again
 * changes nothing.
 * @param i who asks, and from where
 * @returns how it stands then
 */
export const pauseAll = (db: Db, i: Asked): Promise<PauseState> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    // A run that takes a slot at this moment is seen below, or sees the pause.
    await takeLock(tx, 'slots');
    if (!(await isAllPaused(tx, i.ownerId))) {
      await append(tx, [workPaused.new({ actor: i.by, payload: { via: i.via } })], i.ownerId);
      for (const id of await listAtWork(tx, i.ownerId))
        await sendCommand(tx, id, { type: 'stop', why: 'all_paused' });
    }
    return readPause(tx, i.ownerId);
  });

/**
 * Lets everything go on. Tasks whose run waits for its turn, or that wait to be merged, look again at once.
 * @param i who asks, and from where
 * @returns how it stands then
 */
export const resumeAll = (db: Db, i: Asked): Promise<PauseState> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    if (await isAllPaused(tx, i.ownerId)) {
      await append(tx, [workResumed.new({ actor: i.by, payload: { via: i.via } })], i.ownerId);
      await wakeWaiting(tx, i.ownerId);
    }
    return readPause(tx, i.ownerId);
  });

/**
 * Whoever waits for a slot, or for its turn to be merged, looks again at once: something that was in the
 * way
 * may be gone.
 * @param tx the signals go out when it is committed
 */
export async function wakeWaiting(tx: Tx, ownerId: string): Promise<void> {
  for (const taskId of await listWaiting(tx, ownerId))
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(taskId),
      name: SIGNALS.lookAgain,
      payload: {},
    });
}

async function listAtWork(tx: Tx, ownerId: string): Promise<string[]> {
  const atWork = tables.selectFrom('runs').select('id').where('owner_id', '=', ownerId);
  return (await rows(tx, atWork.where('state', 'in', ['starting', 'running']).orderBy('id'))).map(
    (r) => r.id,
  );
}

/** @returns ids of the tasks that wait for a slot or for their turn to be merged, oldest first */
async function listWaiting(tx: Tx, ownerId: string): Promise<string[]> {
  const waiting = tables
    .selectFrom('tasks as t')
    .select('t.id')
    .where('t.owner_id', '=', ownerId)
    .where('t.ended_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('t.train_item', 'is not', null),
        eb.exists(
          eb
            .selectFrom('runs as r')
            .select('r.id')
            .whereRef('r.task_id', '=', 't.id')
            .where('r.state', '=', 'queued'),
        ),
      ]),
    );
  return (await rows(tx, waiting.orderBy('t.created_at').orderBy('t.id'))).map((t) => t.id);
}

/**
 * Runs that still work although everything of their owner was paused longer ago than `ms`.
 * @param ms since the pause
 */
export const listOverdue = (
  database: Queryable,
  ms: number,
): Promise<{ readonly id: string; readonly taskId: string; readonly epoch: number }[]> =>
  rows(
    database,
    tables
      .selectFrom('runs as r')
      .innerJoin('pauses as p', 'p.owner_id', 'r.owner_id')
      .select(['r.id', 'r.task_id as taskId', 'r.epoch'])
      .where('r.state', 'in', ['starting', 'running'])
      .where('p.since', '<', nowAnd(-ms)),
  );
