// GitHub's mutations. What REST can do as well is done by its route, so that both ways do the same and tell
// the same webhooks.
import { factsOf, mayPush } from '../desk.ts';
import { deleteIssue, transferIssue } from '../gone-issues.ts';
import { mergePull } from '../merge.ts';
import * as shape from '../shapes.ts';
import { nowIso, type Issue, type Repo, type ReviewComment } from '../store.ts';
import { readGlobalId, refused, repoOfIssue, viewOf, type Place, type View } from './place.ts';

type Input = Readonly<Record<string, unknown>>;
type Mutation = (place: Place, input: Input) => Promise<View>;

const missing = (id: unknown): Error =>
  refused('NOT_FOUND', `Could not resolve to a node with the global id of '${String(id)}'`);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** @param input is refused when it sets what the local GitHub would drop */
function only(name: string, input: Input, known: readonly string[]): void {
  const other = Object.entries(input).find(
    ([key, value]) =>
      value != null &&
      !(Array.isArray(value) && value.length === 0) &&
      key !== 'clientMutationId' &&
      !known.includes(key),
  );
  if (other) throw refused('NOT_IMPLEMENTED', `The local GitHub does not heed "${other[0]}" of ${name}.`);
}

function subjectOf(place: Place, id: unknown, kinds: readonly string[] = ['Issue', 'PullRequest']): Issue {
  const at = readGlobalId(String(id));
  const found =
    at && kinds.includes(at.kind)
      ? place.c.store.one('issue', (i) => i.id === at.id && (i.pr === null) === (at.kind === 'Issue'))
      : null;
  if (!found) throw missing(id);
  return found;
}
const pullOf = (place: Place, input: Input): Issue => subjectOf(place, input.pullRequestId, ['PullRequest']);

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
]);

/** @throws GraphQLError for a pull request of a repository that takes no change any more, as REST refuses it */
function changeable(place: Place, issue: Issue): Issue {
  if (repoOfIssue(place, issue).rules?.archived === true)
    throw refused('FORBIDDEN', 'Repository was archived so is read-only.');
  return issue;
}

/** @returns what REST answered; a refusal of REST's is one of GraphQL's */
async function byRest(
  place: Place,
  method: string,
  path: string,
  body: Input,
): Promise<{ number: number; id: number }> {
  const answer = await place.rest(method, path, body);
  if (answer.status < 300) return answer.body as { number: number; id: number };
  const said = answer.body as {
    message?: string;
    errors?: { message?: string; field?: string; code?: string }[];
  };
  const reasons = (said.errors ?? []).map((e) => e.message ?? `${e.field} is ${e.code}`);
  throw refused(
    REFUSALS.get(answer.status) ?? 'UNPROCESSABLE',
    reasons.length > 0 ? reasons.join(', ') : (said.message ?? String(answer.status)),
  );
}

function labelNames(place: Place, ids: unknown): string[] {
  return (Array.isArray(ids) ? ids : []).map((id) => {
    const at = readGlobalId(String(id));
    const label = place.c.store.one('label', (l) => l.id === at?.id && at.kind === 'Label');
    if (!label) throw missing(id);
    return label.name;
  });
}

function repositoryOf(place: Place, id: unknown): string {
  const at = readGlobalId(String(id));
  const repo = place.c.store.one('repo', (r) => at?.kind === 'Repository' && r.id === at.id);
  if (!repo) throw missing(id);
  return repo.full;
}
const numberedIn = (place: Place, repo: string, number: number): Issue =>
  place.c.store.one('issue', (i) => i.repo === repo && i.number === number)!;

const createIssue: Mutation = async (place, input) => {
  only('createIssue', input, ['repositoryId', 'title', 'body', 'labelIds']);
  const repo = repositoryOf(place, input.repositoryId);
  const made = await byRest(place, 'POST', `/repos/${repo}/issues`, {
    title: input.title,
    body: text(input.body) ?? '',
    labels: labelNames(place, input.labelIds),
  });
  return { issue: place.view.issue(place, numberedIn(place, repo, made.number)) };
};

