// GitHub's JSON, as its OpenAPI description wants it. A test holds every shape against that description.
import { crc32 } from 'node:zlib';
import { NOT_HERE } from '@mainloop/models/flow/ci/verdict';
import type {
  Comment,
  Issue,
  Job,
  Label,
  Reaction,
  Repo,
  Review,
  ReviewComment,
  Status,
  WorkflowRun,
} from './store.ts';

export interface Facts {
  readonly base: string;
  readonly comments: number;
  readonly reactions: readonly Reaction[];
  readonly reviewComments: number;
  readonly commits: number;
  /** Whether it merges without a conflict; null for what is no open pull request, or not known. */
  readonly fits: boolean | null;
  readonly stat: { files: number; additions: number; deletions: number };
  /** None without it. */
  readonly labels?: readonly Label[];
}

/**
 * https://docs.github.com/graphql/guides/using-global-node-ids
 * @param kind of thing, as GraphQL calls it
 * @returns the same for the same thing in REST and in GraphQL
 */
export const node = (kind: string, id: number): string => Buffer.from(`${kind}:${id}`).toString('base64url');
const userId = (login: string): number =>
  [...login].reduce((n, c) => (n * 31 + c.charCodeAt(0)) % 1_000_000, 7);

/** @returns as https://docs.github.com/rest/users/users has one in short; an App's bot has the App's page */
export function user(base: string, login: string) {
  const isBot = login.endsWith('[bot]');
  const page = isBot ? `${base}/apps/${login.slice(0, -'[bot]'.length)}` : `${base}/${login}`;
  const api = `${base}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: userId(login),
    node_id: node('User', userId(login)),
    avatar_url: `${base}/avatars/${encodeURIComponent(login)}`,
    gravatar_id: '',
    url: api,
    html_url: page,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: isBot ? 'Bot' : 'User',
    site_admin: false,
  };
}

const REPO_URLS = [
  'archive',
  'assignees',
  'blobs',
  'branches',
  'collaborators',
  'comments',
  'commits',
  'compare',
  'contents',
  'contributors',
  'deployments',
  'downloads',
  'events',
  'forks',
  'git_commits',
  'git_refs',
  'git_tags',
  'hooks',
  'issue_comment',
  'issue_events',
  'issues',
  'keys',
  'labels',
  'languages',
  'merges',
  'milestones',
  'notifications',
  'pulls',
  'releases',
  'stargazers',
  'statuses',
  'subscribers',
  'subscription',
  'tags',
  'teams',
  'trees',
];

/**
 * @param method merge, squash or rebase
 * @returns true where the repository says nothing of it
 */
export const mayMerge = (repository: Repo, method: string): boolean =>
  repository.rules?.methods?.includes(method) ?? true;

/** @returns as https://docs.github.com/rest/repos/repos#get-a-repository has it */
export function repo(base: string, repository: Repo) {
  const [owner, name] = repository.full.split('/') as [string, string];
  const api = `${base}/repos/${repository.full}`;
  return {
    id: repository.id,
    node_id: node('Repository', repository.id),
    name,
    full_name: repository.full,
    private: false,
    owner: user(base, owner),
    html_url: `${base}/${repository.full}`,
    description: null,
    fork: false,
    url: api,
    ...Object.fromEntries(REPO_URLS.map((u) => [`${u}_url`, `${api}/${u}`])),
    clone_url: `${base}/${repository.full}.git`,
    git_url: `${base}/${repository.full}.git`,
    ssh_url: `${base}/${repository.full}.git`,
    svn_url: `${base}/${repository.full}`,
    mirror_url: null,
    homepage: null,
    language: null,
    forks_count: 0,
    stargazers_count: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues_count: 0,
    is_template: false,
    topics: [],
    has_issues: repository.rules?.without?.includes('issues') !== true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: repository.rules?.archived === true,
    disabled: false,
    visibility: 'public',
    pushed_at: repository.createdAt,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
    allow_squash_merge: mayMerge(repository, 'squash'),
    allow_merge_commit: mayMerge(repository, 'merge'),
    allow_rebase_merge: mayMerge(repository, 'rebase'),
    forks: 0,
    open_issues: 0,
    watchers: 0,
    network_count: 0,
    subscribers_count: 0,
    license: null,
  };
}

/**
 * @param reactions of one issue
 * @returns as https://docs.github.com/rest/reactions/reactions has them in short
 */
export function reactionCounts(base: string, full: string, number: number, reactions: readonly Reaction[]) {
  const count = (content: string): number => reactions.filter((r) => r.content === content).length;
  return {
    url: `${base}/repos/${full}/issues/${number}/reactions`,
    total_count: reactions.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    confused: count('confused'),
    heart: count('heart'),
    hooray: count('hooray'),
    eyes: count('eyes'),
    rocket: count('rocket'),
  };
}

const issueType = (name: string) => ({
  id: 1,
  node_id: node('IssueType', 1),
  name,
  description: null,
  color: 'gray',
  is_enabled: true,
});

/**
 * @returns as https://docs.github.com/rest/issues/issues#get-an-issue has it; a pull request is one too
 */
export function issue(shown: Issue, facts: Facts) {
  const api = `${facts.base}/repos/${shown.repo}`;
  return {
    id: shown.id,
    node_id: node('Issue', shown.id),
    url: `${api}/issues/${shown.number}`,
    repository_url: api,
    labels_url: `${api}/issues/${shown.number}/labels{/name}`,
    comments_url: `${api}/issues/${shown.number}/comments`,
    events_url: `${api}/issues/${shown.number}/events`,
    html_url: `${facts.base}/${shown.repo}/${shown.pr ? 'pull' : 'issues'}/${shown.number}`,
    number: shown.number,
    state: shown.state,
    state_reason: shown.state === 'closed' ? (shown.stateReason ?? 'completed') : null,
    title: shown.title,
    body: shown.body,
    ...(shown.issueType === undefined ? {} : { type: issueType(shown.issueType) }),
    user: user(facts.base, shown.user),
    labels: (facts.labels ?? []).map((l) => label(facts.base, l)),
    assignee: shown.assignees?.[0] === undefined ? null : user(facts.base, shown.assignees[0]),
    assignees: (shown.assignees ?? []).map((login) => user(facts.base, login)),
    milestone: null,
    locked: shown.locked === true,
    active_lock_reason: shown.lockReason ?? null,
    comments: facts.comments,
    closed_at: shown.closedAt,
    closed_by:
      shown.state === 'closed' && typeof shown.closedBy === 'string'
        ? user(facts.base, shown.closedBy)
        : null,
    created_at: shown.createdAt,
    updated_at: shown.updatedAt,
    author_association: 'OWNER',
    reactions: reactionCounts(facts.base, shown.repo, shown.number, facts.reactions),
    ...(shown.pr
      ? {
          draft: shown.pr.draft,
          pull_request: {
            url: `${api}/pulls/${shown.number}`,
            html_url: `${facts.base}/${shown.repo}/pull/${shown.number}`,
            diff_url: null,
            patch_url: null,
            merged_at: shown.pr.mergedAt,
          },
        }
      : {}),
  };
}

/**
 * @param shown an issue that is a pull request
 * @returns as https://docs.github.com/rest/pulls/pulls#get-a-pull-request has it
 */
export function pull(shown: Issue, repository: Repo, facts: Facts) {
  const pullRequest = shown.pr!;
  const api = `${facts.base}/repos/${shown.repo}`;
  const owner = shown.repo.split('/')[0]!;
  const side = (ref: string, sha: string) => ({
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: user(facts.base, owner),
    repo: repo(facts.base, repository),
  });
  const link = (href: string) => ({ href });
  return {
    url: `${api}/pulls/${shown.number}`,
    id: shown.id,
    node_id: node('PullRequest', shown.id),
    html_url: `${facts.base}/${shown.repo}/pull/${shown.number}`,
    diff_url: `${facts.base}/${shown.repo}/pull/${shown.number}.diff`,
    patch_url: `${facts.base}/${shown.repo}/pull/${shown.number}.patch`,
    issue_url: `${api}/issues/${shown.number}`,
    commits_url: `${api}/pulls/${shown.number}/commits`,
    review_comments_url: `${api}/pulls/${shown.number}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${shown.number}/comments`,
    statuses_url: `${api}/statuses/${pullRequest.headSha}`,
    number: shown.number,
    state: shown.state,
    locked: shown.locked === true,
    title: shown.title,
    user: user(facts.base, shown.user),
    body: shown.body,
    labels: (facts.labels ?? []).map((l) => label(facts.base, l)),
    milestone: null,
    active_lock_reason: shown.lockReason ?? null,
    created_at: shown.createdAt,
    updated_at: shown.updatedAt,
    closed_at: shown.closedAt,
    merged_at: pullRequest.mergedAt,
    merge_commit_sha: pullRequest.mergeSha,
    assignee: shown.assignees?.[0] === undefined ? null : user(facts.base, shown.assignees[0]),
    assignees: (shown.assignees ?? []).map((login) => user(facts.base, login)),
    requested_reviewers: [],
    requested_teams: [],
    head: side(pullRequest.head, pullRequest.headSha),
    base: side(pullRequest.base, pullRequest.baseSha),
    _links: {
      self: link(`${api}/pulls/${shown.number}`),
      html: link(`${facts.base}/${shown.repo}/pull/${shown.number}`),
      issue: link(`${api}/issues/${shown.number}`),
      comments: link(`${api}/issues/${shown.number}/comments`),
      review_comments: link(`${api}/pulls/${shown.number}/comments`),
      review_comment: link(`${api}/pulls/comments{/number}`),
      commits: link(`${api}/pulls/${shown.number}/commits`),
      statuses: link(`${api}/statuses/${pullRequest.headSha}`),
    },
    author_association: 'OWNER',
    auto_merge: null,
    draft: pullRequest.draft,
    merged: pullRequest.merged,
    mergeable: facts.fits,
    rebaseable: facts.fits,
    mergeable_state: mergeableState(facts.fits, pullRequest.draft),
    merged_by: pullRequest.merged ? user(facts.base, shown.user) : null,
    comments: facts.comments,
    review_comments: facts.reviewComments,
    maintainer_can_modify: false,
    commits: facts.commits,
    additions: facts.stat.additions,
    deletions: facts.stat.deletions,
    changed_files: facts.stat.files,
  };
}

/**
 * https://docs.github.com/graphql/reference/enums#mergestatestatus: what conflicts is dirty, a draft too.
 * @param fits null: nobody has tried yet
 */
export function mergeableState(fits: boolean | null, draft: boolean): string {
  if (fits === null) return 'unknown';
  if (!fits) return 'dirty';
  return draft ? 'draft' : 'clean';
}

/** @returns as https://docs.github.com/rest/issues/labels has it */
export const label = (base: string, given: Label) => ({
  id: given.id,
  node_id: node('Label', given.id),
  url: `${base}/repos/${given.repo}/labels/${encodeURIComponent(given.name)}`,
  name: given.name,
  description: given.description,
  color: given.color,
  default: false,
});

/** @returns as https://docs.github.com/rest/issues/comments has it */
export const comment = (base: string, remark: Comment) => ({
  id: remark.id,
  node_id: node('IssueComment', remark.id),
  url: `${base}/repos/${remark.repo}/issues/comments/${remark.id}`,
  html_url: `${base}/${remark.repo}/issues/${remark.number}#issuecomment-${remark.id}`,
  issue_url: `${base}/repos/${remark.repo}/issues/${remark.number}`,
  body: remark.body,
  user: user(base, remark.user),
  created_at: remark.createdAt,
  updated_at: remark.updatedAt,
  author_association: 'OWNER',
});

