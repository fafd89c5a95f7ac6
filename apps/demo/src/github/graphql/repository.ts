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
function labelsView(place: Place, repo: Repo, args: LabelsArgs): View {
  const wanted = (args.query ?? '').toLowerCase();
  const list = place.c.store.find(
    'label',
    (label) =>
      label.repo === repo.full &&
      (label.name.toLowerCase().includes(wanted) || (label.description ?? '').toLowerCase().includes(wanted)),
  );
  if (args.orderBy?.field === 'NAME') list.sort((x, y) => x.name.localeCompare(y.name));
  if (args.orderBy?.direction === 'DESC') list.reverse();
  return connection('labels', args, list, (l) => place.view.label(place, l));
}

function numbered(
  place: Place,
  repo: Repo,
  number: number,
  what: string,
  is: (issue: Issue) => boolean,
): Issue {
  const found = place.c.store.one('issue', (i) => i.repo === repo.full && i.number === number && is(i));
  if (found === undefined)
    throw refused('NOT_FOUND', `Could not resolve to ${what} with the number of ${number}.`);
  return found;
}

async function pushedAt(place: Place, repo: Repo): Promise<string> {
  const sha = await place.c.bare.sha(repo.full, repo.defaultBranch);
  return (sha && (await commitOf(place.c.bare, repo.full, sha))?.committer.date) || repo.createdAt;
}

/** What a repository here never has. GitHub says so in the same words: null, no, or an empty list. */
function absent(): View {
  const none = (field: string) => (bounds: Bounds) => connection(field, bounds, [], () => null);
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

/** @returns a `Repository` */
export function repositoryView(place: Place, repo: Repo): View {
  const [owner, name] = repo.full.split('/') as [string, string];
  const isIssue = (issue: Issue): boolean => issue.pr === null;
  const people = (field: string) => (bounds: Bounds) =>
    connection(field, bounds, [...new Set([owner, place.user])], (login) => place.view.user(place, login));
  return {
    ...absent(),
    __typename: 'Repository',
    id: node('Repository', repo.id),
    databaseId: repo.id,
    name,
    nameWithOwner: repo.full,
    owner: () => place.view.user(place, owner),
    url: `${place.c.base}/${repo.full}`,
    sshUrl: `${place.c.base}/${repo.full}.git`,
    resourcePath: `/${repo.full}`,
    openGraphImageUrl: `${place.c.base}/${repo.full}`,
    visibility: 'PUBLIC',
    createdAt: repo.createdAt,
    updatedAt: repo.createdAt,
    pushedAt: () => pushedAt(place, repo),
    hasIssuesEnabled: repo.rules?.without?.includes('issues') !== true,
    isArchived: repo.rules?.archived === true,
    isBlankIssuesEnabled: true,
    isEmpty: async () => (await place.c.bare.heads(repo.full)).size === 0,
    mergeCommitAllowed: mayMerge(repo, 'merge'),
    squashMergeAllowed: mayMerge(repo, 'squash'),
    rebaseMergeAllowed: mayMerge(repo, 'rebase'),
    viewerDefaultMergeMethod: 'MERGE',
    viewerPermission: 'ADMIN',
    viewerCanAdminister: true,
    mergeQueue: () => (repo.rules?.mergeQueue ? { __typename: 'MergeQueue', id: `MQ_${repo.id}` } : null),
    defaultBranchRef: () => refView(place, repo, repo.defaultBranch),
    ref: (args: { qualifiedName: string }) => refView(place, repo, branchOf(args.qualifiedName)),
    refs: async (args: Bounds & { refPrefix: string; query?: string | null }) => {
      heeds('Repository.refs', args, ['first', 'last', 'after', 'before', 'refPrefix', 'query']);
      const heads = args.refPrefix === 'refs/heads/' ? [...(await place.c.bare.heads(repo.full)).keys()] : [];
      return connection(
        'refs',
        args,
        heads.filter((h) => h.includes(args.query ?? '')),
        (h) => refView(place, repo, h),
      );
    },
    issues: (args: IssuesArgs) => issuesView(place, repo.full, args),
    pullRequests: (args: PullsArgs) => pullsView(place, repo.full, args),
    issue: (args: { number: number }) =>
      place.view.issue(place, numbered(place, repo, args.number, 'an Issue', isIssue)),
    pullRequest: (args: { number: number }) =>
      place.view.pull(
        place,
        numbered(place, repo, args.number, 'a PullRequest', (i) => !isIssue(i)),
      ),
    issueOrPullRequest: (args: { number: number }) =>
      viewOf(
        place,
        numbered(place, repo, args.number, 'an issue or pull request', () => true),
      ),
    labels: (args: LabelsArgs) => labelsView(place, repo, args),
    label: (args: { name: string }) => {
      const found = place.c.store.one(
        'label',
        (l) => l.repo === repo.full && l.name.toLowerCase() === args.name.toLowerCase(),
      );
      return found ? place.view.label(place, found) : null;
    },
    assignableUsers: people('assignableUsers'),
    mentionableUsers: people('mentionableUsers'),
    suggestedActors: people('suggestedActors'),
  };
}