const createPullRequest: Mutation = async (place, input) => {
  only('createPullRequest', input, [
    'repositoryId',
    'title',
    'body',
    'baseRefName',
    'headRefName',
    'draft',
    'maintainerCanModify',
    'headRepositoryId',
  ]);
  const repo = repositoryOf(place, input.repositoryId);
  const made = await byRest(place, 'POST', `/repos/${repo}/pulls`, {
    title: input.title,
    body: text(input.body) ?? '',
    head: input.headRefName,
    base: input.baseRefName,
    draft: input.draft === true,
  });
  return { pullRequest: place.view.pull(place, numberedIn(place, repo, made.number)) };
};

/** @param body of the request that changes the issue or pull request */
async function edited(place: Place, issue: Issue, body: Input): Promise<View> {
  await byRest(place, 'PATCH', `/repos/${issue.repo}/${issue.pr ? 'pulls' : 'issues'}/${issue.number}`, body);
  return { [issue.pr ? 'pullRequest' : 'issue']: viewOf(place, issue) };
}

const closeIssue: Mutation = (place, input) => {
  only('closeIssue', input, ['issueId', 'stateReason']);
  return edited(place, subjectOf(place, input.issueId, ['Issue']), {
    state: 'closed',
    state_reason: text(input.stateReason)?.toLowerCase(),
  });
};
const reopenIssue: Mutation = (place, input) =>
  edited(place, subjectOf(place, input.issueId, ['Issue']), { state: 'open' });
const closePullRequest: Mutation = (p, input) => edited(p, pullOf(p, input), { state: 'closed' });
const reopenPullRequest: Mutation = (p, input) => edited(p, pullOf(p, input), { state: 'open' });
/** What an App may not do, whatever it was given, and a person only who may write. */
function ownIssue(place: Place, id: unknown): { issue: Issue; repo: Repo } {
  const issue = subjectOf(place, id, ['Issue']);
  const repo = repoOfIssue(place, issue);
  if (place.rights !== undefined || !mayPush(repo, place.user))
    throw refused('FORBIDDEN', `${place.user} does not have the correct permissions to execute this.`);
  return { issue, repo };
}
const removeIssue: Mutation = async (place, input) => {
  const { issue, repo } = ownIssue(place, input.issueId);
  await deleteIssue(place.c, repo, issue, place.user);
  return { repository: place.view.repository(place, repo) };
};
const moveIssue: Mutation = async (place, input) => {
  // Not set, GitHub's schema fills it in.
  const asked = input.createLabelsIfMissing === false ? { ...input, createLabelsIfMissing: null } : input;
  only('transferIssue', asked, ['issueId', 'repositoryId']);
  const { issue, repo } = ownIssue(place, input.issueId);
  const full = repositoryOf(place, input.repositoryId);
  const to = place.c.store.one('repo', (r) => r.full === full)!;
  if (to === repo || !mayPush(to, place.user))
    throw refused('UNPROCESSABLE', 'The issue can not be moved there.');
  await transferIssue(place.c, repo, to, issue, place.user);
  return { issue: place.view.issue(place, issue) };
};
const lockIs =
  (isLocked: boolean): Mutation =>
  async (place, input) => {
    const issue = subjectOf(place, input.lockableId);
    const path = `/repos/${issue.repo}/issues/${issue.number}/lock`;
    const reason = text(input.lockReason)
      ?.toLowerCase()
      .replaceAll('_', ' ')
      .replace('off topic', 'off-topic');
    await byRest(place, isLocked ? 'PUT' : 'DELETE', path, isLocked ? { lock_reason: reason } : {});
    return { [isLocked ? 'lockedRecord' : 'unlockedRecord']: viewOf(place, issue) };
  };
const STATES: ReadonlyMap<unknown, string> = new Map([
  ['OPEN', 'open'],
  ['CLOSED', 'closed'],
]);
const changes = (name: string, input: Input, id: string): Input => {
  only(name, input, [id, 'title', 'body', 'state']);
  return {
    title: text(input.title),
    body: text(input.body),
    ...(STATES.has(input.state) ? { state: STATES.get(input.state) } : {}),
  };
};
const updateIssue: Mutation = (place, input) =>
  edited(place, subjectOf(place, input.id, ['Issue']), changes('updateIssue', input, 'id'));
const updatePullRequest: Mutation = (place, input) =>
  edited(place, pullOf(place, input), changes('updatePullRequest', input, 'pullRequestId'));

