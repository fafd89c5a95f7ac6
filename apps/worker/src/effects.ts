// Creating something on the forge exactly once, whatever is killed when.
import { one, type Db } from '@mainloop/models/db/pool';
import type { Hit } from './failpoints.ts';
import type { TaskRow } from './tasks.ts';

export type Effect = <T extends object>(t: TaskRow, what: string, act: () => Promise<T>) => Promise<T>;

/**
 * Does a creating effect once. When an earlier try left its intent without a result, the outcome is unknown and the
 * forge's list may lag behind: wait before looking again, or we make a second one.
 * @returns a function that gives back what the effect gave, from this or an earlier call
 */
export const effects =
  ({ db, hit, settleMs }: { db: Db; hit: Hit; settleMs: number }): Effect =>
  async <T extends object>(t: TaskRow, what: string, act: () => Promise<T>): Promise<T> => {
    const key = `${t.id}/${what}`;
    const row = await one<{ state: string; result: T }>(db, 'select state, result from forge_effects where key = $1', [key]);
    if (row?.state === 'done') return row.result;
    if (row) await new Promise((r) => setTimeout(r, settleMs));
    else await db.query("insert into forge_effects (key, task_id, state) values ($1,$2,'intent') on conflict do nothing", [key, t.id]);
    // "say-12" and "ask-<id>" are each one kind of effect.
    const kind = what.split('-')[0]!;
    hit(`forge.${kind}.before`);
    const result = await act();
    hit(`forge.${kind}.after`);
    await db.query("update forge_effects set state = 'done', result = $2 where key = $1", [key, JSON.stringify(result)]);
    return result;
  };
