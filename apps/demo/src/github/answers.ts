// What the api answers to somebody whom it knows: by REST or by GraphQL.
import type { IncomingMessage } from 'node:http';
import { publicUser, refusalOfApp, type Caller } from './apps.ts';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { invalid, notFound, type Route } from './desk.ts';
import { answerOfGone } from './gone-issues.ts';
import { pointOf } from './points.ts';
import { byName, formerly, movedTo } from './renaming.ts';
import { root } from './run-shapes.ts';
import { nowIso, type Call, type Issue, type Repo, type Store } from './store.ts';

export interface Api {
  readonly context: Ctx;
  readonly table: readonly Route[];
  /** A pull request that was a draft is one no more. */
  readonly onReady: (issue: Issue) => void;
}

/** @param full owner/name, in any case */
export const repoNamed = (store: Store, full: string): Repo | undefined =>
  store.one('repo', (repo) => repo.full.toLowerCase() === full.toLowerCase());

/** @returns a request as the list of calls keeps it */
export function callOf(
  req: IncomingMessage,
  url: URL,
  status: number,
  user: string | null,
  data: unknown,
): Omit<Call, 'id'> {
  return { at: nowIso(), method: req.method ?? '', path: url.pathname, status, user, body: data };
}

/**
 * What changes something is in the list of calls as soon as it has, so that a kill in between takes neither away.
 * @param user in whose name
 */
export async function answerOf(
  api: Api,
  req: IncomingMessage,
  url: URL,
  user: string,
  data: Record<string, unknown>,
  caller: Caller,
): Promise<Answer> {
  const { store, hit } = api.context;
  if (req.method === 'GET') return route(api, req, url, user, data, caller);
  const point = pointOf(req.method ?? '', url.pathname, data);
  if (point !== null) hit(`${point}.before`);
  const done = await store.during(callOf(req, url, 200, user, data), async () => {
    const answer = await route(api, req, url, user, data, caller);
    return { answer, status: answer.status };
  });
  if (point !== null && done.status < 300) hit(`${point}.after`);
  return done.answer;
}

async function route(
  api: Api,
  req: IncomingMessage,
  url: URL,
  user: string,
  data: Record<string, unknown>,
  caller: Caller,
): Promise<Answer> {
  const { base } = api.context;
  if (url.pathname === '/user') return { status: 200, body: publicUser(base, user) };
  if (url.pathname === '/') return { status: 200, body: root(base) };
  if (url.pathname === '/graphql') return answerGraphql(api, user, data, caller);
  return answerRest(api, req.method ?? '', url, user, data, req.headers.accept ?? '', caller);
}

/** Loaded with the first query: GitHub's schema is large, and most of what runs here never asks. */
async function answerGraphql(
  api: Api,
  user: string,
  data: Record<string, unknown>,
  caller: Caller,
): Promise<Answer> {
  const { context, onReady } = api;
  const { answerQuery, VIEWS } = await import('./graphql/executor.ts');
  const rights = caller.kind === 'installation' ? caller.rights : undefined;
  const rest = (method: string, where: string, body: Record<string, unknown>): Promise<Answer> =>
    answerRest(api, method, new URL(where, context.base), user, body, '', caller);
  return answerQuery({ c: context, user, rights, rest, onReady, view: VIEWS }, data);
}

/**
 * The first route that fits.
 * @param asks the method
 * @param accept the media types that are wanted
 */
async function answerRest(
  { context, table }: Api,
  asks: string,
  url: URL,
  user: string,
  data: Record<string, unknown>,
  accept: string,
  caller: Caller,
): Promise<Answer> {
  const { store, base } = context;
  if (!isDecodable(url.pathname)) return { status: 400, body: { message: 'Bad Request' } };
  const pathname = byName(store, url.pathname);
  for (const [method, pattern, run] of table) {
    const match = method === asks ? pattern.exec(pathname) : null;
    if (!match) continue;
    const repo = repoNamed(store, match[1]!);
    if (repo === undefined) {
      const now = formerly(store, match[1]!);
      const rest = `${pathname.slice(`/repos/${match[1]!}`.length)}${url.search}`;
      return now ? movedTo(base, now, asks, rest) : notFound;
    }
    const below = pathname.slice(`/repos/${match[1]!}`.length);
    const refused =
      (caller.kind === 'installation' ? refusalOfApp(caller.rights, repo, asks, below) : null) ??
      refusalOf(repo, asks, pathname, data) ??
      (asks === 'POST' ? tooMuchWritten(store, repo, user, pathname) : null) ??
      answerOfGone(store, base, repo, pathname, url.search);
    if (refused !== null) return refused;
    const isApp = caller.kind === 'installation';
    const asked: Ask = { user, repo, m: match, query: url.searchParams, body: data, accept, isApp };
    const answer = await run(asked);
    return asked.nextPage === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, link: nextLink(base, url, asked.nextPage) } };
  }
  return notFound;
}

/** What a repository has not, and what an archived one does not take any more. */
function refusalOf(
  { rules }: Repo,
  method: string,
  pathname: string,
  data: Record<string, unknown>,
): Answer | null {
  const says = (status: number, message: string): Answer => ({
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  });
  if (rules?.archived === true && method !== 'GET')
    return says(403, 'Repository was archived so is read-only.');
  if (rules?.without?.includes('issues') === true && /^\/repos\/[^/]+\/[^/]+\/issues$/.test(pathname))
    return says(410, 'Issues has been disabled in this repository.');
  if (
    rules?.without?.includes('drafts') === true &&
    method === 'POST' &&
    pathname.endsWith('/pulls') &&
    data.draft === true
  )
    return invalid('Validation Failed', [
      {
        resource: 'PullRequest',
        code: 'custom',
        message: 'Draft pull requests are not supported in this repository.',
      },
    ]);
  return null;
}

/** What others are told of when it is made. */
const CONTENT = /^\/repos\/[^/]+\/[^/]+\/(?:issues|pulls)(?:\/\d+\/(?:comments|reviews))?$/;
const MINUTE_MS = 60_000;

/**
 * The secondary limit of what makes content, which is not the hour's.
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
function tooMuchWritten(store: Store, { rules, full }: Repo, user: string, pathname: string): Answer | null {
  if (rules?.contentPerMinute === undefined || !CONTENT.test(pathname)) return null;
  const made = store.find(
    'call',
    (call) =>
      call.method === 'POST' &&
      call.user === user &&
      call.status < 300 &&
      call.path.startsWith(`/repos/${full}/`) &&
      CONTENT.test(call.path) &&
      Date.parse(call.at) > Date.now() - MINUTE_MS,
  );
  if (made.length < rules.contentPerMinute) return null;
  return {
    status: 403,
    body: {
      message:
        'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.',
      documentation_url:
        'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
      status: '403',
    },
    headers: { 'retry-after': '60' },
  };
}

/** Whether what stands for a name in an address can be read: a lone "%" cannot. */
function isDecodable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    // Not UTF-8, or no escape at all.
    return false;
  }
}

/**
 * As GitHub tells clients that there is more:
 * https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
function nextLink(base: string, url: URL, page: number): string {
  const next = new URL(`${url.pathname}${url.search}`, base);
  next.searchParams.set('page', String(page));
  return `<${next.href}>; rel="next"`;
}
