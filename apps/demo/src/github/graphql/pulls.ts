// Pull requests over GraphQL: what is asked for, their reviews and threads.
import { factsOf } from '../desk.ts';
import { mergeableState, node, type Facts } from '../shapes.ts';
import type { Issue, Repo, Review, ReviewComment } from '../store.ts';
import { changedFiles, commitOf, commitsIn, refView } from './commits.ts';
import { rollupView } from './checks.ts';
import { connection, type Bounds } from './connection.ts';
import { closes, commonView, inOrder } from './issues.ts';
import { heeds, repoOfIssue, type Place, type View } from './place.ts';

/** @returns OPEN, CLOSED or MERGED */
export const pullState = (issue: Issue): string => (issue.pr?.merged ? 'MERGED' : issue.state.toUpperCase());

export interface PullsArgs extends Bounds {
  readonly states?: readonly string[] | null;
  readonly headRefName?: string | null;
  readonly baseRefName?: string | null;
  readonly labels?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: 'ASC' | 'DESC' } | null;
}

/**
 * @returns a `PullRequestConnection`
 * @throws for an argument that is not heeded here
 */
export function pullsView(place: Place, repo: string, args: PullsArgs): View {
  heeds('Repository.pullRequests', args, [
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
  const list = place.c.store.find(
    'issue',
    (issue) =>
      issue.repo === repo &&
      issue.pr !== null &&
      (!args.states || args.states.includes(pullState(issue))) &&
      (!args.headRefName || args.headRefName === issue.pr.head) &&
      (!args.baseRefName || args.baseRefName === issue.pr.base) &&
      (!args.labels || args.labels.some((l) => (issue.labels ?? []).includes(l))),
  );
  return connection('pullRequests', args, inOrder(place, list, args.orderBy), (i) =>
    place.view.pull(place, i),
  );
}

const FITS = { true: 'MERGEABLE', false: 'CONFLICTING', null: 'UNKNOWN' } as const;

/** Fields that git has to be asked for, once and only when they are. */
function gitFields(place: Place, issue: Issue): View {
  let asked: Promise<Facts> | undefined;
  const facts = (): Promise<Facts> => (asked ??= factsOf(place.c, issue));
  const range = `${issue.pr!.baseSha}..${issue.pr!.headSha}`;
  return {
    additions: async () => (await facts()).stat.additions,
    deletions: async () => (await facts()).stat.deletions,
    changedFiles: async () => (await facts()).stat.files,
    mergeable: async () => FITS[`${(await facts()).fits}`],
    mergeStateStatus: async () => mergeableState((await facts()).fits, issue.pr!.draft).toUpperCase(),
    files: async (bounds: Bounds) =>
      connection(
        'files',
        bounds,
        await changedFiles(place.c.bare, issue.repo, `${issue.pr!.baseSha}...${issue.pr!.headSha}`),
        (f) => f,
      ),
    commits: async (bounds: Bounds) => {
      const repo = repoOfIssue(place, issue);
      return connection('commits', bounds, await commitsIn(place.c.bare, issue.repo, [range]), (commit) => ({
        __typename: 'PullRequestCommit',
        id: `PRC_${issue.id}_${commit.sha}`,
        commit: () => place.view.commit(place, repo, commit),
        url: `${place.c.base}/${issue.repo}/pull/${issue.number}/commits/${commit.sha}`,
        resourcePath: `/${issue.repo}/pull/${issue.number}/commits/${commit.sha}`,
      }));
    },
    mergeCommit: async () => {
      const made =
        issue.pr!.mergeSha === null ? null : await commitOf(place.c.bare, issue.repo, issue.pr!.mergeSha);
      return made && place.view.commit(place, repoOfIssue(place, issue), made);
    },
  };
}

/** Of each person the newest review that says yes or no. */
function decisive(reviews: readonly Review[]): Review[] {
  const newest = new Map<string, Review>();
  for (const review of reviews)
    if (review.state !== 'COMMENTED' && review.state !== 'PENDING') newest.set(review.user, review);
  return [...newest.values()];
}

/**
 * https://docs.github.com/graphql/reference/enums#pullrequestreviewdecision; null: nobody decided, and
 * nobody
 * has to.
 * @param required how many have to agree
 */
export function reviewDecision(reviews: readonly Review[], required: number): string | null {
  const said = decisive(reviews);
  if (said.some((r) => r.state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  if (said.length < required) return 'REVIEW_REQUIRED';
  return said.length > 0 ? 'APPROVED' : null;
}

function reviewFields(place: Place, issue: Issue, repo: Repo): View {
  const { store } = place.c;
  const all = store.find('review', (x) => x.repo === issue.repo && x.number === issue.number);
  const sent = all.filter((r) => r.state !== 'PENDING');
  const pending = new Set(all.filter((r) => r.state === 'PENDING').map((r) => r.id));
  const latest = [...new Map(sent.map((r) => [r.user, r])).values()];
  // What is not sent yet only its writer sees.
  const seen = all.filter((r) => r.state !== 'PENDING' || r.user === place.user);
  const list = (field: string, of: readonly Review[]) => (bounds: Bounds) => {
    heeds(`PullRequest.${field}`, bounds, ['first', 'last', 'after', 'before']);
    return connection(field, bounds, of, (r) => place.view.review(place, issue, r));
  };
  const roots = store.find(
    'reviewComment',
    (x) =>
      x.repo === issue.repo && x.number === issue.number && x.inReplyTo === null && !pending.has(x.reviewId),
  );
  return {
    reviews: list('reviews', seen),
    latestReviews: list('latestReviews', latest),
    latestOpinionatedReviews: list('latestOpinionatedReviews', decisive(sent)),
    reviewDecision: reviewDecision(sent, repo.rules?.reviews ?? 0),
    reviewRequests: (bounds: Bounds) => connection('reviewRequests', bounds, [], () => null),
    reviewThreads: (bounds: Bounds) =>
      connection('reviewThreads', bounds, roots, (x) => place.view.thread(place, issue, x)),
  };
}

/**
 * @param issue that is a pull request
 * @returns a `PullRequest`
 */
export function pullView(place: Place, issue: Issue): View {
  const pull = issue.pr!;
  const repo = repoOfIssue(place, issue);
  const owner = issue.repo.split('/')[0]!;
  const closed = (bounds: Bounds): View =>
    connection(
      'closingIssuesReferences',
      bounds,
      place.c.store.find(
        'issue',
        (x) => x.repo === issue.repo && x.pr === null && closes(issue).includes(x.number),
      ),
      (x) => place.view.issue(place, x),
    );
  return {
    ...commonView(place, issue),
    ...gitFields(place, issue),
    ...reviewFields(place, issue, repo),
    __typename: 'PullRequest',
    id: node('PullRequest', issue.id),
    state: pullState(issue),
    isDraft: pull.draft,
    merged: pull.merged,
    mergedAt: pull.mergedAt,
    headRefName: pull.head,
    headRefOid: pull.headSha,
    baseRefName: pull.base,
    baseRefOid: pull.baseSha,
    headRef: () => refView(place, repo, pull.head),
    baseRef: () => refView(place, repo, pull.base),
    headRepository: () => place.view.repository(place, repo),
    baseRepository: () => place.view.repository(place, repo),
    headRepositoryOwner: () => place.view.user(place, owner),
    isCrossRepository: false,
    maintainerCanModify: false,
    autoMergeRequest: null,
    potentialMergeCommit: null,
    isMergeQueueEnabled: repo.rules?.mergeQueue === true,
    isInMergeQueue: false,
    mergeQueueEntry: null,
    permalink: `${place.c.base}/${issue.repo}/pull/${issue.number}`,
    totalCommentsCount: place.c.store.find(
      'comment',
      (x) => x.repo === issue.repo && x.number === issue.number,
    ).length,
    closingIssuesReferences: closed,
    statusCheckRollup: () => rollupView(place, repo, pull.headSha),
  };
}

/** @returns a `PullRequestReview` */
export function reviewView(place: Place, issue: Issue, review: Review): View {
  const sentAt = review.state === 'PENDING' ? null : review.submittedAt;
  const path = `${issue.repo}/pull/${issue.number}#pullrequestreview-${review.id}`;
  const comments = (bounds: Bounds): View =>
    connection(
      'comments',
      bounds,
      place.c.store.find('reviewComment', (x) => x.reviewId === review.id),
      (x) => lineView(place, issue, x),
    );
  return {
    __typename: 'PullRequestReview',
    id: node('Review', review.id),
    databaseId: review.id,
    fullDatabaseId: String(review.id),
    body: review.body,
    bodyText: review.body,
    state: review.state,
    author: () => place.view.user(place, review.user),
    authorAssociation: 'OWNER',
    createdAt: sentAt ?? issue.updatedAt,
    submittedAt: sentAt,
    publishedAt: sentAt,
    updatedAt: sentAt ?? issue.updatedAt,
    includesCreatedEdit: false,
    commit: async () => {
      const at = await commitOf(place.c.bare, issue.repo, review.sha);
      return at && place.view.commit(place, repoOfIssue(place, issue), at);
    },
    comments,
    reactionGroups: () => place.view.reactions(place, []),
    pullRequest: () => place.view.pull(place, issue),
    url: `${place.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: review.user === place.user,
  };
}

/**
 * @param root the comment that it began with
 * @returns a `PullRequestReviewThread`
 */
export function threadView(place: Place, issue: Issue, root: ReviewComment): View {
  const said = place.c.store.find('reviewComment', (x) => x.id === root.id || x.inReplyTo === root.id);
  return {
    __typename: 'PullRequestReviewThread',
    id: `PRRT_${root.id}`,
    isResolved: root.resolved === true,
    isOutdated: root.sha !== issue.pr!.headSha,
    isCollapsed: root.resolved === true,
    path: root.path,
    line: root.line,
    originalLine: root.line,
    startLine: null,
    originalStartLine: null,
    diffSide: 'RIGHT',
    startDiffSide: null,
    subjectType: root.line === null ? 'FILE' : 'LINE',
    comments: (bounds: Bounds) => connection('comments', bounds, said, (x) => lineView(place, issue, x)),
    pullRequest: () => place.view.pull(place, issue),
    repository: () => place.view.repository(place, repoOfIssue(place, issue)),
    viewerCanReply: true,
    viewerCanResolve: root.resolved !== true,
    viewerCanUnresolve: root.resolved === true,
  };
}

function lineView(place: Place, issue: Issue, comment: ReviewComment): View {
  const path = `${issue.repo}/pull/${issue.number}#discussion_r${comment.id}`;
  return {
    __typename: 'PullRequestReviewComment',
    id: node('ReviewComment', comment.id),
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    author: () => place.view.user(place, comment.user),
    authorAssociation: 'OWNER',
    path: comment.path,
    line: comment.line,
    originalLine: comment.line,
    createdAt: comment.createdAt,
    publishedAt: comment.createdAt,
    updatedAt: comment.updatedAt ?? comment.createdAt,
    isMinimized: false,
    minimizedReason: null,
    outdated: comment.sha !== issue.pr!.headSha,
    reactionGroups: () => place.view.reactions(place, []),
    pullRequest: () => place.view.pull(place, issue),
    url: `${place.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: comment.user === place.user,
  };
}
