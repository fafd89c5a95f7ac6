// GitHub through octokit, with throttling and retry. The local GitHub is the same adapter at another base URL.
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import { checksReader } from './github-checks.ts';
import { BRANCH_FOLDER } from '@mainloop/models/flow/ids';
import { authorOf } from '@mainloop/models/flow/author';
import { mergeRefusal, sayRefusal } from '@mainloop/models/flow/merging';
import { MERGE_METHODS } from '@mainloop/models/flow/workflow';
import {
  ForgeError,
  MergeRefused,
  type Ensured,
  type Forge,
  type ForgeErrorKind,
  type ForgeComment,
  type ForgeThread,
  type Outcome,
} from './port.ts';

export interface GitHubOptions {
  readonly token: string;
  readonly baseUrl: string;
}

const Kit = Octokit.plugin(throttling, retry);
type Kit = InstanceType<typeof Kit>;

/** One octokit for each token, made in this one place so that nothing goes around the throttle. */
export function github(o: GitHubOptions): Forge {
  const kit = new Kit({
    auth: o.token,
    baseUrl: o.baseUrl,
    userAgent: 'mainloop',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    retry: { doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 429, 451], retries: 2 },
    throttle: {
      // Short waits are waited out here; a long one goes up, so that the workflow sleeps instead of an activity.
      onRateLimit: (afterS: number) => afterS <= 5,
      onSecondaryRateLimit: (afterS: number) => afterS <= 5,
      ...(/\/\/(127\.0\.0\.1|localhost)/.test(o.baseUrl) ? { enabled: false } : {}),
    },
  });
  // Whether a write that was not answered was done nobody knows, and GitHub has no keys to ask it by: it goes up, and whoever tries again looks first.
  kit.hook.before('request', (ask) => {
    if (!onlyReads(ask)) ask.request = { ...ask.request, retries: 0 };
  });
  const split = (repo: string): { owner: string; repo: string } => {
    const [owner, name] = repo.split('/');
    return { owner: owner!, repo: name! };
  };
  const call = async <T>(what: string, f: () => Promise<T>): Promise<T> => {
    try {
      return await f();
    } catch (err) {
      throw translate(what, err);
    }
  };
  const me = once(() => kit.users.getAuthenticated());
  const login = async (): Promise<string> => (await me()).data.login;
  const author = async (): Promise<
    (user: { login?: string; type?: string } | null | undefined) => { author: string; mine: boolean; bot: boolean }
  > => {
    const me = (await login()).toLowerCase();
    return (user) => ({ author: user?.login ?? '', mine: user?.login?.toLowerCase() === me, bot: user?.type === 'Bot' });
  };
  /** A marker can be copied; the account can't. */
  const isOurs = async (): Promise<(x: { user?: { login?: string } | null; body?: string | null }, marker: string) => boolean> => {
    const by = await author();
    return (x, marker) => by(x.user).mine && (x.body ?? '').includes(marker);
  };
  const checks = checksReader(kit);
  const isQueued = async (id: string): Promise<boolean> =>
    kit
      .graphql<{ node: { isInMergeQueue?: boolean } | null }>('query($id: ID!) { node(id: $id) { ... on PullRequest { isInMergeQueue } } }', { id })
      .then(
        (r) => r.node?.isInMergeQueue === true,
        // Not told: then the refusal counts.
        () => false,
      );
  const getPull = (repo: string, number: number) => kit.pulls.get({ ...split(repo), pull_number: number });
  const lineComment = async (i: { repo: string; number: number; marker: string }) => {
    const ours = await isOurs();
    return (await kit.paginate(kit.pulls.listReviewComments, { ...split(i.repo), pull_number: i.number, per_page: 100 })).find((c) =>
      ours(c, i.marker),
    );
  };
  const recent = async (k: Kit, repo: string) =>
    k.issues.listForRepo({ ...split(repo), state: 'all', sort: 'created', direction: 'desc', per_page: 100 });

  return {
    whoAmI: () => call('the token', login),

    whoCommits: () =>
      call('the token', async () => {
        try {
          return authorOf((await me()).data, o.baseUrl);
        } catch (err) {
          // "Resource not accessible by integration": it is an app's.
          if ((err as { status?: number }).status === 403) return null;
          throw err;
        }
      }),

    getRepo: (full) =>
      call(full, async () => {
        const r = (await kit.repos.get(split(full))).data;
        // One that was renamed is answered by its new name.
        const has = (branch: string): Promise<boolean> =>
          kit.repos.getBranch({ ...split(full), branch }).then(
            (found) => found.data.name === branch,
            (e: { status?: number }) => {
              if (e.status === 404) return false;
              throw e;
            },
          );
        const empty = !(await has(r.default_branch));
        return {
          full: r.full_name,
          defaultBranch: r.default_branch,
          cloneUrl: r.clone_url,
          empty,
          canPush: r.permissions?.push ?? false,
          isInOurWay: !empty && (await has(BRANCH_FOLDER)),
        };
      }),

    findNow: (full) =>
      call(full, async () => {
        const r = (await kit.repos.get(split(full))).data;
        return { full: r.full_name, defaultBranch: r.default_branch, cloneUrl: r.clone_url, isArchived: r.archived };
      }),

    ensureIssue: (i) =>
      call(`the issue in ${i.repo}`, async () => {
        const body = `${i.body}\n\n${i.marker}`;
        const ours = await isOurs();
        const there =
          i.known !== null
            ? (await kit.issues.get({ ...split(i.repo), issue_number: i.known })).data
            : (await recent(kit, i.repo)).data.find((x) => !x.pull_request && ours(x, i.marker));
        if (!there) {
          const made = (await kit.issues.create({ ...split(i.repo), title: i.title, body })).data;
          return ensured(made, 'created');
        }
        if (sameText(there.body, body) && there.title === i.title) return ensured(there, 'unchanged');
        return ensured((await kit.issues.update({ ...split(i.repo), issue_number: there.number, title: i.title, body })).data, 'updated');
      }),

    ensureDraftPr: (i) =>
      call(`the pull request in ${i.repo}`, async () => {
        const ours = await isOurs();
        const list = async () =>
          (await kit.pulls.list({ ...split(i.repo), state: 'all', head: `${split(i.repo).owner}:${i.head}`, per_page: 100 })).data.find((p) =>
            ours(p, i.marker),
          );
        const there = await list();
        if (there) return ensured(there, 'unchanged');
        const wanted = { ...split(i.repo), title: i.title, body: `${i.body}\n\n${i.marker}`, head: i.head, base: i.base };
        const made = await kit.pulls.create({ ...wanted, draft: true }).catch((err: unknown) => {
          if (!refusesDrafts(err)) throw err;
          return kit.pulls.create(wanted);
        });
        return ensured(made.data, 'created');
      }),

    ensureComment: (i) =>
      call(`a comment in ${i.repo}`, async () => {
        const body = `${i.body}\n\n${i.marker}`;
        const ours = await isOurs();
        const there = (await kit.paginate(kit.issues.listComments, { ...split(i.repo), issue_number: i.number, per_page: 100 })).find((x) =>
          ours(x, i.marker),
        );
        if (!there && i.known !== undefined) {
          await kit.issues.updateComment({ ...split(i.repo), comment_id: i.known, body });
          return { id: i.known, outcome: 'updated' };
        }
        if (!there) return { id: (await kit.issues.createComment({ ...split(i.repo), issue_number: i.number, body })).data.id, outcome: 'created' };
        if (sameText(there.body, body)) return { id: there.id, outcome: 'unchanged' };
        await kit.issues.updateComment({ ...split(i.repo), comment_id: there.id, body });
        return { id: there.id, outcome: 'updated' };
      }),

    ensureLineComment: (i) =>
      call(`a comment on ${i.path}`, async () => {
        const there = await lineComment(i);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const side = i.side === 'old' ? 'LEFT' : 'RIGHT';
        const made = await kit.pulls.createReviewComment({
          ...split(i.repo),
          pull_number: i.number,
          commit_id: i.sha,
          path: i.path,
          body: `${i.body}\n\n${i.marker}`,
          line: i.line,
          side,
          ...(i.startLine === null || i.startLine === i.line ? {} : { start_line: i.startLine, start_side: side }),
        });
        return { id: made.data.id, outcome: 'created' as const };
      }),

    ensureReply: (i) =>
      call(`a reply in ${i.repo}`, async () => {
        const there = await lineComment(i);
        if (there) return { id: there.id, outcome: 'unchanged' as const };
        const made = await kit.pulls.createReplyForReviewComment({
          ...split(i.repo),
          pull_number: i.number,
          comment_id: i.inReplyTo,
          body: `${i.body}\n\n${i.marker}`,
        });
        return { id: made.data.id, outcome: 'created' as const };
      }),

    listThreads: (repo, number) =>
      call(`the threads of #${number}`, async () => {
        const { owner, repo: name } = split(repo);
        const threads: ForgeThread[] = [];
        for (let after: string | null = null; ;) {
          const r: ThreadsAnswer = await kit.graphql(THREADS, { owner, name, number, after });
          const page = r.repository.pullRequest.reviewThreads;
          for (const t of page.nodes) threads.push({ id: t.id, commentId: t.comments.nodes[0]?.databaseId ?? 0, resolved: t.isResolved });
          if (!page.pageInfo.hasNextPage) return threads;
          after = page.pageInfo.endCursor;
        }
      }),

    ensureThread: (repo, thread, resolved) =>
      call(`a thread in ${repo}`, async (): Promise<Outcome> => {
        if (thread.resolved === resolved) return 'unchanged';
        const verb = resolved ? 'resolveReviewThread' : 'unresolveReviewThread';
        const kind = resolved ? 'ResolveReviewThreadInput' : 'UnresolveReviewThreadInput';
        await kit.graphql(`mutation($input: ${kind}!) { ${verb}(input: $input) { thread { id isResolved } } }`, { input: { threadId: thread.id } });
        return 'updated';
      }),

    ensureReady: (repo, number) =>
      call(`pull request #${number}`, async (): Promise<Outcome> => {
        const pr = (await getPull(repo, number)).data;
        if (!pr.draft) return 'unchanged';
        await kit.graphql(
          'mutation($input: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $input) { pullRequest { id isDraft } } }',
          { input: { pullRequestId: pr.node_id } },
        );
        return 'updated';
      }),

    ensureDraft: (repo, number) =>
      call(`pull request #${number}`, async (): Promise<Outcome> => {
        const pr = (await getPull(repo, number)).data;
        if (pr.draft || pr.state === 'closed') return 'unchanged';
        await kit.graphql(
          'mutation($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { id isDraft } } }',
          {
            input: { pullRequestId: pr.node_id },
          },
        );
        return 'updated';
      }),

    ensureMerged: (repo, number, headSha, method, message) =>
      call(`pull request #${number}`, async () => {
        const pr = (await getPull(repo, number)).data;
        if (pr.merged) return { sha: pr.merge_commit_sha, outcome: 'unchanged' as const };
        const ask = { ...split(repo), pull_number: number, sha: headSha, merge_method: method };
        const words = method === 'rebase' ? {} : { commit_title: message.title, commit_message: message.body };
        const r = (await kit.pulls.merge({ ...ask, ...words }).catch(refusedMerge)).data;
        return { sha: r.sha, outcome: 'updated' as const };
      }),

    mergeMethods: (repo) =>
      call(repo, async () => {
        const r = (await kit.repos.get(split(repo))).data;
        const told = { squash: r.allow_squash_merge, rebase: r.allow_rebase_merge, merge: r.allow_merge_commit };
        // Only who may push is told.
        return told.squash === undefined ? null : MERGE_METHODS.filter((m) => told[m] === true);
      }),

    ensureQueued: (repo, number, headSha) =>
      call(`pull request #${number}`, async (): Promise<Outcome> => {
        const pr = (await getPull(repo, number)).data;
        if (pr.merged) return 'unchanged';
        try {
          await kit.graphql('mutation($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { id } } }', {
            input: { pullRequestId: pr.node_id, expectedHeadOid: headSha },
          });
        } catch (err) {
          // What is in the queue already, by a try that was not answered, is refused.
          if ((err as Error).name !== 'GraphqlResponseError' || !(await isQueued(pr.node_id))) throw err;
          return 'unchanged';
        }
        return 'updated';
      }),

    readDiff: (repo, from, to) =>
      call(`the change from ${from.slice(0, 7)} to ${to.slice(0, 7)}`, async () => {
        try {
          const ask = { ...split(repo), basehead: `${from}...${to}`, mediaType: { format: 'diff' } };
          return (await kit.request('GET /repos/{owner}/{repo}/compare/{basehead}', ask)).data as unknown as string;
        } catch (err) {
          const { status } = err as { status?: number };
          if (status === 404) return '';
          // Over 20,000 lines or 300 files it is refused: https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits
          if (status === 406 || status === 422) return null;
          throw err;
        }
      }),

    listCommits: (repo, number) =>
      call(`the commits of #${number}`, async () =>
        (await kit.paginate(kit.pulls.listCommits, { ...split(repo), pull_number: number, per_page: 100 })).map((c) => ({
          sha: c.sha,
          title: c.commit.message.split('\n')[0]!,
          author: c.author?.login ?? c.commit.author?.name ?? '',
        })),
      ),

    ensureClosed: (repo, number) =>
      call(`#${number}`, async (): Promise<Outcome> => {
        const i = (await kit.issues.get({ ...split(repo), issue_number: number })).data;
        if (i.state === 'closed') return 'unchanged';
        await kit.issues.update({ ...split(repo), issue_number: number, state: 'closed' });
        return 'updated';
      }),

    ensureReopened: (repo, number) =>
      call(`pull request #${number}`, async (): Promise<Outcome> => {
        const pr = (await getPull(repo, number)).data;
        if (pr.state === 'open' || pr.merged) return 'unchanged';
        await kit.pulls.update({ ...split(repo), pull_number: number, state: 'open' });
        return 'updated';
      }),

    readClosing: (repo, number) =>
      call(`#${number}`, async () => {
        const i = (await kit.issues.get({ ...split(repo), issue_number: number })).data;
        return { by: i.closed_by?.login ?? '', atIso: i.closed_at ?? '' };
      }),

    ensureBranchGone: (repo, branch) =>
      call(`the branch ${branch}`, async (): Promise<Outcome> => {
        try {
          await kit.git.deleteRef({ ...split(repo), ref: `heads/${branch}` });
          return 'updated';
        } catch (err) {
          // 422 "Reference does not exist" is how GitHub says it is gone already.
          if ([404, 422].includes((err as { status?: number }).status ?? 0)) return 'unchanged';
          throw err;
        }
      }),

    getPull: (repo, number) =>
      call(`pull request #${number}`, async () => {
        const p = (await getPull(repo, number)).data;
        return {
          number: p.number,
          url: p.html_url,
          state: p.state === 'closed' ? 'closed' : 'open',
          merged: p.merged,
          draft: p.draft ?? false,
          headSha: p.head.sha,
          mergeSha: p.merge_commit_sha,
          fits: p.state === 'open' ? (p.mergeable ?? null) : null,
        };
      }),

    listChecks: (repo, sha, base) => call(`the checks of ${sha.slice(0, 7)}`, () => checks.listChecks(split(repo), sha, base)),

    ensureRerun: (repo, sha) =>
      call(`another run of the checks of ${sha.slice(0, 7)}`, async () => ({ asked: await checks.rerun(split(repo), sha) })),

    jobLog: (repo, jobId, maxBytes) =>
      call(`the log of job ${jobId}`, async () => {
        const r = await kit
          .request('GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs', { ...split(repo), job_id: jobId, request: { redirect: 'manual' } })
          .catch((e: { status?: number; response?: { headers: Record<string, string> } }) => {
            if (e.status === 302) return e.response!;
            throw e;
          });
        const url = r?.headers.location;
        return url ? tail(url, maxBytes) : '';
      }),

    listIssueComments: (repo, number) =>
      call(`the comments of #${number}`, async () => {
        const by = await author();
        return (await kit.paginate(kit.issues.listComments, { ...split(repo), issue_number: number, per_page: 100 })).map((c): ForgeComment => ({
          id: c.id,
          ...by(c.user),
          body: c.body ?? '',
          at: c.created_at,
          path: null,
          line: null,
        }));
      }),

    listReviews: (repo, number) =>
      call(`the reviews of #${number}`, async () => {
        const by = await author();
        return (await kit.paginate(kit.pulls.listReviews, { ...split(repo), pull_number: number, per_page: 100 })).map((r) => ({
          id: r.id,
          ...by(r.user),
          body: r.body,
          at: r.submitted_at ?? '',
          path: null,
          line: null,
          verdict: r.state as 'COMMENTED',
        }));
      }),

    listReviewComments: (repo, number) =>
      call(`the review comments of #${number}`, async () => {
        const by = await author();
        return (await kit.paginate(kit.pulls.listReviewComments, { ...split(repo), pull_number: number, per_page: 100 })).map((c): ForgeComment => ({
          id: c.id,
          ...by(c.user),
          body: c.body,
          at: c.created_at,
          path: c.path,
          line: c.line ?? null,
          inReplyTo: c.in_reply_to_id ?? null,
        }));
      }),

    listReactions: (repo, number) =>
      call(`the reactions of #${number}`, async () =>
        (await kit.paginate(kit.reactions.listForIssue, { ...split(repo), issue_number: number, per_page: 100 })).map((r) => ({
          author: r.user?.login ?? '',
          content: r.content,
          at: r.created_at,
        })),
      ),

    mayWrite: (repo, who) =>
      call(`the rights of ${who}`, async () => {
        try {
          const p = (await kit.repos.getCollaboratorPermissionLevel({ ...split(repo), username: who })).data.permission;
          return p === 'admin' || p === 'write';
        } catch (err) {
          if ((err as { status?: number }).status === 404) return false;
          throw err;
        }
      }),

    async changed(repo, base, { etags, seen }) {
      const fresh = (key: string, fingerprint: string): boolean => {
        if (seen.get(key) === fingerprint) return false;
        seen.set(key, fingerprint);
        return true;
      };
      const ask = async <T>(path: string): Promise<T | null> => {
        try {
          const known = etags.get(path);
          const r = await kit.request(`GET ${path}`, { ...split(repo), headers: known ? { 'if-none-match': known } : {} });
          if (r.headers.etag) etags.set(path, r.headers.etag);
          return r.data as T;
        } catch (err) {
          if ((err as { status?: number }).status === 304) return null;
          throw translate(repo, err);
        }
      };
      const issues = await ask<IssueLine[]>('/repos/{owner}/{repo}/issues?state=all&sort=updated&per_page=100');
      const runs = await ask<{ workflow_runs: RunLine[] }>('/repos/{owner}/{repo}/actions/runs?per_page=50');
      // One that is gone or hidden is said where it is needed.
      const tip = await ask<{ commit: { sha: string } }>(`/repos/{owner}/{repo}/branches/${encodeURIComponent(base)}`).catch((err: unknown) => {
        if (err instanceof ForgeError && err.kind === 'not_found') return null;
        throw err;
      });
      return {
        baseMoved: tip !== null && fresh('base', tip.commit.sha),
        numbers: (issues ?? []).filter((x) => fresh(`#${x.number}`, `${x.updated_at}/${x.reactions?.total_count ?? 0}`)).map((x) => x.number),
        branches: (runs?.workflow_runs ?? []).filter((x) => fresh(`run ${x.id}`, `${x.status}/${x.updated_at}`)).map((x) => x.head_branch ?? ''),
        shas: [],
      };
    },
  };
}

