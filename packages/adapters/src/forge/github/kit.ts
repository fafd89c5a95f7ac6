// One octokit for each token, and what all topics of the adapter ask by it.
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type { Ensured, Outcome } from '../port.ts';
import { translate } from './errors.ts';

/** What an App signs requests with: a token that is renewed, in the name of its bot. */
export interface Renewed {
  token(): Promise<string>;
  /** It was refused. */
  forget(token: string): void;
  login(): Promise<string>;
  user(): Promise<{ readonly id: number; readonly login: string; readonly name: string }>;
}
export interface GitHubOptions {
  readonly token: string | Renewed;
  readonly baseUrl: string;
}

const Kit = Octokit.plugin(throttling, retry);
type Kit = InstanceType<typeof Kit>;
export type GitHub = ReturnType<typeof openGitHub>;

/**
 * Made in this one place, so that nothing goes around the throttle.
 * @param options token and address
 * @returns the client and what all parts of the adapter share
 */
export function openGitHub(options: GitHubOptions) {
  const kit = new Kit({
    ...(typeof options.token === 'string' ? { auth: options.token } : {}),
    baseUrl: options.baseUrl,
    userAgent: 'mainloop',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    retry: { doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451], retries: 2 },
    throttle: {
      // Short waits are waited out here; a long one goes up, so that the workflow sleeps instead of an activity.
      onRateLimit: (afterS: number) => afterS <= 5,
      onSecondaryRateLimit: (afterS: number) => afterS <= 5,
      ...(/\/\/(127\.0\.0\.1|localhost)/.test(options.baseUrl) ? { enabled: false } : {}),
    },
  });
  // Whether a write that was not answered was done nobody knows, and GitHub has no keys to ask it by: it goes
  // up, and whoever tries again looks first.
  kit.hook.before('request', (ask) => {
    if (!onlyReads(ask)) ask.request = { ...ask.request, retries: 0 };
  });
  if (typeof options.token !== 'string') signRenewed(kit, options.token);
  const split = (repo: string): { owner: string; repo: string } => {
    const [owner, name] = repo.split('/');
    return { owner: owner!, repo: name! };
  };
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (err) {
      throw translate(what, err);
    }
  };
  const { token } = options;
  const me = once(async () =>
    typeof token === 'string' ? (await kit.users.getAuthenticated()).data : token.user(),
  );
  const login = async (): Promise<string> => (typeof token === 'string' ? (await me()).login : token.login());
  const author = async (): Promise<
    (user: { login?: string; type?: string } | null | undefined) => {
      author: string;
      mine: boolean;
      bot: boolean;
    }
  > => {
    const me = (await login()).toLowerCase();
    return (user) => ({
      author: user?.login ?? '',
      mine: user?.login?.toLowerCase() === me,
      bot: user?.type === 'Bot',
    });
  };
  /** A marker can be copied; the account can't. */
  const isOurs = async (): Promise<
    (x: { user?: { login?: string } | null; body?: string | null }, marker: string) => boolean
  > => {
    const by = await author();
    return (x, marker) => by(x.user).mine && (x.body ?? '').includes(marker);
  };
  const getPull = (repo: string, number: number) => kit.pulls.get({ ...split(repo), pull_number: number });
  return { kit, split, call, me, login, author, isOurs, getPull };
}

/** Each request with the token of the hour. One that is refused may have been taken back: then once more. */
function signRenewed(kit: Kit, renewed: Renewed): void {
  kit.hook.wrap('request', async (request, ask) => {
    const token = await renewed.token();
    // Octokit hands the same object to all that stand around a request: another one would not be seen.
    ask.headers = { ...ask.headers, authorization: `token ${token}` };
    try {
      return await request(ask);
    } catch (err) {
      if ((err as { status?: number }).status !== 401) throw err;
      renewed.forget(token);
      ask.headers = { ...ask.headers, authorization: `token ${await renewed.token()}` };
      return request(ask);
    }
  });
}

/** @returns a thing on the forge as our own records name it */
export const ensured = (
  found: { number: number; html_url: string; updated_at: string },
  outcome: Outcome,
): Ensured => ({
  number: found.number,
  url: found.html_url,
  outcome,
  at: found.updated_at,
});

/** Only such a request is repeated without a look at what became of it. */
const onlyReads = (ask: { method: string; url: string; query?: unknown }): boolean =>
  ask.url.endsWith('/graphql')
    ? /^\s*(?:query\b|\{)/.test(String(ask.query))
    : ['GET', 'HEAD'].includes(ask.method.toUpperCase());

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined;
  return () =>
    (promise ??= work().catch((error: unknown) => {
      promise = undefined;
      throw error;
    }));
}
