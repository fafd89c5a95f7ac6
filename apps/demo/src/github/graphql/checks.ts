// Check runs and commit statuses over GraphQL, and how both roll up into one state.
import { statusesOf } from '../checks.ts';
import { node } from '../shapes.ts';
import type { Job, Repo, Status, WorkflowRun } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { type Place, type View } from './place.ts';

const BAD: readonly (string | null)[] = [
  'failure',
  'timed_out',
  'cancelled',
  'action_required',
  'startup_failure',
  'error',
];

/** @returns StatusState: https://docs.github.com/graphql/reference/enums#statusstate */
export function rolledUp(
  jobs: readonly Pick<Job, 'status' | 'conclusion'>[],
  statuses: readonly Pick<Status, 'state'>[],
): string {
  if (jobs.some((j) => BAD.includes(j.conclusion)) || statuses.some((s) => BAD.includes(s.state)))
    return 'FAILURE';
  if (jobs.some((j) => j.status !== 'completed') || statuses.some((s) => s.state === 'pending'))
    return 'PENDING';
  return 'SUCCESS';
}

function counted(states: readonly string[]): View[] {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count }));
}
const stateOf = (job: Job): string =>
  (job.status === 'completed' ? (job.conclusion ?? 'neutral') : job.status).toUpperCase();

/** @returns null for a commit that nothing has looked at */
export function rollupView(place: Place, repo: Repo, sha: string): View | null {
  const jobs = place.c.store.find('job', (j) => j.repo === repo.full && j.sha === sha);
  const statuses = statusesOf(place.c.store, repo.full, sha);
  if (jobs.length + statuses.length === 0) return null;
  const all: readonly (() => View)[] = [
    ...jobs.map((j) => () => place.view.checkRun(place, repo, j)),
    ...statuses.map((s) => () => statusView(place, repo, s)),
  ];
  return {
    id: `SCR_${sha}`,
    state: rolledUp(jobs, statuses),
    contexts: (bounds: Bounds) =>
      connection('contexts', bounds, all, (view) => view(), {
        checkRunCount: jobs.length,
        checkRunCountsByState: counted(jobs.map(stateOf)),
        statusContextCount: statuses.length,
        statusContextCountsByState: counted(statuses.map((s) => s.state.toUpperCase())),
      }),
  };
}

const isRequired = (repo: Repo, name: string): boolean => repo.rules?.required?.includes(name) ?? false;

/** @returns a `CheckRun` */
export function checkRunView(place: Place, repo: Repo, job: Job): View {
  const run = place.c.store.one('run', (r) => r.id === job.runId);
  const page = `${repo.full}/actions/runs/${job.runId}/job/${job.id}`;
  return {
    __typename: 'CheckRun',
    id: node('CheckRun', job.id),
    databaseId: job.id,
    name: job.name,
    title: job.note ?? job.name,
    summary: job.conclusion ?? '',
    text: null,
    status: job.status.toUpperCase(),
    conclusion: job.conclusion?.toUpperCase() ?? null,
    startedAt: job.startedAt,
    completedAt: job.completedAt,
    detailsUrl: `${place.c.base}/${page}`,
    url: `${place.c.base}/${page}`,
    permalink: `${place.c.base}/${page}`,
    resourcePath: `/${page}`,
    externalId: String(job.id),
    isRequired: () => isRequired(repo, job.name),
    checkSuite: () => (run ? suiteView(place, repo, run) : null),
    repository: () => place.view.repository(place, repo),
  };
}

function suiteView(place: Place, repo: Repo, run: WorkflowRun): View {
  const jobs = place.c.store.find('job', (j) => j.runId === run.id);
  return {
    __typename: 'CheckSuite',
    id: node('CheckSuite', run.id),
    databaseId: run.id,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    createdAt: run.createdAt,
    updatedAt: run.updatedAt,
    app: { __typename: 'App', id: 'A_1', databaseId: 15368, name: 'GitHub Actions', slug: 'github-actions' },
    checkRuns: (bounds: Bounds) =>
      connection('checkRuns', bounds, jobs, (j) => place.view.checkRun(place, repo, j)),
    workflowRun: {
      __typename: 'WorkflowRun',
      id: node('WorkflowRun', run.id),
      databaseId: run.id,
      event: run.event ?? 'push',
      runNumber: 1,
      createdAt: run.createdAt,
      updatedAt: run.updatedAt,
      url: `${place.c.base}/${repo.full}/actions/runs/${run.id}`,
      resourcePath: `/${repo.full}/actions/runs/${run.id}`,
      workflow: { __typename: 'Workflow', name: run.name, state: 'ACTIVE' },
    },
  };
}

const statusView = (place: Place, repo: Repo, status: Status): View => ({
  __typename: 'StatusContext',
  id: `S_${status.id}`,
  context: status.context,
  state: status.state.toUpperCase(),
  description: status.description ?? null,
  targetUrl: null,
  avatarUrl: null,
  createdAt: status.createdAt,
  isRequired: () => isRequired(repo, status.context),
  creator: null,
});
