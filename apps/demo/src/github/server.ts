// The local GitHub: REST, GraphQL, git over HTTP, signed webhooks and a CI runner, over real bare repositories.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { listenerSettings, guardListener, type ListenerSettings } from '@mainloop/network/listener';
import { failpoints } from '@mainloop/network/failpoints';
import { isSecret } from '@mainloop/network/secrets';
import { actions } from './actions.ts';
import {
  answerApp,
  callerOf,
  gitRefusalOf,
  refusalOfApp,
  refusedBy,
  withInstallation,
  type Caller,
  publicUser,
} from './apps.ts';
import type { ActionsOptions } from './job-place.ts';
import { routes } from './api.ts';
import { invalid, notFound } from './desk.ts';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { Bare } from './bare.ts';
import { colleague, type Reviewer } from './colleague.ts';
import { finishPushes, serveGit } from './git-http.ts';
import { rawPicture } from './git-data.ts';
import { folders } from './folders.ts';
import { hooks } from './hooks.ts';
import { logsOfRun } from './logs.ts';
import { issuePage } from './pages.ts';
import { log } from './log.ts';
import { pointOf } from './points.ts';
import { finishMerges } from './merge.ts';
import { byName, formerly, movedTo } from './renaming.ts';
import { root } from './run-shapes.ts';
import * as shape from './shapes.ts';
import { nowIso, Store, type Call, type Repo, type RepoRules } from './store.ts';

const MAX_READS = 1_000;
/**
 * What GitHub's own CLI calls a GitHub on this machine. No name below `localhost` leads anywhere else (RFC
 * 6761, 6.3).
 */
const OF_GH = ['github.localhost', 'api.github.localhost'];

export interface LocalGitHubOptions {
  readonly root: string;
  readonly port: number;
  /** Not set: this machine only. */
  readonly listener?: ListenerSettings;
  /** How others reach it, where that is not the address it listens on. */
  readonly url?: string;
  /** token -> login */
  readonly tokens: ReadonlyMap<string, string>;
  /** For what is no part of a forge: bringing a folder of this machine in, and reading what was asked. */
  readonly operatorSecret: string;
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly ci: Omit<ActionsOptions, 'work' | 'base'> | null;
  readonly reviewers: readonly Reviewer[];
  readonly staleMs?: number;
  /** Where failpoints are armed; for tests. */
  readonly failpoints?: string | null;
}

export interface Read {
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
}

export interface LocalGitHub {
  readonly url: string;
  /** Where it listens, whatever its address is to others. */
  readonly port: number;
  readonly store: Store;
  /** The last reads that were answered, oldest first, with the bytes of body that went out. */
  readonly reads: Read[];
  importRepo(full: string, folder: string, branch: string): Promise<Repo>;
  close(): Promise<void>;
}

/**
 * A GitHub of this machine: REST, GraphQL, git, webhooks and workflows.
 * @returns when it listens
 */
