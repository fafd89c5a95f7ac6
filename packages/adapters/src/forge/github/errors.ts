// What GitHub's refusals are to us: our closed union, each with one sentence for a person.
import { AppRefused, type AppTrouble } from '@mainloop/models/flow/forge/github-app';
import { mergeRefusal, sayRefusal } from '@mainloop/models/flow/forge/merging';
import { ForgeError, MergeRefused, type ForgeErrorKind } from '../port.ts';

/**
 * Private repositories of some plans have no drafts:
 * https://docs.github.com/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/about-pull-requests#draft-pull-requests
 * @param err what making a draft was answered with
 */
export function refusesDrafts(err: unknown): boolean {
  const { status, response } = err as {
    status?: number;
    response?: { data?: { message?: string; errors?: { message?: string }[] } };
  };
  const said = [response?.data?.message, ...(response?.data?.errors ?? []).map((e) => e.message)].join(' ');
  return status === 422 && /draft/i.test(said);
}

/**
 * The merge call alone says by 405 and 409 what stands in its way.
 * @throws a refusal with its reason, or the error as it was when it says nothing about the merge
 */
export function refusedMerge(err: unknown): never {
  const { status = 0, response } = err as { status?: number; response?: { data?: { message?: string } } };
  const said = response?.data?.message ?? '';
  if (![403, 405, 409, 422].includes(status) || isRateLimit(err)) throw err;
  const why = mergeRefusal(said);
  if (status === 403 && why === 'other') throw err;
  if (why === 'base_moved') throw new ForgeError('unavailable', sayRefusal(why, said));
  throw new MergeRefused(why, said);
}

/**
 * What GitHub says instead of updating a branch:
 * https://docs.github.com/rest/pulls/pulls#update-a-pull-request-branch
 * @throws MergeRefused with `conflicts`, or what it was given; nothing where there is nothing to be done, or
 * the head has moved on
 */
export function refusedUpdate(err: unknown): void {
  const { status = 0, response } = err as { status?: number; response?: { data?: { message?: string } } };
  const said = response?.data?.message ?? '';
  if (status !== 422) throw err;
  if (/conflict/i.test(said)) throw new MergeRefused('conflicts', said);
  if (!/expected.?head|no new commits|already up.to.date/i.test(said)) throw err;
}

/** GraphQL answers 200 and says in a word what is wrong. */
const GRAPHQL_KINDS: ReadonlyMap<string, ForgeErrorKind> = new Map([
  ['FORBIDDEN', 'forbidden'],
  ['INSUFFICIENT_SCOPES', 'forbidden'],
  ['NOT_FOUND', 'not_found'],
  ['SERVICE_UNAVAILABLE', 'unavailable'],
]);

interface Refusal {
  readonly name?: string;
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Headers;
  readonly errors?: readonly { readonly type?: string }[];
  readonly response?: {
    readonly headers?: Headers;
    readonly data?: {
      readonly message?: string;
      readonly errors?: readonly { readonly type?: string; readonly message?: string }[];
    };
  };
}
type Headers = Readonly<Record<string, string>>;

/** @returns the word in which GraphQL says what is wrong; null for what is no answer of it */
function graphqlType(e: Refusal): string | null {
  if (e.name === 'GraphqlResponseError') return e.errors?.[0]?.type ?? '';
  // Octokit's throttle throws an error of its own for this one, without a status.
  const limited = e.status === undefined && e.response?.data?.errors?.some((x) => x.type === 'RATE_LIMITED');
  return limited === true ? 'RATE_LIMITED' : null;
}

const APP_KINDS: Readonly<Record<AppTrouble['kind'], ForgeErrorKind>> = {
  unknown_app: 'auth',
  clock: 'auth',
  not_installed: 'not_found',
  suspended: 'forbidden',
  lacking: 'forbidden',
  refused: 'auth',
  away: 'unavailable',
};

/** @param accepted what GitHub says that it would take: "issues=write; pull_requests=write" */
const sayLacking = (what: string, accepted: string | undefined): string =>
  `The GitHub App may not touch ${what}${accepted ? `: it lacks ${accepted.replaceAll('; ', ' or ')}` : ''}. Add the permission to the App, then accept it for the installation.`;
/** GitHub Enterprise Server calls its secondary limit so to this day. */
const RATE = /rate limit|abuse detection/i;

