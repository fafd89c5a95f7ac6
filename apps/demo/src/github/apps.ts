// GitHub Apps: one that signs for itself, where it is installed, and the tokens it gets there.
// https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { own } from '@mainloop/models/flow/look';
import type { Answer } from './ctx.ts';
import { created, invalid, notFound, ok } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type App, type Installation, type Repo, type Store } from './store.ts';

const HOUR_MS = 3_600_000;
/** GitHub's own bounds of what an App signs. */
const MAX_AHEAD_S = 600;

/** @returns as GitHub says no, with its page */
export const refusedBy = (status: number, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
});
const NOT_FOR_APPS = 'Resource not accessible by integration';
const BAD = refusedBy(401, 'Bad credentials');

/** Who asks: a token's user, an App by its signature, or what a token of an App may do. */
export type Caller =
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'app'; readonly app: App }
  | { readonly kind: 'installation'; readonly login: string; readonly rights: Rights }
  | { readonly kind: 'nobody'; readonly answer: Answer };

export interface Rights {
  readonly installation: Installation;
  readonly permissions: Readonly<Record<string, string>>;
  reaches(repo: Repo): boolean;
}

/** @param token as it came @param users token -> login */
export function callerOf(store: Store, users: ReadonlyMap<string, string>, token: string): Caller {
  const login = users.get(token);
  if (login !== undefined) return { kind: 'user', login };
  if (token.split('.').length === 3) {
    const app = signedBy(store, token);
    return 'status' in app ? { kind: 'nobody', answer: app } : { kind: 'app', app };
  }
  const given = store.one('appToken', (t) => t.hash === hashOf(token));
  const installation = given && store.one('installation', (i) => i.id === given.installationId);
  if (
    !given ||
    !installation ||
    installation.suspendedAt !== null ||
    Date.parse(given.expiresAt) <= Date.now()
  )
    return { kind: 'nobody', answer: BAD };
  const app = store.one('app', (a) => a.id === installation.appId)!;
  return {
    kind: 'installation',
    login: `${app.slug}[bot]`,
    rights: {
      installation,
      permissions: given.permissions,
      reaches: (repo) =>
        isWithin(installation, repo) && (given.repositories === null || given.repositories.includes(repo.id)),
    },
  };
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const isWithin = (installation: Installation, repo: Repo): boolean =>
  repo.full.split('/')[0]!.toLowerCase() === installation.account.toLowerCase() &&
  (installation.repositories === null || installation.repositories.includes(repo.full));

/** @returns the App that signed, or what GitHub says to one that did not sign as it should */
function signedBy(store: Store, jwt: string): App | Answer {
  const [head = '', body = '', signature = ''] = jwt.split('.');
  let claims: { iss?: unknown; exp?: unknown; iat?: unknown };
  try {
    const alg = (JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: string }).alg;
    claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as typeof claims;
    if (alg !== 'RS256') throw new Error(alg);
  } catch {
    // Three parts, and none that can be read.
    return refusedBy(401, 'A JSON web token could not be decoded');
  }
  const app = store.one('app', (a) => String(a.id) === String(claims.iss));
  if (!app) return refusedBy(404, 'Integration not found');
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    createPublicKey(app.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) return refusedBy(401, 'A JSON web token could not be decoded');
  const nowS = Date.now() / 1000;
  const [exp, iat] = [Number(claims.exp), Number(claims.iat)];
  if (!Number.isInteger(exp) || exp <= nowS)
    return refusedBy(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (exp > nowS + MAX_AHEAD_S)
    return refusedBy(401, "'Expiration time' claim ('exp') is too far in the future");
  if (!Number.isInteger(iat) || iat > nowS + 1)
    return refusedBy(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  return app;
}

/** First fit counts. `/repos/OWNER/NAME` is taken away. https://docs.github.com/rest/authentication/permissions-required-for-github-apps */
const NEEDS: readonly (readonly [RegExp, string])[] = [
  [/^\/(?:issues\/\d+\/(?:comments|reactions|labels|assignees)|issues\/comments\/)/, 'issues'],
  [/^\/(?:issues|labels|assignees)\b/, 'issues'],
  [/^\/pulls\/\d+\/(?:merge|update-branch)$/, 'contents'],
  [/^\/pulls\b/, 'pull_requests'],
  [/^\/(?:check-runs|check-suites|commits\/.+\/check-(?:runs|suites))\b/, 'checks'],
  [/^\/(?:statuses\/|commits\/.+\/status(?:es)?$)/, 'statuses'],
  [/^\/actions\b/, 'actions'],
  [/^\/(?:contents|readme|git|commits|compare|branches|merges|tarball|zipball)\b/, 'contents'],
];
const LEVELS = ['read', 'write', 'admin'];

/**
 * @param where below the repository
 * @returns what a request wants of an App, by name and level; all that is not listed wants no more than to be
 * let in
 */
function wantedOf(method: string, where: string): { permission: string; level: 'read' | 'write' } {
  const permission = NEEDS.find(([shape]) => shape.test(where))?.[1] ?? 'metadata';
  const isRead = method === 'GET' || permission === 'metadata';
  return { permission, level: isRead ? 'read' : 'write' };
}
const hasRight = (granted: Readonly<Record<string, string>>, permission: string, level: string): boolean =>
  LEVELS.indexOf(own(granted, permission) ?? '') >= LEVELS.indexOf(level);

/** @returns what GitHub says to an App that may not; null where it may */
export function refusalOfApp(rights: Rights, repo: Repo, method: string, where: string): Answer | null {
  if (!rights.reaches(repo)) return notFound;
  const { permission, level } = wantedOf(method, where);
  // Comments, labels and reactions of a pull request go by either permission.
  const isEither = permission === 'issues' && where.startsWith('/issues/');
  const either = isEither ? [permission, 'pull_requests'] : [permission];
  if (either.some((name) => hasRight(rights.permissions, name, level))) return null;
  return refusedBy(403, NOT_FOR_APPS, {
    'x-accepted-github-permissions': either.map((name) => `${name}=${level}`).join('; '),
  });
}

/** @returns GitHub's words to git, or null where the token may */
export function gitRefusalOf(rights: Rights, login: string, repo: Repo, writes: boolean): string | null {
  if (!rights.reaches(repo)) return 'Repository not found.';
  if (hasRight(rights.permissions, 'contents', writes ? 'write' : 'read')) return null;
  return writes
    ? `Permission to ${repo.full}.git denied to ${login}.`
    : 'Write access to repository not granted.';
}

interface AppAsk {
  readonly method: string;
  readonly path: string;
  readonly caller: Caller;
  readonly body: Readonly<Record<string, unknown>>;
}

/** @returns what is answered to the addresses of Apps; null for every other one */
export function answerApp(store: Store, base: string, ask: AppAsk): Answer | null {
  const { method, path, caller } = ask;
  const installed = /^\/repos\/([^/]+\/[^/]+)\/installation$/.exec(path);
  if (installed || /^\/app(?:\/|$)/.test(path)) {
    if (caller.kind === 'nobody') return caller.answer;
    if (caller.kind !== 'app') return refusedBy(401, 'A JSON web token could not be decoded');
    return byApp(store, base, caller.app, ask, installed?.[1] ?? null);
  }
  if (caller.kind === 'app') return refusedBy(401, 'Bad credentials');
  const user = method === 'GET' ? /^\/users\/([^/]+)$/.exec(path) : null;
  if (user && caller.kind !== 'nobody') return ok(publicUser(base, decodeURIComponent(user[1]!)));
  if (caller.kind !== 'installation') return null;
  if (path === '/user') return refusedBy(403, NOT_FOR_APPS);
  if (method === 'GET' && path === '/installation/repositories') {
    const all = store.find('repo', (repo) => caller.rights.reaches(repo));
    return ok({
      total_count: all.length,
      repository_selection: selectionOf(caller.rights.installation),
      repositories: all.map((repo) => shape.repo(base, repo)),
    });
  }
  return null;
}

function byApp(store: Store, base: string, app: App, ask: AppAsk, repoName: string | null): Answer {
  const mine = store.find('installation', (i) => i.appId === app.id);
  const shown = (i: Installation): object => installationShape(base, app, i);
  if (repoName !== null) {
    const repo = store.one('repo', (r) => r.full.toLowerCase() === repoName.toLowerCase());
    const found = repo && mine.find((i) => isWithin(i, repo));
    return found && ask.method === 'GET' ? ok(shown(found)) : notFound;
  }
  if (ask.method === 'GET' && ask.path === '/app') return ok(appShape(base, app, mine.length));
  if (ask.method === 'GET' && ask.path === '/app/installations') return ok(mine.map(shown));
  const one = /^\/app\/installations\/(\d+)(\/access_tokens|\/suspended)?$/.exec(ask.path);
  const found = one && mine.find((i) => i.id === Number(one[1]));
  if (!one || !found) return notFound;
  if (ask.method === 'POST' && one[2] === '/access_tokens') return giveToken(store, base, found, ask.body);
  if (one[2] === '/suspended' && ['PUT', 'DELETE'].includes(ask.method)) {
    store.update('installation', found, { suspendedAt: ask.method === 'PUT' ? nowIso() : null });
    return { status: 204 };
  }
  if (ask.method === 'DELETE' && one[2] === undefined) {
    store.remove('installation', found);
    return { status: 204 };
  }
  return ask.method === 'GET' && one[2] === undefined ? ok(shown(found)) : notFound;
}

function giveToken(
  store: Store,
  base: string,
  installation: Installation,
  body: Readonly<Record<string, unknown>>,
): Answer {
  if (installation.suspendedAt !== null) return refusedBy(403, 'This installation has been suspended');
  const within = store.find('repo', (repo) => isWithin(installation, repo));
  const names = body.repositories as readonly string[] | undefined;
  const ids = body.repository_ids as readonly number[] | undefined;
  const chosen =
    names === undefined && ids === undefined
      ? null
      : within.filter(
          (repo) => ids?.includes(repo.id) === true || names?.includes(repo.full.split('/')[1]!) === true,
        );
  if (chosen !== null && chosen.length < (names?.length ?? 0) + (ids?.length ?? 0))
    return invalid(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  const permissions = (body.permissions as Record<string, string> | undefined) ?? installation.permissions;
  if (Object.entries(permissions).some(([name, level]) => !hasRight(installation.permissions, name, level)))
    return invalid('The permissions requested are not granted to this installation.');
  const token = `ghs_${randomBytes(27).toString('base64url')}`;
  const expiresAt = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  store.insert('appToken', {
    hash: hashOf(token),
    installationId: installation.id,
    repositories: chosen === null ? null : chosen.map((repo) => repo.id),
    permissions: { metadata: 'read', ...permissions },
    expiresAt,
  });
  return created({
    token,
    expires_at: expiresAt,
    permissions: { metadata: 'read', ...permissions },
    repository_selection: chosen === null ? selectionOf(installation) : 'selected',
    ...(chosen === null ? {} : { repositories: chosen.map((repo) => shape.repo(base, repo)) }),
  });
}

const selectionOf = (installation: Installation): string =>
  installation.repositories === null ? 'all' : 'selected';

const EVENTS = [
  'check_run',
  'check_suite',
  'issue_comment',
  'issues',
  'pull_request',
  'pull_request_review',
  'push',
];

/** @returns with what an App's own webhook says besides, where one is installed on the repository */
export function withInstallation(store: Store, payload: object): object {
  const full = (payload as { repository?: { full_name?: string } }).repository?.full_name;
  const repo = store.one('repo', (r) => r.full === full);
  const found = repo && store.one('installation', (i) => i.suspendedAt === null && isWithin(i, repo));
  return found
    ? { ...payload, installation: { id: found.id, node_id: shape.node('Installation', found.id) } }
    : payload;
}

const appShape = (base: string, app: App, installations: number) => ({
  id: app.id,
  slug: app.slug,
  node_id: shape.node('App', app.id),
  client_id: `Iv23li${app.id}`,
  owner: shape.user(base, app.owner),
  name: app.slug,
  description: null,
  external_url: base,
  html_url: `${base}/apps/${app.slug}`,
  created_at: app.createdAt,
  updated_at: app.createdAt,
  permissions: app.permissions,
  events: EVENTS,
  installations_count: installations,
});

const installationShape = (base: string, app: App, installation: Installation) => ({
  id: installation.id,
  account: shape.user(base, installation.account),
  repository_selection: selectionOf(installation),
  access_tokens_url: `${base}/app/installations/${installation.id}/access_tokens`,
  repositories_url: `${base}/installation/repositories`,
  html_url: `${base}/settings/installations/${installation.id}`,
  app_id: app.id,
  app_slug: app.slug,
  target_id: shape.user(base, installation.account).id,
  target_type: 'User',
  permissions: installation.permissions,
  events: EVENTS,
  created_at: installation.createdAt,
  updated_at: installation.createdAt,
  single_file_name: null,
  has_multiple_single_files: false,
  single_file_paths: [],
  suspended_by: installation.suspendedAt === null ? null : shape.user(base, installation.account),
  suspended_at: installation.suspendedAt,
});

/** @returns a user as their page of the API shows them: https://docs.github.com/rest/users/users#get-a-user */
export const publicUser = (base: string, login: string) => ({
  ...shape.user(base, login),
  name: login,
  company: null,
  blog: '',
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
});