/** GitHub offers review threads over GraphQL only (https://docs.github.com/graphql/reference/objects#pullrequestreviewthread). */
const THREADS =
  'query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id isResolved comments(first: 1) { nodes { databaseId } } } } } } }';
interface ThreadsAnswer {
  readonly repository: {
    readonly pullRequest: {
      readonly reviewThreads: {
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        readonly nodes: readonly {
          readonly id: string;
          readonly isResolved: boolean;
          readonly comments: { readonly nodes: readonly { readonly databaseId: number | null }[] };
        }[];
      };
    };
  };
}

interface IssueLine {
  readonly number: number;
  readonly updated_at: string;
  readonly reactions?: { readonly total_count: number };
}
interface RunLine {
  readonly id: number;
  readonly status: string | null;
  readonly updated_at: string;
  readonly head_branch: string | null;
}

const ensured = (x: { number: number; html_url: string; updated_at: string }, outcome: Outcome): Ensured => ({
  number: x.number,
  url: x.html_url,
  outcome,
  at: x.updated_at,
});
/** GitHub may hand a body back with \r\n. */
const sameText = (a: string | null | undefined, b: string): boolean => (a ?? '').replaceAll('\r\n', '\n') === b;

/** The end of a log, without ever holding more than `maxBytes` of it: logs of 300 MB exist. */
async function tail(url: string, maxBytes: number): Promise<string> {
  const r = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!r.ok || !r.body) throw new ForgeError('unavailable', `the log could not be fetched (${r.status})`);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of r.body) {
    parts.push(Buffer.from(part));
    size += part.length;
    while (size - parts[0]!.length >= maxBytes) size -= parts.shift()!.length;
  }
  return Buffer.concat(parts).toString('utf8').slice(-maxBytes);
}

