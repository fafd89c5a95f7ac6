// Tokens of a GitHub App: each for one repository, for an hour, and renewed before it ends. Signed here with the
// App's key, which goes nowhere.
import { createPrivateKey, sign } from 'node:crypto';
import {
  APP_NEEDS,
  AppRefused,
  appTroubleOf,
  askedOf,
  lackingOf,
  type AppPermissions,
  type AppSeen,
} from '@mainloop/models/flow/forge/github-app';

/** A token that is nearer to its end than this is not given out: what begins with it may take a while. */
const RENEW_MS = 5 * 60_000;
/** GitHub allows ten minutes, counted by its own clock. */
const JWT_S = 9 * 60;
/** Ours may be ahead of theirs. */
const BACK_S = 60;
const ANSWER_MS = 10_000;

interface AppOptions {
  /** Its number or client id. */
  readonly appId: string;
  /** PEM. */
  readonly privateKey: string;
  readonly apiUrl: string;
  /** Permissions that its tokens are asked with; all that we need without it. */
  readonly only?: readonly string[];
  /** Of this machine, in milliseconds. */
  readonly now?: () => number;
}

/** Whom what the App does is by. */
interface AppAccount {
  readonly login: string;
  readonly id: number;
  readonly name: string;
}

export interface GitHubApp {
  /**
   * @param repo owner/name
   * @returns a token for this one repository that is good for five minutes or more
   * @throws AppRefused
   */
  tokenFor(repo: string): Promise<string>;
  /** It was refused: the next one is asked for anew. */
  forget(repo: string, token: string): void;
  /** Of its bot: "slug[bot]". */
  login(): Promise<string>;
  account(): Promise<AppAccount>;
  /** @throws AppRefused */
  check(): Promise<AppSeen>;
}

interface Installation {
  readonly id: number;
  readonly account: { readonly login?: string } | null;
  readonly html_url: string;
  readonly permissions: AppPermissions;
  readonly suspended_at: string | null;
}
interface Kept {
  readonly token: string;
  readonly untilMs: number;
}

