// The worker's last look at the place that tasks run in, one row that is written over.
import { CHECKUP_KEY, type Check, type Checkup } from '../../flow/machine/checkup.ts';
import { OWNER } from '../../flow/ids.ts';
import { resolveProjectSettings, unreadableWords } from '../../contracts/settings.ts';
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { getSettings } from '../projects/settings.ts';
import { row, rows, run, tables } from '../rows.ts';

/**
 * Keeps the worker's checks, with the time by Postgres' clock.
 * @param checks all of this look; those of the last one go
 */
export async function saveCheckup(database: Queryable, checks: readonly Check[]): Promise<void> {
  const value = sql<string>`jsonb_build_object('at', now(), 'checks', ${JSON.stringify(checks)}::jsonb)`;
  await run(
    database,
    tables
      .insertInto('settings')
      .values({ owner_id: OWNER, key: CHECKUP_KEY, value })
      .onConflict((conflict) =>
        conflict.columns(['owner_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      ),
  );
}

/** @returns null before the worker's first */
export async function readCheckup(database: Queryable): Promise<Checkup | null> {
  const kept = await row(
    database,
    tables
      .selectFrom('settings')
      .select('value')
      .where('owner_id', '=', OWNER)
      .where('key', '=', CHECKUP_KEY),
  );
  return (kept?.value as Checkup | undefined) ?? null;
}

/**
 * Settings that can't be read, of the owner and of each project. Nothing when all is well.
 * @returns one failed check for each row that can't be read
 */
export async function settingsChecks(database: Queryable): Promise<readonly Check[]> {
  const projects = await rows(
    database,
    tables
      .selectFrom('projects')
      .select(['repo', 'settings'])
      .where('owner_id', '=', OWNER)
      .where('removed_at', 'is', null)
      .orderBy('repo'),
  );
  const all = [
    unreadableWords((await getSettings(database, OWNER)).unreadable, 'yours'),
    ...projects.map((p) => unreadableWords(resolveProjectSettings(p.settings).unreadable, p.repo)),
  ];
  return all.filter((says) => says !== null).map((says) => ({ name: 'settings', ok: false, says }));
}
