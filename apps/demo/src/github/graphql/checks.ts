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
  for (const s of states) counts.set(s, (counts.get(s) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count }));
}
const stateOf = (j: Job): string =>
  (j.status === 'completed' ? (j.conclusion ?? 'neutral') : j.status).toUpperCase();

/** @returns null for a commit that nothing has looked at */
export function rollupView(p: Place, repo: Repo, sha: string): View | null {
  const jobs = p.c.store.find('job', (j) => j.repo === repo.full && j.sha === sha);
  const statuses = statusesOf(p.c.store, repo.full, sha);
  if (jobs.length + statuses.length === 0) return null;
  const all: readonly (() => View)[] = [
    ...jobs.map((j) => () => p.view.checkRun(p, repo, j)),
    ...statuses.map((s) => () => statusView(p, repo, s)),
  ];
  return {
    id: `SCR_${sha}`,
    state: rolledUp(jobs, statuses),
    contexts: (a: Bounds) =>
      connection('contexts', a, all, (view) => view(), {
        checkRunCount: jobs.length,
        checkRunCountsByState: counted(jobs.map(stateOf)),
        statusContextCount: statuses.length,
        statusContextCountsByState: counted(statuses.map((s) => s.state.toUpperCase())),
      }),
  };
}

const isRequired = (repo: Repo, name: string): boolean => repo.rules?.required?.includes(name) ?? false;

export function checkRunView(p: Place, repo: Repo, j: Job): View {
  const run = p.c.store.one('run', (r) => r.id === j.runId);
  const page = `${repo.full}/actions/runs/${j.runId}/job/${j.id}`;
  return {
    __typename: 'CheckRun',
    id: node('CheckRun', j.id),
    databaseId: j.id,
    name: j.name,
    title: j.note ?? j.name,
    summary: j.conclusion ?? '',
    text: null,
    status: j.status.toUpperCase(),
    conclusion: j.conclusion?.toUpperCase() ?? null,
    startedAt: j.startedAt,
    completedAt: j.completedAt,
    detailsUrl: `${p.c.base}/${page}`,
    url: `${p.c.base}/${page}`,
    permalink: `${p.c.base}/${page}`,
    resourcePath: `/${page}`,
    externalId: String(j.id),
    isRequired: () => isRequired(repo, j.name),
    checkSuite: () => (run ? suiteView(p, repo, run) : null),
    repository: () => p.view.repository(p, repo),
  };
}

function suiteView(p: Place, repo: Repo, r: WorkflowRun): View {
  const jobs = p.c.store.find('job', (j) => j.runId === r.id);
  return {
    __typename: 'CheckSuite',
    id: node('CheckSuite', r.id),
    databaseId: r.id,
    status: r.status.toUpperCase(),
    conclusion: r.conclusion?.toUpperCase() ?? null,
    createdAt: r.createdAt,
    updatedAt: r.updatedAt,
    app: { __typename: 'App', id: 'A_1', databaseId: 15368, name: 'GitHub Actions', slug: 'github-actions' },
    checkRuns: (a: Bounds) => connection('checkRuns', a, jobs, (j) => p.view.checkRun(p, repo, j)),
    workflowRun: {
      __typename: 'WorkflowRun',
      id: node('WorkflowRun', r.id),
      databaseId: r.id,
      event: r.event ?? 'push',
      runNumber: 1,
      createdAt: r.createdAt,
      updatedAt: r.updatedAt,
      url: `${p.c.base}/${repo.full}/actions/runs/${r.id}`,
      resourcePath: `/${repo.full}/actions/runs/${r.id}`,
      workflow: { __typename: 'Workflow', name: r.name, state: 'ACTIVE' },
    },
  };
}

const statusView = (p: Place, repo: Repo, s: Status): View => ({
  __typename: 'StatusContext',
  id: `S_${s.id}`,
  context: s.context,
  state: s.state.toUpperCase(),
  description: s.description ?? null,
  targetUrl: null,
  avatarUrl: null,
  createdAt: s.createdAt,
  isRequired: () => isRequired(repo, s.context),
  creator: null,
});