/** @returns as https://docs.github.com/rest/reactions/reactions has it */
export const reaction = (base: string, given: Reaction) => ({
  id: given.id,
  node_id: node('Reaction', given.id),
  user: user(base, given.user),
  content: given.content,
  created_at: given.createdAt,
});

/**
 * @returns as https://docs.github.com/rest/pulls/reviews has it; one that is not sent yet has no
 * `submitted_at`
 */
export const review = (base: string, given: Review) => ({
  id: given.id,
  node_id: node('Review', given.id),
  user: user(base, given.user),
  body: given.body,
  state: given.state,
  html_url: `${base}/${given.repo}/pull/${given.number}#pullrequestreview-${given.id}`,
  pull_request_url: `${base}/repos/${given.repo}/pulls/${given.number}`,
  _links: {
    html: { href: `${base}/${given.repo}/pull/${given.number}` },
    pull_request: { href: `${base}/repos/${given.repo}/pulls/${given.number}` },
  },
  ...(given.submittedAt === '' ? {} : { submitted_at: given.submittedAt }),
  commit_id: given.sha,
  author_association: 'OWNER',
});

/** @returns as https://docs.github.com/rest/pulls/comments has it */
export const reviewComment = (base: string, remark: ReviewComment) => ({
  url: `${base}/repos/${remark.repo}/pulls/comments/${remark.id}`,
  pull_request_review_id: remark.reviewId,
  id: remark.id,
  node_id: node('ReviewComment', remark.id),
  diff_hunk: '@@ @@',
  path: remark.path,
  commit_id: remark.sha,
  original_commit_id: remark.sha,
  user: user(base, remark.user),
  body: remark.body,
  created_at: remark.createdAt,
  updated_at: remark.updatedAt ?? remark.createdAt,
  html_url: `${base}/${remark.repo}/pull/${remark.number}#discussion_r${remark.id}`,
  pull_request_url: `${base}/repos/${remark.repo}/pulls/${remark.number}`,
  author_association: 'OWNER',
  _links: {
    self: { href: `${base}/repos/${remark.repo}/pulls/comments/${remark.id}` },
    html: { href: `${base}/${remark.repo}/pull/${remark.number}` },
    pull_request: { href: `${base}/repos/${remark.repo}/pulls/${remark.number}` },
  },
  ...(remark.line === null ? {} : { line: remark.line, original_line: remark.line }),
  side: 'RIGHT',
  ...(remark.inReplyTo === null ? {} : { in_reply_to_id: remark.inReplyTo }),
});

