// Issues over GraphQL, and what pull requests have in common with them.
import { labelsOf } from '../desk.ts';
import { node } from '../shapes.ts';
import type { Issue } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { heeds, repoOfIssue, type Place, type View } from './place.ts';

interface Order {
  readonly field: string;
  readonly direction: 'ASC' | 'DESC';
}

/** @param order by when they were made, last changed, or how much was said; not given: as they were made */
export function inOrder(place: Place, list: readonly Issue[], order: Order | null | undefined): Issue[] {
  const said = (issue: Issue): number =>
    place.c.store.find('comment', (x) => x.repo === issue.repo && x.number === issue.number).length;
  const keys: ReadonlyMap<string, (issue: Issue) => string> = new Map([
    ['UPDATED_AT', (i) => i.updatedAt],
    ['COMMENTS', (i) => String(said(i)).padStart(9, '0')],
  ]);
  const key = keys.get(order?.field ?? '') ?? ((issue: Issue): string => issue.createdAt);
  const keyed = list.map((i) => ({ i, key: key(i) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)) || a.i.number - b.i.number);
  if (order?.direction === 'DESC') keyed.reverse();
  return keyed.map((k) => k.i);
}

export interface IssuesArgs extends Bounds {
  readonly states?: readonly string[] | null;
  readonly labels?: readonly string[] | null;
  readonly orderBy?: Order | null;
  readonly filterBy?: IssueFilter | null;
}
interface IssueFilter {
  /** A login, or "*" for anybody. */
  readonly assignee?: string | null;
  readonly createdBy?: string | null;
  readonly mentioned?: string | null;
  readonly labels?: readonly string[] | null;
  readonly states?: readonly string[] | null;
  readonly since?: string | null;
}

/** @returns whether the body names this login behind an @; comments do not count */
export const mentions = (issue: Issue, login: string): boolean =>
  (issue.body ?? '').toLowerCase().includes(`@${login.toLowerCase()}`);

/** @param login `*` is anybody */
export const isAssigned = (issue: Issue, login: string): boolean =>
  login === '*'
    ? (issue.assignees ?? []).length > 0
    : (issue.assignees ?? []).some((one) => one.toLowerCase() === login.toLowerCase());

/**
 * @returns an `IssueConnection`
 * @throws for an argument that is not heeded here
 */
export function issuesView(place: Place, repo: string, args: IssuesArgs): View {
  heeds('Repository.issues', args, [
    'first',
    'last',
    'after',
    'before',
    'states',
    'labels',
    'orderBy',
    'filterBy',
  ]);
  const filter = args.filterBy ?? {};
  heeds('IssueFilters', filter, ['assignee', 'createdBy', 'mentioned', 'labels', 'states', 'since']);
  const states = filter.states ?? args.states;
  const labels = filter.labels ?? args.labels;
  const list = place.c.store.find(
    'issue',
    (issue) =>
      issue.repo === repo &&
      issue.pr === null &&
      (!states || states.includes(issue.state.toUpperCase())) &&
      (!labels || labels.some((l) => (issue.labels ?? []).includes(l))) &&
      (!filter.assignee || isAssigned(issue, filter.assignee)) &&
      (!filter.mentioned || mentions(issue, filter.mentioned)) &&
      (!filter.createdBy || filter.createdBy === issue.user) &&
      (!filter.since || issue.updatedAt >= filter.since),
  );
  return connection('issues', args, inOrder(place, list, args.orderBy), (i) => place.view.issue(place, i));
}

/**
 * What an issue and a pull request both have.
 * @returns fields of both, without `__typename` and `id`
 */
export function commonView(place: Place, issue: Issue): View {
  const { store, base } = place.c;
  const here = (x: { repo: string; number: number }): boolean =>
    x.repo === issue.repo && x.number === issue.number;
  const path = `${issue.repo}/${issue.pr ? 'pull' : 'issues'}/${issue.number}`;
  const none = (field: string) => (bounds: Bounds) => connection(field, bounds, [], () => null);
  const assignees = (field: string) => (bounds: Bounds) =>
    connection(field, bounds, issue.assignees ?? [], (login) => place.view.user(place, login));
  return {
    databaseId: issue.id,
    fullDatabaseId: String(issue.id),
    number: issue.number,
    title: issue.title,
    titleHTML: issue.title.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    body: issue.body ?? '',
    bodyText: issue.body ?? '',
    author: () => place.view.user(place, issue.user),
    authorAssociation: 'OWNER',
    closed: issue.state === 'closed',
    closedAt: issue.closedAt,
    createdAt: issue.createdAt,
    publishedAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    url: `${base}/${path}`,
    resourcePath: `/${path}`,
    locked: issue.locked === true,
    activeLockReason: issue.lockReason?.toUpperCase().replaceAll(/[- ]/g, '_') ?? null,
    milestone: null,
    assignees: assignees('assignees'),
    assignedActors: assignees('assignedActors'),
    labels: (bounds: Bounds) =>
      connection('labels', bounds, labelsOf(store, issue), (l) => place.view.label(place, l)),
    comments: (bounds: Bounds) =>
      connection('comments', bounds, store.find('comment', here), (x) => place.view.comment(place, issue, x)),
    reactionGroups: () => place.view.reactions(place, store.find('reaction', here)),
    projectItems: none('projectItems'),
    projectCards: none('projectCards'),
    participants: (bounds: Bounds) =>
      connection(
        'participants',
        bounds,
        [...new Set([issue.user, ...store.find('comment', here).map((x) => x.user)])],
        (login) => place.view.user(place, login),
      ),
    repository: () => place.view.repository(place, repoOfIssue(place, issue)),
    viewerDidAuthor: issue.user === place.user,
    viewerCanUpdate: true,
  };
}

/** @returns an `Issue` */
export function issueView(place: Place, issue: Issue): View {
  const none = (field: string) => (bounds: Bounds) => connection(field, bounds, [], () => null);
  const closedBy = (bounds: Bounds): View =>
    connection(
      'closedByPullRequestsReferences',
      bounds,
      place.c.store.find(
        'issue',
        (x) => x.repo === issue.repo && x.pr !== null && closes(x).includes(issue.number),
      ),
      (x) => place.view.pull(place, x),
    );
  return {
    ...commonView(place, issue),
    __typename: 'Issue',
    id: node('Issue', issue.id),
    state: issue.state.toUpperCase(),
    stateReason: issue.state === 'closed' ? (issue.stateReason ?? 'completed').toUpperCase() : null,
    isPinned: false,
    issueType: null,
    parent: null,
    subIssues: none('subIssues'),
    subIssuesSummary: { total: 0, completed: 0, percentCompleted: 0 },
    blockedBy: none('blockedBy'),
    blocking: none('blocking'),
    linkedBranches: none('linkedBranches'),
    closedByPullRequestsReferences: closedBy,
  };
}

const CLOSES = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\s+#(\d+)/gi;
/**
 * Issues that a pull request says it closes:
 * https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
 * @returns their numbers, of this repository alone
 */
export const closes = (issue: Issue): number[] =>
  [...(issue.body ?? '').matchAll(CLOSES)].map((m) => Number(m[1]));
