// Check runs, suites and commit statuses.
import type { Ctx } from './ctx.ts';
import { ok, created, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Status, type Store } from './store.ts';

/**
 * Of each context the newest, as GitHub combines them.
 * @param repo owner/name
 * @returns in the order in which the contexts came up
 */
export function statusesOf(store: Store, repo: string, sha: string): Status[] {
  const all = store.find('status', (s) => s.repo === repo && s.sha === sha);
  return [...new Map(all.map((s) => [s.context, s])).values()];
}

/**
 * Checks, suites and statuses of a commit: https://docs.github.com/rest/checks and /rest/commits/statuses
 * @returns the routes
 */
export function checkRoutes(context: Ctx, { tell, page, R }: Desk): Route[] {
  const { store, bare, base } = context;
  return [
    [
      'GET',
      R('/commits/([^/]+)/check-runs'),
      async (request) => {
        const sha = (await bare.sha(request.repo.full, decodeURIComponent(request.m[2]!))) ?? request.m[2]!;
        const list = store.find('job', (j) => j.repo === request.repo.full && j.sha === sha);
        return ok({
          total_count: list.length,
          check_runs: page(request, list).map((j) => shape.checkRun(base, j)),
        });
      },
    ],
    [
      'GET',
      R('/commits/([^/]+)/check-suites'),
      async (request) => {
        const sha = (await bare.sha(request.repo.full, decodeURIComponent(request.m[2]!))) ?? request.m[2]!;
        const list = store.find('run', (r) => r.repo === request.repo.full && r.sha === sha);
        const jobsOf = (id: number): number => store.find('job', (j) => j.runId === id).length;
        return ok({
          total_count: list.length,
          check_suites: page(request, list).map((r) => shape.checkSuite(base, r, jobsOf(r.id), request.repo)),
        });
      },
    ],
    [
      'GET',
      R('/rules/branches/(.+)'),
      async (request) =>
        ok(
          decodeURIComponent(request.m[2]!) === request.repo.defaultBranch &&
            request.query.get('page') !== '2'
            ? shape.branchRules(request.repo)
            : [],
        ),
    ],
    [
      'GET',
      R('/commits/([^/]+)/status'),
      async (request) => {
        const list = statusesOf(store, request.repo.full, request.m[2]!);
        const isRed = list.some((s) => s.state === 'failure' || s.state === 'error');
        const isGreen = list.length > 0 && list.every((s) => s.state === 'success');
        const colour = isGreen ? 'success' : 'pending';
        const state = isRed ? 'failure' : colour;
        return ok({
          state,
          statuses: page(request, list).map((status) => shape.status(base, status)),
          sha: request.m[2],
          total_count: list.length,
          repository: shape.repo(base, request.repo),
          commit_url: `${base}/repos/${request.repo.full}/commits/${request.m[2]}`,
          url: `${base}/repos/${request.repo.full}/commits/${request.m[2]}/status`,
        });
      },
    ],
    [
      'POST',
      R('/statuses/([0-9a-f]{40})'),
      async (request) => {
        const status = store.insert('status', {
          repo: request.repo.full,
          sha: request.m[2]!,
          context: String(request.body.context ?? 'default'),
          state: String(request.body.state),
          description: typeof request.body.description === 'string' ? request.body.description : null,
          createdAt: nowIso(),
        });
        tell(request, 'status', {
          id: status.id,
          sha: status.sha,
          state: status.state,
          context: status.context,
        });
        return created({
          ...shape.status(base, status),
          creator: shape.user(base, request.user),
        });
      },
    ],
  ];
}
