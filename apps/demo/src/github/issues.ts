// Issues, their comments and reactions.
import type { Answer, Ask, Ctx } from './ctx.ts';
import { ok, created, invalid, mayPush, notFound, type Desk, type Route } from './desk.ts';
import { lockRoutes, refusalOfLock } from './gone-issues.ts';
import { ensureLabels, labelWords } from './labels.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue } from './store.ts';

const loginsIn = (request: Ask): string[] =>
  Array.isArray(request.body.assignees) ? request.body.assignees.map(String) : [];

interface NewFields {
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly issueType: string | null;
}
/**
 * What a new issue has besides its words. Of whoever may not push it is dropped without a word.
 * @see https://docs.github.com/rest/issues/issues#create-an-issue
 */
function fieldsIn(request: Ask): NewFields | { readonly refused: { field: string; value: string } } {
  if (request.isApp !== true && !mayPush(request.repo, request.user))
    return { labels: [], assignees: [], issueType: null };
  const assignees = loginsIn(request);
  const stranger = assignees.find((login) => !mayPush(request.repo, login));
  if (stranger !== undefined) return { refused: { field: 'assignees', value: stranger } };
  const issueType = typeof request.body.type === 'string' ? request.body.type : null;
  if (issueType !== null && request.repo.rules?.issueTypes?.includes(issueType) !== true)
    return { refused: { field: 'type', value: issueType } };
  return { labels: labelWords(request.body.labels), assignees, issueType };
}

/**
 * Issues, and what stands on them: https://docs.github.com/rest/issues
 * @returns the routes
 */
export function issueRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  return [
    ['GET', R('/issues'), (request) => listIssues(context, desk, request)],
    ['POST', R('/issues'), (request) => openIssue(context, desk, request)],
    [
      'GET',
      R('/issues/(\\d+)'),
      async (request) => {
        const issue = desk.issueOf(request);
        return issue ? ok(await desk.showIssue(issue)) : notFound;
      },
    ],
    ['PATCH', R('/(?:issues|pulls)/(\\d+)'), (request) => editIssue(context, desk, request)],
    ...lockRoutes(context, desk),
    ...assigneeRoutes(context, desk),
    ...commentRoutes(context, desk),
    ...reactionRoutes(context, desk),
  ];
}

/** By the time of their making or of their last change, and of what changed since a time. */
async function listIssues({ store }: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const since = request.query.get('since');
  const list = store.find(
    'issue',
    (i) =>
      i.repo === request.repo.full &&
      desk.filterState(request, i) &&
      (since === null || i.updatedAt >= since),
  );
  const key = request.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const way = request.query.get('direction') === 'asc' ? 1 : -1;
  const byTime = (x: Issue, y: Issue): number => Number(x[key] > y[key]) - Number(x[key] < y[key]);
  list.sort((x, y) => way * (byTime(x, y) || x.number - y.number));
  return ok(await Promise.all(desk.page(request, list).map(desk.showIssue)));
}

