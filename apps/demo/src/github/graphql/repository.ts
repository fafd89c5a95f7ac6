// A repository over GraphQL, its branches and its lists.
import { mayMerge, node } from '../shapes.ts';
import type { Issue, Repo } from '../store.ts';
import { connection, type Bounds } from './connection.ts';
import { commitOf, refView } from './commits.ts';
import { issuesView, type IssuesArgs } from './issues.ts';
import { heeds, refused, viewOf, type Place, type View } from './place.ts';
import { pullsView, type PullsArgs } from './pulls.ts';

const branchOf = (qualified: string): string => qualified.replace(/^refs\/heads\//, '');

interface LabelsArgs extends Bounds {
  readonly query?: string | null;
  readonly orderBy?: { readonly field: string; readonly direction: string } | null;
}
function labelsView(p: Place, repo: Repo, a: LabelsArgs): View {
  const wanted = (a.query ?? '').toLowerCase();
  const list = p.c.store.find(
    'label',
    (l) =>
      l.repo === repo.full &&
      (l.name.toLowerCase().includes(wanted) || (l.description ?? '').toLowerCase().includes(wanted)),
  );
  if (a.orderBy?.field === 'NAME') list.sort((x, y) => x.name.localeCompare(y.name));
  if (a.orderBy?.direction === 'DESC') list.reverse();
  return connection('labels', a, list, (l) => p.view.label(p, l));
}

function numbered(p: Place, repo: Repo, number: number, what: string, is: (i: Issue) => boolean): Issue {
  const found = p.c.store.one('issue', (i) => i.repo === repo.full && i.number === number && is(i));
  if (found === undefined)
    throw refused('NOT_FOUND', `Could not resolve to ${what} with the number of ${number}.`);
  return found;
}

async function pushedAt(p: Place, repo: Repo): Promise<string> {
  const sha = await p.c.bare.sha(repo.full, repo.defaultBranch);
  return (sha && (await commitOf(p.c.bare, repo.full, sha))?.committer.date) || repo.createdAt;
}

/** What a repository here never has. GitHub says so in the same words: null, no, or an empty list. */
function absent(): View {
  const none = (field: string) => (a: Bounds) => connection(field, a, [], () => null);
  return {
    description: null,
    homepageUrl: null,
    mirrorUrl: null,
    parent: null,
    templateRepository: null,
    licenseInfo: null,
    codeOfConduct: null,
    primaryLanguage: null,
    latestRelease: null,
    securityPolicyUrl: null,
    issueTemplates: [],
    pullRequestTemplates: [],
    contactLinks: [],
    fundingLinks: [],
    languages: none('languages'),
    repositoryTopics: none('repositoryTopics'),
    milestones: none('milestones'),
    releases: none('releases'),
    projectsV2: none('projectsV2'),
    projects: none('projects'),
    stargazers: none('stargazers'),
    watchers: none('watchers'),
    forks: none('forks'),
    forkCount: 0,
    stargazerCount: 0,
    diskUsage: 0,
    isDisabled: false,
    isFork: false,
    isInOrganization: false,
    isLocked: false,
    isMirror: false,
    isPrivate: false,
    isTemplate: false,
    isSecurityPolicyEnabled: false,
    isUserConfigurationRepository: false,
    hasDiscussionsEnabled: false,
    hasProjectsEnabled: false,
    hasWikiEnabled: false,
    autoMergeAllowed: false,
    deleteBranchOnMerge: false,
    viewerHasStarred: false,
    viewerSubscription: 'UNSUBSCRIBED',
    usesCustomOpenGraphImage: false,
  };
}

export function repositoryView(p: Place, repo: Repo): View {
  const [owner, name] = repo.full.split('/') as [string, string];
  const isIssue = (i: Issue): boolean => i.pr === null;
  const people = (field: string) => (a: Bounds) =>
    connection(field, a, [...new Set([owner, p.user])], (login) => p.view.user(p, login));
  return {
    ...absent(),
    __typename: 'Repository',
    id: node('Repository', repo.id),
    databaseId: repo.id,
    name,
    nameWithOwner: repo.full,
    owner: () => p.view.user(p, owner),
    url: `${p.c.base}/${repo.full}`,
    sshUrl: `${p.c.base}/${repo.full}.git`,
    resourcePath: `/${repo.full}`,
    openGraphImageUrl: `${p.c.base}/${repo.full}`,
    visibility: 'PUBLIC',
    createdAt: repo.createdAt,
    updatedAt: repo.createdAt,
    pushedAt: () => pushedAt(p, repo),
    hasIssuesEnabled: repo.rules?.without?.includes('issues') !== true,
    isArchived: repo.rules?.archived === true,
    isBlankIssuesEnabled: true,
    isEmpty: async () => (await p.c.bare.heads(repo.full)).size === 0,
    mergeCommitAllowed: mayMerge(repo, 'merge'),
    squashMergeAllowed: mayMerge(repo, 'squash'),
    rebaseMergeAllowed: mayMerge(repo, 'rebase'),
    viewerDefaultMergeMethod: 'MERGE',
    viewerPermission: 'ADMIN',
    viewerCanAdminister: true,
    mergeQueue: () => (repo.rules?.mergeQueue ? { __typename: 'MergeQueue', id: `MQ_${repo.id}` } : null),
    defaultBranchRef: () => refView(p, repo, repo.defaultBranch),
    ref: (a: { qualifiedName: string }) => refView(p, repo, branchOf(a.qualifiedName)),
    refs: async (a: Bounds & { refPrefix: string; query?: string | null }) => {
      heeds('Repository.refs', a, ['first', 'last', 'after', 'before', 'refPrefix', 'query']);
      const heads = a.refPrefix === 'refs/heads/' ? [...(await p.c.bare.heads(repo.full)).keys()] : [];
      return connection(
        'refs',
        a,
        heads.filter((h) => h.includes(a.query ?? '')),
        (h) => refView(p, repo, h),
      );
    },
    issues: (a: IssuesArgs) => issuesView(p, repo.full, a),
    pullRequests: (a: PullsArgs) => pullsView(p, repo.full, a),
    issue: (a: { number: number }) => p.view.issue(p, numbered(p, repo, a.number, 'an Issue', isIssue)),
    pullRequest: (a: { number: number }) =>
      p.view.pull(
        p,
        numbered(p, repo, a.number, 'a PullRequest', (i) => !isIssue(i)),
      ),
    issueOrPullRequest: (a: { number: number }) =>
      viewOf(
        p,
        numbered(p, repo, a.number, 'an issue or pull request', () => true),
      ),
    labels: (a: LabelsArgs) => labelsView(p, repo, a),
    label: (a: { name: string }) => {
      const found = p.c.store.one(
        'label',
        (l) => l.repo === repo.full && l.name.toLowerCase() === a.name.toLowerCase(),
      );
      return found ? p.view.label(p, found) : null;
    },
    assignableUsers: people('assignableUsers'),
    mentionableUsers: people('mentionableUsers'),
    suggestedActors: people('suggestedActors'),
  };
}
