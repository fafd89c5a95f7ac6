// The outbox: what must reach Temporal, in the order in which it was written. Rows come in by `toOutbox`, in log.ts.
import { many, one, type Queryable, type Tx } from './pool.ts';

export interface OutboxRow {
  readonly id: number;
  readonly kind: 'start' | 'signal';
  readonly workflowId: string;
  /** Of the workflow, or of the signal. */
  readonly name: string;
  readonly payload: unknown;
}

/** The hundred oldest that wait and are due. Call it under the relay's lock: rows are sent in order. */
export const listUnsent = (tx: Tx): Promise<OutboxRow[]> =>
  many(
    tx,
    'select id, kind, workflow_id as "workflowId", name, payload from outbox where sent_at is null and next_at <= now() order by id limit 100',
  );

/** Whatever waits for a workflow waits longer: twice as long each time, half a minute at most. @param error what the last try said */
export async function postpone(tx: Tx, workflowId: string, error: string): Promise<void> {
  await tx.query(
    "update outbox set attempts = attempts + 1, error = $2, next_at = now() + least(30, power(2, attempts)) * interval '1 second' where workflow_id = $1 and sent_at is null",
    [workflowId, error],
  );
}

/** @param error why nobody needs it any more; null when it has arrived */
export async function updateSent(tx: Tx, id: number, error: string | null): Promise<void> {
  await tx.query('update outbox set sent_at = now(), attempts = attempts + 1, error = $2 where id = $1', [id, error]);
}

/** Whether something for this workflow has been sent: then a worker is there. */
export const wasSent = async (q: Queryable, workflowId: string): Promise<boolean> =>
  (await one(q, 'select 1 from outbox where workflow_id = $1 and sent_at is not null', [workflowId])) !== null;
