// Check runs, suites and commit statuses.
import type { Ctx } from './ctx.ts';
import { ok, created, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Status, type Store } from './store.ts';

/** Of each context the newest, as GitHub combines them. */
export function statusesOf(store: Store, repo: string, sha: string): Status[] {
  const all = store.find('status', (s) => s.repo === repo && s.sha === sha);
  return [...new Map(all.map((s) => [s.context, s])).values()];
}

export function checkRoutes(c: Ctx, { tell, page, R }: Desk): Route[] {
  const { store, bare, base } = c;
  return [
    [
      'GET',
      R('/commits/([^/]+)/check-runs'),
      async (a) => {
        const sha = (await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!))) ?? a.m[2]!;
        const list = store.find('job', (j) => j.repo === a.repo.full && j.sha === sha);
        return ok({
          total_count: list.length,
          check_runs: page(a, list).map((j) => shape.checkRun(base, j)),
        });
      },
    ],
    [
      'GET',
      R('/commits/([^/]+)/check-suites'),
      async (a) => {
        const sha = (await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!))) ?? a.m[2]!;
        const list = store.find('run', (r) => r.repo === a.repo.full && r.sha === sha);
        const jobsOf = (id: number): number => store.find('job', (j) => j.runId === id).length;
        return ok({
          total_count: list.length,
          check_suites: page(a, list).map((r) => shape.checkSuite(base, r, jobsOf(r.id), a.repo)),
        });
      },
    ],
    [
      'GET',
      R('/rules/branches/(.+)'),
      async (a) =>
        ok(
          decodeURIComponent(a.m[2]!) === a.repo.defaultBranch && a.query.get('page') !== '2'
            ? shape.branchRules(a.repo)
            : [],
        ),
    ],
    [
      'GET',
      R('/commits/([^/]+)/status'),
      async (a) => {
        const list = statusesOf(store, a.repo.full, a.m[2]!);
        const state = list.some((s) => s.state === 'failure' || s.state === 'error')
          ? 'failure'
          : list.length > 0 && list.every((s) => s.state === 'success')
            ? 'success'
            : 'pending';
        return ok({
          state,
          statuses: page(a, list).map((s) => ({
            url: `${base}/repos/${s.repo}/statuses/${s.sha}`,
            avatar_url: null,
            id: s.id,
            node_id: `S_${s.id}`,
            state: s.state,
            description: s.description ?? null,
            target_url: null,
            context: s.context,
            created_at: s.createdAt,
            updated_at: s.createdAt,
          })),
          sha: a.m[2],
          total_count: list.length,
          repository: shape.repo(base, a.repo),
          commit_url: `${base}/repos/${a.repo.full}/commits/${a.m[2]}`,
          url: `${base}/repos/${a.repo.full}/commits/${a.m[2]}/status`,
        });
      },
    ],
    [
      'POST',
      R('/statuses/([0-9a-f]{40})'),
      async (a) => {
        const s = store.insert('status', {
          repo: a.repo.full,
          sha: a.m[2]!,
          context: String(a.body.context ?? 'default'),
          state: String(a.body.state),
          description: typeof a.body.description === 'string' ? a.body.description : null,
          createdAt: nowIso(),
        });
        tell(a, 'status', { id: s.id, sha: s.sha, state: s.state, context: s.context });
        return created({
          url: `${base}/repos/${s.repo}/statuses/${s.sha}`,
          avatar_url: null,
          id: s.id,
          node_id: `S_${s.id}`,
          state: s.state,
          description: s.description ?? null,
          target_url: null,
          context: s.context,
          created_at: s.createdAt,
          updated_at: s.createdAt,
          creator: shape.user(base, a.user),
        });
      },
    ],
  ];
}
