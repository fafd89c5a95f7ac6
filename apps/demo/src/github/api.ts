// GitHub's REST routes, the ones a client like ours calls. Each handler gets the repository and says status and body.
import type { Answer, Ask, Ctx } from './ctx.ts';
import { mergePull } from './merge.ts';
import * as shape from './shapes.ts';
import { nowIso, type Doc, type Issue } from './store.ts';

const ok = (body: unknown): Answer => ({ status: 200, body });
const created = (body: unknown): Answer => ({ status: 201, body });
export const notFound: Answer = { status: 404, body: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' } };
const invalid = (message: string, errors: unknown[] = []): Answer => ({
  status: 422,
  body: { message, errors, documentation_url: 'https://docs.github.com/rest', status: '422' },
});

export async function factsOf(c: Ctx, i: Issue): Promise<shape.Facts> {
  const diff = i.pr && !i.pr.merged ? await c.bare.git(i.repo, ['diff', '--numstat', `${i.pr.baseSha}...${i.pr.headSha}`]).catch(() => '') : '';
  const stat = diff
    .split('\n')
    .filter(Boolean)
    .map((l) => l.split('\t'));
  return {
    base: c.base,
    comments: c.store.find('comment', (x) => x.repo === i.repo && x.number === i.number).length,
    reactions: c.store.find('reaction', (x) => x.repo === i.repo && x.number === i.number),
    reviewComments: c.store.find('reviewComment', (x) => x.repo === i.repo && x.number === i.number).length,
    commits: i.pr ? Number(await c.bare.git(i.repo, ['rev-list', '--count', `${i.pr.baseSha}..${i.pr.headSha}`]).catch(() => '0')) : 0,
    stat: {
      files: stat.length,
      additions: stat.reduce((n, s) => n + (Number(s[0]) || 0), 0),
      deletions: stat.reduce((n, s) => n + (Number(s[1]) || 0), 0),
    },
  };
}

export function routes(c: Ctx): [string, RegExp, (a: Ask) => Promise<Answer>][] {
  const { store, bare, hooks, base } = c;
  const issueOf = (a: Ask, n = a.m[2]): Issue | undefined => store.one('issue', (i) => i.repo === a.repo.full && i.number === Number(n));
  const showIssue = async (i: Issue): Promise<unknown> => shape.issue(i, await factsOf(c, i));
  const showPull = async (a: Ask, i: Issue): Promise<unknown> => shape.pull(i, a.repo, await factsOf(c, i));
  const tell = (a: Ask, event: string, payload: Record<string, unknown>): void =>
    hooks.send(event, { ...payload, repository: shape.repo(base, a.repo), sender: shape.user(base, a.user) });
  const touch = (i: Issue): void => void store.update('issue', i, { updatedAt: nowIso() });
  const nextNumber = (a: Ask): number => Math.max(0, ...store.find('issue', (i) => i.repo === a.repo.full).map((i) => i.number)) + 1;
  const page = <T extends Doc>(a: Ask, all: T[]): T[] => {
    const list = c.staleMs > 0 ? all.filter((d) => !store.isNew(d, c.staleMs)) : all;
    const per = Math.min(100, Number(a.query.get('per_page') ?? 30));
    const at = Math.max(1, Number(a.query.get('page') ?? 1));
    return list.slice((at - 1) * per, at * per);
  };
  const R = (rest: string): RegExp => new RegExp(`^/repos/([^/]+/[^/]+)${rest}$`);
  const filterState = (a: Ask, i: Issue): boolean => (a.query.get('state') ?? 'open') === 'all' || i.state === (a.query.get('state') ?? 'open');
  const close = (i: Issue): void => void store.update('issue', i, { state: 'closed', closedAt: nowIso(), updatedAt: nowIso() });

  return [
    ['GET', R(''), async (a) => ok(shape.repo(base, a.repo))],
    [
      'GET',
      R('/branches/(.+)'),
      async (a) => {
        const sha = await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!));
        return sha === null
          ? notFound
          : ok({ name: decodeURIComponent(a.m[2]!), commit: { sha, url: `${base}/repos/${a.repo.full}/commits/${sha}` }, protected: false });
      },
    ],
    [
      'GET',
      R('/collaborators/([^/]+)/permission'),
      async (a) => {
        const write = ['mainloop', 'you', 'demo-colleague', a.repo.full.split('/')[0]].includes(a.m[2]!);
        return ok({
          permission: write ? 'admin' : 'none',
          role_name: write ? 'admin' : 'none',
          user: {
            ...shape.user(base, a.m[2]!),
            permissions: { pull: write, triage: write, push: write, maintain: write, admin: write },
            role_name: write ? 'admin' : 'none',
          },
        });
      },
    ],

    [
      'GET',
      R('/issues'),
      async (a) => {
        const since = a.query.get('since');
        const list = store.find('issue', (i) => i.repo === a.repo.full && filterState(a, i) && (since === null || i.updatedAt >= since));
        const key = a.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
        list.sort((x, y) => (a.query.get('direction') === 'asc' ? 1 : -1) * (x[key] < y[key] ? -1 : x[key] > y[key] ? 1 : x.number - y.number));
        return ok(await Promise.all(page(a, list).map(showIssue)));
      },
    ],
    [
      'POST',
      R('/issues'),
      async (a) => {
        if (typeof a.body.title !== 'string' || a.body.title === '')
          return invalid('Validation Failed', [{ resource: 'Issue', field: 'title', code: 'missing_field' }]);
        const i = store.insert('issue', {
          repo: a.repo.full,
          number: nextNumber(a),
          title: a.body.title,
          body: (a.body.body as string | undefined) ?? null,
          state: 'open',
          user: a.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
          closedAt: null,
          pr: null,
        });
        tell(a, 'issues', { action: 'opened', issue: await showIssue(i) });
        return created(await showIssue(i));
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        return i ? ok(await showIssue(i)) : notFound;
      },
    ],
    [
      'PATCH',
      R('/(?:issues|pulls)/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        if (typeof a.body.title === 'string') store.update('issue', i, { title: a.body.title });
        if (typeof a.body.body === 'string') store.update('issue', i, { body: a.body.body });
        if (a.body.state === 'closed' && i.state === 'open') close(i);
        if (a.body.state === 'open' && !i.pr?.merged) store.update('issue', i, { state: 'open', closedAt: null });
        touch(i);
        const action = a.body.state === 'closed' ? 'closed' : 'edited';
        if (i.pr) tell(a, 'pull_request', { action, number: i.number, pull_request: await showPull(a, i) });
        else tell(a, 'issues', { action, issue: await showIssue(i) });
        return ok(a.m[0]!.includes('/pulls/') ? await showPull(a, i) : await showIssue(i));
      },
    ],
    [
      'GET',
      R('/issues/comments'),
      async (a) => {
        const since = a.query.get('since') ?? '';
        return ok(
          page(
            a,
            store.find('comment', (x) => x.repo === a.repo.full && x.updatedAt >= since),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/comments'),
      async (a) => {
        const since = a.query.get('since') ?? '';
        return ok(
          page(
            a,
            store.find('comment', (x) => x.repo === a.repo.full && x.number === Number(a.m[2]) && x.updatedAt >= since),
          ).map((x) => shape.comment(base, x)),
        );
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/comments'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        const x = store.insert('comment', {
          repo: a.repo.full,
          number: i.number,
          body: String(a.body.body ?? ''),
          user: a.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
        });
        touch(i);
        tell(a, 'issue_comment', { action: 'created', issue: await showIssue(i), comment: shape.comment(base, x) });
        return created(shape.comment(base, x));
      },
    ],
    [
      'PATCH',
      R('/issues/comments/(\\d+)'),
      async (a) => {
        const x = store.one('comment', (y) => y.id === Number(a.m[2]));
        return x ? ok(shape.comment(base, store.update('comment', x, { body: String(a.body.body ?? x.body), updatedAt: nowIso() }))) : notFound;
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/reactions'),
      async (a) =>
        ok(
          page(
            a,
            store.find('reaction', (x) => x.repo === a.repo.full && x.number === Number(a.m[2])),
          ).map((x) => shape.reaction(base, x)),
        ),
    ],
    [
      'POST',
      R('/issues/(\\d+)/reactions'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        const there = store.one('reaction', (x) => x.repo === i.repo && x.number === i.number && x.user === a.user && x.content === a.body.content);
        if (there) return ok(shape.reaction(base, there));
        return created(
          shape.reaction(
            base,
            store.insert('reaction', { repo: i.repo, number: i.number, content: String(a.body.content), user: a.user, createdAt: nowIso() }),
          ),
        );
      },
    ],

    [
      'GET',
      R('/pulls'),
      async (a) => {
        const head = a.query.get('head')?.split(':').at(-1);
        const list = store
          .find('issue', (i) => i.repo === a.repo.full && i.pr !== null && filterState(a, i) && (head === undefined || i.pr.head === head))
          .reverse();
        return ok(await Promise.all(page(a, list).map((i) => showPull(a, i))));
      },
    ],
    [
      'POST',
      R('/pulls'),
      async (a) => {
        const head = String(a.body.head).split(':').at(-1)!;
        const to = String(a.body.base);
        const [headSha, baseSha] = [await bare.sha(a.repo.full, head), await bare.sha(a.repo.full, to)];
        if (headSha === null || baseSha === null)
          return invalid('Validation Failed', [{ resource: 'PullRequest', field: headSha === null ? 'head' : 'base', code: 'invalid' }]);
        if (headSha === baseSha)
          return invalid('Validation Failed', [{ resource: 'PullRequest', code: 'custom', message: `No commits between ${to} and ${head}` }]);
        if (store.one('issue', (i) => i.repo === a.repo.full && i.pr?.head === head && i.state === 'open'))
          return invalid('Validation Failed', [
            { resource: 'PullRequest', code: 'custom', message: `A pull request already exists for ${a.repo.full.split('/')[0]}:${head}.` },
          ]);
        const fork = (await bare.git(a.repo.full, ['merge-base', baseSha, headSha])).trim();
        const i = store.insert('issue', {
          repo: a.repo.full,
          number: nextNumber(a),
          title: String(a.body.title),
          body: (a.body.body as string | undefined) ?? null,
          state: 'open',
          user: a.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
          closedAt: null,
          pr: { head, base: to, headSha, baseSha: fork, draft: a.body.draft === true, merged: false, mergedAt: null, mergeSha: null },
        });
        tell(a, 'pull_request', { action: 'opened', number: i.number, pull_request: await showPull(a, i) });
        return created(await showPull(a, i));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        return i?.pr ? ok(await showPull(a, i)) : notFound;
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/merge'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        const r = await mergePull(c, a.repo, i, a.user, a.body);
        if (r.status === 200) tell(a, 'pull_request', { action: 'closed', number: i.number, pull_request: await showPull(a, i) });
        return r;
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/reviews'),
      async (a) =>
        ok(
          page(
            a,
            store.find('review', (x) => x.repo === a.repo.full && x.number === Number(a.m[2])),
          ).map((x) => shape.review(base, x)),
        ),
    ],
    [
      'POST',
      R('/pulls/(\\d+)/reviews'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        const state = ({ APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED' } as const)[String(a.body.event)] ?? 'COMMENTED';
        const x = store.insert('review', {
          repo: i.repo,
          number: i.number,
          body: String(a.body.body ?? ''),
          state,
          user: a.user,
          sha: i.pr.headSha,
          submittedAt: nowIso(),
        });
        for (const k of (a.body.comments as { path: string; line?: number; body: string }[] | undefined) ?? []) {
          store.insert('reviewComment', {
            repo: i.repo,
            number: i.number,
            reviewId: x.id,
            body: k.body,
            path: k.path,
            line: k.line ?? null,
            user: a.user,
            sha: i.pr.headSha,
            createdAt: nowIso(),
            inReplyTo: null,
          });
        }
        touch(i);
        tell(a, 'pull_request_review', { action: 'submitted', review: shape.review(base, x), pull_request: await showPull(a, i) });
        return ok(shape.review(base, x));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/comments'),
      async (a) =>
        ok(
          page(
            a,
            store.find('reviewComment', (x) => x.repo === a.repo.full && x.number === Number(a.m[2])),
          ).map((x) => shape.reviewComment(base, x)),
        ),
    ],

    [
      'POST',
      R('/pulls/(\\d+)/comments(?:/(\\d+)/replies)?'),
      async (a) => {
        const i = issueOf(a);
        const to = a.m[3] === undefined ? null : (store.find('reviewComment', (x) => x.id === Number(a.m[3]))[0] ?? null);
        if (!i?.pr || (a.m[3] !== undefined && to === null)) return notFound;
        const wanted = String(to?.path ?? a.body.path);
        // As GitHub does it: a comment on a file or a commit that is not part of the change is refused.
        const touched = (await bare.git(i.repo, ['diff', '--name-only', '-z', `${i.pr.baseSha}...${i.pr.headSha}`])).split('\0');
        const known = await bare.git(i.repo, ['merge-base', '--is-ancestor', String(a.body.commit_id), i.pr.headSha]).then(
          () => true,
          () => false,
        );
        if (to === null && (!touched.includes(wanted) || !known))
          return {
            status: 422,
            body: { message: 'Validation Failed', errors: [{ message: 'pull_request_review_thread.path is invalid' }], documentation_url: '' },
          };
        const review = store.insert('review', {
          repo: i.repo,
          number: i.number,
          body: '',
          state: 'COMMENTED',
          user: a.user,
          sha: i.pr.headSha,
          submittedAt: nowIso(),
        });
        const c = store.insert('reviewComment', {
          repo: i.repo,
          number: i.number,
          reviewId: review.id,
          body: String(a.body.body),
          path: wanted,
          line: to ? to.line : Number(a.body.line),
          user: a.user,
          sha: i.pr.headSha,
          createdAt: nowIso(),
          inReplyTo: to ? (to.inReplyTo ?? to.id) : null,
        });
        touch(i);
        tell(a, 'pull_request_review_comment', { action: 'created', comment: shape.reviewComment(base, c), pull_request: await showPull(a, i) });
        return created(shape.reviewComment(base, c));
      },
    ],

    [
      'GET',
      R('/commits/([^/]+)/check-runs'),
      async (a) => {
        const sha = (await bare.sha(a.repo.full, decodeURIComponent(a.m[2]!))) ?? a.m[2]!;
        const list = store.find('job', (j) => j.repo === a.repo.full && j.sha === sha);
        return ok({ total_count: list.length, check_runs: page(a, list).map((j) => shape.checkRun(base, j)) });
      },
    ],
    [
      'GET',
      R('/commits/([^/]+)/status'),
      async (a) => {
        const list = store.find('status', (s) => s.repo === a.repo.full && s.sha === a.m[2]);
        const state = list.some((s) => s.state === 'failure' || s.state === 'error')
          ? 'failure'
          : list.length > 0 && list.every((s) => s.state === 'success')
            ? 'success'
            : 'pending';
        return ok({
          state,
          statuses: list.map((s) => ({
            url: `${base}/repos/${s.repo}/statuses/${s.sha}`,
            avatar_url: null,
            id: s.id,
            node_id: `S_${s.id}`,
            state: s.state,
            description: null,
            target_url: null,
            context: s.context,
            created_at: s.createdAt,
            updated_at: s.createdAt,
          })),
          sha: a.m[2],
          total_count: list.length,
          repository: shape.repo(base, a.repo),
          commit_url: `${base}/repos/${a.repo.full}/commits/${a.m[2]}`,
          url: `${base}/repos/${a.repo.full}/commits/${a.m[2]}/status`,
        });
      },
    ],
    [
      'POST',
      R('/statuses/([0-9a-f]{40})'),
      async (a) => {
        const s = store.insert('status', {
          repo: a.repo.full,
          sha: a.m[2]!,
          context: String(a.body.context ?? 'default'),
          state: String(a.body.state),
          createdAt: nowIso(),
        });
        tell(a, 'status', { id: s.id, sha: s.sha, state: s.state, context: s.context });
        return created({
          url: `${base}/repos/${s.repo}/statuses/${s.sha}`,
          avatar_url: null,
          id: s.id,
          node_id: `S_${s.id}`,
          state: s.state,
          description: null,
          target_url: null,
          context: s.context,
          created_at: s.createdAt,
          updated_at: s.createdAt,
          creator: shape.user(base, a.user),
        });
      },
    ],
    [
      'GET',
      R('/actions/runs'),
      async (a) => {
        const list = store
          .find('run', (r) => r.repo === a.repo.full && (a.query.get('head_sha') === null || r.sha === a.query.get('head_sha')))
          .reverse();
        return ok({ total_count: list.length, workflow_runs: page(a, list).map((r) => shape.workflowRun(base, r, a.repo)) });
      },
    ],
    [
      'GET',
      R('/actions/jobs/(\\d+)/logs'),
      async (a) =>
        store.one('job', (j) => j.id === Number(a.m[2]) && j.repo === a.repo.full)
          ? { status: 302, headers: { location: `${base}/_logs/${a.m[2]}` } }
          : notFound,
    ],
    [
      'DELETE',
      R('/git/refs/heads(?:/|%2F)(.+)'),
      async (a) => {
        const branch = decodeURIComponent(a.m[2]!);
        if ((await bare.sha(a.repo.full, branch)) === null) return invalid('Reference does not exist');
        await bare.git(a.repo.full, ['update-ref', '-d', `refs/heads/${branch}`]);
        return { status: 204 };
      },
    ],
  ];
}
