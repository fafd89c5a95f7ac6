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
export function inOrder(p: Place, list: readonly Issue[], order: Order | null | undefined): Issue[] {
  const said = (i: Issue): number =>
    p.c.store.find('comment', (x) => x.repo === i.repo && x.number === i.number).length;
  const keys: ReadonlyMap<string, (i: Issue) => string> = new Map([
    ['UPDATED_AT', (i) => i.updatedAt],
    ['COMMENTS', (i) => String(said(i)).padStart(9, '0')],
  ]);
  const key = keys.get(order?.field ?? '') ?? ((i: Issue): string => i.createdAt);
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

export const mentions = (i: Issue, login: string): boolean =>
  (i.body ?? '').toLowerCase().includes(`@${login.toLowerCase()}`);

export const isAssigned = (i: Issue, login: string): boolean =>
  login === '*'
    ? (i.assignees ?? []).length > 0
    : (i.assignees ?? []).some((one) => one.toLowerCase() === login.toLowerCase());

export function issuesView(p: Place, repo: string, a: IssuesArgs): View {
  heeds('Repository.issues', a, [
    'first',
    'last',
    'after',
    'before',
    'states',
    'labels',
    'orderBy',
    'filterBy',
  ]);
  const filter = a.filterBy ?? {};
  heeds('IssueFilters', filter, ['assignee', 'createdBy', 'mentioned', 'labels', 'states', 'since']);
  const states = filter.states ?? a.states;
  const labels = filter.labels ?? a.labels;
  const list = p.c.store.find(
    'issue',
    (i) =>
      i.repo === repo &&
      i.pr === null &&
      (!states || states.includes(i.state.toUpperCase())) &&
      (!labels || labels.some((l) => (i.labels ?? []).includes(l))) &&
      (!filter.assignee || isAssigned(i, filter.assignee)) &&
      (!filter.mentioned || mentions(i, filter.mentioned)) &&
      (!filter.createdBy || filter.createdBy === i.user) &&
      (!filter.since || i.updatedAt >= filter.since),
  );
  return connection('issues', a, inOrder(p, list, a.orderBy), (i) => p.view.issue(p, i));
}

/** What an issue and a pull request both have. */
export function commonView(p: Place, i: Issue): View {
  const { store, base } = p.c;
  const here = (x: { repo: string; number: number }): boolean => x.repo === i.repo && x.number === i.number;
  const path = `${i.repo}/${i.pr ? 'pull' : 'issues'}/${i.number}`;
  const none = (field: string) => (a: Bounds) => connection(field, a, [], () => null);
  const assignees = (field: string) => (a: Bounds) =>
    connection(field, a, i.assignees ?? [], (login) => p.view.user(p, login));
  return {
    databaseId: i.id,
    fullDatabaseId: String(i.id),
    number: i.number,
    title: i.title,
    titleHTML: i.title.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
    body: i.body ?? '',
    bodyText: i.body ?? '',
    author: () => p.view.user(p, i.user),
    authorAssociation: 'OWNER',
    closed: i.state === 'closed',
    closedAt: i.closedAt,
    createdAt: i.createdAt,
    publishedAt: i.createdAt,
    updatedAt: i.updatedAt,
    url: `${base}/${path}`,
    resourcePath: `/${path}`,
    locked: false,
    activeLockReason: null,
    milestone: null,
    assignees: assignees('assignees'),
    assignedActors: assignees('assignedActors'),
    labels: (a: Bounds) => connection('labels', a, labelsOf(store, i), (l) => p.view.label(p, l)),
    comments: (a: Bounds) =>
      connection('comments', a, store.find('comment', here), (x) => p.view.comment(p, i, x)),
    reactionGroups: () => p.view.reactions(p, store.find('reaction', here)),
    projectItems: none('projectItems'),
    projectCards: none('projectCards'),
    participants: (a: Bounds) =>
      connection(
        'participants',
        a,
        [...new Set([i.user, ...store.find('comment', here).map((x) => x.user)])],
        (login) => p.view.user(p, login),
      ),
    repository: () => p.view.repository(p, repoOfIssue(p, i)),
    viewerDidAuthor: i.user === p.user,
    viewerCanUpdate: true,
  };
}

export function issueView(p: Place, i: Issue): View {
  const none = (field: string) => (a: Bounds) => connection(field, a, [], () => null);
  const closedBy = (a: Bounds): View =>
    connection(
      'closedByPullRequestsReferences',
      a,
      p.c.store.find('issue', (x) => x.repo === i.repo && x.pr !== null && closes(x).includes(i.number)),
      (x) => p.view.pull(p, x),
    );
  return {
    ...commonView(p, i),
    __typename: 'Issue',
    id: node('Issue', i.id),
    state: i.state.toUpperCase(),
    stateReason: i.state === 'closed' ? (i.stateReason ?? 'completed').toUpperCase() : null,
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
/** Issues that a pull request says it closes: https://docs.github.com/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue */
export const closes = (i: Issue): number[] => [...(i.body ?? '').matchAll(CLOSES)].map((m) => Number(m[1]));
