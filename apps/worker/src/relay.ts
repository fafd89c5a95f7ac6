// The outbox relay: rows become starts and signals, in order, at least once. Both are idempotent at the other end.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { claimLock } from '@mainloop/models/db/locks';
import { listUnsent, postpone, updateSent, type OutboxRow } from '@mainloop/models/db/outbox';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { TASK_QUEUE } from '@mainloop/models/flow/workflow';
import type { Hit } from '@mainloop/network/failpoints';

/** Sends what waits. @returns how many rows were sent */
export async function relayOnce(db: Db, client: Client, hit: Hit): Promise<number> {
  return withTx(db, async (tx) => {
    // One relay at a time keeps the order; another worker's relay takes over when this one dies.
    if (!(await claimLock(tx, 'relay'))) return 0;
    const stuck = new Set<string>();
    let sent = 0;
    for (const row of await listUnsent(tx)) {
      // A signal must not overtake the start of its workflow, nor an earlier signal.
      if (stuck.has(row.workflowId)) continue;
      hit('relay.before');
      const error = await send(client, row);
      hit('relay.after');
      if (error !== null && error.retry) {
        stuck.add(row.workflowId);
        await postpone(tx, row.workflowId, error.message);
        continue;
      }
      await updateSent(tx, row.id, error?.message ?? null);
      sent++;
    }
    return sent;
  });
}

async function send(client: Client, row: OutboxRow): Promise<{ message: string; retry: boolean } | null> {
  try {
    if (row.kind === 'start') {
      await client.workflow.start(row.name, {
        taskQueue: TASK_QUEUE,
        workflowId: row.workflowId,
        args: [row.payload],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
      });
    } else {
      await client.workflow.getHandle(row.workflowId).signal(row.name, row.payload);
    }
    return null;
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) return null;
    // The workflow has ended (its start came first, so it did exist): nobody needs this signal any more.
    if (err instanceof WorkflowNotFoundError) return { message: 'the workflow has ended', retry: false };
    return { message: (err as Error).message.slice(0, 500), retry: true };
  }
}

/**
 * @returns whether a workflow that was started runs no more: it is over, or somebody ended it by hand; one
 * that goes on in a new history does run
 */
export async function isGone(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return OVER.has(status.name);
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return true;
    throw err;
  }
}
const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);
