// Users, and what people put to issues and pull requests alike: comments, reactions, labels.
import { node, user as restUser } from '../shapes.ts';
import type { Comment, Issue, Label, Reaction } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { repoOf, repoOfIssue, type Place, type View } from './place.ts';

/** @returns a `User` or a `Bot` */
export function userView(place: Place, login: string): View {
  const shown = restUser(place.c.base, login);
  return {
    __typename: shown.type,
    id: shown.node_id,
    databaseId: shown.id,
    // A bot's suffix is of REST alone.
    login: login.replace(/\[bot\]$/, ''),
    name: login,
    email: '',
    url: shown.html_url,
    resourcePath: `/${login}`,
    avatarUrl: shown.avatar_url,
    isViewer: login === place.user,
    isSiteAdmin: false,
    repository: (args: { name: string }) => {
      const repo = repoOf(place, `${login}/${args.name}`);
      return repo ? place.view.repository(place, repo) : null;
    },
    organizations: (bounds: Bounds) => connection('organizations', bounds, [], () => null),
  };
}

const REACTIONS: readonly (readonly [content: string, over: string])[] = [
  ['+1', 'THUMBS_UP'],
  ['-1', 'THUMBS_DOWN'],
  ['laugh', 'LAUGH'],
  ['hooray', 'HOORAY'],
  ['confused', 'CONFUSED'],
  ['heart', 'HEART'],
  ['rocket', 'ROCKET'],
  ['eyes', 'EYES'],
];

/**
 * One group for each reaction that there can be, also for those that nobody had.
 * @param all of one thing
 */
export function reactionGroups(place: Place, all: readonly Reaction[]): View[] {
  return REACTIONS.map(([content, over]) => {
    const had = all.filter((r) => r.content === content);
    const of = (field: string) => (bounds: Bounds) =>
      connection(field, bounds, had, (r) => place.view.user(place, r.user));
    return {
      content: over,
      createdAt: had[0]?.createdAt ?? null,
      users: of('users'),
      reactors: of('reactors'),
      viewerHasReacted: had.some((r) => r.user === place.user),
    };
  });
}

/** @returns an `IssueComment` */
export function commentView(place: Place, issue: Issue, comment: Comment): View {
  const path = `${issue.repo}/${issue.pr ? 'pull' : 'issues'}/${issue.number}#issuecomment-${comment.id}`;
  return {
    __typename: 'IssueComment',
    id: node('IssueComment', comment.id),
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    bodyText: comment.body,
    author: () => place.view.user(place, comment.user),
    authorAssociation: 'OWNER',
    createdAt: comment.createdAt,
    publishedAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    lastEditedAt: comment.updatedAt === comment.createdAt ? null : comment.updatedAt,
    includesCreatedEdit: false,
    isMinimized: false,
    minimizedReason: null,
    reactionGroups: () => place.view.reactions(place, []),
    url: `${place.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: comment.user === place.user,
    viewerCanUpdate: true,
    viewerCanDelete: false,
    issue: () => (issue.pr === null ? place.view.issue(place, issue) : null),
    pullRequest: () => (issue.pr === null ? null : place.view.pull(place, issue)),
    repository: () => place.view.repository(place, repoOfIssue(place, issue)),
  };
}

/** @returns a `Label` */
export const labelView = ({ c }: Place, label: Label): View => ({
  __typename: 'Label',
  id: node('Label', label.id),
  name: label.name,
  color: label.color,
  description: label.description,
  isDefault: false,
  createdAt: label.createdAt,
  updatedAt: label.createdAt,
  url: `${c.base}/${label.repo}/labels/${encodeURIComponent(label.name)}`,
  resourcePath: `/${label.repo}/labels/${encodeURIComponent(label.name)}`,
});
