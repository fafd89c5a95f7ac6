// GitHub's mutations. What REST can do as well is done by its route, so that both ways do the same and tell the same webhooks.
import { factsOf } from '../desk.ts';
import { mergePull } from '../merge.ts';
import * as shape from '../shapes.ts';
import { nowIso, type Issue, type ReviewComment } from '../store.ts';
import { readGlobalId, refused, repoOfIssue, viewOf, type Place, type View } from './place.ts';

type Input = Readonly<Record<string, unknown>>;
type Mutation = (p: Place, input: Input) => Promise<View>;

const missing = (id: unknown): Error =>
  refused('NOT_FOUND', `Could not resolve to a node with the global id of '${String(id)}'`);
const text = (x: unknown): string | undefined => (typeof x === 'string' ? x : undefined);

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

function subjectOf(p: Place, id: unknown, kinds: readonly string[] = ['Issue', 'PullRequest']): Issue {
  const at = readGlobalId(String(id));
  const found =
    at && kinds.includes(at.kind)
      ? p.c.store.one('issue', (i) => i.id === at.id && (i.pr === null) === (at.kind === 'Issue'))
      : null;
  if (!found) throw missing(id);
  return found;
}
const pullOf = (p: Place, input: Input): Issue => subjectOf(p, input.pullRequestId, ['PullRequest']);

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
]);

/** @throws GraphQLError for a pull request of a repository that takes no change any more, as REST refuses it */
function changeable(p: Place, i: Issue): Issue {
  if (repoOfIssue(p, i).rules?.archived === true)
    throw refused('FORBIDDEN', 'Repository was archived so is read-only.');
  return i;
}

/** @returns what REST answered; a refusal of REST's is one of GraphQL's */
async function byRest(
  p: Place,
  method: string,
  path: string,
  body: Input,
): Promise<{ number: number; id: number }> {
  const a = await p.rest(method, path, body);
  if (a.status < 300) return a.body as { number: number; id: number };
  const said = a.body as { message?: string; errors?: { message?: string; field?: string; code?: string }[] };
  const reasons = (said.errors ?? []).map((e) => e.message ?? `${e.field} is ${e.code}`);
  throw refused(
    REFUSALS.get(a.status) ?? 'UNPROCESSABLE',
    reasons.length > 0 ? reasons.join(', ') : (said.message ?? String(a.status)),
  );
}

function labelNames(p: Place, ids: unknown): string[] {
  return (Array.isArray(ids) ? ids : []).map((id) => {
    const at = readGlobalId(String(id));
    const label = p.c.store.one('label', (l) => l.id === at?.id && at.kind === 'Label');
    if (!label) throw missing(id);
    return label.name;
  });
}

function repositoryOf(p: Place, id: unknown): string {
  const at = readGlobalId(String(id));
  const repo = p.c.store.one('repo', (r) => at?.kind === 'Repository' && r.id === at.id);
  if (!repo) throw missing(id);
  return repo.full;
}
const numberedIn = (p: Place, repo: string, number: number): Issue =>
  p.c.store.one('issue', (i) => i.repo === repo && i.number === number)!;

const createIssue: Mutation = async (p, input) => {
  only('createIssue', input, ['repositoryId', 'title', 'body', 'labelIds']);
  const repo = repositoryOf(p, input.repositoryId);
  const made = await byRest(p, 'POST', `/repos/${repo}/issues`, {
    title: input.title,
    body: text(input.body) ?? '',
    labels: labelNames(p, input.labelIds),
  });
  return { issue: p.view.issue(p, numberedIn(p, repo, made.number)) };
};

const createPullRequest: Mutation = async (p, input) => {
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
  const repo = repositoryOf(p, input.repositoryId);
  const made = await byRest(p, 'POST', `/repos/${repo}/pulls`, {
    title: input.title,
    body: text(input.body) ?? '',
    head: input.headRefName,
    base: input.baseRefName,
    draft: input.draft === true,
  });
  return { pullRequest: p.view.pull(p, numberedIn(p, repo, made.number)) };
};

/** @param body of the request that changes the issue or pull request */
async function edited(p: Place, i: Issue, body: Input): Promise<View> {
  await byRest(p, 'PATCH', `/repos/${i.repo}/${i.pr ? 'pulls' : 'issues'}/${i.number}`, body);
  return { [i.pr ? 'pullRequest' : 'issue']: viewOf(p, i) };
}

