// Projects and their settings.
import { isFolderBelow } from '../../flow/projects/folders.ts';
import { sql } from 'kysely';
import type { Tx } from '../pool.ts';
import { run, tables } from '../rows.ts';
import { notProjected, type Projections, type TypesOf } from './apply.ts';

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
          folder: payload.localPath === null ? (payload.folder ?? '') : '',
          default_branch: payload.defaultBranch,
          remote_url: payload.remoteUrl,
          local_path: payload.localPath,
          created_at: at,
          ...(payload.folder === undefined ? {} : { settings: JSON.stringify({ folder: payload.folder }) }),
          ...(payload.suggestions === undefined ? {} : { suggestions: JSON.stringify(payload.suggestions) }),
        })
        .onConflict((conflict) =>
          conflict.columns(['owner_id', 'repo', 'folder']).doUpdateSet((eb) => ({
            default_branch: eb.ref('excluded.default_branch'),
            remote_url: eb.ref('excluded.remote_url'),
            local_path: eb.fn.coalesce('excluded.local_path', 'projects.local_path'),
            removed_at: null,
            ...(payload.suggestions === undefined ? {} : { suggestions: eb.ref('excluded.suggestions') }),
          })),
        ),
    ),
  'project.refused': notProjected,
  'project.removed': async (tx, { payload, at }) => {
    await run(tx, tables.updateTable('projects').set({ removed_at: at }).where('id', '=', payload.id));
    await run(
      tx,
      tables
        .updateTable('proposals')
        .set({ state: 'declined' })
        .where('project_id', '=', payload.id)
        .where('state', '=', 'open'),
    );
  },
  'project.renamed': async (tx, { payload: { id, repo, remoteUrl, defaultBranch } }) => {
    await run(
      tx,
      tables
        .updateTable('projects')
        .set({ repo, remote_url: remoteUrl, default_branch: defaultBranch })
        .where('id', '=', id),
    );
    await nameAnew(tx, id);
  },
  'project.settings': async (tx, { payload }) => {
    const setting = tables.updateTable('projects').set((eb) => {
      const there = eb.ref('settings');
      return {
        settings: sql<string>`case when jsonb_typeof(${there}) = 'object' then ${there} else '{}' end || ${JSON.stringify(payload.settings)}`,
      };
    });
    await run(tx, setting.where('id', '=', payload.id));
    const { folder } = payload.settings;
    // A setting that can't be read changes nothing else.
    if (typeof folder !== 'string' || !isFolderBelow(folder)) return;
    await run(
      tx,
      tables
        .updateTable('projects')
        .set({ folder })
        .where('id', '=', payload.id)
        .where('local_path', 'is', null),
    );
    await nameAnew(tx, payload.id);
  },
  'project.workflow': (tx, { payload: { id, digest, file, problem } }) => {
    const kept = { digest, problem, ...(file === null ? {} : { file: JSON.parse(file) as unknown }) };
    return run(
      tx,
      tables
        .updateTable('projects')
        .set((eb) => ({
          // What counted before stays where there is nothing new that can.
          workflow: sql<string>`coalesce(${eb.ref('workflow')}, '{"file": null}') || ${JSON.stringify(kept)}`,
        }))
        .where('id', '=', id),
    );
  },
  'project.workflow_gone': (tx, { payload }) =>
    run(tx, tables.updateTable('projects').set({ workflow: null }).where('id', '=', payload.id)),
};

/** As `projectName` says; its column `folder` is empty for a folder of this machine. */
const nameAnew = (tx: Tx, id: string): Promise<unknown> =>
  run(
    tx,
    tables
      .updateTable('projects')
      .set((eb) => ({
        name: sql<string>`${eb.ref('repo')} || case when ${eb.ref('folder')} = '' then '' else '/' || ${eb.ref('folder')} end`,
      }))
      .where('id', '=', id),
  );
