// Issues, their comments and reactions.
import type { Ask, Ctx } from './ctx.ts';
import { ok, created, invalid, notFound, type Desk, type Route } from './desk.ts';
import { ensureLabels, labelWords } from './labels.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue } from './store.ts';

const loginsIn = (a: Ask): string[] => (Array.isArray(a.body.assignees) ? a.body.assignees.map(String) : []);

export function issueRoutes(
  c: Ctx,
  { issueOf, showIssue, showPull, tell, touch, nextNumber, page, R, filterState, close }: Desk,
): Route[] {
  const { store, base } = c;
  return [
    [
      'GET',
      R('/issues'),
      async (a) => {
        const since = a.query.get('since');
        const list = store.find(
          'issue',
          (i) => i.repo === a.repo.full && filterState(a, i) && (since === null || i.updatedAt >= since),
        );
        const key = a.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
        list.sort(
          (x, y) =>
            (a.query.get('direction') === 'asc' ? 1 : -1) *
            (x[key] < y[key] ? -1 : x[key] > y[key] ? 1 : x.number - y.number),
        );
        return ok(await Promise.all(page(a, list).map(showIssue)));
      },
    ],
    [
      'POST',
      R('/issues'),
      async (a) => {
        if (typeof a.body.title !== 'string' || a.body.title === '')
          return invalid('Validation Failed', [{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
        const labels = ensureLabels(c, a.repo.full, labelWords(a.body.labels));
        const i = store.insert('issue', {
          repo: a.repo.full,
          number: nextNumber(a),
          title: a.body.title,
          body: (a.body.body as string | undefined) ?? null,
          state: 'open',
          user: a.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
          closedAt: null,
          ...(labels.length > 0 ? { labels } : {}),
          ...(Array.isArray(a.body.assignees) ? { assignees: a.body.assignees.map(String) } : {}),
          pr: null,
        });
        tell(a, 'issues', { action: 'opened', issue: await showIssue(i) });
        return created(await showIssue(i));
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        return i ? ok(await showIssue(i)) : notFound;
      },
    ],
    [
      'PATCH',
      R('/(?:issues|pulls)/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        if (typeof a.body.title === 'string') store.update('issue', i, { title: a.body.title });
        if (typeof a.body.body === 'string') store.update('issue', i, { body: a.body.body });
        const stuck = a.body.state === 'open' && i.state === 'closed' ? await notReopened(c, i) : null;
        if (stuck !== null)
          return invalid('Validation Failed', [
            { resource: 'PullRequest', field: 'state', code: 'custom', message: stuck },
          ]);
        const action = turn(a.body.state, i);
        if (action === 'closed') close(i, a.user);
        if (action === 'reopened')
          store.update('issue', i, { state: 'open', closedAt: null, closedBy: null });
        if (typeof a.body.state_reason === 'string')
          store.update('issue', i, { stateReason: a.body.state_reason });
        if (Array.isArray(a.body.assignees))
          store.update('issue', i, { assignees: a.body.assignees.map(String) });
        if (Array.isArray(a.body.labels))
          store.update('issue', i, { labels: ensureLabels(c, i.repo, labelWords(a.body.labels)) });
        touch(i);
        if (i.pr) tell(a, 'pull_request', { action, number: i.number, pull_request: await showPull(a, i) });
        else tell(a, 'issues', { action, issue: await showIssue(i) });
        return ok(a.m[0]!.includes('/pulls/') ? await showPull(a, i) : await showIssue(i));
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/assignees'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        store.update('issue', i, { assignees: [...new Set([...(i.assignees ?? []), ...loginsIn(a)])] });
        touch(i);
        return created(await showIssue(i));
      },
    ],
    [
      'DELETE',
      R('/issues/(\\d+)/assignees'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        store.update('issue', i, {
          assignees: (i.assignees ?? []).filter((login) => !loginsIn(a).includes(login)),
        });
        touch(i);
        return ok(await showIssue(i));
      },
    ],
    [
      'GET',
      R('/issues/comments'),
      async (a) => {
        const since = a.query.get('since') ?? '';
        return ok(
          page(
            a,
            store.find('comment', (x) => x.repo === a.repo.full && x.updatedAt >= since),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/comments'),
      async (a) => {
        const since = a.query.get('since') ?? '';
        return ok(
          page(
            a,
            store.find(
              'comment',
              (x) => x.repo === a.repo.full && x.number === Number(a.m[2]) && x.updatedAt >= since,
            ),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/comments'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        const x = store.insert('comment', {
          repo: a.repo.full,
          number: i.number,
          body: String(a.body.body ?? ''),
          user: a.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
        });
        touch(i);
        tell(a, 'issue_comment', {
          action: 'created',
          issue: await showIssue(i),
          comment: shape.comment(base, x),
        });
        return created(shape.comment(base, x));
      },
    ],
    [
      'PATCH',
      R('/issues/comments/(\\d+)'),
      async (a) => {
        const x = store.one('comment', (y) => y.id === Number(a.m[2]));
        const i = x && issueOf(a, String(x.number));
        if (!x || !i) return notFound;
        const edited = shape.comment(
          base,
          store.update('comment', x, { body: String(a.body.body ?? x.body), updatedAt: nowIso() }),
        );
        touch(i);
        tell(a, 'issue_comment', { action: 'edited', issue: await showIssue(i), comment: edited });
        return ok(edited);
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/reactions'),
      async (a) =>
        ok(
          page(
            a,
            store.find('reaction', (x) => x.repo === a.repo.full && x.number === Number(a.m[2])),
          ).map((x) => shape.reaction(base, x)),
        ),
    ],
    [
      'POST',
      R('/issues/(\\d+)/reactions'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        const there = store.one(
          'reaction',
          (x) =>
            x.repo === i.repo && x.number === i.number && x.user === a.user && x.content === a.body.content,
        );
        if (there) return ok(shape.reaction(base, there));
        return created(
          shape.reaction(
            base,
            store.insert('reaction', {
              repo: i.repo,
              number: i.number,
              content: String(a.body.content),
              user: a.user,
              createdAt: nowIso(),
            }),
          ),
        );
      },
    ],
  ];
}

/** As the webhook calls what a change of the state does. */
function turn(wanted: unknown, i: Issue): 'closed' | 'reopened' | 'edited' {
  if (wanted === 'closed' && i.state === 'open') return 'closed';
  return wanted === 'open' && i.state === 'closed' ? 'reopened' : 'edited';
}

/** @returns why a pull request can't be opened again, in GitHub's words; null when it can, and for an issue */
async function notReopened({ bare, store }: Ctx, i: Issue): Promise<string | null> {
  const { pr } = i;
  if (pr === null) return null;
  if (pr.merged) return 'state cannot be changed. The pull request cannot be reopened.';
  if ((await bare.sha(i.repo, pr.head)) === null)
    return `state cannot be changed. The ${pr.head} branch has been deleted.`;
  const other = store.one(
    'issue',
    (x) => x.repo === i.repo && x.state === 'open' && x.pr?.head === pr.head && x.pr.base === pr.base,
  );
  return other === undefined
    ? null
    : `state cannot be changed. There is already an open pull request from ${pr.head} to ${pr.base}.`;
}
