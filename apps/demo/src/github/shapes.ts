// GitHub's JSON, as its OpenAPI description wants it. A test holds every shape against that description.
import { crc32 } from 'node:zlib';
import { NOT_HERE } from '@mainloop/models/flow/ci';
import type {
  Comment,
  Issue,
  Job,
  Label,
  Reaction,
  Repo,
  Review,
  ReviewComment,
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

/** https://docs.github.com/graphql/guides/using-global-node-ids */
export const node = (kind: string, id: number): string => Buffer.from(`${kind}:${id}`).toString('base64url');
const userId = (login: string): number =>
  [...login].reduce((n, c) => (n * 31 + c.charCodeAt(0)) % 1_000_000, 7);

export const user = (base: string, login: string) => ({
  login,
  id: userId(login),
  node_id: node('User', userId(login)),
  avatar_url: `${base}/avatars/${login}`,
  gravatar_id: '',
  url: `${base}/users/${login}`,
  html_url: `${base}/${login}`,
  followers_url: `${base}/users/${login}/followers`,
  following_url: `${base}/users/${login}/following{/other_user}`,
  gists_url: `${base}/users/${login}/gists{/gist_id}`,
  starred_url: `${base}/users/${login}/starred{/owner}{/repo}`,
  subscriptions_url: `${base}/users/${login}/subscriptions`,
  organizations_url: `${base}/users/${login}/orgs`,
  repos_url: `${base}/users/${login}/repos`,
  events_url: `${base}/users/${login}/events{/privacy}`,
  received_events_url: `${base}/users/${login}/received_events`,
  type: login.endsWith('[bot]') ? 'Bot' : 'User',
  site_admin: false,
});

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

export const mayMerge = (r: Repo, method: string): boolean => r.rules?.methods?.includes(method) ?? true;

export function repo(base: string, r: Repo) {
  const [owner, name] = r.full.split('/') as [string, string];
  const api = `${base}/repos/${r.full}`;
  return {
    id: r.id,
    node_id: node('Repository', r.id),
    name,
    full_name: r.full,
    private: false,
    owner: user(base, owner),
    html_url: `${base}/${r.full}`,
    description: null,
    fork: false,
    url: api,
    ...Object.fromEntries(REPO_URLS.map((u) => [`${u}_url`, `${api}/${u}`])),
    clone_url: `${base}/${r.full}.git`,
    git_url: `${base}/${r.full}.git`,
    ssh_url: `${base}/${r.full}.git`,
    svn_url: `${base}/${r.full}`,
    mirror_url: null,
    homepage: null,
    language: null,
    forks_count: 0,
    stargazers_count: 0,
    watchers_count: 0,
    size: 0,
    default_branch: r.defaultBranch,
    open_issues_count: 0,
    is_template: false,
    topics: [],
    has_issues: r.rules?.without?.includes('issues') !== true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: r.rules?.archived === true,
    disabled: false,
    visibility: 'public',
    pushed_at: r.createdAt,
    created_at: r.createdAt,
    updated_at: r.createdAt,
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
    allow_squash_merge: mayMerge(r, 'squash'),
    allow_merge_commit: mayMerge(r, 'merge'),
    allow_rebase_merge: mayMerge(r, 'rebase'),
    forks: 0,
    open_issues: 0,
    watchers: 0,
    network_count: 0,
    subscribers_count: 0,
    license: null,
  };
}

export function reactionCounts(base: string, full: string, number: number, rs: readonly Reaction[]) {
  const count = (c: string): number => rs.filter((r) => r.content === c).length;
  return {
    url: `${base}/repos/${full}/issues/${number}/reactions`,
    total_count: rs.length,
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

export function issue(i: Issue, f: Facts) {
  const api = `${f.base}/repos/${i.repo}`;
  return {
    id: i.id,
    node_id: node('Issue', i.id),
    url: `${api}/issues/${i.number}`,
    repository_url: api,
    labels_url: `${api}/issues/${i.number}/labels{/name}`,
    comments_url: `${api}/issues/${i.number}/comments`,
    events_url: `${api}/issues/${i.number}/events`,
    html_url: `${f.base}/${i.repo}/${i.pr ? 'pull' : 'issues'}/${i.number}`,
    number: i.number,
    state: i.state,
    state_reason: i.state === 'closed' ? (i.stateReason ?? 'completed') : null,
    title: i.title,
    body: i.body,
    user: user(f.base, i.user),
    labels: (f.labels ?? []).map((l) => label(f.base, l)),
    assignee: i.assignees?.[0] === undefined ? null : user(f.base, i.assignees[0]),
    assignees: (i.assignees ?? []).map((login) => user(f.base, login)),
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: f.comments,
    closed_at: i.closedAt,
    closed_by: i.state === 'closed' && typeof i.closedBy === 'string' ? user(f.base, i.closedBy) : null,
    created_at: i.createdAt,
    updated_at: i.updatedAt,
    author_association: 'OWNER',
    reactions: reactionCounts(f.base, i.repo, i.number, f.reactions),
    ...(i.pr
      ? {
          draft: i.pr.draft,
          pull_request: {
            url: `${api}/pulls/${i.number}`,
            html_url: `${f.base}/${i.repo}/pull/${i.number}`,
            diff_url: null,
            patch_url: null,
            merged_at: i.pr.mergedAt,
          },
        }
      : {}),
  };
}

export function pull(i: Issue, r: Repo, f: Facts) {
  const pr = i.pr!;
  const api = `${f.base}/repos/${i.repo}`;
  const owner = i.repo.split('/')[0]!;
  const side = (ref: string, sha: string) => ({
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: user(f.base, owner),
    repo: repo(f.base, r),
  });
  const link = (href: string) => ({ href });
  return {
    url: `${api}/pulls/${i.number}`,
    id: i.id,
    node_id: node('PullRequest', i.id),
    html_url: `${f.base}/${i.repo}/pull/${i.number}`,
    diff_url: `${f.base}/${i.repo}/pull/${i.number}.diff`,
    patch_url: `${f.base}/${i.repo}/pull/${i.number}.patch`,
    issue_url: `${api}/issues/${i.number}`,
    commits_url: `${api}/pulls/${i.number}/commits`,
    review_comments_url: `${api}/pulls/${i.number}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${api}/issues/${i.number}/comments`,
    statuses_url: `${api}/statuses/${pr.headSha}`,
    number: i.number,
    state: i.state,
    locked: false,
    title: i.title,
    user: user(f.base, i.user),
    body: i.body,
    labels: (f.labels ?? []).map((l) => label(f.base, l)),
    milestone: null,
    active_lock_reason: null,
    created_at: i.createdAt,
    updated_at: i.updatedAt,
    closed_at: i.closedAt,
    merged_at: pr.mergedAt,
    merge_commit_sha: pr.mergeSha,
    assignee: i.assignees?.[0] === undefined ? null : user(f.base, i.assignees[0]),
    assignees: (i.assignees ?? []).map((login) => user(f.base, login)),
    requested_reviewers: [],
    requested_teams: [],
    head: side(pr.head, pr.headSha),
    base: side(pr.base, pr.baseSha),
    _links: {
      self: link(`${api}/pulls/${i.number}`),
      html: link(`${f.base}/${i.repo}/pull/${i.number}`),
      issue: link(`${api}/issues/${i.number}`),
      comments: link(`${api}/issues/${i.number}/comments`),
      review_comments: link(`${api}/pulls/${i.number}/comments`),
      review_comment: link(`${api}/pulls/comments{/number}`),
      commits: link(`${api}/pulls/${i.number}/commits`),
      statuses: link(`${api}/statuses/${pr.headSha}`),
    },
    author_association: 'OWNER',
    auto_merge: null,
    draft: pr.draft,
    merged: pr.merged,
    mergeable: f.fits,
    rebaseable: f.fits,
    mergeable_state: mergeableState(f.fits, pr.draft),
    merged_by: pr.merged ? user(f.base, i.user) : null,
    comments: f.comments,
    review_comments: f.reviewComments,
    maintainer_can_modify: false,
    commits: f.commits,
    additions: f.stat.additions,
    deletions: f.stat.deletions,
    changed_files: f.stat.files,
  };
}

/** https://docs.github.com/graphql/reference/enums#mergestatestatus: what conflicts is dirty, a draft too. */
export function mergeableState(fits: boolean | null, draft: boolean): string {
  if (fits === null) return 'unknown';
  if (!fits) return 'dirty';
  return draft ? 'draft' : 'clean';
}

export const label = (base: string, l: Label) => ({
  id: l.id,
  node_id: node('Label', l.id),
  url: `${base}/repos/${l.repo}/labels/${encodeURIComponent(l.name)}`,
  name: l.name,
  description: l.description,
  color: l.color,
  default: false,
});

export const comment = (base: string, c: Comment) => ({
  id: c.id,
  node_id: node('IssueComment', c.id),
  url: `${base}/repos/${c.repo}/issues/comments/${c.id}`,
  html_url: `${base}/${c.repo}/issues/${c.number}#issuecomment-${c.id}`,
  issue_url: `${base}/repos/${c.repo}/issues/${c.number}`,
  body: c.body,
  user: user(base, c.user),
  created_at: c.createdAt,
  updated_at: c.updatedAt,
  author_association: 'OWNER',
});

export const reaction = (base: string, r: Reaction) => ({
  id: r.id,
  node_id: node('Reaction', r.id),
  user: user(base, r.user),
  content: r.content,
  created_at: r.createdAt,
});

export const review = (base: string, r: Review) => ({
  id: r.id,
  node_id: node('Review', r.id),
  user: user(base, r.user),
  body: r.body,
  state: r.state,
  html_url: `${base}/${r.repo}/pull/${r.number}#pullrequestreview-${r.id}`,
  pull_request_url: `${base}/repos/${r.repo}/pulls/${r.number}`,
  _links: {
    html: { href: `${base}/${r.repo}/pull/${r.number}` },
    pull_request: { href: `${base}/repos/${r.repo}/pulls/${r.number}` },
  },
  ...(r.submittedAt === '' ? {} : { submitted_at: r.submittedAt }),
  commit_id: r.sha,
  author_association: 'OWNER',
});

export const reviewComment = (base: string, c: ReviewComment) => ({
  url: `${base}/repos/${c.repo}/pulls/comments/${c.id}`,
  pull_request_review_id: c.reviewId,
  id: c.id,
  node_id: node('ReviewComment', c.id),
  diff_hunk: '@@ @@',
  path: c.path,
  commit_id: c.sha,
  original_commit_id: c.sha,
  user: user(base, c.user),
  body: c.body,
  created_at: c.createdAt,
  updated_at: c.updatedAt ?? c.createdAt,
  html_url: `${base}/${c.repo}/pull/${c.number}#discussion_r${c.id}`,
  pull_request_url: `${base}/repos/${c.repo}/pulls/${c.number}`,
  author_association: 'OWNER',
  _links: {
    self: { href: `${base}/repos/${c.repo}/pulls/comments/${c.id}` },
    html: { href: `${base}/${c.repo}/pull/${c.number}` },
    pull_request: { href: `${base}/repos/${c.repo}/pulls/${c.number}` },
  },
  ...(c.line === null ? {} : { line: c.line, original_line: c.line }),
  side: 'RIGHT',
  ...(c.inReplyTo === null ? {} : { in_reply_to_id: c.inReplyTo }),
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

export const checkRun = (base: string, j: Job) => ({
  id: j.id,
  head_sha: j.sha,
  node_id: node('CheckRun', j.id),
  // A note on one that has not passed says what it could not have here.
  external_id: j.note === undefined || j.conclusion === 'success' ? String(j.id) : NOT_HERE,
  url: `${base}/repos/${j.repo}/check-runs/${j.id}`,
  html_url: `${base}/${j.repo}/actions/runs/${j.runId}/job/${j.id}`,
  details_url: `${base}/${j.repo}/actions/runs/${j.runId}/job/${j.id}`,
  status: j.status,
  conclusion: j.conclusion,
  started_at: j.startedAt,
  completed_at: j.completedAt,
  name: j.name,
  check_suite: { id: j.runId },
  app: APP(base),
  pull_requests: [],
  output: {
    title: j.note ?? j.name,
    summary: j.conclusion ?? '',
    text: null,
    annotations_count: 0,
    annotations_url: `${base}/repos/${j.repo}/check-runs/${j.id}/annotations`,
  },
});

/** @param fields sha, tree, parents, author's name, address and time, committer's name, address and time, message */
export function commit(base: string, r: Repo, fields: readonly string[]) {
  const [sha, tree, parents, author, authorMail, authoredAt, committer, committerMail, committedAt, message] =
    fields.map((f) => f.replace(/^\n/, ''));
  const api = `${base}/repos/${r.full}`;
  const at = (x: string): string => `${api}/commits/${x}`;
  return {
    url: at(sha!),
    sha,
    node_id: `C_${sha}`,
    html_url: `${base}/${r.full}/commit/${sha}`,
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

/** A workflow run's other face: as a suite of checks. */
export const checkSuite = (base: string, r: WorkflowRun, jobs: number, repoDoc: Repo) => ({
  id: r.id,
  node_id: node('CheckSuite', r.id),
  head_branch: r.branch,
  head_sha: r.sha,
  status: r.status,
  conclusion: r.conclusion,
  url: `${base}/repos/${r.repo}/check-suites/${r.id}`,
  before: null,
  after: r.sha,
  pull_requests: [],
  app: APP(base),
  repository: repo(base, repoDoc),
  created_at: r.createdAt,
  updated_at: r.updatedAt,
  head_commit: {
    id: r.sha,
    tree_id: r.sha,
    message: '',
    timestamp: r.createdAt,
    author: null,
    committer: null,
  },
  latest_check_runs_count: jobs,
  check_runs_url: `${base}/repos/${r.repo}/check-suites/${r.id}/check-runs`,
});

export function branchRules(r: Repo): object[] {
  const of = { ruleset_source_type: 'Repository', ruleset_source: r.full, ruleset_id: r.id };
  const { required = [], mergeQueue = false } = r.rules ?? {};
  const checks = {
    strict_required_status_checks_policy: false,
    required_status_checks: required.map((context) => ({ context })),
  };
  return [
    ...(required.length > 0 ? [{ type: 'required_status_checks', parameters: checks, ...of }] : []),
    ...(mergeQueue ? [{ type: 'merge_queue', ...of }] : []),
  ];
}

/** A workflow is its file: one number for one path, in whatever repository. */
export const workflowId = (path: string): number => crc32(path);

export function workflowRun(base: string, r: WorkflowRun, repoDoc: Repo) {
  const api = `${base}/repos/${r.repo}/actions/runs/${r.id}`;
  return {
    id: r.id,
    name: r.name,
    node_id: node('WorkflowRun', r.id),
    check_suite_id: r.id,
    check_suite_node_id: node('CheckSuite', r.id),
    head_branch: r.branch,
    head_sha: r.sha,
    path: r.path,
    run_number: 1,
    run_attempt: r.attempt ?? 1,
    event: r.event ?? 'push',
    display_title: r.name,
    status: r.status,
    conclusion: r.conclusion,
    workflow_id: workflowId(r.path),
    url: api,
    html_url: `${base}/${r.repo}/actions/runs/${r.id}`,
    created_at: r.createdAt,
    updated_at: r.updatedAt,
    actor: user(base, 'mainloop'),
    triggering_actor: user(base, 'mainloop'),
    run_started_at: r.createdAt,
    jobs_url: `${api}/jobs`,
    logs_url: `${api}/logs`,
    check_suite_url: api,
    artifacts_url: `${api}/artifacts`,
    cancel_url: `${api}/cancel`,
    rerun_url: `${api}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${base}/repos/${r.repo}/actions/workflows/${workflowId(r.path)}`,
    pull_requests: [],
    head_commit: {
      id: r.sha,
      tree_id: r.sha,
      message: '',
      timestamp: r.createdAt,
      author: null,
      committer: null,
    },
    repository: repo(base, repoDoc),
    head_repository: repo(base, repoDoc),
  };
}
