// The outbox: what must reach Temporal, in the order in which it was written. Rows come in by `toOutbox`, in log.ts.
import { sql } from 'kysely';
import type { Queryable, Tx } from './pool.ts';
import { hasRow, now, rows, run, tables } from './rows.ts';

export interface OutboxRow {
  readonly id: number;
  readonly kind: 'start' | 'signal';
  readonly workflowId: string;
  /** Of the workflow, or of the signal. */
  readonly name: string;
  readonly payload: unknown;
}

/**
 * The hundred oldest that wait and are due. Call it under the relay's lock: rows are sent in order.
 * @returns payloads as they were written, parsed
 */
export const listUnsent = (tx: Tx): Promise<OutboxRow[]> =>
  rows(
    tx,
    tables
      .selectFrom('outbox')
      .select(['id', 'kind', 'workflow_id as workflowId', 'name', 'payload'])
      .where('sent_at', 'is', null)
      .where('next_at', '<=', now)
      .orderBy('id')
      .limit(100),
  );

/**
 * Whatever waits for a workflow waits longer: twice as long each time, half a minute at most.
 * @param error what the last try said
 */
export async function postpone(tx: Tx, workflowId: string, error: string): Promise<void> {
  await run(
    tx,
    tables
      .updateTable('outbox')
      .set((eb) => ({
        attempts: eb('attempts', '+', 1),
        error,
        next_at: sql<Date>`now() + least(30, power(2, ${eb.ref('attempts')})) * interval '1 second'`,
      }))
      .where('workflow_id', '=', workflowId)
      .where('sent_at', 'is', null),
  );
}

/** @param error why nobody needs it any more; null when it has arrived */
export async function updateSent(tx: Tx, id: number, error: string | null): Promise<void> {
  const sent = tables
    .updateTable('outbox')
    .set((eb) => ({ sent_at: now, attempts: eb('attempts', '+', 1), error }));
  await run(tx, sent.where('id', '=', id));
}

/**
 * What a workflow was to do is done, so it need not start. Does not wait for a relay that is sending it in this
 * moment: it starts then, and finds nothing to do.
 */
export const dropStart = (tx: Tx, workflowId: string): Promise<number> =>
  run(
    tx,
    tables
      .updateTable('outbox')
      .set({ sent_at: now, error: 'it was done without a workflow' })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('outbox')
          .select('id')
          .where('kind', '=', 'start')
          .where('workflow_id', '=', workflowId)
          .where('sent_at', 'is', null)
          .forUpdate()
          .skipLocked(),
      ),
  );

/**
 * Whether something for this workflow has been sent: then a worker is there.
 * @param workflowId Temporal's, as `task/…`
 */
export const wasSent = (database: Queryable, workflowId: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('outbox')
      .select('id')
      .where('workflow_id', '=', workflowId)
      .where('sent_at', 'is not', null),
  );
