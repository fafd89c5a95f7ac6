// Projects as they are now: a projection of the log, so nothing here writes.
import type { Project } from '../../contracts/projects.ts';
import { sql } from 'kysely';
import type { Queryable } from '../pool.ts';
import { hasRow, row, rows, tables } from '../rows.ts';

/**
 * All of a user, oldest first.
 * @returns without those that were removed
 */
export const listProjects = (database: Queryable, ownerId: string): Promise<Project[]> =>
  rows(
    database,
    tables
      .selectFrom('projects')
      .select([
        'id',
        'name',
        'repo',
        'default_branch as defaultBranch',
        'remote_url as remoteUrl',
        'local_path as localPath',
      ])
      .select(['settings', 'created_at as createdAt'])
      .where('owner_id', '=', ownerId)
      .where('removed_at', 'is', null)
      .orderBy('created_at'),
  );

export interface ProjectName {
  readonly id: string;
  /** "owner/name", with the folder behind it where it is only that. */
  readonly name: string;
}

/**
 * The first hundred of a user, by name.
 * @returns what a menu shows of each
 */
export const listProjectNames = (database: Queryable, ownerId: string): Promise<ProjectName[]> =>
  rows(
    database,
    tables
      .selectFrom('projects')
      .select(['id', 'name'])
      .where('owner_id', '=', ownerId)
      .where('removed_at', 'is', null)
      .orderBy('name')
      .limit(100),
  );

/**
 * @returns its settings as they are stored: `resolveProjectSettings` reads them; null when the user has no
 * such project
 */
export const findProject = (
  database: Queryable,
  ownerId: string,
  id: string,
): Promise<{ readonly settings: unknown } | null> =>
  row(
    database,
    tables
      .selectFrom('projects')
      .select('settings')
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('removed_at', 'is', null),
  );

/** @param name as `projectName` says, in whatever case @returns null when the user has no such project */
export const findProjectOf = (
  database: Queryable,
  ownerId: string,
  name: string,
): Promise<{ readonly id: string; readonly settings: unknown } | null> =>
  row(
    database,
    tables
      .selectFrom('projects')
      .select(['id', 'settings'])
      .where('owner_id', '=', ownerId)
      .where((eb) => eb(eb.fn<string>('lower', ['name']), '=', sql<string>`lower(${name})`))
      .where('removed_at', 'is', null),
  );

/**
 * The oldest project of a repository, of whichever user.
 * @param repo "owner/name", exactly
 * @returns null when there is none
 */
export const findAnyProject = (
  database: Queryable,
  repo: string,
): Promise<{ readonly settings: unknown } | null> =>
  row(
    database,
    tables.selectFrom('projects').select('settings').where('repo', '=', repo).orderBy('created_at').limit(1),
  );

/** @param id one of another user, or one that was removed, is none */
export const hasProject = (database: Queryable, ownerId: string, id: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('projects')
      .select('id')
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('removed_at', 'is', null),
  );

/**
 * Whether another project is or was there under the name that this one would have; case is nothing to the forge.
 * @param change what would be different of it
 */
export async function isNameTaken(
  database: Queryable,
  ownerId: string,
  projectId: string,
  change: { readonly repo?: string; readonly folder?: string },
): Promise<boolean> {
  const own = await row(
    database,
    tables
      .selectFrom('projects')
      .select(['repo', 'folder', 'local_path as localPath'])
      .where('id', '=', projectId),
  );
  if (own === null) return false;
  const { repo, folder } = { ...own, ...change, ...(own.localPath === null ? {} : { folder: own.folder }) };
  const others = tables
    .selectFrom('projects')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('id', '!=', projectId);
  return hasRow(
    database,
    others
      .where('folder', '=', folder)
      .where((eb) => eb(eb.fn<string>('lower', ['repo']), '=', repo.toLowerCase())),
  );
}

/**
 * Ids of the tasks of a project that have not ended, also when it was removed.
 * @returns in no order
 */
export const listLiveTasks = async (
  database: Queryable,
  ownerId: string,
  projectId: string,
): Promise<string[]> => {
  const live = tables
    .selectFrom('tasks')
    .select('id')
    .where('project_id', '=', projectId)
    .where('owner_id', '=', ownerId)
    .where('ended_at', 'is', null);
  return (await rows(database, live.orderBy('id'))).map((task) => task.id);
};
