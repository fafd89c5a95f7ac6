// Check runs, commit statuses, workflow runs and the logs of jobs.
import type { Ctx } from './ctx.ts';
import { ok, created, notFound, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso } from './store.ts';

export function checkRoutes(c: Ctx, { tell, page, R }: Desk): Route[] {
  const { store, bare, base } = c;
  return [
    [
      'GET',
      R('/commits/([^/]+)/check-runs'),
      async (a) => {
        const sha = (await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!))) ?? a.m[2]!;
        const list = store.find('job', (j) => j.repo === a.repo.full && j.sha === sha);
        return ok({ total_count: list.length, check_runs: page(a, list).map((j) => shape.checkRun(base, j)) });
      },
    ],
    [
      'GET',
      R('/commits/([^/]+)/check-suites'),
      async (a) => {
        const sha = (await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!))) ?? a.m[2]!;
        const list = store.find('run', (r) => r.repo === a.repo.full && r.sha === sha);
        const jobsOf = (id: number): number => store.find('job', (j) => j.runId === id).length;
        return ok({ total_count: list.length, check_suites: page(a, list).map((r) => shape.checkSuite(base, r, jobsOf(r.id), a.repo)) });
      },
    ],
    [
      'GET',
      R('/rules/branches/(.+)'),
      async (a) => ok(decodeURIComponent(a.m[2]!) === a.repo.defaultBranch && a.query.get('page') !== '2' ? shape.branchRules(a.repo) : []),
    ],
    [
      'POST',
      R('/actions/runs/(\\d+)/rerun(?:-failed-jobs)?'),
      async (a) => {
        const r = store.one('run', (x) => x.id === Number(a.m[2]) && x.repo === a.repo.full);
        if (!r) return notFound;
        if (r.status !== 'completed')
          return {
            status: 403,
            body: { message: 'This workflow is already running', documentation_url: 'https://docs.github.com/rest', status: '403' },
          };
        c.rerun(a.repo, r);
        return created({});
      },
    ],
    [
      'GET',
      R('/commits/([^/]+)/status'),
      async (a) => {
        const all = store.find('status', (s) => s.repo === a.repo.full && s.sha === a.m[2]);
        // Of each context the newest, as GitHub combines them.
        const list = [...new Map(all.map((s) => [s.context, s])).values()];
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
    [
      'GET',
      R('/actions/runs'),
      async (a) => {
        const list = store
          .find('run', (r) => r.repo === a.repo.full && (a.query.get('head_sha') === null || r.sha === a.query.get('head_sha')))
          .reverse();
        return ok({ total_count: list.length, workflow_runs: page(a, list).map((r) => shape.workflowRun(base, r, a.repo)) });
      },
    ],
    [
      'GET',
      R('/actions/jobs/(\\d+)/logs'),
      async (a) =>
        store.one('job', (j) => j.id === Number(a.m[2]) && j.repo === a.repo.full)
          ? { status: 302, headers: { location: `${base}/_logs/${a.m[2]}` } }
          : notFound,
    ],
  ];
}
