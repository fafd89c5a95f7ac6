// Settings of the owner and of each project, in the database.
import { ProjectSettings, resolveSettings, Settings, type OwnerSettings } from '../../contracts/settings.ts';
import { projectSettings } from '../../events/projects.ts';
import type { NewEvent } from '../../events/registry.ts';
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { row, run, tables } from '../rows.ts';

export {
  resolveProjectSettings,
  resolveSettings,
  type OwnerSettings,
  type ResolvedProjectSettings,
} from '../../contracts/settings.ts';

/** @returns a user's own settings, with the defaults of what is not set */
export async function getSettings(database: Queryable, ownerId: string): Promise<OwnerSettings> {
  const kept = await row(
    database,
    tables
      .selectFrom('settings')
      .select('value')
      .where('owner_id', '=', ownerId)
      .where('key', '=', 'general'),
  );
  return resolveSettings(kept?.value);
}

/** @throws ZodError for a value that could not be read back */
export async function saveSettings(database: Queryable, ownerId: string, settings: Settings): Promise<void> {
  const value = JSON.stringify(Settings.parse(settings));
  await run(
    database,
    tables
      .insertInto('settings')
      .values({ owner_id: ownerId, key: 'general', value })
      .onConflict((conflict) =>
        conflict.columns(['owner_id', 'key']).doUpdateSet((eb) => {
          const there = eb.ref('settings.value');
          return {
            value: sql<string>`case when jsonb_typeof(${there}) = 'object' then ${there} else '{}' end || ${eb.ref('excluded.value')}`,
          };
        }),
      ),
  );
}

/**
 * The event that changes a project's settings, and the only way to one.
 * @throws ZodError for a value that could not be read back
 */
export const settingsChanged = (
  projectId: string,
  change: ProjectSettings,
  actor: string,
): NewEvent<'project.settings'> =>
  projectSettings.new({ actor, payload: { id: projectId, settings: ProjectSettings.parse(change) } });
