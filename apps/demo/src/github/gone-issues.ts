// Issues that are locked, deleted or moved to another repository, and what whoever asks for them is told.
import type { Answer, Ctx } from './ctx.ts';
import { invalid, mayPush, notFound, openDesk, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue, type Repo, type Store } from './store.ts';

/** https://docs.github.com/rest/issues/issues#lock-an-issue */
const LOCK_REASONS: readonly unknown[] = ['off-topic', 'too heated', 'resolved', 'spam'];

const forbidden = (message: string): Answer => ({
  status: 403,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: '403' },
});

/**
 * While a conversation is locked only who may write to the repository says something there. An App is no
 * collaborator, whatever it may do.
 * @returns what GitHub says to somebody who may not; null where they may
 * @see https://docs.github.com/communities/moderating-comments-and-conversations/locking-conversations
 */
export const refusalOfLock = (repo: Repo, issue: Issue, user: string, isApp: boolean): Answer | null =>
  issue.locked === true && (isApp || !mayPush(repo, user))
    ? forbidden('Unable to create comment because issue is locked.')
    : null;

/**
 * https://docs.github.com/rest/issues/issues#lock-an-issue and #unlock-an-issue
 * @returns the routes
 */
export function lockRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  const turn =
    (isLocked: boolean): Route[2] =>
    async (request) => {
      const issue = desk.issueOf(request);
      if (!issue) return notFound;
      if (request.isApp !== true && !mayPush(request.repo, request.user))
        return forbidden('Must have write access to repository.');
      const reason = request.body.lock_reason ?? null;
      if (isLocked && reason !== null && !LOCK_REASONS.includes(reason))
        return invalid('Validation Failed', [{ resource: 'Issue', field: 'lock_reason', code: 'invalid' }]);
      context.store.update('issue', issue, {
        locked: isLocked,
        lockReason: isLocked && typeof reason === 'string' ? reason : null,
      });
      desk.touch(issue);
      const action = isLocked ? 'locked' : 'unlocked';
      if (issue.pr) await desk.tellPull(request, issue, action);
      else desk.tell(request, 'issues', { action, issue: await desk.showIssue(issue) });
      return { status: 204 };
    };
  return [
    ['PUT', R('/issues/(\\d+)/lock'), turn(true)],
    ['DELETE', R('/issues/(\\d+)/lock'), turn(false)],
  ];
}

const ISSUE_PATH = /^\/repos\/[^/]+\/[^/]+\/issues\/(\d+)(\/.*)?$/;

/**
 * https://docs.github.com/rest/issues/issues#get-an-issue: 410 for one that was deleted, 301 for one that was
 * moved.
 * @param rest what follows the path of a request, from its question mark on
 * @returns null for an issue that is there, or never was
 */
export function answerOfGone(
  store: Store,
  base: string,
  repo: Repo,
  pathname: string,
  rest: string,
): Answer | null {
  const [, number, below = ''] = ISSUE_PATH.exec(pathname) ?? [];
  const gone = store.one('gone', (x) => x.repo === repo.full && x.number === Number(number));
  if (gone === undefined) return null;
  if (gone.to === null)
    return {
      status: 410,
      body: {
        message: 'This issue was deleted',
        documentation_url: 'https://docs.github.com/rest',
        status: '410',
      },
    };
  const url = `${base}/repositories/${gone.to.repoId}/issues/${gone.to.number}${below}${rest}`;
  return {
    status: 301,
    body: { message: 'Moved Permanently', url, documentation_url: 'https://docs.github.com/rest' },
    headers: { location: url },
  };
}

/** Over GraphQL alone: https://docs.github.com/graphql/reference/mutations#deleteissue */
export async function deleteIssue(context: Ctx, repo: Repo, issue: Issue, user: string): Promise<void> {
  const { store } = context;
  const desk = openDesk(context);
  const shown = await desk.showIssue(issue);
  leaveNumber(store, issue, null);
  for (const kind of ['comment', 'reaction'] as const)
    for (const doc of store.find(kind, (x) => x.repo === issue.repo && x.number === issue.number))
      store.remove(kind, doc);
  store.remove('issue', issue);
  tellOf(context, repo, user, { action: 'deleted', issue: shown });
}

/** Over GraphQL alone: https://docs.github.com/graphql/reference/mutations#transferissue */
export async function transferIssue(
  context: Ctx,
  from: Repo,
  to: Repo,
  issue: Issue,
  user: string,
): Promise<void> {
  const { store, base } = context;
  const desk = openDesk(context);
  const was = await desk.showIssue(issue);
  const old = { repo: issue.repo, number: issue.number };
  const number = desk.nextNumber({ repo: to });
  leaveNumber(store, issue, { repoId: to.id, number });
  for (const kind of ['comment', 'reaction'] as const)
    for (const doc of store.find(kind, (x) => x.repo === old.repo && x.number === old.number))
      store.update(kind, doc, { repo: to.full, number });
  store.update('issue', issue, { repo: to.full, number, updatedAt: nowIso() });
  const changes = { new_issue: await desk.showIssue(issue), new_repository: shape.repo(base, to) };
  tellOf(context, from, user, { action: 'transferred', issue: was, changes });
}

/** Its number is never given again. */
function leaveNumber(
  store: Store,
  { repo, number }: Issue,
  to: { repoId: number; number: number } | null,
): void {
  store.insert('gone', { repo, number, to });
}

function tellOf({ hooks, base }: Ctx, repo: Repo, user: string, payload: Record<string, unknown>): void {
  hooks.send('issues', { ...payload, repository: shape.repo(base, repo), sender: shape.user(base, user) });
}
