// How far whoever goes through the log by itself has come, each under a key of its own beside the settings.
import { sql } from 'kysely';
import type { Queryable, Tx } from './pool.ts';
import { row, run, tables } from './rows.ts';

export type CursorKey = 'automations' | 'signals';

/** @returns the number of the last event that was gone through; 0 at first */
export async function findCursor(database: Queryable, ownerId: string, key: CursorKey): Promise<number> {
  const kept = await row(
    database,
    tables.selectFrom('settings').select('value').where('owner_id', '=', ownerId).where('key', '=', key),
  );
  const upTo = (kept?.value as { upTo?: unknown } | undefined)?.upTo;
  return typeof upTo === 'number' ? upTo : 0;
}

/** @param upTo the number of the last event that was gone through */
export const saveCursor = async (tx: Tx, ownerId: string, key: CursorKey, upTo: number): Promise<void> =>
  void (await run(
    tx,
    tables
      .insertInto('settings')
      .values({ owner_id: ownerId, key, value: sql<string>`${JSON.stringify({ upTo })}::jsonb` })
      .onConflict((conflict) =>
        conflict.columns(['owner_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
  ));
