// JSON of GitHub Actions beside its runs, and of the API's root. Held against GitHub's description like the rest.
import { node, workflowId } from './shapes.ts';
import type { Job, Repo, WorkflowRun } from './store.ts';

export function workflow(base: string, r: Repo, w: { path: string; name: string }) {
  const id = workflowId(w.path);
  return {
    id,
    node_id: node('Workflow', id),
    name: w.name,
    path: w.path,
    state: 'active',
    created_at: r.createdAt,
    updated_at: r.createdAt,
    url: `${base}/repos/${r.full}/actions/workflows/${id}`,
    html_url: `${base}/${r.full}/blob/${r.defaultBranch}/${w.path}`,
    badge_url: `${base}/${r.full}/workflows/${encodeURIComponent(w.name)}/badge.svg`,
  };
}

/** https://docs.github.com/rest/actions/workflow-jobs: a job with its steps */
export function job(base: string, j: Job, r: WorkflowRun) {
  const api = `${base}/repos/${j.repo}`;
  return {
    id: j.id,
    run_id: j.runId,
    run_url: `${api}/actions/runs/${j.runId}`,
    run_attempt: r.attempt ?? 1,
    node_id: node('CheckRun', j.id),
    head_sha: j.sha,
    head_branch: r.branch,
    workflow_name: r.name,
    url: `${api}/actions/jobs/${j.id}`,
    html_url: `${base}/${j.repo}/actions/runs/${j.runId}/job/${j.id}`,
    status: j.status,
    conclusion: j.conclusion,
    created_at: j.startedAt,
    started_at: j.startedAt,
    completed_at: j.completedAt,
    name: j.name,
    steps: (j.steps ?? []).map((s, n) => ({
      name: s.name,
      status: 'completed',
      conclusion: s.conclusion,
      number: n + 1,
      started_at: s.startedAt,
      completed_at: s.completedAt,
    })),
    check_run_url: `${api}/check-runs/${j.id}`,
    labels: ['ubuntu-latest'],
    runner_id: 1,
    runner_name: 'local',
    runner_group_id: 1,
    runner_group_name: 'local',
  };
}

const ROOT_URLS =
  'current_user current_user_authorizations_html authorizations code_search commit_search emails emojis events feeds followers following gists issue_search issues keys label_search notifications organization organization_repositories organization_teams public_gists rate_limit repository repository_search current_user_repositories starred starred_gists user user_organizations user_repositories user_search'.split(
    ' ',
  );
/** https://docs.github.com/rest/meta/meta#github-api-root: what a client looks at to see whether its token is good */
export const root = (base: string): Record<string, string> =>
  Object.fromEntries(ROOT_URLS.map((u) => [`${u}_url`, `${base}/${u}`]));
