// The one thread of a user: messages, which are a projection of the log, and turns, in which the chat model answers them.
import type { Message } from '../../contracts/conversation.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { DELTA_CHANNEL } from '../listen.ts';
import { many, one, type Queryable, type Tx } from '../pool.ts';

/** The newest two hundred of a user, oldest first. */
export const listMessages = (q: Queryable, ownerId: string): Promise<Message[]> =>
  many(
    q,
    'select id, role, text, turn_id as "turnId", seq, at from (select * from messages where owner_id = $1 order by seq desc limit 200) m order by seq',
    [ownerId],
  );

export interface ThreadMessage {
  readonly role: string;
  readonly text: string;
  readonly at: Date;
  readonly attachments?: readonly AttachmentRef[];
  /** The turn that a message began or that a reply ends; null for a note of ours. */
  readonly turnId: string | null;
  readonly seq: number;
}

/** The eighty messages up to one, and the replies to them that were said later, in any order. @param seq of that message, in the log */
export const listThread = (q: Queryable, ownerId: string, seq: number): Promise<ThreadMessage[]> =>
  many(
    q,
    `with before as (select * from messages where owner_id = $1 and seq <= $2 order by seq desc limit 80)
     select role, text, at, attachments, turn_id as "turnId", seq from before
     union all
     select role, text, at, attachments, turn_id, seq from messages
      where owner_id = $1 and seq > $2 and role = 'assistant' and turn_id in (select turn_id from before)`,
    [ownerId, seq],
  );

/** Files of the newest four messages of a user, oldest first. */
export async function listFiles(q: Queryable, ownerId: string): Promise<AttachmentRef[]> {
  const rows = await many<{ attachments: AttachmentRef[] }>(
    q,
    `select attachments from (select attachments, seq from messages where owner_id = $1 and role = 'user' order by seq desc limit 4) m order by seq`,
    [ownerId],
  );
  return rows.flatMap((r) => r.attachments);
}

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
  await tx.query("insert into turns (id, owner_id, state, seq) values ($1,$2,'queued',$3)", [id, ownerId, seq]);
}

/**
 * Takes the oldest turn that nobody holds and that no earlier one of its user stands before. Its draft begins anew.
 * @returns null when there is none
 */
export const claimTurn = (q: Queryable, by: string, leaseMs: number): Promise<Turn | null> =>
  one(
    q,
    `update turns set state = 'running', lease_by = $1, lease_until = now() + $2 * interval '1 millisecond', attempts = attempts + 1, draft = ''
      where id = (select t.id from turns t where t.state in ('queued','running') and (t.lease_until is null or t.lease_until < now())
                     and not exists (select 1 from turns b where b.owner_id = t.owner_id and b.state in ('queued','running') and b.seq < t.seq)
                   order by t.seq limit 1 for update skip locked)
      returning id, owner_id as "ownerId", attempts, seq`,
    [by, leaseMs],
  );

/** Keeps what has been said so far and renews the lease. @returns false when the turn is somebody else's by now */
export async function updateDraft(
  q: Queryable,
  t: { readonly id: string; readonly by: string; readonly text: string; readonly leaseMs: number },
): Promise<boolean> {
  const r = await q.query(
    `update turns set draft = $3, lease_until = now() + $4 * interval '1 millisecond' where id = $1 and lease_by = $2 and state = 'running'`,
    [t.id, t.by, t.text, t.leaseMs],
  );
  return r.rowCount !== 0;
}

/** Tells whoever listens what came to a draft. @param delta.from where it begins in the draft, in characters; a few thousand of them at most */
export async function notifyDelta(q: Queryable, delta: { readonly turnId: string; readonly from: number; readonly text: string }): Promise<void> {
  await q.query('select pg_notify($1,$2)', [DELTA_CHANNEL, JSON.stringify(delta)]);
}

/** Ends a turn. @returns false when it is somebody else's by now */
export async function updateTurnDone(tx: Tx, id: string, by: string): Promise<boolean> {
  const r = await tx.query("update turns set state = 'done', lease_until = null where id = $1 and lease_by = $2 and state = 'running'", [id, by]);
  return r.rowCount !== 0;
}