/** Whether the same request would be answered the same again: blocked by law, malformed, too large. */
const isFinal = (status: number): boolean => status >= 400 && status < 500 && !TRY_AGAIN.includes(status);
const TRY_AGAIN: readonly number[] = [408, 425];

const headersOf = (refusal: Refusal): Headers => refusal.headers ?? refusal.response?.headers ?? {};
const wordsOf = ({ response, message }: Refusal): string =>
  [response?.data?.message, ...(response?.data?.errors ?? []).map((x) => x.message)]
    .filter(Boolean)
    .join(': ') ||
  (message ?? 'unknown');

/** Asked too often, which GitHub answers with the same number as what a token may not do. */
export function isRateLimit(err: unknown): boolean {
  const refusal = err as Refusal;
  if (refusal.status === 429) return true;
  if (refusal.status !== 403) return false;
  const headers = headersOf(refusal);
  return headers['x-ratelimit-remaining'] === '0' || 'retry-after' in headers || RATE.test(wordsOf(refusal));
}

/** @returns whether it is one of these answers, and says something about what was asked, not how often */
export const isStatus = (err: unknown, ...statuses: readonly number[]): boolean =>
  statuses.includes((err as Refusal).status ?? 0) && !isRateLimit(err);

/** When nothing says how long. */
const WAIT_MS = 60_000;

/** @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
function rateLimited(headers: Headers): ForgeError {
  const afterS = Number(headers['retry-after'] ?? Number.NaN);
  // Of the limit for the hour; the other one has no end that is told, and the hour's may be far away.
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  const resetMs = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000 - Date.now();
  const told = [afterS * 1000, isSpent ? resetMs : Number.NaN].find((ms) => !Number.isNaN(ms));
  const afterMs = Math.max(1_000, told ?? WAIT_MS);
  const why = isSpent ? "GitHub's rate limit is used up" : 'GitHub wants us to ask less often';
  return new ForgeError('rate_limited', `${why}; going on in ${Math.ceil(afterMs / 60_000)} min.`, afterMs);
}

/**
 * @param what was being done, for the words of the error
 * @returns a ForgeError whose kind says whether trying again helps
 */
export function translate(what: string, err: unknown): Error {
  if (err instanceof ForgeError) return err;
  if (err instanceof AppRefused) return new ForgeError(APP_KINDS[err.trouble.kind], err.message);
  const thrown = err as Refusal;
  const said = wordsOf(thrown);
  const headers = headersOf(thrown);
  const type = graphqlType(thrown);
  if (type === 'RATE_LIMITED') return rateLimited(headers);
  if (type !== null)
    return new ForgeError(GRAPHQL_KINDS.get(type) ?? 'rejected', `GitHub refused ${what}: ${said}`);
  if (thrown.status === 401)
    return new ForgeError(
      'auth',
      'GitHub refused the token. Check GITHUB_TOKEN: it may be wrong or expired.',
    );
  if (isRateLimit(thrown)) return rateLimited(headers);
  if (thrown.status === 403 && /archived/i.test(said))
    return new ForgeError(
      'forbidden',
      `The repository is archived, so ${what} can't be changed. Unarchive it on GitHub, then Retry.`,
    );
  if (thrown.status === 403 && /\bis locked\b/i.test(said))
    return new ForgeError(
      'forbidden',
      `The conversation is locked, so ${what} can't be written. Unlock it on GitHub, then Retry.`,
    );
  if (thrown.status === 403 && /not accessible by integration/i.test(said))
    return new ForgeError('forbidden', sayLacking(what, headers['x-accepted-github-permissions']));
  if (thrown.status === 403)
    return new ForgeError(
      'forbidden',
      `GitHub does not allow this token to touch ${what} (${said}). It needs the scopes "repo" and "workflow".`,
    );
  if (thrown.status === 410 && /deleted/i.test(said))
    return new ForgeError('not_found', `Somebody deleted it on GitHub: ${what} can't be had any more.`);
  if (thrown.status === 410)
    return new ForgeError('disabled', `The repository has switched off what ${what} needs: ${said}`);
  if (thrown.status === 404)
    return new ForgeError(
      'not_found',
      `GitHub does not find ${what}. It may not exist, or the token may not see it.`,
    );
  if (isFinal(thrown.status ?? 0)) return new ForgeError('rejected', `GitHub refused ${what}: ${said}`);
  return new ForgeError('unavailable', `GitHub can't be reached for ${what}: ${said}`);
}
