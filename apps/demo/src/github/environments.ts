// Environments whose rules want an approval before a job that names them begins. A run one of whose jobs is held
// waits as a whole here; on GitHub its other jobs begin.
import type { Answer, Ask, Ctx } from './ctx.ts';
import { invalid, mayPush, notFound, ok, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Job, type Repo, type WorkflowRun } from './store.ts';

/** GitHub's words beside a job that was not let through. */
const REJECTED = "The deployment was rejected or didn't satisfy other protection rules.";

/**
 * @param job as a workflow has it
 * @returns the environment that holds it back; null where none does
 * @see https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments
 */
export function environmentThatHolds(rules: Repo['rules'], job: unknown): string | null {
  const said = (job as { environment?: unknown } | null)?.environment;
  const name = typeof said === 'object' && said !== null ? (said as { name?: unknown }).name : said;
  return typeof name === 'string' && rules?.held?.includes(name) === true ? name : null;
}

const idOf = (repo: Repo, name: string): number => (repo.rules?.held ?? []).indexOf(name) + 1;

const environment = ({ base }: Ctx, repo: Repo, name: string) => ({
  id: idOf(repo, name),
  node_id: shape.node('Environment', idOf(repo, name)),
  name,
  url: `${base}/repos/${repo.full}/environments/${encodeURIComponent(name)}`,
  html_url: `${base}/${repo.full}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
});

/**
 * https://docs.github.com/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run and #review-…
 * @returns the routes
 */
export function deploymentRoutes(context: Ctx, { R }: Desk): Route[] {
  const { store, base } = context;
  const at = R('/actions/runs/(\\d+)/pending_deployments');
  const heldOf = (request: Ask): { run: WorkflowRun; held: Job[] } | null => {
    const run = store.one('run', (r) => r.id === Number(request.m[2]) && r.repo === request.repo.full);
    const held = store.find('job', (j) => j.runId === run?.id && j.environment !== undefined);
    return run ? { run, held: held.filter((j) => j.status === 'waiting') } : null;
  };
  const list = async (request: Ask): Promise<Answer> => {
    const found = heldOf(request);
    if (found === null) return notFound;
    return ok(
      [...new Set(found.held.map((job) => job.environment!))].map((name) => ({
        environment: environment(context, request.repo, name),
        wait_timer: 0,
        wait_timer_started_at: null,
        current_user_can_approve: mayPush(request.repo, request.user),
        reviewers: [{ type: 'User', reviewer: shape.user(base, request.repo.full.split('/')[0]!) }],
      })),
    );
  };
  const review = async (request: Ask): Promise<Answer> => {
    const found = heldOf(request);
    if (found === null) return notFound;
    const { state, environment_ids: ids } = request.body;
    const chosen = found.held.filter(
      (job) => Array.isArray(ids) && ids.includes(idOf(request.repo, job.environment!)),
    );
    const isOne = state === 'approved' || state === 'rejected';
    if (!isOne || chosen.length === 0 || !mayPush(request.repo, request.user))
      return invalid('Validation Failed', [
        { resource: 'Deployment', field: 'environment_ids', code: 'invalid' },
      ]);
    const shown = chosen.map((job) => deployment(context, request, found.run, job));
    if (state === 'approved') letThrough(context, request.repo, found.run, chosen);
    else refuse(context, request.repo, found.run, chosen);
    return ok(shown);
  };
  return [
    ['GET', at, list],
    ['POST', at, review],
  ];
}

/** The run begins when the last of them is. */
function letThrough(context: Ctx, repo: Repo, run: WorkflowRun, jobs: readonly Job[]): void {
  const { store } = context;
  for (const job of jobs) store.update('job', job, { status: 'queued' });
  if (
    store
      .find('job', (j) => j.runId === run.id && j.status === 'waiting')
      .some((j) => j.environment !== undefined)
  )
    return;
  context.letThrough(repo, run);
}

function refuse({ store, hooks, base }: Ctx, repo: Repo, run: WorkflowRun, jobs: readonly Job[]): void {
  const at = nowIso();
  for (const job of store.find('job', (j) => j.runId === run.id && j.status !== 'completed'))
    store.update(
      'job',
      job,
      jobs.includes(job)
        ? { status: 'completed', conclusion: 'failure', completedAt: at, annotations: [REJECTED] }
        : { status: 'completed', conclusion: 'skipped', completedAt: at },
    );
  store.update('run', run, { status: 'completed', conclusion: 'failure', updatedAt: at });
  hooks.send('workflow_run', {
    action: 'completed',
    workflow_run: shape.workflowRun(base, run, repo),
    repository: shape.repo(base, repo),
    sender: shape.user(base, 'github-actions'),
  });
}

const deployment = (context: Ctx, { repo, user }: Ask, run: WorkflowRun, job: Job) => {
  const api = `${context.base}/repos/${repo.full}`;
  return {
    url: `${api}/deployments/${job.id}`,
    id: job.id,
    node_id: shape.node('Deployment', job.id),
    sha: run.sha,
    ref: run.branch,
    task: 'deploy',
    payload: {},
    original_environment: job.environment!,
    environment: job.environment!,
    description: null,
    creator: shape.user(context.base, user),
    created_at: run.createdAt,
    updated_at: nowIso(),
    statuses_url: `${api}/deployments/${job.id}/statuses`,
    repository_url: api,
  };
};
