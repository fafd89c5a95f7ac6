// Pull requests over GraphQL: what is asked for, their reviews and threads.
import { factsOf } from '../desk.ts';
import { mergeableState, node, type Facts } from '../shapes.ts';
import type { Issue, Repo, Review, ReviewComment } from '../store.ts';
import { changedFiles, commitOf, commitsIn, refView } from './commits.ts';
import { rollupView } from './checks.ts';
import { connection, type Bounds } from './connection.ts';
import { closes, commonView, inOrder } from './issues.ts';
import { heeds, repoOfIssue, type Place, type View } from './place.ts';

export const pullState = (i: Issue): string => (i.pr?.merged ? 'MERGED' : i.state.toUpperCase());

export interface PullsArgs extends Bounds {
  readonly states?: readonly string[] | null;
  readonly headRefName?: string | null;
  readonly baseRefName?: string | null;
  readonly labels?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

export function pullsView(p: Place, repo: string, a: PullsArgs): View {
  heeds('Repository.pullRequests', a, [
    'first',
    'last',
    'after',
    'before',
    'states',
    'headRefName',
    'baseRefName',
    'labels',
    'orderBy',
  ]);
  const list = p.c.store.find(
    'issue',
    (i) =>
      i.repo === repo &&
      i.pr !== null &&
      (!a.states || a.states.includes(pullState(i))) &&
      (!a.headRefName || a.headRefName === i.pr.head) &&
      (!a.baseRefName || a.baseRefName === i.pr.base) &&
      (!a.labels || a.labels.some((l) => (i.labels ?? []).includes(l))),
  );
  return connection('pullRequests', a, inOrder(p, list, a.orderBy), (i) => p.view.pull(p, i));
}

const FITS = { true: 'MERGEABLE', false: 'CONFLICTING', null: 'UNKNOWN' } as const;

/** Fields that git has to be asked for, once and only when they are. */
function gitFields(p: Place, i: Issue): View {
  let asked: Promise<Facts> | undefined;
  const facts = (): Promise<Facts> => (asked ??= factsOf(p.c, i));
  const range = `${i.pr!.baseSha}..${i.pr!.headSha}`;
  return {
    additions: async () => (await facts()).stat.additions,
    deletions: async () => (await facts()).stat.deletions,
    changedFiles: async () => (await facts()).stat.files,
    mergeable: async () => FITS[`${(await facts()).fits}`],
    mergeStateStatus: async () => mergeableState((await facts()).fits, i.pr!.draft).toUpperCase(),
    files: async (a: Bounds) =>
      connection(
        'files',
        a,
        await changedFiles(p.c.bare, i.repo, `${i.pr!.baseSha}...${i.pr!.headSha}`),
        (f) => f,
      ),
    commits: async (a: Bounds) => {
      const repo = repoOfIssue(p, i);
      return connection('commits', a, await commitsIn(p.c.bare, i.repo, [range]), (k) => ({
        __typename: 'PullRequestCommit',
        id: `PRC_${i.id}_${k.sha}`,
        commit: () => p.view.commit(p, repo, k),
        url: `${p.c.base}/${i.repo}/pull/${i.number}/commits/${k.sha}`,
        resourcePath: `/${i.repo}/pull/${i.number}/commits/${k.sha}`,
      }));
    },
    mergeCommit: async () => {
      const made = i.pr!.mergeSha === null ? null : await commitOf(p.c.bare, i.repo, i.pr!.mergeSha);
      return made && p.view.commit(p, repoOfIssue(p, i), made);
    },
  };
}

/** Of each person the newest review that says yes or no. */
function decisive(reviews: readonly Review[]): Review[] {
  const newest = new Map<string, Review>();
  for (const r of reviews) if (r.state !== 'COMMENTED' && r.state !== 'PENDING') newest.set(r.user, r);
  return [...newest.values()];
}

/** https://docs.github.com/graphql/reference/enums#pullrequestreviewdecision; null: nobody decided, and nobody has to. */
export function reviewDecision(reviews: readonly Review[], required: number): string | null {
  const said = decisive(reviews);
  if (said.some((r) => r.state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  if (said.length < required) return 'REVIEW_REQUIRED';
  return said.length > 0 ? 'APPROVED' : null;
}

function reviewFields(p: Place, i: Issue, repo: Repo): View {
  const { store } = p.c;
  const all = store.find('review', (x) => x.repo === i.repo && x.number === i.number);
  const sent = all.filter((r) => r.state !== 'PENDING');
  const pending = new Set(all.filter((r) => r.state === 'PENDING').map((r) => r.id));
  const latest = [...new Map(sent.map((r) => [r.user, r])).values()];
  // What is not sent yet only its writer sees.
  const seen = all.filter((r) => r.state !== 'PENDING' || r.user === p.user);
  const list = (field: string, of: readonly Review[]) => (a: Bounds) => {
    heeds(`PullRequest.${field}`, a, ['first', 'last', 'after', 'before']);
    return connection(field, a, of, (r) => p.view.review(p, i, r));
  };
  const roots = store.find(
    'reviewComment',
    (x) => x.repo === i.repo && x.number === i.number && x.inReplyTo === null && !pending.has(x.reviewId),
  );
  return {
    reviews: list('reviews', seen),
    latestReviews: list('latestReviews', latest),
    latestOpinionatedReviews: list('latestOpinionatedReviews', decisive(sent)),
    reviewDecision: reviewDecision(sent, repo.rules?.reviews ?? 0),
    reviewRequests: (a: Bounds) => connection('reviewRequests', a, [], () => null),
    reviewThreads: (a: Bounds) => connection('reviewThreads', a, roots, (x) => p.view.thread(p, i, x)),
  };
}

export function pullView(p: Place, i: Issue): View {
  const pr = i.pr!;
  const repo = repoOfIssue(p, i);
  const owner = i.repo.split('/')[0]!;
  const closed = (a: Bounds): View =>
    connection(
      'closingIssuesReferences',
      a,
      p.c.store.find('issue', (x) => x.repo === i.repo && x.pr === null && closes(i).includes(x.number)),
      (x) => p.view.issue(p, x),
    );
  return {
    ...commonView(p, i),
    ...gitFields(p, i),
    ...reviewFields(p, i, repo),
    __typename: 'PullRequest',
    id: node('PullRequest', i.id),
    state: pullState(i),
    isDraft: pr.draft,
    merged: pr.merged,
    mergedAt: pr.mergedAt,
    headRefName: pr.head,
    headRefOid: pr.headSha,
    baseRefName: pr.base,
    baseRefOid: pr.baseSha,
    headRef: () => refView(p, repo, pr.head),
    baseRef: () => refView(p, repo, pr.base),
    headRepository: () => p.view.repository(p, repo),
    baseRepository: () => p.view.repository(p, repo),
    headRepositoryOwner: () => p.view.user(p, owner),
    isCrossRepository: false,
    maintainerCanModify: false,
    autoMergeRequest: null,
    potentialMergeCommit: null,
    isMergeQueueEnabled: repo.rules?.mergeQueue === true,
    isInMergeQueue: false,
    mergeQueueEntry: null,
    permalink: `${p.c.base}/${i.repo}/pull/${i.number}`,
    totalCommentsCount: p.c.store.find('comment', (x) => x.repo === i.repo && x.number === i.number).length,
    closingIssuesReferences: closed,
    statusCheckRollup: () => rollupView(p, repo, pr.headSha),
  };
}

export function reviewView(p: Place, i: Issue, r: Review): View {
  const sentAt = r.state === 'PENDING' ? null : r.submittedAt;
  const path = `${i.repo}/pull/${i.number}#pullrequestreview-${r.id}`;
  const comments = (a: Bounds): View =>
    connection(
      'comments',
      a,
      p.c.store.find('reviewComment', (x) => x.reviewId === r.id),
      (x) => lineView(p, i, x),
    );
  return {
    __typename: 'PullRequestReview',
    id: node('Review', r.id),
    databaseId: r.id,
    fullDatabaseId: String(r.id),
    body: r.body,
    bodyText: r.body,
    state: r.state,
    author: () => p.view.user(p, r.user),
    authorAssociation: 'OWNER',
    createdAt: sentAt ?? i.updatedAt,
    submittedAt: sentAt,
    publishedAt: sentAt,
    updatedAt: sentAt ?? i.updatedAt,
    includesCreatedEdit: false,
    commit: async () => {
      const at = await commitOf(p.c.bare, i.repo, r.sha);
      return at && p.view.commit(p, repoOfIssue(p, i), at);
    },
    comments,
    reactionGroups: () => p.view.reactions(p, []),
    pullRequest: () => p.view.pull(p, i),
    url: `${p.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: r.user === p.user,
  };
}

export function threadView(p: Place, i: Issue, root: ReviewComment): View {
  const said = p.c.store.find('reviewComment', (x) => x.id === root.id || x.inReplyTo === root.id);
  return {
    __typename: 'PullRequestReviewThread',
    id: `PRRT_${root.id}`,
    isResolved: root.resolved === true,
    isOutdated: root.sha !== i.pr!.headSha,
    isCollapsed: root.resolved === true,
    path: root.path,
    line: root.line,
    originalLine: root.line,
    startLine: null,
    originalStartLine: null,
    diffSide: 'RIGHT',
    startDiffSide: null,
    subjectType: root.line === null ? 'FILE' : 'LINE',
    comments: (a: Bounds) => connection('comments', a, said, (x) => lineView(p, i, x)),
    pullRequest: () => p.view.pull(p, i),
    repository: () => p.view.repository(p, repoOfIssue(p, i)),
    viewerCanReply: true,
    viewerCanResolve: root.resolved !== true,
    viewerCanUnresolve: root.resolved === true,
  };
}

function lineView(p: Place, i: Issue, x: ReviewComment): View {
  const path = `${i.repo}/pull/${i.number}#discussion_r${x.id}`;
  return {
    __typename: 'PullRequestReviewComment',
    id: node('ReviewComment', x.id),
    databaseId: x.id,
    fullDatabaseId: String(x.id),
    body: x.body,
    bodyText: x.body,
    author: () => p.view.user(p, x.user),
    authorAssociation: 'OWNER',
    path: x.path,
    line: x.line,
    originalLine: x.line,
    createdAt: x.createdAt,
    publishedAt: x.createdAt,
    updatedAt: x.updatedAt ?? x.createdAt,
    isMinimized: false,
    minimizedReason: null,
    outdated: x.sha !== i.pr!.headSha,
    reactionGroups: () => p.view.reactions(p, []),
    pullRequest: () => p.view.pull(p, i),
    url: `${p.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: x.user === p.user,
  };
}
