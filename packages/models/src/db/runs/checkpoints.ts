// What a run leaves for the next one of its task: one archive for each task, written over.
import type { Queryable } from '../pool.ts';
import { now, row, run, tables } from '../rows.ts';

/** @param c.data the archive as the runner packed it; whoever takes it in has looked at its size */
export async function saveCheckpoint(
  database: Queryable,
  checkpoint: { taskId: string; runId: string; epoch: number; data: Buffer },
): Promise<void> {
  await run(
    database,
    tables
      .insertInto('checkpoints')
      .values({
        task_id: checkpoint.taskId,
        run_id: checkpoint.runId,
        epoch: checkpoint.epoch,
        data: checkpoint.data,
      })
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
export async function deleteCheckpoint(database: Queryable, taskId: string): Promise<void> {
  await run(database, tables.deleteFrom('checkpoints').where('task_id', '=', taskId));
}

/** @returns the archive; null when no run of this task has left one */
export const findCheckpoint = async (database: Queryable, taskId: string): Promise<Buffer | null> =>
  (await row(database, tables.selectFrom('checkpoints').select('data').where('task_id', '=', taskId)))
    ?.data ?? null;