const addComment: Mutation = async (place, input) => {
  const issue = subjectOf(place, input.subjectId);
  const made = await byRest(place, 'POST', `/repos/${issue.repo}/issues/${issue.number}/comments`, {
    body: input.body,
  });
  const comment = place.view.comment(
    place,
    issue,
    place.c.store.one('comment', (x) => x.id === made.id)!,
  );
  return { subject: viewOf(place, issue), commentEdge: { cursor: '', node: comment } };
};

const updateIssueComment: Mutation = async (place, input) => {
  const at = readGlobalId(String(input.id));
  const comment = place.c.store.one('comment', (y) => y.id === at?.id && at.kind === 'IssueComment');
  if (!comment) throw missing(input.id);
  await byRest(place, 'PATCH', `/repos/${comment.repo}/issues/comments/${comment.id}`, { body: input.body });
  return {
    issueComment: place.view.comment(place, numberedIn(place, comment.repo, comment.number), comment),
  };
};

const addLabelsToLabelable: Mutation = async (place, input) => {
  const issue = subjectOf(place, input.labelableId);
  await byRest(place, 'POST', `/repos/${issue.repo}/issues/${issue.number}/labels`, {
    labels: labelNames(place, input.labelIds),
  });
  return { labelable: viewOf(place, issue) };
};
const removeLabelsFromLabelable: Mutation = async (place, input) => {
  const issue = subjectOf(place, input.labelableId);
  for (const name of labelNames(place, input.labelIds))
    await byRest(
      place,
      'DELETE',
      `/repos/${issue.repo}/issues/${issue.number}/labels/${encodeURIComponent(name)}`,
      {},
    );
  return { labelable: viewOf(place, issue) };
};

/** @returns the logins behind ids of users: an id stands for nobody whom no repository here knows */
function loginsOf(place: Place, issue: Issue, input: Input): string[] {
  if (Array.isArray(input.actorLogins)) return input.actorLogins.map(String);
  const known = [...new Set([issue.repo.split('/')[0]!, place.user, issue.user, ...(issue.assignees ?? [])])];
  return (Array.isArray(input.actorIds) ? input.actorIds : []).map((id) => {
    const login = known.find((one) => shape.user(place.c.base, one).node_id === id);
    if (login === undefined) throw missing(id);
    return login;
  });
}
const replaceActorsForAssignable: Mutation = async (place, input) => {
  const issue = subjectOf(place, input.assignableId);
  await edited(place, issue, { assignees: loginsOf(place, issue, input) });
  return { assignable: viewOf(place, issue) };
};

const addPullRequestReview: Mutation = async (place, input) => {
  only('addPullRequestReview', input, ['pullRequestId', 'event', 'body', 'comments']);
  const issue = pullOf(place, input);
  const made = await byRest(place, 'POST', `/repos/${issue.repo}/pulls/${issue.number}/reviews`, {
    // Without one it is not sent yet, over REST as well.
    event: text(input.event),
    body: text(input.body) ?? '',
    comments: input.comments ?? [],
  });
  return {
    pullRequestReview: place.view.review(
      place,
      issue,
      place.c.store.one('review', (x) => x.id === made.id)!,
    ),
  };
};

const submitPullRequestReview: Mutation = async (place, input) => {
  only('submitPullRequestReview', input, ['pullRequestReviewId', 'event', 'body']);
  const at = readGlobalId(String(input.pullRequestReviewId));
  const review = place.c.store.one('review', (r) => at?.kind === 'Review' && r.id === at.id);
  if (!review) throw missing(input.pullRequestReviewId);
  await byRest(place, 'POST', `/repos/${review.repo}/pulls/${review.number}/reviews/${review.id}/events`, {
    event: input.event,
    body: text(input.body),
  });
  return {
    pullRequestReview: place.view.review(place, numberedIn(place, review.repo, review.number), review),
  };
};

const mergePullRequest: Mutation = async (place, input) => {
  only('mergePullRequest', input, [
    'pullRequestId',
    'mergeMethod',
    'commitHeadline',
    'commitBody',
    'expectedHeadOid',
    'authorEmail',
  ]);
  const issue = pullOf(place, input);
  await byRest(place, 'PUT', `/repos/${issue.repo}/pulls/${issue.number}/merge`, {
    merge_method: (text(input.mergeMethod) ?? 'MERGE').toLowerCase(),
    sha: text(input.expectedHeadOid),
    commit_title: text(input.commitHeadline),
    commit_message: text(input.commitBody),
  });
  return { pullRequest: place.view.pull(place, issue) };
};

