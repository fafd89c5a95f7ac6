// What a run leaves for the next one of its task: one archive for each task, written over.
import type { Queryable } from '../pool.ts';
import { now, row, run, tables } from '../rows.ts';

/** @param c.data the archive as the runner packed it; whoever takes it in has looked at its size */
export async function saveCheckpoint(
  q: Queryable,
  c: { taskId: string; runId: string; epoch: number; data: Buffer },
): Promise<void> {
  await run(
    q,
    tables
      .insertInto('checkpoints')
      .values({ task_id: c.taskId, run_id: c.runId, epoch: c.epoch, data: c.data })
      .onConflict((conflict) =>
        conflict.column('task_id').doUpdateSet((eb) => ({
          run_id: eb.ref('excluded.run_id'),
          epoch: eb.ref('excluded.epoch'),
          data: eb.ref('excluded.data'),
          created_at: now,
        })),
      ),
  );
}

/**
 * Removes what a later attempt of the task would have started from.
 * @param taskId one that has none is left alone
 */
export async function deleteCheckpoint(q: Queryable, taskId: string): Promise<void> {
  await run(q, tables.deleteFrom('checkpoints').where('task_id', '=', taskId));
}

/** @returns the archive; null when no run of this task has left one */
export const findCheckpoint = async (q: Queryable, taskId: string): Promise<Buffer | null> =>
  (await row(q, tables.selectFrom('checkpoints').select('data').where('task_id', '=', taskId)))?.data ?? null;