const APP = (base: string) => ({
  id: 15368,
  slug: 'github-actions',
  node_id: 'A_1',
  client_id: 'Iv1.local',
  owner: user(base, 'github'),
  name: 'GitHub Actions',
  description: '',
  external_url: base,
  html_url: base,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  permissions: {},
  events: [],
});

/** @returns as https://docs.github.com/rest/checks/runs has it */
export const checkRun = (base: string, job: Job) => ({
  id: job.id,
  head_sha: job.sha,
  node_id: node('CheckRun', job.id),
  // A note on one that has not passed says what it could not have here.
  external_id: job.note === undefined || job.conclusion === 'success' ? String(job.id) : NOT_HERE,
  url: `${base}/repos/${job.repo}/check-runs/${job.id}`,
  html_url: `${base}/${job.repo}/actions/runs/${job.runId}/job/${job.id}`,
  details_url: `${base}/${job.repo}/actions/runs/${job.runId}/job/${job.id}`,
  status: job.status,
  conclusion: job.conclusion,
  started_at: job.startedAt,
  completed_at: job.completedAt,
  name: job.name,
  check_suite: { id: job.runId },
  app: APP(base),
  pull_requests: [],
  output: {
    title: job.note ?? job.name,
    summary: job.conclusion ?? '',
    text: null,
    annotations_count: job.annotations?.length ?? 0,
    annotations_url: `${base}/repos/${job.repo}/check-runs/${job.id}/annotations`,
  },
});

