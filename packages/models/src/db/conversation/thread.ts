// The one thread of a user: messages, which are a projection of the log, and turns, in which the chat model
// answers them.
import type { Message } from '../../contracts/conversation.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { DELTA_CHANNEL } from '../listen.ts';
import type { Queryable, Tx } from '../pool.ts';
import { notify, now, nowAnd, row, rows, run, tables } from '../rows.ts';

/** The newest two hundred of a user, oldest first. @param before only what was said before this place in the log */
export function listMessages(database: Queryable, ownerId: string, before?: number): Promise<Message[]> {
  let newest = tables
    .selectFrom('messages')
    .select(['id', 'role', 'text', 'turn_id', 'seq', 'at'])
    .where('owner_id', '=', ownerId)
    .orderBy('seq', 'desc')
    .limit(200);
  if (before !== undefined) newest = newest.where('seq', '<', before);
  return rows(
    database,
    tables
      .selectFrom(newest.as('m'))
      .select(['id', 'role', 'text', 'turn_id as turnId', 'seq', 'at'])
      .orderBy('seq'),
  );
}

export interface ThreadMessage {
  readonly role: string;
  readonly text: string;
  readonly at: Date;
  readonly attachments?: readonly AttachmentRef[];
  /** The turn that a message began or that a reply ends; null for a note of ours. */
  readonly turnId: string | null;
  readonly seq: number;
}

/** As many as a prompt may tell word for word. */
const RECENT = 400;

/**
 * The newest messages up to one, and the replies to them that were said later, in any order.
 * @param seq of that message, in the log
 */
export const listThread = (database: Queryable, ownerId: string, seq: number): Promise<ThreadMessage[]> =>
  rows(
    database,
    tables
      .with('before', (db) =>
        db
          .selectFrom('messages')
          .select(['role', 'text', 'at', 'attachments', 'turn_id', 'seq'])
          .where('owner_id', '=', ownerId)
          .where('seq', '<=', seq)
          .orderBy('seq', 'desc')
          .limit(RECENT),
      )
      .selectFrom('before')
      .select(['role', 'text', 'at', 'attachments', 'turn_id as turnId', 'seq'])
      .unionAll((eb) =>
        eb
          .selectFrom('messages')
          .select(['role', 'text', 'at', 'attachments', 'turn_id as turnId', 'seq'])
          .where('owner_id', '=', ownerId)
          .where('seq', '>', seq)
          .where('role', '=', 'assistant')
          .where('turn_id', 'in', (from) => from.selectFrom('before').select('turn_id')),
      ),
  );

/**
 * Files of the newest four messages of a user, oldest first.
 * @returns names and kinds, without their bytes
 */
export async function listFiles(database: Queryable, ownerId: string): Promise<AttachmentRef[]> {
  const newest = tables
    .selectFrom('messages')
    .select(['attachments', 'seq'])
    .where('owner_id', '=', ownerId)
    .where('role', '=', 'user')
    .orderBy('seq', 'desc')
    .limit(4);
  return (
    await rows(database, tables.selectFrom(newest.as('m')).select('attachments').orderBy('seq'))
  ).flatMap((r) => r.attachments);
}

/** @param seq of a message, in the log @returns who said it, as the log names them; null when it is not there */
export const findSpeaker = async (database: Queryable, seq: number): Promise<string | null> =>
  (await row(database, tables.selectFrom('events').select('actor').where('seq', '=', seq)))?.actor ?? null;

/** A turn that is held by a lease. */
export interface Turn {
  readonly id: string;
  readonly ownerId: string;
  /** How often it was claimed, this time included. */
  readonly attempts: number;
  /** That of its message in the event log. */
  readonly seq: number;
}

/** Call it in the transaction that appends the message. @param seq of that message, in the log */
export async function insertTurn(tx: Tx, ownerId: string, id: string, seq: number): Promise<void> {
  await run(tx, tables.insertInto('turns').values({ id, owner_id: ownerId, state: 'queued', seq }));
}

/**
 * Takes the oldest turn that nobody holds and that no earlier one of its user stands before. Its draft begins anew.
 * @returns null when there is none
 */
export const claimTurn = (database: Queryable, by: string, leaseMs: number): Promise<Turn | null> =>
  row(
    database,
    tables
      .updateTable('turns')
      .set((eb) => ({
        state: 'running',
        lease_by: by,
        lease_until: nowAnd(leaseMs),
        attempts: eb('attempts', '+', 1),
        draft: '',
      }))
      .where('id', '=', (eb) =>
        eb
          .selectFrom('turns as t')
          .select('t.id')
          .where('t.state', 'in', ['queued', 'running'])
          .where((is) => is.or([is('t.lease_until', 'is', null), is('t.lease_until', '<', now)]))
          .where((is) =>
            is.not(
              is.exists(
                is
                  .selectFrom('turns as b')
                  .select('b.id')
                  .whereRef('b.owner_id', '=', 't.owner_id')
                  .where('b.state', 'in', ['queued', 'running'])
                  .whereRef('b.seq', '<', 't.seq'),
              ),
            ),
          )
          .orderBy('t.seq')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .returning(['id', 'owner_id as ownerId', 'attempts', 'seq']),
  );

/** Keeps what has been said so far and renews the lease. @returns false when the turn is somebody else's by now */
export async function updateDraft(
  database: Queryable,
  turn: { readonly id: string; readonly by: string; readonly text: string; readonly leaseMs: number },
): Promise<boolean> {
  const touched = await run(
    database,
    tables
      .updateTable('turns')
      .set({ draft: turn.text, lease_until: nowAnd(turn.leaseMs) })
      .where('id', '=', turn.id)
      .where('lease_by', '=', turn.by)
      .where('state', '=', 'running'),
  );
  return touched !== 0;
}

/**
 * Tells whoever listens what came to a draft.
 * @param delta.from where it begins in the draft, in characters; a few thousand of them at most
 */
export async function notifyDelta(
  database: Queryable,
  delta: { readonly turnId: string; readonly from: number; readonly text: string },
): Promise<void> {
  await notify(database, DELTA_CHANNEL, JSON.stringify(delta));
}

/** Ends a turn. @returns false when it is somebody else's by now */
export async function updateTurnDone(tx: Tx, id: string, by: string): Promise<boolean> {
  const ended = tables.updateTable('turns').set({ state: 'done', lease_until: null });
  return (
    (await run(tx, ended.where('id', '=', id).where('lease_by', '=', by).where('state', '=', 'running'))) !==
    0
  );
}

/**
 * Ends the oldest turn of a user that is not over: the one that is being said, or is next. Those behind it
 * are of messages of their own.
 * @returns it, with what had been said of it; null when none is left
 */
export const endTurn = (tx: Tx, ownerId: string): Promise<{ id: string; draft: string } | null> =>
  row(
    tx,
    tables
      .updateTable('turns')
      .set({ state: 'done', lease_until: null })
      .where('id', '=', (eb) =>
        eb
          .selectFrom('turns as t')
          .select('t.id')
          .where('t.owner_id', '=', ownerId)
          .where('t.state', 'in', ['queued', 'running'])
          .orderBy('t.seq')
          .limit(1)
          .forUpdate(),
      )
      .returning(['id', 'draft']),
  );
