// JSON of GitHub Actions beside its runs, and of the API's root. Held against GitHub's description like the rest.
import { node, workflowId } from './shapes.ts';
import type { Job, Repo, WorkflowRun } from './store.ts';

/** @returns as https://docs.github.com/rest/actions/workflows#get-a-workflow has it */
export function workflow(base: string, repo: Repo, definition: { path: string; name: string }) {
  const id = workflowId(definition.path);
  return {
    id,
    node_id: node('Workflow', id),
    name: definition.name,
    path: definition.path,
    state: 'active',
    created_at: repo.createdAt,
    updated_at: repo.createdAt,
    url: `${base}/repos/${repo.full}/actions/workflows/${id}`,
    html_url: `${base}/${repo.full}/blob/${repo.defaultBranch}/${definition.path}`,
    badge_url: `${base}/${repo.full}/workflows/${encodeURIComponent(definition.name)}/badge.svg`,
  };
}

/**
 * https://docs.github.com/rest/actions/workflow-jobs: a job with its steps
 * @param run that it is a part of
 */
export function job(base: string, found: Job, run: WorkflowRun) {
  const api = `${base}/repos/${found.repo}`;
  return {
    id: found.id,
    run_id: found.runId,
    run_url: `${api}/actions/runs/${found.runId}`,
    run_attempt: run.attempt ?? 1,
    node_id: node('CheckRun', found.id),
    head_sha: found.sha,
    head_branch: run.branch,
    workflow_name: run.name,
    url: `${api}/actions/jobs/${found.id}`,
    html_url: `${base}/${found.repo}/actions/runs/${found.runId}/job/${found.id}`,
    status: found.status,
    conclusion: found.conclusion,
    created_at: found.startedAt,
    started_at: found.startedAt,
    completed_at: found.completedAt,
    name: found.name,
    steps: (found.steps ?? []).map((step, n) => ({
      name: step.name,
      status: 'completed',
      conclusion: step.conclusion,
      number: n + 1,
      started_at: step.startedAt,
      completed_at: step.completedAt,
    })),
    check_run_url: `${api}/check-runs/${found.id}`,
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
/**
 * https://docs.github.com/rest/meta/meta#github-api-root: what a client looks at to see whether its token
 * is good
 * @param base address of this GitHub
 * @returns an address for each name
 */
export const root = (base: string): Record<string, string> =>
  Object.fromEntries(ROOT_URLS.map((u) => [`${u}_url`, `${base}/${u}`]));
