// GitHub Actions over REST: workflows, their runs, jobs and logs.
import { parse } from 'yaml';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { created, notFound, ok, type Desk, type Route } from './desk.ts';
import { job, workflow } from './run-shapes.ts';
import * as shape from './shapes.ts';
import type { Job, Repo, WorkflowRun } from './store.ts';

interface Workflow {
  readonly path: string;
  readonly name: string;
}

/** Files of the default branch, and those that ran from another; by path. */
async function workflowsOf({ store, bare }: Ctx, repo: Repo): Promise<Workflow[]> {
  const found = new Map<string, Workflow>();
  for (const r of store.find('run', (x) => x.repo === repo.full))
    found.set(r.path, { path: r.path, name: r.name });
  const at = `refs/heads/${repo.defaultBranch}`;
  // There is no such branch, or no workflow in it.
  const listed = await bare
    .git(repo.full, ['ls-tree', '-z', '--name-only', at, '--', '.github/workflows/'])
    .catch(() => '');
  for (const path of listed.split('\0').filter((f) => /\.ya?ml$/.test(f)))
    found.set(path, {
      path,
      name: nameIn(await bare.git(repo.full, ['cat-file', 'blob', `${at}:${path}`])) ?? path,
    });
  return [...found.values()].sort((a, b) => a.path.localeCompare(b.path));
}

function nameIn(text: string): string | null {
  try {
    const name = (parse(text) as { name?: unknown } | null)?.name;
    return typeof name === 'string' ? name : null;
  } catch {
    // No YAML: GitHub lists it by its file.
    return null;
  }
}

/** Filters of a list of runs: https://docs.github.com/rest/actions/workflow-runs. `created` is not looked at. */
function isWanted(a: Ask, r: WorkflowRun): boolean {
  const is = (name: string, ...values: (string | null)[]): boolean =>
    a.query.get(name) === null || values.includes(a.query.get(name));
  return (
    is('head_sha', r.sha) &&
    is('branch', r.branch) &&
    is('event', r.event ?? 'push') &&
    is('status', r.status, r.conclusion)
  );
}

const alreadyRuns: Answer = {
  status: 403,
  body: {
    message: 'This workflow is already running',
    documentation_url: 'https://docs.github.com/rest',
    status: '403',
  },
};

export function runRoutes(c: Ctx, { page, R }: Desk): Route[] {
  const { store, base } = c;
  const runOf = (a: Ask): WorkflowRun | undefined =>
    store.one('run', (x) => x.id === Number(a.m[2]) && x.repo === a.repo.full);
  const jobOf = (a: Ask): Job | undefined =>
    store.one('job', (j) => j.id === Number(a.m[2]) && j.repo === a.repo.full);
  const workflowOf = async (a: Ask): Promise<Workflow | undefined> =>
    (await workflowsOf(c, a.repo)).find(
      (w) =>
        String(shape.workflowId(w.path)) === a.m[2] ||
        w.path.split('/').at(-1) === decodeURIComponent(a.m[2]!),
    );
  const listRuns = (a: Ask, is: (r: WorkflowRun) => boolean): Answer => {
    const list = store.find('run', (r) => r.repo === a.repo.full && isWanted(a, r) && is(r)).reverse();
    return ok({
      total_count: list.length,
      workflow_runs: page(a, list).map((r) => shape.workflowRun(base, r, a.repo)),
    });
  };
  const ofRun = (answer: (r: WorkflowRun, a: Ask) => Answer) => async (a: Ask) => {
    const r = runOf(a);
    return r === undefined ? notFound : answer(r, a);
  };
  const again = (r: WorkflowRun, a: Ask): Answer => {
    if (r.status !== 'completed') return alreadyRuns;
    c.rerun(a.repo, r);
    return created({});
  };
  const runOfJob = (j: Job): WorkflowRun => store.one('run', (x) => x.id === j.runId)!;
  return [
    ['GET', R('/actions/runs'), async (a) => listRuns(a, () => true)],
    [
      'GET',
      R('/actions/runs/(\\d+)(?:/attempts/\\d+)?'),
      ofRun((r, a) => ok(shape.workflowRun(base, r, a.repo))),
    ],
    [
      'GET',
      R('/actions/runs/(\\d+)(?:/attempts/\\d+)?/jobs'),
      ofRun((r, a) => {
        const list = store.find('job', (j) => j.runId === r.id);
        return ok({ total_count: list.length, jobs: page(a, list).map((j) => job(base, j, r)) });
      }),
    ],
    ['GET', R('/actions/runs/(\\d+)/artifacts'), ofRun(() => ok({ total_count: 0, artifacts: [] }))],
    [
      'GET',
      R('/actions/runs/(\\d+)(?:/attempts/\\d+)?/logs'),
      ofRun((r) => ({ status: 302, headers: { location: `${base}/_logs/runs/${r.id}.zip` } })),
    ],
    ['POST', R('/actions/runs/(\\d+)/rerun(?:-failed-jobs)?'), ofRun(again)],
    [
      'GET',
      R('/actions/jobs/(\\d+)'),
      async (a) => {
        const j = jobOf(a);
        return j ? ok(job(base, j, runOfJob(j))) : notFound;
      },
    ],
    [
      'GET',
      R('/actions/jobs/(\\d+)/logs'),
      async (a) => (jobOf(a) ? { status: 302, headers: { location: `${base}/_logs/${a.m[2]}` } } : notFound),
    ],
    [
      'POST',
      R('/actions/jobs/(\\d+)/rerun'),
      async (a) => {
        const j = jobOf(a);
        return j ? again(runOfJob(j), a) : notFound;
      },
    ],
    [
      'GET',
      R('/actions/workflows'),
      async (a) => {
        const list = (await workflowsOf(c, a.repo)).map((w) => ({ ...w, id: shape.workflowId(w.path) }));
        return ok({
          total_count: list.length,
          workflows: page(a, list).map((w) => workflow(base, a.repo, w)),
        });
      },
    ],
    [
      'GET',
      R('/actions/workflows/([^/]+)'),
      async (a) => {
        const w = await workflowOf(a);
        return w ? ok(workflow(base, a.repo, w)) : notFound;
      },
    ],
    [
      'GET',
      R('/actions/workflows/([^/]+)/runs'),
      async (a) => {
        const w = await workflowOf(a);
        return w ? listRuns(a, (r) => r.path === w.path) : notFound;
      },
    ],
    [
      'GET',
      R('/check-runs/(\\d+)'),
      async (a) => {
        const j = jobOf(a);
        return j ? ok(shape.checkRun(base, j)) : notFound;
      },
    ],
    ['GET', R('/check-runs/(\\d+)/annotations'), async (a) => (jobOf(a) ? ok([]) : notFound)],
  ];
}
