// Projects and their settings.
import { isOnlyTold, type Projections, type TypesOf } from './apply.ts';

export const ofProjects: Projections<TypesOf<'project'>> = {
  'project.added': (tx, { payload, ownerId, at }) =>
    tx.query(
      `insert into projects (id, owner_id, name, repo, default_branch, remote_url, local_path, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8)
       on conflict (owner_id, repo) do update set default_branch = excluded.default_branch, remote_url = excluded.remote_url,
         local_path = coalesce(excluded.local_path, projects.local_path)`,
      [payload.id, ownerId, payload.name, payload.repo, payload.defaultBranch, payload.remoteUrl, payload.localPath, at],
    ),
  'project.refused': isOnlyTold,
  'project.settings': (tx, { payload }) =>
    tx.query(`update projects set settings = case when jsonb_typeof(settings) = 'object' then settings else '{}' end || $2 where id = $1`, [
      payload.id,
      JSON.stringify(payload.settings),
    ]),
};
