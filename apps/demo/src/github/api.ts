// GitHub's REST routes, the ones a client like ours calls. Each handler gets the repository and says status and body.
import { isObjectName } from '@mainloop/models/flow/machine/operands';
import { checkRoutes } from './checks.ts';
import { comparison } from './compare.ts';
import { contentsOf, readmeOf } from './contents.ts';
import type { Ctx } from './ctx.ts';
import { ok, invalid, mayPush, notFound, openDesk, type Route } from './desk.ts';
import { gitDataRoutes } from './git-data.ts';
import { issueRoutes } from './issues.ts';
import { labelRoutes } from './labels.ts';
import { lineCommentRoutes } from './line-comments.ts';
import { pullRoutes } from './pulls.ts';
import { renamingRoutes } from './renaming.ts';
import { reviewRoutes } from './reviews.ts';
import { runRoutes } from './runs.ts';
import * as shape from './shapes.ts';

/** @returns every route of the REST api, the first that fits counts */
export function routes(context: Ctx): Route[] {
  const { bare, base } = context;
  const desk = openDesk(context);
  const { R } = desk;
  return [
    ['GET', R(''), async (a) => ok(shape.repo(base, a.repo))],
    [
      'GET',
      R('/branches/(.+)'),
      async (request) => {
        const sha = await bare.sha(request.repo.full, decodeURIComponent(request.m[2]!));
        return sha === null
          ? notFound
          : ok({
              name: decodeURIComponent(request.m[2]!),
              commit: { sha, url: `${base}/repos/${request.repo.full}/commits/${sha}` },
              protected: false,
            });
      },
    ],
    [
      'GET',
      R('/collaborators/([^/]+)/permission'),
      async (request) => {
        const write = mayPush(request.repo, request.m[2]!);
        return ok({
          permission: write ? 'admin' : 'none',
          role_name: write ? 'admin' : 'none',
          user: {
            ...shape.user(base, request.m[2]!),
            permissions: { pull: write, triage: write, push: write, maintain: write, admin: write },
            role_name: write ? 'admin' : 'none',
          },
        });
      },
    ],
    [
      'GET',
      R('/compare/(.+?)\\.\\.\\.(.+)'),
      async (request) => {
        const commit = async (name: string): Promise<string | null> =>
          isObjectName(name) ? name : bare.sha(request.repo.full, name);
        const [from, to] = [
          await commit(decodeURIComponent(request.m[2]!)),
          await commit(decodeURIComponent(request.m[3]!)),
        ];
        if (from === null || to === null) return notFound;
        if (!/application\/vnd\.github\.(?:v3\.)?diff\b/.test(request.accept))
          return (await comparison(context, request, from, to)) ?? notFound;
        // One of them is not here.
        const diff = await bare
          .git(request.repo.full, ['diff', '-M', `${from}...${to}`, '--'])
          .catch(() => null);
        if (diff === null) return notFound;
        return {
          status: 200,
          text: diff,
          headers: { 'content-type': 'application/vnd.github.diff; charset=utf-8' },
        };
      },
    ],
    [
      'GET',
      R('/readme'),
      async (request) => {
        const found = await readmeOf(context, request.repo);
        return found ? ok(found) : notFound;
      },
    ],
    [
      'GET',
      R('/contents(?:/(.*))?'),
      async (request) => {
        const ref = request.query.get('ref') ?? request.repo.defaultBranch;
        const found = await contentsOf(
          context,
          request.repo,
          ref,
          decodeURIComponent(request.m[2] ?? '').replace(/\/$/, ''),
        );
        return found ? ok(found) : notFound;
      },
    ],
    [
      'DELETE',
      R('/git/refs/heads(?:/|%2F)(.+)'),
      async (request) => {
        const branch = decodeURIComponent(request.m[2]!);
        // Not while a push is taken: what that changed is told by what differs after it.
        const was = await bare.serial(request.repo.full, async () => {
          const sha = await bare.sha(request.repo.full, branch);
          if (sha !== null) await bare.git(request.repo.full, ['update-ref', '-d', `refs/heads/${branch}`]);
          return sha;
        });
        if (was === null) return invalid('Reference does not exist');
        // Without its branch a pull request is closed.
        for (const issue of context.store.find(
          'issue',
          (x) => x.repo === request.repo.full && x.state === 'open' && x.pr?.head === branch,
        )) {
          desk.close(issue, request.user);
          await desk.tellPull(request, issue, 'closed');
        }
        return { status: 204 };
      },
    ],
    ...gitDataRoutes(context, desk),
    ...issueRoutes(context, desk),
    ...pullRoutes(context, desk),
    ...reviewRoutes(context, desk),
    ...lineCommentRoutes(context, desk),
    ...checkRoutes(context, desk),
    ...runRoutes(context, desk),
    ...labelRoutes(context, desk),
    ...renamingRoutes(context, R),
  ];
}
