// What the cycle finds of tasks, proposals and items, and what it does about it.
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { proposalExpired } from '../../events/proposals.ts';
import type { AtHand, Certain, Stuck } from '../../flow/cycle/stuck.ts';
import { goesOn, stuckItemId, stuckWords, WAKE_AFTER_MS } from '../../flow/cycle/stuck.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable } from '../pool.ts';
import { anyOf, hasRow, rows, tables } from '../rows.ts';

/** @returns all tasks that have not ended, the one longest without a sign first */
export async function listAtHand(database: Queryable, ownerId: string): Promise<AtHand[]> {
  const runs = tables
    .selectFrom('runs')
    .select((eb) => [
      'task_id',
      eb.fn.agg<boolean>('bool_or', [eb('state', '=', 'queued')]).as('is_queued'),
      eb.fn.max(eb.fn.coalesce('output_at', 'started_at', 'created_at')).as('sign_at'),
    ])
    .where('owner_id', '=', ownerId)
    .where('state', '<>', 'ended')
    .groupBy('task_id');
  const asked = tables
    .selectFrom('inbox_items')
    .select('task_id')
    .distinct()
    .where('owner_id', '=', ownerId)
    .where('state', '=', 'open')
    .where('task_id', 'is not', null);
  const found = await rows(
    database,
    tables
      .selectFrom('tasks as t')
      .leftJoin(runs.as('r'), 'r.task_id', 't.id')
      .leftJoin(asked.as('i'), 'i.task_id', 't.id')
      .select([
        't.id as taskId',
        't.title',
        't.state',
        't.waiting_for as waitingFor',
        't.updated_at as updatedAt',
      ])
      .select(['r.is_queued as isQueued', 'r.sign_at as signAt', 'i.task_id as askedOf'])
      .where('t.owner_id', '=', ownerId)
      .where('t.ended_at', 'is', null),
  );
  return found
    .map(({ taskId, title, state, waitingFor, updatedAt, isQueued, signAt, askedOf }) => ({
      taskId,
      title,
      state,
      waitingFor,
      isAsked: askedOf !== null,
      isQueued: isQueued === true,
      signMs: Math.max(updatedAt.getTime(), signAt === null ? 0 : new Date(signAt).getTime()),
    }))
    .toSorted((a, b) => a.signMs - b.signMs);
}

/**
 * Tells the person of tasks that are stuck, of each once for as long as it gives no sign.
 * @param sinceMs when this cycle began: what it told before it was killed counts as told by it
 * @returns those it told of
 */
export const tellStuck = (
  db: Db,
  ownerId: string,
  stuck: readonly Stuck[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Promise<Stuck[]> =>
  withTx(db, async (tx) => {
    const toTell = stuck.filter((one) => one.do === 'tell');
    if (toTell.length === 0) return [];
    await lockLog(tx);
    const ids = toTell.map(stuckItemId);
    const before = await rows(
      tx,
      tables
        .selectFrom('inbox_items')
        .select('id')
        .where('owner_id', '=', ownerId)
        .where('id', '=', anyOf(ids))
        .where('created_at', '<', new Date(sinceMs)),
    );
    const known = new Set(before.map(({ id }) => id));
    const told = toTell.filter((one) => !known.has(stuckItemId(one)));
    const opened = told.map((one) =>
      inboxOpened.new({
        actor: 'mainloop',
        payload: {
          id: stuckItemId(one),
          kind: 'stuck',
          ...stuckWords(one, nowMs),
          options: [],
          about: one.taskId,
        },
      }),
    );
    await append(tx, opened, ownerId);
    return told;
  });

/**
 * Has the workflows of silent tasks look where they stand, each once for as long as it gives no sign.
 * @returns how many were told
 */
export const wakeSilent = (db: Db, stuck: readonly Stuck[]): Promise<number> =>
  withTx(db, async (tx) => {
    let told = 0;
    for (const { taskId, why, signMs } of stuck) {
      if (why !== 'silent') continue;
      const workflowId = taskWorkflowId(taskId);
      const wasTold = tables
        .selectFrom('outbox')
        .select('id')
        .where('workflow_id', '=', workflowId)
        .where('name', '=', SIGNALS.lookAgain)
        .where('created_at', '>=', new Date(signMs + WAKE_AFTER_MS));
      if (await hasRow(tx, wasTold)) continue;
      await toOutbox(tx, { kind: 'signal', workflowId, name: SIGNALS.lookAgain, payload: {} });
      told++;
    }
    return told;
  });

/**
 * Closes what was said of tasks that go on, or have ended.
 * @param certain how much is known of what is stuck; of the rest only ended ones are let go of
 * @returns how many items were closed
 */
export const closeStuck = (
  db: Db,
  ownerId: string,
  { stuck, certain }: { readonly stuck: readonly Stuck[]; readonly certain: Certain },
): Promise<number> =>
  withTx(db, async (tx) => {
    const open = tables
      .selectFrom('inbox_items as i')
      .leftJoin('tasks as t', 't.id', 'i.about')
      .select(['i.id', 't.ended_at as endedAt'])
      .where('i.owner_id', '=', ownerId)
      .where('i.kind', '=', 'stuck')
      .where('i.state', '=', 'open');
    if (!(await hasRow(tx, open))) return 0;
    await lockLog(tx);
    const still = new Set(stuck.map(stuckItemId));
    const over = (await rows(tx, open)).filter(
      ({ id, endedAt }) => endedAt !== null || (!still.has(id) && goesOn(id, certain)),
    );
    const closed = over.map(({ id, endedAt }) =>
      inboxClosed.new({
        actor: 'mainloop',
        payload: { id, why: endedAt === null ? 'It goes on.' : 'The task has ended.' },
      }),
    );
    await append(tx, closed, ownerId);
    return over.length;
  });

/** So many at once: the others have their turn in the next cycle. */
const MOST_EXPIRED = 200;

/** Writes down of proposals that nobody said yes in time. @returns how many */
export const expireProposals = (db: Db, ownerId: string, now: Date): Promise<number> =>
  withTx(db, async (tx) => {
    const over = tables
      .selectFrom('proposals')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('state', '=', 'open')
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(MOST_EXPIRED);
    if (!(await hasRow(tx, over))) return 0;
    await lockLog(tx);
    const expired = (await rows(tx, over)).map(({ id }) =>
      proposalExpired.new({ actor: 'mainloop', payload: { id } }),
    );
    return (await append(tx, expired, ownerId)).length;
  });

/** @returns how many things that were put off are back since then */
export async function countBack(
  database: Queryable,
  ownerId: string,
  { since, now }: { readonly since: Date; readonly now: Date },
): Promise<number> {
  const back = await rows(
    database,
    tables
      .selectFrom('inbox_items')
      .select('id')
      .where('owner_id', '=', ownerId)
      .where('state', '=', 'open')
      .where('snoozed_until', '>', since)
      .where('snoozed_until', '<=', now),
  );
  return back.length;
}
