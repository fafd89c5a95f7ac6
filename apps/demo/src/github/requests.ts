// One request: git, a page or a log, the operator's own, or the api.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gitReason } from '@mainloop/models/flow/machine/git';
import { isSecret } from '@mainloop/network/secrets';
import { answerOf, callOf, repoNamed, type Api } from './answers.ts';
import { answerApp, callerOf, gitRefusalOf, refusedBy, type Caller } from './apps.ts';
import type { Answer } from './ctx.ts';
import type { Folders } from './folders.ts';
import { rawPicture } from './git-data.ts';
import { serveGit } from './git-http.ts';
import { logsOfRun } from './logs.ts';
import { issuePage } from './pages.ts';
import { formerly } from './renaming.ts';
import * as shape from './shapes.ts';
import type { RepoRules } from './store.ts';

const MAX_READS = 1_000;

export interface Read {
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
}

export interface Hub extends Api {
  /** token -> login */
  readonly tokens: ReadonlyMap<string, string>;
  readonly operatorSecret: string;
  readonly folders: Folders;
  /** The last reads that were answered, oldest first. */
  readonly reads: Read[];
}

/**
 * Answers one request.
 * @throws what went wrong in us
 */
export async function handle(hub: Hub, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { store, base } = hub.context;
  const url = new URL(req.url ?? '/', base);
  const token = tokenOf(req);
  if (url.pathname.startsWith('/_local/')) return answerOperator(hub, req, res, url, token);
  const caller = callerOf(store, hub.tokens, token);
  const git = GIT_PATH.exec(url.pathname);
  if (git) return answerGit(hub, req, res, url, caller, git[1]!, git[2]!);
  if (await answerPage(hub, req, res, url)) return;
  return answerApi(hub, req, res, url, caller);
}

const GIT_PATH = /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;

/**
 * @param full the repository that is asked for
 * @param rest what of git's protocol
 */
async function answerGit(
  { context }: Hub,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  caller: Caller,
  full: string,
  rest: string,
): Promise<void> {
  const { store, base } = context;
  const user = loginOf(caller);
  const repo = repoNamed(store, full);
  const now = repo ? undefined : formerly(store, full);
  if (now) return void res.writeHead(301, { location: `${base}/${now.full}.git${rest}${url.search}` }).end();
  if (!repo) return json(res, 404, { message: 'Not Found' });
  const isPush = rest === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack';
  const refused =
    caller.kind === 'installation' ? gitRefusalOf(caller.rights, caller.login, repo, isPush) : null;
  if (refused !== null) return void res.writeHead(403).end(refused);
  if (rest === '/git-receive-pack') store.insert('call', callOf(req, url, 200, user, null));
  return serveGit(context, repo, rest, req, res, url, user);
}

/** Logs, pictures and pages, which anybody may see. @returns false where the address is none of these */
async function answerPage(
  { context }: Hub,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<boolean> {
  const { store, base } = context;
  const send = (headers: Record<string, string>, data: string | Buffer): true => {
    res.writeHead(200, headers).end(data);
    return true;
  };
  const log = /^\/_logs\/(\d+)$/.exec(url.pathname);
  if (log)
    return send(
      { 'content-type': 'text/plain; charset=utf-8' },
      store.one('job', (job) => job.id === Number(log[1]))?.log ?? '',
    );
  const logs = /^\/_logs\/runs\/(\d+)\.zip$/.exec(url.pathname);
  if (logs)
    return send(
      { 'content-type': 'application/zip' },
      logsOfRun(store.find('job', (job) => job.runId === Number(logs[1]))),
    );
  const pictured = /^\/([\w.-]+\/[\w.-]+)\/blob\/([0-9a-f]+)\/([^/]+)$/.exec(url.pathname);
  const picture =
    pictured && url.searchParams.get('raw') === 'true'
      ? await rawPicture(context, pictured[1]!, pictured[2]!, pictured[3]!)
      : null;
  if (picture)
    return send(
      {
        'content-type': picture.mime,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
      },
      picture.data,
    );
  const seen = /^\/([\w.-]+\/[\w.-]+)\/(?:issues|pull)\/(\d+)$/.exec(url.pathname);
  const shown =
    seen && req.method === 'GET'
      ? store.one('issue', (issue) => issue.repo === seen[1] && issue.number === Number(seen[2]))
      : undefined;
  if (shown === undefined) return false;
  return send(
    {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    },
    issuePage(shown, store, base),
  );
}

async function answerApi(
  hub: Hub,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  caller: Caller,
): Promise<void> {
  const { store, base } = hub.context;
  const user = loginOf(caller);
  const text = await body(req);
  let data: Record<string, unknown> = {};
  try {
    data = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    return json(res, 400, { message: 'Problems parsing JSON' });
  }
  const answer =
    answerApp(store, base, { method: req.method ?? '', path: url.pathname, caller, body: data }) ??
    (user === null ? refusedBy(401, 'Bad credentials') : await answerOf(hub, req, url, user, data, caller));
  if (user === null && req.method !== 'GET')
    store.insert('call', callOf(req, url, answer.status, user, data));
  const sent = reply(req, res, answer);
  if (req.method === 'GET') hub.reads.push({ path: `${url.pathname}${url.search}`, ...sent });
  if (hub.reads.length > MAX_READS) hub.reads.shift();
}

/** Not GitHub's: what the operator of this machine does, with a secret that no client of the forge has. */
async function answerOperator(
  { context, operatorSecret, folders }: Hub,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  token: string,
): Promise<void> {
  const { store, base } = context;
  if (!isSecret(token, operatorSecret))
    return json(res, 401, { message: "This wants the operator's own secret." });
  if (req.method === 'GET' && url.pathname === '/_local/calls') return json(res, 200, store.find('call'));
  if (req.method !== 'POST' || !['/_local/import', '/_local/rules'].includes(url.pathname))
    return json(res, 404, { message: 'Not Found' });
  const data = JSON.parse(await body(req)) as Record<string, unknown>;
  if (url.pathname === '/_local/rules') {
    const repo = repoNamed(store, String(data.full));
    if (repo === undefined) return json(res, 404, { message: 'Not Found' });
    store.update('repo', repo, { rules: data.rules as RepoRules });
    return json(res, 200, shape.repo(base, repo));
  }
  try {
    const { repo, look } = await folders.look(
      String(data.full),
      String(data.folder),
      String(data.branch),
      data.root === undefined ? undefined : String(data.root),
    );
    json(res, look.outcome === 'added' ? 201 : 200, { ...shape.repo(base, repo), look });
  } catch (err) {
    const { stderr, message } = err as Error & { stderr?: string };
    json(res, 422, {
      message: `${String(data.folder)} could not be read: ${gitReason(stderr ?? message)}`,
    });
  }
}

/** @returns in whose name; null for nobody, and for an App by itself */
const loginOf = (caller: Caller): string | null =>
  caller.kind === 'user' || caller.kind === 'installation' ? caller.login : null;

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

/** @param data what goes out as JSON */
export function json(res: ServerResponse, status: number, data: unknown): void {
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