const closeIssue: Mutation = (p, input) => {
  only('closeIssue', input, ['issueId', 'stateReason']);
  return edited(p, subjectOf(p, input.issueId, ['Issue']), {
    state: 'closed',
    state_reason: text(input.stateReason)?.toLowerCase(),
  });
};
const reopenIssue: Mutation = (p, input) =>
  edited(p, subjectOf(p, input.issueId, ['Issue']), { state: 'open' });
const closePullRequest: Mutation = (p, input) => edited(p, pullOf(p, input), { state: 'closed' });
const reopenPullRequest: Mutation = (p, input) => edited(p, pullOf(p, input), { state: 'open' });
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
const updateIssue: Mutation = (p, input) =>
  edited(p, subjectOf(p, input.id, ['Issue']), changes('updateIssue', input, 'id'));
const updatePullRequest: Mutation = (p, input) =>
  edited(p, pullOf(p, input), changes('updatePullRequest', input, 'pullRequestId'));

const addComment: Mutation = async (p, input) => {
  const i = subjectOf(p, input.subjectId);
  const made = await byRest(p, 'POST', `/repos/${i.repo}/issues/${i.number}/comments`, { body: input.body });
  const comment = p.view.comment(
    p,
    i,
    p.c.store.one('comment', (x) => x.id === made.id)!,
  );
  return { subject: viewOf(p, i), commentEdge: { cursor: '', node: comment } };
};

const updateIssueComment: Mutation = async (p, input) => {
  const at = readGlobalId(String(input.id));
  const x = p.c.store.one('comment', (y) => y.id === at?.id && at.kind === 'IssueComment');
  if (!x) throw missing(input.id);
  await byRest(p, 'PATCH', `/repos/${x.repo}/issues/comments/${x.id}`, { body: input.body });
  return { issueComment: p.view.comment(p, numberedIn(p, x.repo, x.number), x) };
};

const addLabelsToLabelable: Mutation = async (p, input) => {
  const i = subjectOf(p, input.labelableId);
  await byRest(p, 'POST', `/repos/${i.repo}/issues/${i.number}/labels`, {
    labels: labelNames(p, input.labelIds),
  });
  return { labelable: viewOf(p, i) };
};
const removeLabelsFromLabelable: Mutation = async (p, input) => {
  const i = subjectOf(p, input.labelableId);
  for (const name of labelNames(p, input.labelIds))
    await byRest(p, 'DELETE', `/repos/${i.repo}/issues/${i.number}/labels/${encodeURIComponent(name)}`, {});
  return { labelable: viewOf(p, i) };
};

/** @returns the logins behind ids of users: an id stands for nobody whom no repository here knows */
function loginsOf(p: Place, i: Issue, input: Input): string[] {
  if (Array.isArray(input.actorLogins)) return input.actorLogins.map(String);
  const known = [...new Set([i.repo.split('/')[0]!, p.user, i.user, ...(i.assignees ?? [])])];
  return (Array.isArray(input.actorIds) ? input.actorIds : []).map((id) => {
    const login = known.find((one) => shape.user(p.c.base, one).node_id === id);
    if (login === undefined) throw missing(id);
    return login;
  });
}
const replaceActorsForAssignable: Mutation = async (p, input) => {
  const i = subjectOf(p, input.assignableId);
  await edited(p, i, { assignees: loginsOf(p, i, input) });
  return { assignable: viewOf(p, i) };
};

const addPullRequestReview: Mutation = async (p, input) => {
  only('addPullRequestReview', input, ['pullRequestId', 'event', 'body', 'comments']);
  const i = pullOf(p, input);
  const made = await byRest(p, 'POST', `/repos/${i.repo}/pulls/${i.number}/reviews`, {
    // Without one it is not sent yet, over REST as well.
    event: text(input.event),
    body: text(input.body) ?? '',
    comments: input.comments ?? [],
  });
  return {
    pullRequestReview: p.view.review(
      p,
      i,
      p.c.store.one('review', (x) => x.id === made.id)!,
    ),
  };
};

