// Creating something on the forge exactly once, whatever is killed when.
import { findEffect, insertIntent, updateDone } from '@mainloop/models/db/forge/effects';
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { effectKey, type EffectName } from '@mainloop/models/flow/forge/effects';
import type { Hit } from '@mainloop/network/failpoints';

export type Effect = <T extends object>(task: TaskRow, name: EffectName, act: () => Promise<T>) => Promise<T>;

/**
 * Does a creating effect once. When an earlier try left its intent without a result, the outcome is unknown and the
 * forge's list may lag behind: wait before looking again, or we make a second one.
 * @returns a function that gives back what the effect gave, from this or an earlier call
 */
export const effects =
  ({ db, hit, settleMs }: { db: Db; hit: Hit; settleMs: number }): Effect =>
  async <T extends object>(task: TaskRow, name: EffectName, act: () => Promise<T>): Promise<T> => {
    const key = effectKey(task.id, name);
    const row = await findEffect<T>(db, key);
    if (row?.state === 'done') return row.result;
    if (row) await new Promise((r) => setTimeout(r, settleMs));
    else await insertIntent(db, key, task.id);
    hit(`forge.${name.kind}.before`);
    const result = await act();
    hit(`forge.${name.kind}.after`);
    await updateDone(db, key, result);
    return result;
  };
