// The outbox relay: rows become starts and signals, in order, at least once. Both are idempotent at the other end.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { LOCKS } from '@mainloop/models/db/locks';
import type { Db } from '@mainloop/models/db/pool';
import { many, one, withTx } from '@mainloop/models/db/pool';
import { TASK_QUEUE } from '@mainloop/models/flow/workflow';
import type { Hit } from './failpoints.ts';

interface Row {
  id: number;
  kind: 'start' | 'signal';
  workflow_id: string;
  name: string;
  payload: unknown;
}

/** Sends what waits. @returns how many rows were sent */
export async function relayOnce(db: Db, client: Client, hit: Hit): Promise<number> {
  return withTx(db, async (tx) => {
    // One relay at a time keeps the order; another worker's relay takes over when this one dies.
    if (!(await one<{ got: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as got', [LOCKS.relay]))!.got) return 0;
    const rows = await many<Row>(
      tx,
      'select id, kind, workflow_id, name, payload from outbox where sent_at is null and next_at <= now() order by id limit 100',
    );
    const stuck = new Set<string>();
    let sent = 0;
    for (const r of rows) {
      // A signal must not overtake the start of its workflow, nor an earlier signal.
      if (stuck.has(r.workflow_id)) continue;
      hit('relay.before');
      const error = await send(client, r);
      hit('relay.after');
      if (error !== null && error.retry) {
        stuck.add(r.workflow_id);
        await tx.query(
          "update outbox set attempts = attempts + 1, error = $2, next_at = now() + least(30, power(2, attempts)) * interval '1 second' where workflow_id = $1 and sent_at is null",
          [r.workflow_id, error.message],
        );
        continue;
      }
      await tx.query('update outbox set sent_at = now(), attempts = attempts + 1, error = $2 where id = $1', [r.id, error?.message ?? null]);
      sent++;
    }
    return sent;
  });
}

async function send(client: Client, r: Row): Promise<{ message: string; retry: boolean } | null> {
  try {
    if (r.kind === 'start') {
      await client.workflow.start(r.name, {
        taskQueue: TASK_QUEUE,
        workflowId: r.workflow_id,
        args: [r.payload],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
      });
    } else {
      await client.workflow.getHandle(r.workflow_id).signal(r.name, r.payload);
    }
    return null;
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) return null;
    // The workflow has ended (its start came first, so it did exist): nobody needs this signal any more.
    if (err instanceof WorkflowNotFoundError) return { message: 'the workflow has ended', retry: false };
    return { message: (err as Error).message.slice(0, 500), retry: true };
  }
}