async function openIssue(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  if (typeof request.body.title !== 'string' || request.body.title === '')
    return invalid('Validation Failed', [{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
  const fields = fieldsIn(request);
  if ('refused' in fields)
    return invalid('Validation Failed', [{ resource: 'Issue', code: 'invalid', ...fields.refused }]);
  const labels = ensureLabels(context, request.repo.full, fields.labels);
  const issue = context.store.insert('issue', {
    repo: request.repo.full,
    number: desk.nextNumber(request),
    title: request.body.title,
    body: (request.body.body as string | undefined) ?? null,
    state: 'open',
    user: request.user,
    createdAt: nowIso(),
    updatedAt: nowIso(),
    closedAt: null,
    ...(labels.length > 0 ? { labels } : {}),
    ...(fields.assignees.length > 0 ? { assignees: fields.assignees } : {}),
    ...(fields.issueType === null ? {} : { issueType: fields.issueType }),
    pr: null,
  });
  desk.tell(request, 'issues', { action: 'opened', issue: await desk.showIssue(issue) });
  return created(await desk.showIssue(issue));
}

/** What was sent of an issue or a pull request takes the place of what was there; the rest stays. */
async function editIssue(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store } = context;
  const issue = desk.issueOf(request);
  if (!issue) return notFound;
  const wanted = request.body;
  if (typeof wanted.title === 'string') store.update('issue', issue, { title: wanted.title });
  if (typeof wanted.body === 'string') store.update('issue', issue, { body: wanted.body });
  const stuck =
    wanted.state === 'open' && issue.state === 'closed' ? await notReopened(context, issue) : null;
  if (stuck !== null)
    return invalid('Validation Failed', [
      { resource: 'PullRequest', field: 'state', code: 'custom', message: stuck },
    ]);
  const action = turn(wanted.state, issue);
  if (action === 'closed') desk.close(issue, request.user);
  if (action === 'reopened') store.update('issue', issue, { state: 'open', closedAt: null, closedBy: null });
  if (typeof wanted.state_reason === 'string')
    store.update('issue', issue, { stateReason: wanted.state_reason });
  if (Array.isArray(wanted.assignees))
    store.update('issue', issue, { assignees: wanted.assignees.map(String) });
  if (Array.isArray(wanted.labels))
    store.update('issue', issue, { labels: ensureLabels(context, issue.repo, labelWords(wanted.labels)) });
  desk.touch(issue);
  if (issue.pr) await desk.tellPull(request, issue, action);
  else desk.tell(request, 'issues', { action, issue: await desk.showIssue(issue) });
  return ok(
    request.m[0]!.includes('/pulls/') ? await desk.showPull(request, issue) : await desk.showIssue(issue),
  );
}

/** Who it is given to: https://docs.github.com/rest/issues/assignees */
function assigneeRoutes({ store }: Ctx, { issueOf, showIssue, touch, R }: Desk): Route[] {
  const assign = async (issue: Issue, assignees: readonly string[]): Promise<unknown> => {
    store.update('issue', issue, { assignees: [...assignees] });
    touch(issue);
    return showIssue(issue);
  };
  return [
    [
      'GET',
      R('/assignees/([^/]+)'),
      async (request) =>
        mayPush(request.repo, decodeURIComponent(request.m[2]!)) ? { status: 204 } : notFound,
    ],
    [
      'POST',
      R('/issues/(\\d+)/assignees'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        const all = new Set([...(issue.assignees ?? []), ...loginsIn(request)]);
        return created(await assign(issue, [...all]));
      },
    ],
    [
      'DELETE',
      R('/issues/(\\d+)/assignees'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        const gone = loginsIn(request);
        return ok(
          await assign(
            issue,
            (issue.assignees ?? []).filter((login) => !gone.includes(login)),
          ),
        );
      },
    ],
  ];
}

/** What is said below it: https://docs.github.com/rest/issues/comments */
function commentRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  return [
    ['GET', R('/issues/comments'), async (request) => listComments(context, desk, request)],
    ['GET', R('/issues/(\\d+)/comments'), async (request) => listComments(context, desk, request)],
    ['POST', R('/issues/(\\d+)/comments'), (request) => writeComment(context, desk, request)],
    ['PATCH', R('/issues/comments/(\\d+)'), (request) => editComment(context, desk, request)],
  ];
}

/** Of one issue where the address names one, else of all the repository's. */
function listComments({ store, base }: Ctx, { page }: Desk, request: Ask): Answer {
  const since = request.query.get('since') ?? '';
  const number = request.m[2] === undefined ? null : Number(request.m[2]);
  const list = store.find(
    'comment',
    (x) => x.repo === request.repo.full && (number === null || x.number === number) && x.updatedAt >= since,
  );
  return ok(page(request, list).map((x) => shape.comment(base, x)));
}

async function writeComment({ store, base }: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const issue = desk.issueOf(request);
  if (!issue) return notFound;
  const refused = refusalOfLock(request.repo, issue, request.user, request.isApp === true);
  if (refused !== null) return refused;
  const comment = store.insert('comment', {
    repo: request.repo.full,
    number: issue.number,
    body: String(request.body.body ?? ''),
    user: request.user,
    createdAt: nowIso(),
    updatedAt: nowIso(),
  });
  desk.touch(issue);
  desk.tell(request, 'issue_comment', {
    action: 'created',
    issue: await desk.showIssue(issue),
    comment: shape.comment(base, comment),
  });
  return created(shape.comment(base, comment));
}

async function editComment({ store, base }: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const comment = store.one('comment', (y) => y.id === Number(request.m[2]));
  const issue = comment && desk.issueOf(request, String(comment.number));
  if (!comment || !issue) return notFound;
  const words = String(request.body.body ?? comment.body);
  const edited = shape.comment(base, store.update('comment', comment, { body: words, updatedAt: nowIso() }));
  desk.touch(issue);
  desk.tell(request, 'issue_comment', {
    action: 'edited',
    issue: await desk.showIssue(issue),
    comment: edited,
  });
  return ok(edited);
}

/** One of a kind a person: https://docs.github.com/rest/reactions/reactions */
function reactionRoutes({ store, base }: Ctx, { issueOf, page, R }: Desk): Route[] {
  return [
    [
      'GET',
      R('/issues/(\\d+)/reactions'),
      async (request) => {
        const list = store.find(
          'reaction',
          (x) => x.repo === request.repo.full && x.number === Number(request.m[2]),
        );
        return ok(page(request, list).map((x) => shape.reaction(base, x)));
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/reactions'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        const there = store.one(
          'reaction',
          (reaction) =>
            reaction.repo === issue.repo &&
            reaction.number === issue.number &&
            reaction.user === request.user &&
            reaction.content === request.body.content,
        );
        if (there) return ok(shape.reaction(base, there));
        const reaction = store.insert('reaction', {
          repo: issue.repo,
          number: issue.number,
          content: String(request.body.content),
          user: request.user,
          createdAt: nowIso(),
        });
        return created(shape.reaction(base, reaction));
      },
    ],
  ];
}

/** As the webhook calls what a change of the state does. */
function turn(wanted: unknown, issue: Issue): 'closed' | 'reopened' | 'edited' {
  if (wanted === 'closed' && issue.state === 'open') return 'closed';
  return wanted === 'open' && issue.state === 'closed' ? 'reopened' : 'edited';
}

/** @returns why a pull request can't be opened again, in GitHub's words; null when it can, and for an issue */
async function notReopened({ bare, store }: Ctx, issue: Issue): Promise<string | null> {
  const { pr } = issue;
  if (pr === null) return null;
  if (pr.merged) return 'state cannot be changed. The pull request cannot be reopened.';
  if ((await bare.sha(issue.repo, pr.head)) === null)
    return `state cannot be changed. The ${pr.head} branch has been deleted.`;
  const other = store.one(
    'issue',
    (x) => x.repo === issue.repo && x.state === 'open' && x.pr?.head === pr.head && x.pr.base === pr.base,
  );
  return other === undefined
    ? null
    : `state cannot be changed. There is already an open pull request from ${pr.head} to ${pr.base}.`;
}
