// GitHub's REST routes, the ones a client like ours calls. Each handler gets the repository and says status and body.
import { isObjectName } from '@mainloop/models/flow/operands';
import { checkRoutes } from './checks.ts';
import { comparison } from './compare.ts';
import { contentsOf, readmeOf } from './contents.ts';
import type { Ctx } from './ctx.ts';
import { ok, invalid, notFound, openDesk, type Route } from './desk.ts';
import { gitDataRoutes } from './git-data.ts';
import { issueRoutes } from './issues.ts';
import { labelRoutes } from './labels.ts';
import { pullRoutes } from './pulls.ts';
import { renamingRoutes } from './renaming.ts';
import { runRoutes } from './runs.ts';
import * as shape from './shapes.ts';

export function routes(c: Ctx): Route[] {
  const { bare, base } = c;
  const desk = openDesk(c);
  const { R } = desk;
  return [
    ['GET', R(''), async (a) => ok(shape.repo(base, a.repo))],
    [
      'GET',
      R('/branches/(.+)'),
      async (a) => {
        const sha = await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!));
        return sha === null
          ? notFound
          : ok({
              name: decodeURIComponent(a.m[2]!),
              commit: { sha, url: `${base}/repos/${a.repo.full}/commits/${sha}` },
              protected: false,
            });
      },
    ],
    [
      'GET',
      R('/collaborators/([^/]+)/permission'),
      async (a) => {
        const write = ['mainloop', 'you', 'demo-colleague', a.repo.full.split('/')[0]].includes(a.m[2]!);
        return ok({
          permission: write ? 'admin' : 'none',
          role_name: write ? 'admin' : 'none',
          user: {
            ...shape.user(base, a.m[2]!),
            permissions: { pull: write, triage: write, push: write, maintain: write, admin: write },
            role_name: write ? 'admin' : 'none',
          },
        });
      },
    ],
    [
      'GET',
      R('/compare/(.+?)\\.\\.\\.(.+)'),
      async (a) => {
        const commit = async (name: string): Promise<string | null> =>
          isObjectName(name) ? name : bare.sha(a.repo.full, name);
        const [from, to] = [
          await commit(decodeURIComponent(a.m[2]!)),
          await commit(decodeURIComponent(a.m[3]!)),
        ];
        if (from === null || to === null) return notFound;
        if (!/application\/vnd\.github\.(?:v3\.)?diff\b/.test(a.accept))
          return (await comparison(c, a, from, to)) ?? notFound;
        // One of them is not here.
        const diff = await bare.git(a.repo.full, ['diff', '-M', `${from}...${to}`, '--']).catch(() => null);
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
      async (a) => {
        const found = await readmeOf(c, a.repo);
        return found ? ok(found) : notFound;
      },
    ],
    [
      'GET',
      R('/contents(?:/(.*))?'),
      async (a) => {
        const ref = a.query.get('ref') ?? a.repo.defaultBranch;
        const found = await contentsOf(c, a.repo, ref, decodeURIComponent(a.m[2] ?? '').replace(/\/$/, ''));
        return found ? ok(found) : notFound;
      },
    ],
    [
      'DELETE',
      R('/git/refs/heads(?:/|%2F)(.+)'),
      async (a) => {
        const branch = decodeURIComponent(a.m[2]!);
        // Not while a push is taken: what that changed is told by what differs after it.
        const was = await bare.serial(a.repo.full, async () => {
          const sha = await bare.sha(a.repo.full, branch);
          if (sha !== null) await bare.git(a.repo.full, ['update-ref', '-d', `refs/heads/${branch}`]);
          return sha;
        });
        if (was === null) return invalid('Reference does not exist');
        // Without its branch a pull request is closed.
        for (const i of c.store.find(
          'issue',
          (x) => x.repo === a.repo.full && x.state === 'open' && x.pr?.head === branch,
        )) {
          desk.close(i, a.user);
          desk.tell(a, 'pull_request', {
            action: 'closed',
            number: i.number,
            pull_request: await desk.showPull(a, i),
          });
        }
        return { status: 204 };
      },
    ],
    ...gitDataRoutes(c, desk),
    ...issueRoutes(c, desk),
    ...pullRoutes(c, desk),
    ...checkRoutes(c, desk),
    ...runRoutes(c, desk),
    ...labelRoutes(c, desk),
    ...renamingRoutes(c, R),
  ];
}