/** Private repositories of some plans have no drafts: https://docs.github.com/pull-requests/collaborating-with-pull-requests/proposing-changes-to-your-work-with-pull-requests/about-pull-requests#draft-pull-requests */
function refusesDrafts(err: unknown): boolean {
  const { status, response } = err as { status?: number; response?: { data?: { message?: string; errors?: { message?: string }[] } } };
  const said = [response?.data?.message, ...(response?.data?.errors ?? []).map((e) => e.message)].join(' ');
  return status === 422 && /draft/i.test(said);
}

/** The merge call alone says by 405 and 409 what stands in its way. */
function refusedMerge(err: unknown): never {
  const { status = 0, response } = err as { status?: number; response?: { data?: { message?: string } } };
  const said = response?.data?.message ?? '';
  if (![403, 405, 409, 422].includes(status) || /rate limit/i.test(said)) throw err;
  const why = mergeRefusal(said);
  if (status === 403 && why === 'other') throw err;
  if (why === 'base_moved') throw new ForgeError('unavailable', sayRefusal(why, said));
  throw new MergeRefused(why, said);
}

/** Only such a request is repeated without a look at what became of it. */
const onlyReads = (ask: { method: string; url: string; query?: unknown }): boolean =>
  ask.url.endsWith('/graphql') ? /^\s*(?:query\b|\{)/.test(String(ask.query)) : ['GET', 'HEAD'].includes(ask.method.toUpperCase());

/** GraphQL answers 200 and says in a word what is wrong. */
const GRAPHQL_KINDS: ReadonlyMap<string, ForgeErrorKind> = new Map([
  ['FORBIDDEN', 'forbidden'],
  ['INSUFFICIENT_SCOPES', 'forbidden'],
  ['NOT_FOUND', 'not_found'],
  ['RATE_LIMITED', 'rate_limited'],
  ['SERVICE_UNAVAILABLE', 'unavailable'],
]);

function translate(what: string, err: unknown): Error {
  if (err instanceof ForgeError) return err;
  const e = err as {
    name?: string;
    status?: number;
    message?: string;
    errors?: { type?: string }[];
    response?: { headers?: Record<string, string>; data?: { message?: string; errors?: { message?: string }[] } };
  };
  const said =
    [e.response?.data?.message, ...(e.response?.data?.errors ?? []).map((x) => x.message)].filter(Boolean).join(': ') || (e.message ?? 'unknown');
  const h = e.response?.headers ?? {};
  if (e.name === 'GraphqlResponseError')
    return new ForgeError(GRAPHQL_KINDS.get(e.errors?.[0]?.type ?? '') ?? 'rejected', `GitHub refused ${what}: ${said}`);
  if (e.status === 401) return new ForgeError('auth', 'GitHub refused the token. Check GITHUB_TOKEN: it may be wrong or expired.');
  if (e.status === 429 || (e.status === 403 && (h['x-ratelimit-remaining'] === '0' || /rate limit/i.test(said)))) {
    const after = h['retry-after']
      ? Number(h['retry-after']) * 1000
      : h['x-ratelimit-reset']
        ? Number(h['x-ratelimit-reset']) * 1000 - Date.now()
        : 60_000;
    return new ForgeError(
      'rate_limited',
      `GitHub's rate limit is used up; going on in ${Math.ceil(Math.max(1_000, after) / 60_000)} min.`,
      Math.max(1_000, after),
    );
  }
  if (e.status === 403 && /archived/i.test(said))
    return new ForgeError('forbidden', `The repository is archived, so ${what} can't be changed. Unarchive it on GitHub, then Retry.`);
  if (e.status === 403)
    return new ForgeError('forbidden', `GitHub does not allow this token to touch ${what} (${said}). It needs the scopes "repo" and "workflow".`);
  if (e.status === 410) return new ForgeError('disabled', `The repository has switched off what ${what} needs: ${said}`);
  if (e.status === 404) return new ForgeError('not_found', `GitHub does not find ${what}. It may not exist, or the token may not see it.`);
  if (e.status === 422 || e.status === 405 || e.status === 409) return new ForgeError('rejected', `GitHub refused ${what}: ${said}`);
  return new ForgeError('unavailable', `GitHub can't be reached for ${what}: ${said}`);
}

function once<T>(f: () => Promise<T>): () => Promise<T> {
  let p: Promise<T> | undefined;
  return () =>
    (p ??= f().catch((e: unknown) => {
      p = undefined;
      throw e;
    }));
}
