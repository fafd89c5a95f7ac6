// Settings of the owner and of each project, in the database.
import { ProjectSettings, resolveSettings, Settings, type OwnerSettings } from '../../contracts/settings.ts';
import { projectSettings } from '../../events/projects.ts';
import type { NewEvent } from '../../events/registry.ts';
import { one, type Queryable } from '../pool.ts';

export { resolveProjectSettings, resolveSettings, type OwnerSettings, type ResolvedProjectSettings } from '../../contracts/settings.ts';

export async function getSettings(q: Queryable, ownerId: string): Promise<OwnerSettings> {
  const row = await one<{ value: unknown }>(q, "select value from settings where owner_id = $1 and key = 'general'", [ownerId]);
  return resolveSettings(row?.value);
}

/** @throws ZodError for a value that could not be read back */
export async function saveSettings(q: Queryable, ownerId: string, s: Settings): Promise<void> {
  await q.query(
    `insert into settings (owner_id, key, value) values ($1, 'general', $2) on conflict (owner_id, key) do update
       set value = case when jsonb_typeof(settings.value) = 'object' then settings.value else '{}' end || excluded.value`,
    [ownerId, JSON.stringify(Settings.parse(s))],
  );
}

/** The event that changes a project's settings, and the only way to one. @throws ZodError for a value that could not be read back */
export const settingsChanged = (projectId: string, change: ProjectSettings, actor: string): NewEvent<'project.settings'> =>
  projectSettings.new({ actor, payload: { id: projectId, settings: ProjectSettings.parse(change) } });
