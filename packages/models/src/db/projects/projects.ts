// Projects as they are now: a projection of the log, so nothing here writes.
import type { Project } from '../../contracts/projects.ts';
import { many, one, type Queryable } from '../pool.ts';

/** All of a user, oldest first. */
export const listProjects = (q: Queryable, ownerId: string): Promise<Project[]> =>
  many(
    q,
    'select id, name, repo, default_branch as "defaultBranch", remote_url as "remoteUrl", local_path as "localPath", settings, created_at as "createdAt" from projects where owner_id = $1 order by created_at',
    [ownerId],
  );

export interface ProjectName {
  readonly id: string;
  readonly repo: string;
}

/** The first hundred of a user, by name. */
export const listProjectNames = (q: Queryable, ownerId: string): Promise<ProjectName[]> =>
  many(q, 'select id, repo from projects where owner_id = $1 order by repo limit 100', [ownerId]);

/** @returns its settings as they are stored: `resolveProjectSettings` reads them; null when the user has no such project */
export const findProject = (q: Queryable, ownerId: string, id: string): Promise<{ readonly settings: unknown } | null> =>
  one(q, 'select settings from projects where id = $1 and owner_id = $2', [id, ownerId]);

/** @param repo "owner/name", in whatever case @returns null when the user has no such project */
export const findProjectOf = (q: Queryable, ownerId: string, repo: string): Promise<{ readonly id: string; readonly settings: unknown } | null> =>
  one(q, 'select id, settings from projects where owner_id = $1 and lower(repo) = lower($2)', [ownerId, repo]);

/** A project of whichever user. @param repo "owner/name", exactly @returns null when there is none */
export const findAnyProject = (q: Queryable, repo: string): Promise<{ readonly settings: unknown } | null> =>
  one(q, 'select settings from projects where repo = $1 limit 1', [repo]);

export const hasProject = async (q: Queryable, ownerId: string, id: string): Promise<boolean> =>
  (await one(q, 'select 1 from projects where id = $1 and owner_id = $2', [id, ownerId])) !== null;
