// Projects and their settings.
import { sql } from 'kysely';
import { run, tables } from '../rows.ts';
import { isOnlyTold, type Projections, type TypesOf } from './apply.ts';

export const ofProjects: Projections<TypesOf<'project'>> = {
  'project.added': (tx, { payload, ownerId, at }) =>
    run(
      tx,
      tables
        .insertInto('projects')
        .values({
          id: payload.id,
          owner_id: ownerId,
          name: payload.name,
          repo: payload.repo,
          default_branch: payload.defaultBranch,
          remote_url: payload.remoteUrl,
          local_path: payload.localPath,
          created_at: at,
          ...(payload.folder === undefined ? {} : { settings: JSON.stringify({ folder: payload.folder }) }),
        })
        .onConflict((conflict) =>
          conflict.columns(['owner_id', 'repo']).doUpdateSet((eb) => ({
            default_branch: eb.ref('excluded.default_branch'),
            remote_url: eb.ref('excluded.remote_url'),
            local_path: eb.fn.coalesce('excluded.local_path', 'projects.local_path'),
            removed_at: null,
          })),
        ),
    ),
  'project.refused': isOnlyTold,
  'project.removed': async (tx, { payload, at }) => {
    await run(tx, tables.updateTable('projects').set({ removed_at: at }).where('id', '=', payload.id));
    await run(tx, tables.updateTable('proposals').set({ state: 'declined' }).where('project_id', '=', payload.id).where('state', '=', 'open'));
  },
  'project.renamed': (tx, { payload: { id, repo, remoteUrl, defaultBranch } }) =>
    run(tx, tables.updateTable('projects').set({ name: repo, repo, remote_url: remoteUrl, default_branch: defaultBranch }).where('id', '=', id)),
  'project.settings': (tx, { payload }) =>
    run(
      tx,
      tables
        .updateTable('projects')
        .set((eb) => {
          const there = eb.ref('settings');
          return {
            settings: sql<string>`case when jsonb_typeof(${there}) = 'object' then ${there} else '{}' end || ${JSON.stringify(payload.settings)}`,
          };
        })
        .where('id', '=', payload.id),
    ),
};