/** @returns as https://docs.github.com/rest/checks/runs#list-check-run-annotations has them, of a job as a whole */
export const annotations = (base: string, job: Job) =>
  (job.annotations ?? []).map((message) => ({
    path: '.github',
    start_line: 1,
    end_line: 1,
    start_column: null,
    end_column: null,
    annotation_level: 'failure',
    title: '',
    message,
    raw_details: '',
    blob_href: `${base}/${job.repo}/blob/${job.sha}/.github`,
  }));

/** @param fields sha, tree, parents, author's name, address and time, committer's name, address and time, message */
export function commit(base: string, repository: Repo, fields: readonly string[]) {
  const [sha, tree, parents, author, authorMail, authoredAt, committer, committerMail, committedAt, message] =
    fields.map((f) => f.replace(/^\n/, ''));
  const api = `${base}/repos/${repository.full}`;
  const at = (x: string): string => `${api}/commits/${x}`;
  return {
    url: at(sha!),
    sha,
    node_id: `C_${sha}`,
    html_url: `${base}/${repository.full}/commit/${sha}`,
    comments_url: `${at(sha!)}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author: { name: author, email: authorMail, date: authoredAt },
      committer: { name: committer, email: committerMail, date: committedAt },
      message: message!.trimEnd(),
      tree: { sha: tree, url: `${api}/git/trees/${tree}` },
      comment_count: 0,
    },
    author: null,
    committer: null,
    parents: parents!
      .split(' ')
      .filter((p) => p !== '')
      .map((p) => ({ sha: p, url: at(p) })),
  };
}

/**
 * A workflow run's other face: as a suite of checks.
 * @param jobs how many it has
 * @returns as https://docs.github.com/rest/checks/suites has it
 */
export const checkSuite = (base: string, run: WorkflowRun, jobs: number, repoDoc: Repo) => ({
  id: run.id,
  node_id: node('CheckSuite', run.id),
  head_branch: run.branch,
  head_sha: run.sha,
  status: run.status,
  conclusion: run.conclusion,
  url: `${base}/repos/${run.repo}/check-suites/${run.id}`,
  before: null,
  after: run.sha,
  pull_requests: [],
  app: APP(base),
  repository: repo(base, repoDoc),
  created_at: run.createdAt,
  updated_at: run.updatedAt,
  head_commit: {
    id: run.sha,
    tree_id: run.sha,
    message: '',
    timestamp: run.createdAt,
    author: null,
    committer: null,
  },
  latest_check_runs_count: jobs,
  check_runs_url: `${base}/repos/${run.repo}/check-suites/${run.id}/check-runs`,
});

/**
 * @returns as https://docs.github.com/rest/repos/rules#get-rules-for-a-branch lists them, of every branch
 * the same
 */
export function branchRules(repository: Repo): object[] {
  const of = {
    ruleset_source_type: 'Repository',
    ruleset_source: repository.full,
    ruleset_id: repository.id,
  };
  const { required = [], mergeQueue = false } = repository.rules ?? {};
  const checks = {
    strict_required_status_checks_policy: false,
    required_status_checks: required.map((context) => ({ context })),
  };
  return [
    ...(required.length > 0 ? [{ type: 'required_status_checks', parameters: checks, ...of }] : []),
    ...(mergeQueue ? [{ type: 'merge_queue', ...of }] : []),
  ];
}

/**
 * A workflow is its file: one number for one path, in whatever repository.
 * @param path of the file in its repository
 */
export const workflowId = (path: string): number => crc32(path);

/** @returns as https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run has it */
export function workflowRun(base: string, run: WorkflowRun, repoDoc: Repo) {
  const api = `${base}/repos/${run.repo}/actions/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: node('WorkflowRun', run.id),
    check_suite_id: run.id,
    check_suite_node_id: node('CheckSuite', run.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.path,
    run_number: 1,
    run_attempt: run.attempt ?? 1,
    event: run.event ?? 'push',
    display_title: run.name,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflowId(run.path),
    url: api,
    html_url: `${base}/${run.repo}/actions/runs/${run.id}`,
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor: user(base, 'mainloop'),
    triggering_actor: user(base, 'mainloop'),
    run_started_at: run.createdAt,
    jobs_url: `${api}/jobs`,
    logs_url: `${api}/logs`,
    check_suite_url: api,
    artifacts_url: `${api}/artifacts`,
    cancel_url: `${api}/cancel`,
    rerun_url: `${api}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${base}/repos/${run.repo}/actions/workflows/${workflowId(run.path)}`,
    pull_requests: [],
    head_commit: {
      id: run.sha,
      tree_id: run.sha,
      message: '',
      timestamp: run.createdAt,
      author: null,
      committer: null,
    },
    repository: repo(base, repoDoc),
    head_repository: repo(base, repoDoc),
  };
}

/**
 * @returns what a service said of a commit, without who it is:
 * https://docs.github.com/rest/commits/statuses#get-the-combined-status-for-a-specific-reference
 */
export const status = (base: string, said: Status) => ({
  url: `${base}/repos/${said.repo}/statuses/${said.sha}`,
  avatar_url: null,
  id: said.id,
  node_id: `S_${said.id}`,
  state: said.state,
  description: said.description ?? null,
  target_url: null,
  context: said.context,
  created_at: said.createdAt,
  updated_at: said.createdAt,
});
