// The event log: append, projection and outbox in one transaction, and reading it without gaps.
import { randomBytes } from 'node:crypto';
import type { EventBody, LoggedEvent, NewEvent } from '../flow/events.ts';
import { newId, OWNER } from '../flow/ids.ts';
import { shownEvent } from '../flow/shown.ts';
import { LOCKS } from './locks.ts';
import { many, one, withTx, type Db, type Queryable, type Tx } from './pool.ts';
import { project, PROJECTION_TABLES } from './project.ts';

export const CHANNEL = 'mainloop';

export const freshId = (): string => newId(Date.now(), randomBytes);

/**
 * Appends events, with whatever hides in their words spelt out, and applies their projections. Must run inside a transaction.
 * @returns the events that were new, with their seq; one whose dedupe key is known is left out
 */
export async function append(tx: Tx, events: readonly NewEvent[], ownerId = OWNER): Promise<LoggedEvent[]> {
  await lockLog(tx);
  const logged: LoggedEvent[] = [];
  for (const e of events.map(shownEvent)) {
    const row = await one<{ seq: number; at: Date }>(
      tx,
      `insert into events (owner_id, type, task_id, actor, payload, dedupe_key) values ($1,$2,$3,$4,$5,$6)
       on conflict (dedupe_key) do nothing returning seq, at`,
      [ownerId, e.type, e.taskId ?? null, e.actor, JSON.stringify(e.payload), e.dedupeKey ?? null],
    );
    if (!row) continue;
    const body = { type: e.type, payload: e.payload } as EventBody;
    const full: LoggedEvent = { ...body, seq: row.seq, ownerId, taskId: e.taskId ?? null, actor: e.actor, at: row.at.toISOString() };
    await project(tx, full);
    logged.push(full);
  }
  if (logged.length > 0) await tx.query('select pg_notify($1, $2)', [CHANNEL, String(logged.at(-1)!.seq)]);
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

interface Row {
  seq: number;
  owner_id: string;
  type: string;
  task_id: string | null;
  actor: string;
  payload: unknown;
  at: Date;
}
const toEvent = (r: Row): LoggedEvent =>
  ({ seq: r.seq, ownerId: r.owner_id, type: r.type, taskId: r.task_id, actor: r.actor, payload: r.payload, at: r.at.toISOString() }) as LoggedEvent;

export async function eventsAfter(q: Queryable, ownerId: string, seq: number, limit = 500): Promise<LoggedEvent[]> {
  return (await many<Row>(q, 'select * from events where owner_id = $1 and seq > $2 order by seq limit $3', [ownerId, seq, limit])).map(toEvent);
}

export async function eventsOfTask(q: Queryable, ownerId: string, taskId: string, limit = 1_000): Promise<LoggedEvent[]> {
  const rows = await many<Row>(
    q,
    'select * from (select * from events where owner_id = $1 and task_id = $2 order by seq desc limit $3) e order by seq',
    [ownerId, taskId, limit],
  );
  return rows.map(toEvent);
}

/** Whether an event with this dedupe key is in the log. */
export const hasEvent = async (q: Queryable, dedupeKey: string): Promise<boolean> =>
  (await one(q, 'select 1 from events where dedupe_key = $1', [dedupeKey])) !== null;

export async function lastSeq(q: Queryable, ownerId: string): Promise<number> {
  return (await one<{ seq: number }>(q, 'select coalesce(max(seq), 0) as seq from events where owner_id = $1', [ownerId]))!.seq;
}

/** Throws every projection away and makes it again from the log. */
export async function rebuild(db: Db): Promise<number> {
  return withTx(db, async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCKS.append]);
    await tx.query(`truncate ${PROJECTION_TABLES.join(', ')}`);
    let seq = 0,
      count = 0;
    for (;;) {
      const rows = (await many<Row>(tx, 'select * from events where seq > $1 order by seq limit 1000', [seq])).map(toEvent);
      if (rows.length === 0) return count;
      for (const e of rows) await project(tx, e);
      seq = rows.at(-1)!.seq;
      count += rows.length;
    }
  });
}
