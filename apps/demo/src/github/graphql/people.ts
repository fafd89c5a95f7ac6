// Users, and what people put to issues and pull requests alike: comments, reactions, labels.
import { node, user as restUser } from '../shapes.ts';
import type { Comment, Issue, Label, Reaction } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { repoOf, repoOfIssue, type Place, type View } from './place.ts';

export function userView(p: Place, login: string): View {
  const shown = restUser(p.c.base, login);
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
    isViewer: login === p.user,
    isSiteAdmin: false,
    repository: (a: { name: string }) => {
      const repo = repoOf(p, `${login}/${a.name}`);
      return repo ? p.view.repository(p, repo) : null;
    },
    organizations: (a: Bounds) => connection('organizations', a, [], () => null),
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

/** One group for each reaction that there can be, also for those that nobody had. */
export function reactionGroups(p: Place, all: readonly Reaction[]): View[] {
  return REACTIONS.map(([content, over]) => {
    const had = all.filter((r) => r.content === content);
    const of = (field: string) => (a: Bounds) => connection(field, a, had, (r) => p.view.user(p, r.user));
    return {
      content: over,
      createdAt: had[0]?.createdAt ?? null,
      users: of('users'),
      reactors: of('reactors'),
      viewerHasReacted: had.some((r) => r.user === p.user),
    };
  });
}

export function commentView(p: Place, i: Issue, x: Comment): View {
  const path = `${i.repo}/${i.pr ? 'pull' : 'issues'}/${i.number}#issuecomment-${x.id}`;
  return {
    __typename: 'IssueComment',
    id: node('IssueComment', x.id),
    databaseId: x.id,
    fullDatabaseId: String(x.id),
    body: x.body,
    bodyText: x.body,
    author: () => p.view.user(p, x.user),
    authorAssociation: 'OWNER',
    createdAt: x.createdAt,
    publishedAt: x.createdAt,
    updatedAt: x.updatedAt,
    lastEditedAt: x.updatedAt === x.createdAt ? null : x.updatedAt,
    includesCreatedEdit: false,
    isMinimized: false,
    minimizedReason: null,
    reactionGroups: () => p.view.reactions(p, []),
    url: `${p.c.base}/${path}`,
    resourcePath: `/${path}`,
    viewerDidAuthor: x.user === p.user,
    viewerCanUpdate: true,
    viewerCanDelete: false,
    issue: () => (i.pr === null ? p.view.issue(p, i) : null),
    pullRequest: () => (i.pr === null ? null : p.view.pull(p, i)),
    repository: () => p.view.repository(p, repoOfIssue(p, i)),
  };
}

export const labelView = ({ c }: Place, x: Label): View => ({
  __typename: 'Label',
  id: node('Label', x.id),
  name: x.name,
  color: x.color,
  description: x.description,
  isDefault: false,
  createdAt: x.createdAt,
  updatedAt: x.createdAt,
  url: `${c.base}/${x.repo}/labels/${encodeURIComponent(x.name)}`,
  resourcePath: `/${x.repo}/labels/${encodeURIComponent(x.name)}`,
});