/** @returns the App behind a key */
export function githubApp(options: AppOptions): GitHubApp {
  const key = createPrivateKey(options.privateKey);
  const now = options.now ?? Date.now;
  const only = options.only ?? APP_NEEDS.map((need) => need.permission);
  const kept = new Map<string, Kept>();
  const asking = new Map<string, Promise<Kept>>();
  /** How far GitHub's clock is before ours. */
  let aheadMs = 0;
  const jwt = (): string => {
    const nowS = Math.floor((now() + aheadMs) / 1000);
    const part = (data: object): string => Buffer.from(JSON.stringify(data)).toString('base64url');
    const said = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: nowS - BACK_S, exp: nowS + JWT_S, iss: options.appId })}`;
    return `${said}.${sign('sha256', Buffer.from(said), key).toString('base64url')}`;
  };
  const about = { repo: '', account: 'its account', appUrl: 'https://github.com/settings/apps' };

  /** Asks as `bearer` does. Never throws but AppRefused. */
  const send = async <T>(
    bearer: () => string,
    call: string,
    where: Partial<typeof about> = {},
    body?: object,
  ): Promise<T> => {
    const [method, path] = call.split(' ') as [string, string];
    for (let again = false; ; again = true) {
      const response = await fetch(options.apiUrl.replace(/\/$/, '') + path, {
        method,
        headers: {
          authorization: `Bearer ${bearer()}`,
          accept: 'application/vnd.github+json',
          'user-agent': 'mainloop',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      }).catch((err: Error) => {
        throw new AppRefused({ kind: 'away', said: err.message });
      });
      // Whatever stands between us and GitHub may answer with something else.
      const data = (await response.json().catch(() => ({}))) as T & { message?: string };
      if (response.ok) return data;
      const trouble = appTroubleOf(response.status, data.message ?? '', { ...about, ...where });
      const theirs = Date.parse(response.headers.get('date') ?? '');
      if (trouble.kind !== 'clock' || again || Number.isNaN(theirs)) throw new AppRefused(trouble);
      aheadMs = theirs - now();
    }
  };

  let app: Promise<{ slug: string; html_url: string }> | undefined;
  const self = (): NonNullable<typeof app> =>
    (app ??= send<{ slug: string; html_url: string }>(jwt, 'GET /app').catch((err: unknown) => {
      app = undefined;
      throw err;
    }));

  const installationOf = async (repo: string): Promise<Installation> => {
    const { html_url: appUrl } = await self();
    const found = await send<Installation>(jwt, `GET /repos/${repo}/installation`, { repo, appUrl });
    const account = found.account?.login ?? repo.split('/')[0]!;
    if (found.suspended_at !== null)
      throw new AppRefused({ kind: 'suspended', account, settingsUrl: found.html_url });
    const lacks = lackingOf(found.permissions).filter(
      (need) => need.isVital && only.includes(need.permission),
    );
    if (lacks.length > 0)
      throw new AppRefused({ kind: 'lacking', account, settingsUrl: found.html_url, lacks });
    return found;
  };

  const renew = async (repo: string): Promise<Kept> => {
    const found = await installationOf(repo);
    const where = { repo, account: found.account?.login ?? '', appUrl: (await self()).html_url };
    const ask = (which: object): Promise<{ token: string; expires_at: string }> =>
      send(jwt, `POST /app/installations/${found.id}/access_tokens`, where, which);
    const permissions = askedOf(found.permissions, only);
    const name = repo.split('/')[1]!;
    const got = await ask({ repositories: [name], permissions }).catch(async (err: unknown) => {
      if (!(err instanceof AppRefused) || err.trouble.kind !== 'not_installed') throw err;
      // One that was renamed is not found by its old name here, only by its number.
      const looking = await ask({ permissions: { metadata: 'read' } });
      const { id } = await send<{ id: number }>(() => looking.token, `GET /repos/${repo}`, where);
      return ask({ repository_ids: [id], permissions });
    });
    return { token: got.token, untilMs: Date.parse(got.expires_at) - aheadMs };
  };

  const login = async (): Promise<string> => `${(await self()).slug}[bot]`;
  /** A user is not told to an App by itself, so by a token that may see no more than that. */
  const whoIs = async (): Promise<AppAccount> => {
    const [found] = await send<readonly Installation[]>(jwt, 'GET /app/installations?per_page=1');
    const { html_url: appUrl } = await self();
    if (found === undefined)
      throw new AppRefused({
        kind: 'not_installed',
        repo: 'any repository',
        installUrl: `${appUrl}/installations/new`,
      });
    const { token } = await send<{ token: string }>(
      jwt,
      `POST /app/installations/${found.id}/access_tokens`,
      { appUrl, account: found.account?.login ?? '' },
      { permissions: { metadata: 'read' } },
    );
    const name = await login();
    const { id } = await send<{ id: number }>(() => token, `GET /users/${encodeURIComponent(name)}`);
    return { login: name, id, name };
  };
  let account: Promise<AppAccount> | undefined;
  return {
    async tokenFor(repo) {
      const there = kept.get(repo);
      if (there !== undefined && there.untilMs - now() > RENEW_MS) return there.token;
      let coming = asking.get(repo);
      if (coming === undefined) {
        coming = renew(repo).finally(() => asking.delete(repo));
        asking.set(repo, coming);
      }
      const fresh = await coming;
      kept.set(repo, fresh);
      return fresh.token;
    },
    forget(repo, token) {
      if (kept.get(repo)?.token === token) kept.delete(repo);
    },
    login,
    account: () =>
      (account ??= whoIs().catch((err: unknown) => {
        account = undefined;
        throw err;
      })),
    async check() {
      const { slug, html_url: url } = await self();
      const all = await send<readonly Installation[]>(jwt, 'GET /app/installations?per_page=100');
      return { slug, url, accounts: all.map(checkOf) };
    },
  };
}

function checkOf(found: Installation): AppSeen['accounts'][number] {
  const name = found.account?.login ?? 'an account';
  if (found.suspended_at !== null) return { name, lacks: 'suspended' };
  const lacks = lackingOf(found.permissions);
  return { name, lacks: lacks.map((need) => need.label).join(', ') };
}
