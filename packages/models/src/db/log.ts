// The event log: append, projection and outbox in one transaction, and reading it without gaps.
import { randomBytes } from 'node:crypto';
import { readEvents, type StoredEvent } from '../events/read.ts';
import type { EventType, LoggedEvent, NewEvent } from '../events/registry.ts';
import { newId, OWNER } from '../flow/ids.ts';
import { shownPayload } from '../events/shown.ts';
import { LOCKS } from './locks.ts';
import { many, one, withTx, type Db, type Queryable, type Tx } from './pool.ts';
import { project } from './project.ts';

export const CHANNEL = 'mainloop';

export const freshId = (): string => newId(Date.now(), randomBytes);

/**
 * Appends events, with whatever hides in their words spelt out, and applies their projections. Must run inside a transaction. Their constructors are typed, so nothing is checked again here.
 * @returns the events that were new, with their seq; one whose dedupe key is known is left out
 */
export async function append(tx: Tx, events: readonly NewEvent[], ownerId = OWNER): Promise<LoggedEvent[]> {
  await lockLog(tx);
  const logged: LoggedEvent[] = [];
  for (const event of events) {
    const fresh = await appendOne(tx, event, ownerId);
    if (fresh !== null) logged.push(fresh);
  }
  if (logged.length > 0) await tx.query('select pg_notify($1, $2)', [CHANNEL, String(logged.at(-1)!.seq)]);
  return logged;
}

async function appendOne<T extends EventType>(tx: Tx, event: NewEvent<T>, ownerId: string): Promise<LoggedEvent<T> | null> {
  const { type, version, taskId, actor, dedupeKey } = event;
  const payload = shownPayload<T>(type, event.payload);
  const row = await one<{ seq: number; at: Date }>(
    tx,
    `insert into events (owner_id, type, task_id, actor, payload, dedupe_key, version) values ($1,$2,$3,$4,$5,$6,$7)
     on conflict (dedupe_key) do nothing returning seq, at`,
    // A row of the first version says nothing of it, as those from before there were versions.
    [ownerId, type, taskId, actor, JSON.stringify(payload), dedupeKey, version === 1 ? null : version],
  );
  if (row === null) return null;
  const logged: LoggedEvent<T> = { type, payload, seq: row.seq, ownerId, taskId, actor, at: row.at.toISOString() };
  await project(tx, logged);
  return logged;
}

/**
 * Takes the append's lock early. Whoever reads a projection to decide what to append calls this first: the state can't
 * change under the decision, and locks are always taken in the same order.
 */
export const lockLog = async (tx: Tx): Promise<void> => void (await tx.query('select pg_advisory_xact_lock($1)', [LOCKS.append]));

/**
 * The door for whoever appends something that depends on what is there: what it reads in `decide` can't change before its events
 * are in. Nothing in there waits for anything but the database, because everybody else waits meanwhile.
 * @param decide reads, then appends; what it returns is handed on
 */
export const decideAndAppend = <T>(db: Db, decide: (tx: Tx) => Promise<T>): Promise<T> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    return decide(tx);
  });

export const appendOnce = (db: Db, events: readonly NewEvent[]): Promise<LoggedEvent[]> => withTx(db, (tx) => append(tx, events));

/** A row that must reach Temporal, written with the event that caused it. */
export async function toOutbox(tx: Tx, row: { kind: 'start' | 'signal'; workflowId: string; name: string; payload: unknown }): Promise<void> {
  await tx.query('insert into outbox (kind, workflow_id, name, payload) values ($1,$2,$3,$4)', [
    row.kind,
    row.workflowId,
    row.name,
    JSON.stringify(row.payload),
  ]);
  await tx.query("select pg_notify('mainloop_outbox', '')");
}

/** Of a row of the log, as `readEvents` takes it. */
export const EVENT_COLUMNS = 'seq, owner_id as "ownerId", type, task_id as "taskId", actor, payload, version, at';

/** A stretch of the log. */
export interface Stretch {
  /** Without rows that are no event of ours, as a newer version may write them while this one still runs. */
  readonly events: readonly LoggedEvent[];
  /** Where the next stretch starts: the seq of the last row, of whatever kind. */
  readonly upTo: number;
  /** Whether there was nothing beyond it. */
  readonly isLast: boolean;
}

export async function eventsAfter(q: Queryable, ownerId: string, seq: number, limit = 500): Promise<Stretch> {
  const rows = await many<StoredEvent>(q, `select ${EVENT_COLUMNS} from events where owner_id = $1 and seq > $2 order by seq limit $3`, [
    ownerId,
    seq,
    limit,
  ]);
  return { events: readEvents(rows).events, upTo: rows.at(-1)?.seq ?? seq, isLast: rows.length < limit };
}

/** The newest events of a task, oldest first. */
export async function eventsOfTask(q: Queryable, ownerId: string, taskId: string, limit = 1_000): Promise<LoggedEvent[]> {
  const rows = await many<StoredEvent>(
    q,
    `select * from (select ${EVENT_COLUMNS} from events where owner_id = $1 and task_id = $2 order by seq desc limit $3) e order by seq`,
    [ownerId, taskId, limit],
  );
  return readEvents(rows).events;
}

/** Whether an event with this dedupe key is in the log. */
export const hasEvent = async (q: Queryable, dedupeKey: string): Promise<boolean> =>
  (await one(q, 'select 1 from events where dedupe_key = $1', [dedupeKey])) !== null;

export async function lastSeq(q: Queryable, ownerId: string): Promise<number> {
  return (await one<{ seq: number }>(q, 'select coalesce(max(seq), 0) as seq from events where owner_id = $1', [ownerId]))!.seq;
}
