// One octokit for each token, and what all topics of the adapter ask by it.
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import type { Ensured, Outcome } from '../port.ts';
import { translate } from './errors.ts';

export interface GitHubOptions {
  readonly token: string;
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
    auth: options.token,
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
  const me = once(() => kit.users.getAuthenticated());
  const login = async (): Promise<string> => (await me()).data.login;
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
