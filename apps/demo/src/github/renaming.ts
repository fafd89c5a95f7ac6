// A repository under another name or owner: all that it has goes with it, and its old names lead to it, as GitHub's do.
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { isRepositoryName } from '@mainloop/models/flow/machine/operands';
import type { Answer, Ctx } from './ctx.ts';
import { invalid, ok, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import type { Kind, Repo, Store } from './store.ts';

/** What belongs to a repository, by its name. */
const OWNED = [
  'issue',
  'gone',
  'comment',
  'review',
  'reviewComment',
  'reaction',
  'run',
  'job',
  'status',
  'label',
] as const satisfies readonly Kind[];

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const named = (store: Store, full: string): Repo | undefined =>
  store.one('repo', (r) => isSame(r.full, full));

/** @returns the repository that had this name before; a name that is given again leads to who has it now */
export const formerly = (store: Store, full: string): Repo | undefined =>
  store.one('repo', (r) => (r.former ?? []).some((old) => isSame(old, full)));

/**
 * What a client is told that asks by an old name:
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
 * @param rest of the path, behind the name
 */
export function movedTo(base: string, repo: Repo, method: string, rest: string): Answer {
  const url = `${base}/repositories/${repo.id}${rest}`;
  const isRead = method === 'GET' || method === 'HEAD';
  return {
    status: isRead ? 301 : 307,
    body: {
      message: isRead ? 'Moved Permanently' : 'Temporary Redirect',
      url,
      documentation_url: 'https://docs.github.com/rest',
    },
    headers: { location: url },
  };
}

/** @returns the path by name, of one by id; any other as it is */
export function byName(store: Store, pathname: string): string {
  const found = /^\/repositories\/(\d+)(?=\/|$)/.exec(pathname);
  const repo = found && store.one('repo', (r) => r.id === Number(found[1]));
  return repo ? `/repos/${repo.full}${pathname.slice(found[0].length)}` : pathname;
}

/** @returns false when the name is somebody's */
export function rename(context: Ctx, repo: Repo, full: string): Promise<boolean> {
  const was = repo.full;
  return context.bare.serial(was, async () => {
    if (was === full) return true;
    const [from, to] = [context.bare.dir(was), context.bare.dir(full)];
    if (named(context.store, full) !== undefined || existsSync(to)) return false;
    mkdirSync(path.dirname(to), { recursive: true });
    renameSync(from, to);
    for (const kind of OWNED)
      for (const doc of context.store.find(kind, (d) => d.repo === was))
        context.store.update(kind, doc, { repo: full });
    const former = [...(repo.former ?? []).filter((old) => !isSame(old, full)), was];
    context.store.update('repo', repo, { full, former });
    return true;
  });
}

/**
 * https://docs.github.com/rest/repos/repos#update-a-repository (its name alone) and #transfer-a-repository
 * @param R makes the pattern of a repository's route
 * @returns the routes
 */
export function renamingRoutes(context: Ctx, R: (rest: string) => RegExp): Route[] {
  const to = async (repo: Repo, full: string, status: number): Promise<Answer> => {
    if (!isRepositoryName(full)) return invalid('Validation Failed');
    return (await rename(context, repo, full))
      ? { ...ok(shape.repo(context.base, repo)), status }
      : invalid('Repository creation failed.', [
          {
            resource: 'Repository',
            code: 'custom',
            field: 'name',
            message: 'name already exists on this account',
          },
        ]);
  };
  return [
    [
      'PATCH',
      R(''),
      async (request) =>
        to(
          request.repo,
          `${request.repo.full.split('/')[0]}/${String(request.body.name ?? request.repo.full.split('/')[1])}`,
          200,
        ),
    ],
    [
      'POST',
      R('/transfer'),
      async (request) =>
        to(
          request.repo,
          `${String(request.body.new_owner)}/${String(request.body.new_name ?? request.repo.full.split('/')[1])}`,
          202,
        ),
    ],
  ];
}
