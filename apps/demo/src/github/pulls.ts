// Pull requests, reviews and comments on lines.
import { isObjectName } from '@mainloop/models/flow/operands';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { ok, created, invalid, notFound, type Desk, type Route } from './desk.ts';
import { commitsOf } from './compare.ts';
import { mergePull, updateBranch } from './merge.ts';
import * as shape from './shapes.ts';
import { nowIso } from './store.ts';

const REVIEW_STATES: ReadonlyMap<string, 'APPROVED' | 'CHANGES_REQUESTED'> = new Map([
  ['APPROVE', 'APPROVED'],
  ['REQUEST_CHANGES', 'CHANGES_REQUESTED'],
]);

const stateOf = (event: unknown): 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED' =>
  REVIEW_STATES.get(String(event)) ?? 'COMMENTED';

/** A pull request as a diff or as patches, where that is asked for: https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types */
async function asText(
  { bare }: Ctx,
  a: Ask,
  pr: { baseSha: string; headSha: string },
): Promise<Answer | null> {
  const kind = /application\/vnd\.github\.(?:v3\.)?(diff|patch)\b/.exec(a.accept)?.[1];
  if (kind === undefined) return null;
  const [from, to] = [pr.baseSha, pr.headSha];
  const ask =
    kind === 'diff'
      ? ['diff', '--no-color', '--no-ext-diff', `${from}...${to}`, '--']
      : ['format-patch', '--stdout', `${from}..${to}`, '--'];
  return {
    status: 200,
    text: await bare.git(a.repo.full, ask),
    headers: { 'content-type': `application/vnd.github.v3.${kind}; charset=utf-8` },
  };
}