export async function startLocalGitHub(options: LocalGitHubOptions): Promise<LocalGitHub> {
  mkdirSync(options.root, { recursive: true });
  const server = http.createServer(
    (req, res) =>
      void handle(req, res).catch((err: unknown) => {
        log.error({ err, path: req.url?.split('?')[0] }, 'request failed');
        if (!res.headersSent) json(res, 500, { message: String(err) });
        else res.destroy();
      }),
  );
  const listener = options.listener ?? listenerSettings({});
  guardListener(
    server,
    {
      ...listener,
      names: [...listener.names, ...OF_GH, ...(options.url ? [new URL(options.url).hostname] : [])],
    },
    'none',
  );
  await new Promise<void>((resolve, no) => {
    server.once('error', no);
    server.listen(options.port, listener.address, resolve);
  });
  const { port } = server.address() as { port: number };
  const base = options.url ?? `http://127.0.0.1:${port}`;
  const store = new Store(path.join(options.root, 'github.sqlite'));
  const bare = new Bare(path.join(options.root, 'repos'));
  const hook = hooks(options.webhook?.url ?? null, options.webhook?.secret ?? '', (payload) =>
    withInstallation(store, payload),
  );
  const late = (what: Promise<void> | undefined): void =>
    void what?.catch((err: unknown) => log.error({ err }, 'what follows a push failed'));
  const context: Ctx = {
    store,
    bare,
    hooks: hook,
    base,
    staleMs: options.staleMs ?? 0,
    hit: failpoints(options.failpoints ?? null),
    rerun: (repo, run) => late(jobs?.rerun(repo, run)),
    pushed: (repo, branch, sha, before) => void jobs?.pushed(repo, branch, sha, before),
    befell: (repo, pull, action) => late(jobs?.befell(repo, pull, action)),
  };
  const jobs = options.ci
    ? actions(store, bare, hook, { ...options.ci, work: path.join(options.root, 'ci'), base })
    : null;
  const table = routes(context);
  const repoOf = (full: string): Repo | undefined =>
    store.one('repo', (r) => r.full.toLowerCase() === full.toLowerCase());
  const review = colleague(context, options.reviewers);
  const reads: Read[] = [];

  const machine = folders(context);

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', base);
    const token = tokenOf(req);
    if (url.pathname.startsWith('/_local/')) return operator(req, res, url, token);
    const caller = callerOf(store, options.tokens, token);
    const user = loginOf(caller);
    const gitPath =
      /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/.exec(
        url.pathname,
      );
    if (gitPath) {
      const repo = repoOf(gitPath[1]!);
      const now = repo ? undefined : formerly(store, gitPath[1]!);
      if (now)
        return void res
          .writeHead(301, { location: `${base}/${now.full}.git${gitPath[2]!}${url.search}` })
          .end();
      if (!repo) return json(res, 404, { message: 'Not Found' });
      const isPush =
        gitPath[2] === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
      const refused =
        caller.kind === 'installation' ? gitRefusalOf(caller.rights, caller.login, repo, isPush) : null;
      if (refused !== null) return void res.writeHead(403).end(refused);
      if (gitPath[2] === '/git-receive-pack') store.insert('call', callOf(req, url, 200, user, null));
      return serveGit(context, repo, gitPath[2]!, req, res, url, user);
    }
    const log = /^\/_logs\/(\d+)$/.exec(url.pathname);
    if (log) {
      res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      return void res.end(store.one('job', (j) => j.id === Number(log[1]))?.log ?? '');
    }
    const logs = /^\/_logs\/runs\/(\d+)\.zip$/.exec(url.pathname);
    if (logs) {
      res.writeHead(200, { 'content-type': 'application/zip' });
      return void res.end(logsOfRun(store.find('job', (j) => j.runId === Number(logs[1]))));
    }
    const pictured = /^\/([\w.-]+\/[\w.-]+)\/blob\/([0-9a-f]+)\/([^/]+)$/.exec(url.pathname);
    const picture =
      pictured && url.searchParams.get('raw') === 'true'
        ? await rawPicture(context, pictured[1]!, pictured[2]!, pictured[3]!)
        : null;
    if (picture) {
      res.writeHead(200, {
        'content-type': picture.mime,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
      });
      return void res.end(picture.data);
    }
    const seen = /^\/([\w.-]+\/[\w.-]+)\/(?:issues|pull)\/(\d+)$/.exec(url.pathname);
    const shown =
      seen && req.method === 'GET'
        ? store.one('issue', (i) => i.repo === seen[1] && i.number === Number(seen[2]))
        : undefined;
    if (shown) {
      res.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
      });
      return void res.end(issuePage(shown, store, base));
    }
    const text = await body(req);
    let data: Record<string, unknown> = {};
    try {
      data = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    } catch {
      return json(res, 400, { message: 'Problems parsing JSON' });
    }
    const answer =
      answerApp(store, base, { method: req.method ?? '', path: url.pathname, caller, body: data }) ??
      (user === null ? refusedBy(401, 'Bad credentials') : await answerOf(req, url, user, data, caller));
    if (user === null && req.method !== 'GET')
      store.insert('call', callOf(req, url, answer.status, user, data));
    const sent = reply(req, res, answer);
    if (req.method === 'GET') reads.push({ path: `${url.pathname}${url.search}`, ...sent });
    if (reads.length > MAX_READS) reads.shift();
  }

  /** What changes something is in the list of calls as soon as it has, so that a kill in between takes neither away. */
  async function answerOf(
    req: IncomingMessage,
    url: URL,
    user: string,
    data: Record<string, unknown>,
    caller: Caller,
  ): Promise<Answer> {
    if (req.method === 'GET') return route(req, url, user, data, caller);
    const point = pointOf(req.method ?? '', url.pathname, data);
    if (point !== null) context.hit(`${point}.before`);
    const a = await store.during(callOf(req, url, 200, user, data), async () => {
      const answer = await route(req, url, user, data, caller);
      return { answer, status: answer.status };
    });
    if (point !== null && a.status < 300) context.hit(`${point}.after`);
    return a.answer;
  }

  /** Not GitHub's: what the operator of this machine does, with a secret that no client of the forge has. */
  async function operator(req: IncomingMessage, res: ServerResponse, url: URL, token: string): Promise<void> {
    if (!isSecret(token, options.operatorSecret))
      return json(res, 401, { message: "This wants the operator's own secret." });
    if (req.method === 'GET' && url.pathname === '/_local/calls') return json(res, 200, store.find('call'));
    if (req.method !== 'POST' || !['/_local/import', '/_local/rules'].includes(url.pathname))
      return json(res, 404, { message: 'Not Found' });
    const data = JSON.parse(await body(req)) as Record<string, unknown>;
    if (url.pathname === '/_local/rules') {
      const repo = repoOf(String(data.full));
      if (repo === undefined) return json(res, 404, { message: 'Not Found' });
      store.update('repo', repo, { rules: data.rules as RepoRules });
      return json(res, 200, shape.repo(base, repo));
    }
    try {
      const { repo, look } = await machine.look(
        String(data.full),
        String(data.folder),
        String(data.branch),
        data.root === undefined ? undefined : String(data.root),
      );
      json(res, look.outcome === 'added' ? 201 : 200, { ...shape.repo(base, repo), look });
    } catch (err) {
      json(res, 422, {
        message: `Could not import ${String(data.folder)}: ${(err as Error).message.trim().split('\n').at(-1)}`,
      });
    }
  }

  async function route(
    req: IncomingMessage,
    url: URL,
    user: string,
    data: Record<string, unknown>,
    caller: Caller,
  ): Promise<Answer> {
    if (url.pathname === '/user')
      return {
        status: 200,
        body: publicUser(base, user),
      };
    if (url.pathname === '/') return { status: 200, body: root(base) };
    if (url.pathname === '/graphql') return graphql(user, data, caller);
    return byTable(req.method ?? '', url, user, data, req.headers.accept ?? '', caller);
  }

  async function byTable(
    asks: string,
    url: URL,
    user: string,
    data: Record<string, unknown>,
    accept: string,
    caller: Caller,
  ): Promise<Answer> {
    if (!isDecodable(url.pathname)) return { status: 400, body: { message: 'Bad Request' } };
    const pathname = byName(store, url.pathname);
    for (const [method, pattern, run] of table) {
      const match = method === asks ? pattern.exec(pathname) : null;
      if (!match) continue;
      const repo = repoOf(match[1]!);
      if (repo === undefined) {
        const now = formerly(store, match[1]!);
        const rest = `${pathname.slice(`/repos/${match[1]!}`.length)}${url.search}`;
        return now ? movedTo(base, now, asks, rest) : notFound;
      }
      const below = pathname.slice(`/repos/${match[1]!}`.length);
      const refused =
        (caller.kind === 'installation' ? refusalOfApp(caller.rights, repo, asks, below) : null) ??
        refusalOf(repo, asks, pathname, data);
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

  /** Loaded with the first query: GitHub's schema is large, and most of what runs here never asks. */
  async function graphql(user: string, data: Record<string, unknown>, caller: Caller): Promise<Answer> {
    const { answerQuery, VIEWS } = await import('./graphql/executor.ts');
    const rights = caller.kind === 'installation' ? caller.rights : undefined;
    const rest = (method: string, where: string, body: Record<string, unknown>): Promise<Answer> =>
      byTable(method, new URL(where, base), user, body, '', caller);
    return answerQuery({ c: context, user, rights, rest, onReady: review.onReady, view: VIEWS }, data);
  }

  function callOf(
    req: IncomingMessage,
    url: URL,
    status: number,
    user: string | null,
    data: unknown,
  ): Omit<Call, 'id'> {
    return { at: nowIso(), method: req.method ?? '', path: url.pathname, status, user, body: data };
  }

  // What a kill left half done is done, before anybody can ask again.
  jobs?.recover();
  await finishMerges(context);
  await finishPushes(context);
  review.recover();
  return {
    url: base,
    port,
    store,
    reads,
    importRepo: machine.ensure,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          store.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** @returns in whose name; null for nobody, and for an App by itself */
const loginOf = (caller: Caller): string | null =>
  caller.kind === 'user' || caller.kind === 'installation' ? caller.login : null;

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

/** @returns what went out */
function reply(req: IncomingMessage, res: ServerResponse, answer: Answer): Omit<Read, 'path'> {
  const json = answer.body === undefined ? '' : JSON.stringify(answer.body);
  const text = answer.text ?? json;
  const headers: Record<string, string> = {
    ...answer.headers,
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
    'x-oauth-scopes': 'repo, workflow',
  };
  if (req.method === 'GET' && answer.status === 200) {
    headers.etag = `W/"${createHash('sha256').update(text).digest('hex').slice(0, 40)}"`;
    if (req.headers['if-none-match'] === headers.etag) {
      res.writeHead(304, headers).end();
      return { status: 304, bytes: 0 };
    }
  }
  if (text !== '') headers['content-type'] ??= 'application/json; charset=utf-8';
  res.writeHead(answer.status, headers).end(text);
  return { status: answer.status, bytes: Buffer.byteLength(text) };
}

function json(res: ServerResponse, status: number, data: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(data));
}

async function body(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function tokenOf(req: IncomingMessage): string {
  const authorization = req.headers.authorization ?? '';
  if (/^basic /i.test(authorization))
    return Buffer.from(authorization.slice(6), 'base64').toString().split(':').slice(1).join(':');
  return authorization.replace(/^(token|bearer) /i, '');
}
