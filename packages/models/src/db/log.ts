// The event log: append, projection and outbox in one transaction, and reading it without gaps.
import { randomBytes } from 'node:crypto';
import type { Insertable } from 'kysely';
import { readEvents } from '../events/read.ts';
import type { EventType, LoggedEvent, NewEvent } from '../events/registry.ts';
import { newId } from '../flow/ids.ts';
import { shownPayload } from '../events/shown.ts';
import { actorNow } from './acting.ts';
import type { DB } from './generated/tables.ts';
import { takeLock } from './locks.ts';
import { withTx, type Db, type Queryable, type Tx } from './pool.ts';
import { project } from './project.ts';
import { hasRow, notify, nowAnd, prepare, row, rows, tables } from './rows.ts';

export const CHANNEL = 'mainloop';
const OUTBOX_CHANNEL = 'mainloop_outbox';

/** @returns an id that sorts by when it was made */
export const freshId = (): string => newId(Date.now(), randomBytes);

/**
 * Appends events, with whatever hides in their words spelt out, and applies their projections. Must run
 * inside a transaction. Their constructors are typed, so nothing is checked again here.
 * @param ownerId whose log it is; never a default, or what belongs to one ends up with another
 * @returns the events that were new, with their seq; one whose dedupe key is known is left out
 */
export async function append(tx: Tx, events: readonly NewEvent[], ownerId: string): Promise<LoggedEvent[]> {
  await lockLog(tx);
  const logged: LoggedEvent[] = [];
  for (const event of events) {
    const fresh = await appendOne(tx, event, ownerId);
    if (fresh !== null) logged.push(fresh);
  }
  if (logged.length > 0) await notify(tx, CHANNEL, String(logged.at(-1)!.seq));
  return logged;
}

const insertEvent = prepare<Insertable<DB['events']>>()(
  ({ owner_id, type, task_id, actor, payload, dedupe_key, version }) =>
    tables
      .insertInto('events')
      .values({ owner_id, type, task_id, actor, payload, dedupe_key, version })
      .onConflict((conflict) => conflict.column('dedupe_key').doNothing())
      .returning(['seq', 'at']),
);

async function appendOne<T extends EventType>(
  tx: Tx,
  event: NewEvent<T>,
  ownerId: string,
): Promise<LoggedEvent<T> | null> {
  const { type, version, taskId, dedupeKey } = event;
  const actor = actorNow(event.actor);
  const payload = shownPayload<T>(type, event.payload);
  const [kept] = await insertEvent(tx, {
    owner_id: ownerId,
    type,
    task_id: taskId,
    actor,
    payload: JSON.stringify(payload),
    dedupe_key: dedupeKey,
    // A row of the first version says nothing of it, as those from before there were versions.
    version: version === 1 ? null : version,
  });
  if (kept === undefined) return null;
  const logged: LoggedEvent<T> = {
    type,
    payload,
    seq: kept.seq,
    ownerId,
    taskId,
    actor,
    at: kept.at.toISOString(),
  };
  await project(tx, logged);
  return logged;
}

/**
 * Takes the append's lock early. Whoever reads a projection to decide what to append calls this first: the
 * state can't
 * change under the decision, and locks are always taken in the same order.
 * @param tx the transaction that will append; the lock is let go with it
 */
export const lockLog = (tx: Tx): Promise<void> => takeLock(tx, 'append');

/**
 * For whoever appends something that depends on what is there: what it reads in `decide` can't
 * change before its events are in. Nothing in there waits for anything but the database, because everybody
 * else waits meanwhile.
 * @param decide reads, then appends; what it returns is handed on
 */
export const decideAndAppend = <T>(db: Db, decide: (tx: Tx) => Promise<T>): Promise<T> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    return decide(tx);
  });

/**
 * Appends in a transaction of its own, see `append`.
 * @returns what was new: an event whose dedupe key is in the log already is left out
 */
export const appendOnce = (db: Db, events: readonly NewEvent[], ownerId: string): Promise<LoggedEvent[]> =>
  withTx(db, (tx) => append(tx, events, ownerId));

interface NewRow {
  readonly kind: 'start' | 'signal';
  readonly workflowId: string;
  readonly name: string;
  /** What the workflow is started with or the signal carries, as JSON. */
  readonly payload: unknown;
  /** It is not sent before that. */
  readonly afterMs?: number;
}

const insertOutbox = prepare<Insertable<DB['outbox']> & { readonly afterMs: number }>()(
  ({ kind, workflow_id, name, payload, afterMs }) =>
    tables.insertInto('outbox').values({ kind, workflow_id, name, payload, next_at: nowAnd(afterMs) }),
);

/** A row that must reach Temporal, written with the event that caused it. */
export async function toOutbox(
  tx: Tx,
  { kind, workflowId, name, payload, afterMs = 0 }: NewRow,
): Promise<void> {
  const row = { kind, workflow_id: workflowId, name, payload: JSON.stringify(payload), afterMs };
  await insertOutbox(tx, row);
  await notify(tx, OUTBOX_CHANNEL, '');
}

/** Rows of the log, as `readEvents` takes them. */
export const storedEvents = tables
  .selectFrom('events')
  .select(['seq', 'owner_id as ownerId', 'type', 'task_id as taskId', 'actor', 'payload', 'version', 'at']);

/** A stretch of the log. */
export interface Stretch {
  /** Without rows that are no event of ours, as a newer version may write them while this one still runs. */
  readonly events: readonly LoggedEvent[];
  /** Where the next stretch starts: the seq of the last row, of whatever kind. */
  readonly upTo: number;
  /** Whether there was nothing beyond it. */
  readonly isLast: boolean;
}

/**
 * A stretch of a user's log.
 * @param seq the cursor: events after it, oldest first, `limit` rows at most
 * @returns `upTo` is the next cursor, also past events of types that are not known; `isLast` says that
 * nothing followed
 */
export async function eventsAfter(
  database: Queryable,
  ownerId: string,
  seq: number,
  limit = 500,
): Promise<Stretch> {
  const found = await rows(
    database,
    storedEvents.where('owner_id', '=', ownerId).where('seq', '>', seq).orderBy('seq').limit(limit),
  );
  return { events: readEvents(found).events, upTo: found.at(-1)?.seq ?? seq, isLast: found.length < limit };
}

/**
 * The newest events of a task, oldest first.
 * @returns `limit` events at most
 */
export async function eventsOfTask(
  database: Queryable,
  ownerId: string,
  taskId: string,
  limit = 1_000,
): Promise<LoggedEvent[]> {
  const newest = storedEvents
    .where('owner_id', '=', ownerId)
    .where('task_id', '=', taskId)
    .orderBy('seq', 'desc')
    .limit(limit);
  return readEvents(await rows(database, tables.selectFrom(newest.as('e')).selectAll().orderBy('seq')))
    .events;
}

/**
 * Whether an event with this dedupe key is in the log.
 * @param dedupeKey as the event's constructor makes it
 */
export const hasEvent = (database: Queryable, dedupeKey: string): Promise<boolean> =>
  hasRow(database, tables.selectFrom('events').select('seq').where('dedupe_key', '=', dedupeKey));

/** @returns the number of the user's newest event, 0 before the first */
export const lastSeq = async (database: Queryable, ownerId: string): Promise<number> =>
  (
    await row(
      database,
      tables
        .selectFrom('events')
        .select((eb) => eb.fn.max<number | null>('seq').as('seq'))
        .where('owner_id', '=', ownerId),
    )
  )?.seq ?? 0;