const submitPullRequestReview: Mutation = async (p, input) => {
  only('submitPullRequestReview', input, ['pullRequestReviewId', 'event', 'body']);
  const at = readGlobalId(String(input.pullRequestReviewId));
  const x = p.c.store.one('review', (r) => at?.kind === 'Review' && r.id === at.id);
  if (!x) throw missing(input.pullRequestReviewId);
  await byRest(p, 'POST', `/repos/${x.repo}/pulls/${x.number}/reviews/${x.id}/events`, {
    event: input.event,
    body: text(input.body),
  });
  return { pullRequestReview: p.view.review(p, numberedIn(p, x.repo, x.number), x) };
};

const mergePullRequest: Mutation = async (p, input) => {
  only('mergePullRequest', input, [
    'pullRequestId',
    'mergeMethod',
    'commitHeadline',
    'commitBody',
    'expectedHeadOid',
    'authorEmail',
  ]);
  const i = pullOf(p, input);
  await byRest(p, 'PUT', `/repos/${i.repo}/pulls/${i.number}/merge`, {
    merge_method: (text(input.mergeMethod) ?? 'MERGE').toLowerCase(),
    sha: text(input.expectedHeadOid),
    commit_title: text(input.commitHeadline),
    commit_message: text(input.commitBody),
  });
  return { pullRequest: p.view.pull(p, i) };
};

/** What GitHub offers over GraphQL only: queue, draft, threads. */
async function tell(
  p: Place,
  i: Issue,
  event: string,
  action: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  const repo = repoOfIssue(p, i);
  p.c.hooks.send(event, {
    action,
    ...more,
    pull_request: shape.pull(i, repo, await factsOf(p.c, i)),
    repository: shape.repo(p.c.base, repo),
    sender: shape.user(p.c.base, p.user),
  });
}

const enqueuePullRequest: Mutation = async (p, input) => {
  const i = changeable(p, pullOf(p, input));
  // A queue of one: it is merged at once.
  const done = await mergePull(p.c, repoOfIssue(p, i), i, p.user, {
    merge_method: 'merge',
    sha: text(input.expectedHeadOid),
    queued: true,
  });
  if (done.status !== 200) throw refused('UNPROCESSABLE', (done.body as { message: string }).message);
  await tell(p, i, 'pull_request', 'closed', { number: i.number });
  return { mergeQueueEntry: { __typename: 'MergeQueueEntry', id: `MQE_${i.id}` } };
};

const draftIs =
  (draft: boolean): Mutation =>
  async (p, input) => {
    const i = changeable(p, pullOf(p, input));
    const was = i.pr!.draft;
    p.c.store.update('issue', i, { updatedAt: nowIso(), pr: { ...i.pr!, draft } });
    if (was && !draft) {
      await tell(p, i, 'pull_request', 'ready_for_review', { number: i.number });
      p.c.befell(repoOfIssue(p, i), i, 'ready_for_review');
      p.onReady(i);
    }
    return { pullRequest: p.view.pull(p, i) };
  };

const threadIs =
  (resolved: boolean): Mutation =>
  async (p, input) => {
    const at = readGlobalId(String(input.threadId));
    const root: ReviewComment | undefined = p.c.store.one(
      'reviewComment',
      (x) => at?.kind === 'Thread' && x.id === at.id && x.inReplyTo === null,
    );
    if (!root) throw missing(input.threadId);
    const i = changeable(p, numberedIn(p, root.repo, root.number));
    p.c.store.update('reviewComment', root, { resolved });
    await tell(p, i, 'pull_request_review_thread', resolved ? 'resolved' : 'unresolved');
    return { thread: p.view.thread(p, i, root) };
  };

const MUTATIONS: ReadonlyMap<string, Mutation> = new Map([
  ['createIssue', createIssue],
  ['closeIssue', closeIssue],
  ['reopenIssue', reopenIssue],
  ['updateIssue', updateIssue],
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

/** The root of every mutation: each known one, with the id of the request that GitHub hands back. */
export function mutationRoot(p: Place): View {
  return Object.fromEntries(
    [...MUTATIONS].map(([name, run]) => [
      name,
      async (a: { input: Input }) => ({
        clientMutationId: a.input.clientMutationId ?? null,
        actor: () => p.view.user(p, p.user),
        ...(await run(p, a.input)),
      }),
    ]),
  );
}