export function pullRoutes(
  c: Ctx,
  { issueOf, showPull, tell, touch, nextNumber, page, R, filterState }: Desk,
): Route[] {
  const { store, bare, base } = c;
  const isPending = (id: number): boolean => store.one('review', (x) => x.id === id)?.state === 'PENDING';
  return [
    [
      'GET',
      R('/pulls'),
      async (a) => {
        const head = a.query.get('head')?.split(':').at(-1);
        const list = store
          .find(
            'issue',
            (i) =>
              i.repo === a.repo.full &&
              i.pr !== null &&
              filterState(a, i) &&
              (head === undefined || i.pr.head === head),
          )
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
          return invalid('Validation Failed', [
            { resource: 'PullRequest', field: headSha === null ? 'head' : 'base', code: 'invalid' },
          ]);
        if (headSha === baseSha)
          return invalid('Validation Failed', [
            { resource: 'PullRequest', code: 'custom', message: `No commits between ${to} and ${head}` },
          ]);
        if (store.one('issue', (i) => i.repo === a.repo.full && i.pr?.head === head && i.state === 'open'))
          return invalid('Validation Failed', [
            {
              resource: 'PullRequest',
              code: 'custom',
              message: `A pull request already exists for ${a.repo.full.split('/')[0]}:${head}.`,
            },
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
          pr: {
            head,
            base: to,
            headSha,
            baseSha: fork,
            draft: a.body.draft === true,
            merged: false,
            mergedAt: null,
            mergeSha: null,
          },
        });
        tell(a, 'pull_request', { action: 'opened', number: i.number, pull_request: await showPull(a, i) });
        c.befell(a.repo, i, 'opened');
        return created(await showPull(a, i));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        return (await asText(c, a, i.pr)) ?? ok(await showPull(a, i));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/commits'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        const commits = await commitsOf(bare, a.repo.full, ['--reverse', `${i.pr.baseSha}..${i.pr.headSha}`]);
        return ok(
          page(
            a,
            commits.map((is, id) => ({ id, is })),
          ).map((x) => shape.commit(base, a.repo, x.is)),
        );
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/merge'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        const r = await mergePull(c, a.repo, i, a.user, a.body);
        if (r.status === 200)
          tell(a, 'pull_request', { action: 'closed', number: i.number, pull_request: await showPull(a, i) });
        return r;
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/update-branch'),
      async (a) => {
        const i = issueOf(a);
        return i?.pr ? updateBranch(c, a.repo, i, a.user, a.body) : notFound;
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/reviews'),
      async (a) =>
        ok(
          page(
            a,
            store.find(
              'review',
              (x) =>
                x.repo === a.repo.full &&
                x.number === Number(a.m[2]) &&
                (x.state !== 'PENDING' || x.user === a.user),
            ),
          ).map((x) => shape.review(base, x)),
        ),
    ],
    [
      'POST',
      R('/pulls/(\\d+)/reviews'),
      async (a) => {
        const i = issueOf(a);
        if (!i?.pr) return notFound;
        // Without an event it is a draft, which its writer sends later (https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request).
        const state = a.body.event === undefined ? 'PENDING' : stateOf(a.body.event);
        const x = store.insert('review', {
          repo: i.repo,
          number: i.number,
          body: String(a.body.body ?? ''),
          state,
          user: a.user,
          sha: i.pr.headSha,
          submittedAt: state === 'PENDING' ? '' : nowIso(),
        });
        for (const k of (a.body.comments as { path: string; line?: number; body: string }[] | undefined) ??
          []) {
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
        if (state === 'PENDING') return ok(shape.review(base, x));
        touch(i);
        tell(a, 'pull_request_review', {
          action: 'submitted',
          review: shape.review(base, x),
          pull_request: await showPull(a, i),
        });
        return ok(shape.review(base, x));
      },
    ],
    [
      'POST',
      R('/pulls/(\\d+)/reviews/(\\d+)/events'),
      async (a) => {
        const i = issueOf(a);
        const x = store.one(
          'review',
          (y) => y.id === Number(a.m[3]) && y.state === 'PENDING' && y.user === a.user,
        );
        if (!i?.pr || !x) return notFound;
        const state = stateOf(a.body.event);
        // Its comments keep the times at which they were written.
        store.update('review', x, {
          state,
          submittedAt: nowIso(),
          ...(typeof a.body.body === 'string' ? { body: a.body.body } : {}),
        });
        touch(i);
        tell(a, 'pull_request_review', {
          action: 'submitted',
          review: shape.review(base, x),
          pull_request: await showPull(a, i),
        });
        return ok(shape.review(base, x));
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/reviews/(\\d+)'),
      async (a) => {
        const i = issueOf(a);
        const x = store.one('review', (y) => y.id === Number(a.m[3]));
        if (!i?.pr || !x) return notFound;
        store.update('review', x, { body: String(a.body.body ?? x.body) });
        touch(i);
        tell(a, 'pull_request_review', {
          action: 'edited',
          review: shape.review(base, x),
          pull_request: await showPull(a, i),
        });
        return ok(shape.review(base, x));
      },
    ],
    [
      'PATCH',
      R('/pulls/comments/(\\d+)'),
      async (a) => {
        const x = store.one('reviewComment', (y) => y.id === Number(a.m[2]));
        const i = x && issueOf(a, String(x.number));
        if (!x || !i?.pr) return notFound;
        store.update('reviewComment', x, { body: String(a.body.body ?? x.body), updatedAt: nowIso() });
        touch(i);
        tell(a, 'pull_request_review_comment', {
          action: 'edited',
          comment: shape.reviewComment(base, x),
          pull_request: await showPull(a, i),
        });
        return ok(shape.reviewComment(base, x));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/comments'),
      async (a) =>
        ok(
          page(
            a,
            store.find(
              'reviewComment',
              (x) => x.repo === a.repo.full && x.number === Number(a.m[2]) && !isPending(x.reviewId),
            ),
          ).map((x) => shape.reviewComment(base, x)),
        ),
    ],
    [
      'POST',
      R('/pulls/(\\d+)/comments(?:/(\\d+)/replies)?'),
      async (a) => {
        const i = issueOf(a);
        const to =
          a.m[3] === undefined
            ? null
            : (store.find('reviewComment', (x) => x.id === Number(a.m[3]))[0] ?? null);
        if (!i?.pr || (a.m[3] !== undefined && to === null)) return notFound;
        const wanted = String(to?.path ?? a.body.path);
        // As GitHub does it: a comment on a file or a commit that is not part of the change is refused.
        const touched = (
          await bare.git(i.repo, ['diff', '--name-only', '-z', `${i.pr.baseSha}...${i.pr.headSha}`])
        ).split('\0');
        const commit = String(a.body.commit_id);
        const known =
          isObjectName(commit) &&
          (await bare
            .git(i.repo, ['merge-base', '--is-ancestor', '--end-of-options', commit, i.pr.headSha])
            .then(
              () => true,
              // Exit 1: it is no ancestor.
              () => false,
            ));
        if (to === null && (!touched.includes(wanted) || !known))
          return {
            status: 422,
            body: {
              message: 'Validation Failed',
              errors: [{ message: 'pull_request_review_thread.path is invalid' }],
              documentation_url: '',
            },
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
        tell(a, 'pull_request_review_comment', {
          action: 'created',
          comment: shape.reviewComment(base, c),
          pull_request: await showPull(a, i),
        });
        return created(shape.reviewComment(base, c));
      },
    ],
  ];
}
