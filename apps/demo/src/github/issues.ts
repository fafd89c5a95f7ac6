// Issues, their comments and reactions.
import type { Ask, Ctx } from './ctx.ts';
import { ok, created, invalid, mayPush, notFound, type Desk, type Route } from './desk.ts';
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
export function issueRoutes(
  context: Ctx,
  { issueOf, showIssue, showPull, tell, touch, nextNumber, page, R, filterState, close }: Desk,
): Route[] {
  const { store, base } = context;
  return [
    [
      'GET',
      R('/issues'),
      async (request) => {
        const since = request.query.get('since');
        const list = store.find(
          'issue',
          (i) =>
            i.repo === request.repo.full &&
            filterState(request, i) &&
            (since === null || i.updatedAt >= since),
        );
        const key = request.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
        const way = request.query.get('direction') === 'asc' ? 1 : -1;
        const byTime = (x: Issue, y: Issue): number => Number(x[key] > y[key]) - Number(x[key] < y[key]);
        list.sort((x, y) => way * (byTime(x, y) || x.number - y.number));
        return ok(await Promise.all(page(request, list).map(showIssue)));
      },
    ],
    [
      'POST',
      R('/issues'),
      async (request) => {
        if (typeof request.body.title !== 'string' || request.body.title === '')
          return invalid('Validation Failed', [{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
        const fields = fieldsIn(request);
        if ('refused' in fields)
          return invalid('Validation Failed', [{ resource: 'Issue', code: 'invalid', ...fields.refused }]);
        const labels = ensureLabels(context, request.repo.full, fields.labels);
        const issue = store.insert('issue', {
          repo: request.repo.full,
          number: nextNumber(request),
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
        tell(request, 'issues', { action: 'opened', issue: await showIssue(issue) });
        return created(await showIssue(issue));
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)'),
      async (request) => {
        const issue = issueOf(request);
        return issue ? ok(await showIssue(issue)) : notFound;
      },
    ],
    [
      'PATCH',
      R('/(?:issues|pulls)/(\\d+)'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        if (typeof request.body.title === 'string')
          store.update('issue', issue, { title: request.body.title });
        if (typeof request.body.body === 'string') store.update('issue', issue, { body: request.body.body });
        const stuck =
          request.body.state === 'open' && issue.state === 'closed'
            ? await notReopened(context, issue)
            : null;
        if (stuck !== null)
          return invalid('Validation Failed', [
            { resource: 'PullRequest', field: 'state', code: 'custom', message: stuck },
          ]);
        const action = turn(request.body.state, issue);
        if (action === 'closed') close(issue, request.user);
        if (action === 'reopened')
          store.update('issue', issue, { state: 'open', closedAt: null, closedBy: null });
        if (typeof request.body.state_reason === 'string')
          store.update('issue', issue, { stateReason: request.body.state_reason });
        if (Array.isArray(request.body.assignees))
          store.update('issue', issue, { assignees: request.body.assignees.map(String) });
        if (Array.isArray(request.body.labels))
          store.update('issue', issue, {
            labels: ensureLabels(context, issue.repo, labelWords(request.body.labels)),
          });
        touch(issue);
        if (issue.pr)
          tell(request, 'pull_request', {
            action,
            number: issue.number,
            pull_request: await showPull(request, issue),
          });
        else tell(request, 'issues', { action, issue: await showIssue(issue) });
        return ok(
          request.m[0]!.includes('/pulls/') ? await showPull(request, issue) : await showIssue(issue),
        );
      },
    ],
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
        store.update('issue', issue, {
          assignees: [...new Set([...(issue.assignees ?? []), ...loginsIn(request)])],
        });
        touch(issue);
        return created(await showIssue(issue));
      },
    ],
    [
      'DELETE',
      R('/issues/(\\d+)/assignees'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        store.update('issue', issue, {
          assignees: (issue.assignees ?? []).filter((login) => !loginsIn(request).includes(login)),
        });
        touch(issue);
        return ok(await showIssue(issue));
      },
    ],
    [
      'GET',
      R('/issues/comments'),
      async (request) => {
        const since = request.query.get('since') ?? '';
        return ok(
          page(
            request,
            store.find('comment', (x) => x.repo === request.repo.full && x.updatedAt >= since),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/comments'),
      async (request) => {
        const since = request.query.get('since') ?? '';
        return ok(
          page(
            request,
            store.find(
              'comment',
              (x) =>
                x.repo === request.repo.full && x.number === Number(request.m[2]) && x.updatedAt >= since,
            ),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/comments'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        const comment = store.insert('comment', {
          repo: request.repo.full,
          number: issue.number,
          body: String(request.body.body ?? ''),
          user: request.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
        });
        touch(issue);
        tell(request, 'issue_comment', {
          action: 'created',
          issue: await showIssue(issue),
          comment: shape.comment(base, comment),
        });
        return created(shape.comment(base, comment));
      },
    ],
    [
      'PATCH',
      R('/issues/comments/(\\d+)'),
      async (request) => {
        const comment = store.one('comment', (y) => y.id === Number(request.m[2]));
        const issue = comment && issueOf(request, String(comment.number));
        if (!comment || !issue) return notFound;
        const edited = shape.comment(
          base,
          store.update('comment', comment, {
            body: String(request.body.body ?? comment.body),
            updatedAt: nowIso(),
          }),
        );
        touch(issue);
        tell(request, 'issue_comment', { action: 'edited', issue: await showIssue(issue), comment: edited });
        return ok(edited);
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/reactions'),
      async (request) =>
        ok(
          page(
            request,
            store.find('reaction', (x) => x.repo === request.repo.full && x.number === Number(request.m[2])),
          ).map((x) => shape.reaction(base, x)),
        ),
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
        return created(
          shape.reaction(
            base,
            store.insert('reaction', {
              repo: issue.repo,
              number: issue.number,
              content: String(request.body.content),
              user: request.user,
              createdAt: nowIso(),
            }),
          ),
        );
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