/** What GitHub offers over GraphQL only: queue, draft, threads. */
async function tell(
  place: Place,
  issue: Issue,
  event: string,
  action: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  const repo = repoOfIssue(place, issue);
  place.c.hooks.send(event, {
    action,
    ...more,
    pull_request: shape.pull(issue, repo, await factsOf(place.c, issue)),
    repository: shape.repo(place.c.base, repo),
    sender: shape.user(place.c.base, place.user),
  });
}

const enqueuePullRequest: Mutation = async (place, input) => {
  const issue = changeable(place, pullOf(place, input));
  // A queue of one: it is merged at once.
  const done = await mergePull(place.c, repoOfIssue(place, issue), issue, place.user, {
    merge_method: 'merge',
    sha: text(input.expectedHeadOid),
    queued: true,
  });
  if (done.status !== 200) throw refused('UNPROCESSABLE', (done.body as { message: string }).message);
  await tell(place, issue, 'pull_request', 'closed', { number: issue.number });
  return { mergeQueueEntry: { __typename: 'MergeQueueEntry', id: `MQE_${issue.id}` } };
};

const draftIs =
  (draft: boolean): Mutation =>
  async (place, input) => {
    const issue = changeable(place, pullOf(place, input));
    const was = issue.pr!.draft;
    place.c.store.update('issue', issue, { updatedAt: nowIso(), pr: { ...issue.pr!, draft } });
    if (was && !draft) {
      await tell(place, issue, 'pull_request', 'ready_for_review', { number: issue.number });
      place.c.befell(repoOfIssue(place, issue), issue, 'ready_for_review');
      place.onReady(issue);
    }
    return { pullRequest: place.view.pull(place, issue) };
  };

const threadIs =
  (resolved: boolean): Mutation =>
  async (place, input) => {
    const at = readGlobalId(String(input.threadId));
    const root: ReviewComment | undefined = place.c.store.one(
      'reviewComment',
      (x) => at?.kind === 'Thread' && x.id === at.id && x.inReplyTo === null,
    );
    if (!root) throw missing(input.threadId);
    const issue = changeable(place, numberedIn(place, root.repo, root.number));
    place.c.store.update('reviewComment', root, { resolved });
    await tell(place, issue, 'pull_request_review_thread', resolved ? 'resolved' : 'unresolved');
    return { thread: place.view.thread(place, issue, root) };
  };

const MUTATIONS: ReadonlyMap<string, Mutation> = new Map([
  ['createIssue', createIssue],
  ['closeIssue', closeIssue],
  ['reopenIssue', reopenIssue],
  ['updateIssue', updateIssue],
  ['deleteIssue', removeIssue],
  ['transferIssue', moveIssue],
  ['lockLockable', lockIs(true)],
  ['unlockLockable', lockIs(false)],
  ['addComment', addComment],
  ['updateIssueComment', updateIssueComment],
  ['addLabelsToLabelable', addLabelsToLabelable],
  ['removeLabelsFromLabelable', removeLabelsFromLabelable],
  ['replaceActorsForAssignable', replaceActorsForAssignable],
  ['createPullRequest', createPullRequest],
  ['updatePullRequest', updatePullRequest],
  ['closePullRequest', closePullRequest],
  ['reopenPullRequest', reopenPullRequest],
  ['addPullRequestReview', addPullRequestReview],
  ['submitPullRequestReview', submitPullRequestReview],
  ['mergePullRequest', mergePullRequest],
  ['enqueuePullRequest', enqueuePullRequest],
  ['markPullRequestReadyForReview', draftIs(false)],
  ['convertPullRequestToDraft', draftIs(true)],
  ['resolveReviewThread', threadIs(true)],
  ['unresolveReviewThread', threadIs(false)],
]);

/**
 * The root of every mutation: each known one, with the id of the request that GitHub hands back.
 * @returns a field for each, by its name
 */
export function mutationRoot(place: Place): View {
  return Object.fromEntries(
    [...MUTATIONS].map(([name, run]) => [
      name,
      async (args: { input: Input }) => {
        if (place.rights !== undefined && place.rights.permissions.pull_requests !== 'write')
          throw refused('FORBIDDEN', 'Resource not accessible by integration');
        return {
          clientMutationId: args.input.clientMutationId ?? null,
          actor: () => place.view.user(place, place.user),
          ...(await run(place, args.input)),
        };
      },
    ]),
  );
}
