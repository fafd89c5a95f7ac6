// What a run leaves for the next one of its task: one archive for each task, written over.
import { one, type Queryable } from '../pool.ts';

/** @param c.data the archive as the runner packed it; whoever takes it in has looked at its size */
export async function saveCheckpoint(q: Queryable, c: { taskId: string; runId: string; epoch: number; data: Buffer }): Promise<void> {
  await q.query(
    `insert into checkpoints (task_id, run_id, epoch, data) values ($1,$2,$3,$4)
     on conflict (task_id) do update set run_id = excluded.run_id, epoch = excluded.epoch, data = excluded.data, created_at = now()`,
    [c.taskId, c.runId, c.epoch, c.data],
  );
}

export async function deleteCheckpoint(q: Queryable, taskId: string): Promise<void> {
  await q.query('delete from checkpoints where task_id = $1', [taskId]);
}

/** @returns the archive; null when no run of this task has left one */
export const findCheckpoint = async (q: Queryable, taskId: string): Promise<Buffer | null> =>
  (await one<{ data: Buffer }>(q, 'select data from checkpoints where task_id = $1', [taskId]))?.data ?? null;
