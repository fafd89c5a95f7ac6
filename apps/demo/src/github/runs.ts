// GitHub Actions over REST: workflows, their runs, jobs and logs.
import { parse } from 'yaml';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { created, notFound, ok, type Desk, type Route } from './desk.ts';
import { job, workflow } from './run-shapes.ts';
import { deploymentRoutes } from './environments.ts';
import * as shape from './shapes.ts';
import type { Job, Repo, WorkflowRun } from './store.ts';

interface Workflow {
  readonly path: string;
  readonly name: string;
}

/** Files of the default branch, and those that ran from another; by path. */
async function workflowsOf({ store, bare }: Ctx, repo: Repo): Promise<Workflow[]> {
  const found = new Map<string, Workflow>();
  for (const run of store.find('run', (x) => x.repo === repo.full))
    found.set(run.path, { path: run.path, name: run.name });
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
function isWanted(request: Ask, run: WorkflowRun): boolean {
  const is = (name: string, ...values: (string | null)[]): boolean =>
    request.query.get(name) === null || values.includes(request.query.get(name));
  return (
    is('head_sha', run.sha) &&
    is('branch', run.branch) &&
    is('event', run.event ?? 'push') &&
    is('status', run.status, run.conclusion)
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

/**
 * Workflows, their runs and jobs: https://docs.github.com/rest/actions
 * @returns the routes
 */
export function runRoutes(context: Ctx, desk: Desk): Route[] {
  const { store, base } = context;
  const { page, R } = desk;
  const runOf = (request: Ask): WorkflowRun | undefined =>
    store.one('run', (x) => x.id === Number(request.m[2]) && x.repo === request.repo.full);
  const jobOf = (request: Ask): Job | undefined =>
    store.one('job', (j) => j.id === Number(request.m[2]) && j.repo === request.repo.full);
  const workflowOf = async (request: Ask): Promise<Workflow | undefined> =>
    (await workflowsOf(context, request.repo)).find(
      (definition) =>
        String(shape.workflowId(definition.path)) === request.m[2] ||
        definition.path.split('/').at(-1) === decodeURIComponent(request.m[2]!),
    );
  const listRuns = (request: Ask, is: (run: WorkflowRun) => boolean): Answer => {
    const list = store
      .find('run', (r) => r.repo === request.repo.full && isWanted(request, r) && is(r))
      .reverse();
    return ok({
      total_count: list.length,
      workflow_runs: page(request, list).map((r) => shape.workflowRun(base, r, request.repo)),
    });
  };
  const ofRun = (answer: (run: WorkflowRun, request: Ask) => Answer) => async (request: Ask) => {
    const run = runOf(request);
    return run === undefined ? notFound : answer(run, request);
  };
  const again = (run: WorkflowRun, request: Ask): Answer => {
    if (run.status !== 'completed') return alreadyRuns;
    context.rerun(request.repo, run);
    return created({});
  };
  const runOfJob = (found: Job): WorkflowRun => store.one('run', (x) => x.id === found.runId)!;
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
      ofRun((run, request) => {
        const list = store.find('job', (j) => j.runId === run.id);
        return ok({ total_count: list.length, jobs: page(request, list).map((j) => job(base, j, run)) });
      }),
    ],
    ...deploymentRoutes(context, desk),
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
      async (request) => {
        const found = jobOf(request);
        return found ? ok(job(base, found, runOfJob(found))) : notFound;
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
      async (request) => {
        const found = jobOf(request);
        return found ? again(runOfJob(found), request) : notFound;
      },
    ],
    [
      'GET',
      R('/actions/workflows'),
      async (request) => {
        const list = (await workflowsOf(context, request.repo)).map((w) => ({
          ...w,
          id: shape.workflowId(w.path),
        }));
        return ok({
          total_count: list.length,
          workflows: page(request, list).map((w) => workflow(base, request.repo, w)),
        });
      },
    ],
    [
      'GET',
      R('/actions/workflows/([^/]+)'),
      async (request) => {
        const definition = await workflowOf(request);
        return definition ? ok(workflow(base, request.repo, definition)) : notFound;
      },
    ],
    [
      'GET',
      R('/actions/workflows/([^/]+)/runs'),
      async (request) => {
        const definition = await workflowOf(request);
        return definition ? listRuns(request, (r) => r.path === definition.path) : notFound;
      },
    ],
    ...checkRunRoutes(context, desk),
  ];
}

/** A job as a check: https://docs.github.com/rest/checks/runs */
function checkRunRoutes({ store, base }: Ctx, { R }: Desk): Route[] {
  const ofJob = (answer: (job: Job) => unknown) => async (request: Ask) => {
    const found = store.one('job', (j) => j.id === Number(request.m[2]) && j.repo === request.repo.full);
    return found ? ok(answer(found)) : notFound;
  };
  return [
    ['GET', R('/check-runs/(\\d+)'), ofJob((found) => shape.checkRun(base, found))],
    ['GET', R('/check-runs/(\\d+)/annotations'), ofJob((found) => shape.annotations(base, found))],
  ];
}
