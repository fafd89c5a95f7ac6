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

/**
 * A pull request as a diff or as patches, where that is asked for:
 * https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
 */
async function asText(
  { bare }: Ctx,
  request: Ask,
  pull: { baseSha: string; headSha: string },
): Promise<Answer | null> {
  const kind = /application\/vnd\.github\.(?:v3\.)?(diff|patch)\b/.exec(request.accept)?.[1];
  if (kind === undefined) return null;
  const [from, to] = [pull.baseSha, pull.headSha];
  const ask =
    kind === 'diff'
      ? ['diff', '--no-color', '--no-ext-diff', `${from}...${to}`, '--']
      : ['format-patch', '--stdout', `${from}..${to}`, '--'];
  return {
    status: 200,
    text: await bare.git(request.repo.full, ask),
    headers: { 'content-type': `application/vnd.github.v3.${kind}; charset=utf-8` },
  };
}

/**
 * Pull requests and their reviews: https://docs.github.com/rest/pulls
 * @returns the routes
 */
export function pullRoutes(
  context: Ctx,
  { issueOf, showPull, tell, touch, nextNumber, page, R, filterState }: Desk,
): Route[] {
  const { store, bare, base } = context;
  const isPending = (id: number): boolean => store.one('review', (x) => x.id === id)?.state === 'PENDING';
  return [
    [
      'GET',
      R('/pulls'),
      async (request) => {
        const head = request.query.get('head')?.split(':').at(-1);
        const list = store
          .find(
            'issue',
            (issue) =>
              issue.repo === request.repo.full &&
              issue.pr !== null &&
              filterState(request, issue) &&
              (head === undefined || issue.pr.head === head),
          )
          .reverse();
        return ok(await Promise.all(page(request, list).map((i) => showPull(request, i))));
      },
    ],
    [
      'POST',
      R('/pulls'),
      async (request) => {
        const head = String(request.body.head).split(':').at(-1)!;
        const to = String(request.body.base);
        const [headSha, baseSha] = [
          await bare.sha(request.repo.full, head),
          await bare.sha(request.repo.full, to),
        ];
        if (headSha === null || baseSha === null)
          return invalid('Validation Failed', [
            { resource: 'PullRequest', field: headSha === null ? 'head' : 'base', code: 'invalid' },
          ]);
        if (headSha === baseSha)
          return invalid('Validation Failed', [
            { resource: 'PullRequest', code: 'custom', message: `No commits between ${to} and ${head}` },
          ]);
        if (
          store.one('issue', (i) => i.repo === request.repo.full && i.pr?.head === head && i.state === 'open')
        )
          return invalid('Validation Failed', [
            {
              resource: 'PullRequest',
              code: 'custom',
              message: `A pull request already exists for ${request.repo.full.split('/')[0]}:${head}.`,
            },
          ]);
        const fork = (await bare.git(request.repo.full, ['merge-base', baseSha, headSha])).trim();
        const issue = store.insert('issue', {
          repo: request.repo.full,
          number: nextNumber(request),
          title: String(request.body.title),
          body: (request.body.body as string | undefined) ?? null,
          state: 'open',
          user: request.user,
          createdAt: nowIso(),
          updatedAt: nowIso(),
          closedAt: null,
          pr: {
            head,
            base: to,
            headSha,
            baseSha: fork,
            draft: request.body.draft === true,
            merged: false,
            mergedAt: null,
            mergeSha: null,
          },
        });
        tell(request, 'pull_request', {
          action: 'opened',
          number: issue.number,
          pull_request: await showPull(request, issue),
        });
        context.befell(request.repo, issue, 'opened');
        return created(await showPull(request, issue));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue?.pr) return notFound;
        return (await asText(context, request, issue.pr)) ?? ok(await showPull(request, issue));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/commits'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue?.pr) return notFound;
        const commits = await commitsOf(bare, request.repo.full, [
          '--reverse',
          `${issue.pr.baseSha}..${issue.pr.headSha}`,
        ]);
        return ok(
          page(
            request,
            commits.map((is, id) => ({ id, is })),
          ).map((x) => shape.commit(base, request.repo, x.is)),
        );
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/merge'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue?.pr) return notFound;
        const merged = await mergePull(context, request.repo, issue, request.user, request.body);
        if (merged.status === 200)
          tell(request, 'pull_request', {
            action: 'closed',
            number: issue.number,
            pull_request: await showPull(request, issue),
          });
        return merged;
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/update-branch'),
      async (request) => {
        const issue = issueOf(request);
        return issue?.pr ? updateBranch(context, request.repo, issue, request.user, request.body) : notFound;
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/reviews'),
      async (request) =>
        ok(
          page(
            request,
            store.find(
              'review',
              (review) =>
                review.repo === request.repo.full &&
                review.number === Number(request.m[2]) &&
                (review.state !== 'PENDING' || review.user === request.user),
            ),
          ).map((x) => shape.review(base, x)),
        ),
    ],
    [
      'POST',
      R('/pulls/(\\d+)/reviews'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue?.pr) return notFound;
        // Without an event it is a draft, which its writer sends later
        // (https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request).
        const state = request.body.event === undefined ? 'PENDING' : stateOf(request.body.event);
        const review = store.insert('review', {
          repo: issue.repo,
          number: issue.number,
          body: String(request.body.body ?? ''),
          state,
          user: request.user,
          sha: issue.pr.headSha,
          submittedAt: state === 'PENDING' ? '' : nowIso(),
        });
        for (const comment of (request.body.comments as
          { path: string; line?: number; body: string }[] | undefined) ?? []) {
          store.insert('reviewComment', {
            repo: issue.repo,
            number: issue.number,
            reviewId: review.id,
            body: comment.body,
            path: comment.path,
            line: comment.line ?? null,
            user: request.user,
            sha: issue.pr.headSha,
            createdAt: nowIso(),
            inReplyTo: null,
          });
        }
        if (state === 'PENDING') return ok(shape.review(base, review));
        touch(issue);
        tell(request, 'pull_request_review', {
          action: 'submitted',
          review: shape.review(base, review),
          pull_request: await showPull(request, issue),
        });
        return ok(shape.review(base, review));
      },
    ],
    [
      'POST',
      R('/pulls/(\\d+)/reviews/(\\d+)/events'),
      async (request) => {
        const issue = issueOf(request);
        const review = store.one(
          'review',
          (y) => y.id === Number(request.m[3]) && y.state === 'PENDING' && y.user === request.user,
        );
        if (!issue?.pr || !review) return notFound;
        const state = stateOf(request.body.event);
        // Its comments keep the times at which they were written.
        store.update('review', review, {
          state,
          submittedAt: nowIso(),
          ...(typeof request.body.body === 'string' ? { body: request.body.body } : {}),
        });
        touch(issue);
        tell(request, 'pull_request_review', {
          action: 'submitted',
          review: shape.review(base, review),
          pull_request: await showPull(request, issue),
        });
        return ok(shape.review(base, review));
      },
    ],
    [
      'PUT',
      R('/pulls/(\\d+)/reviews/(\\d+)'),
      async (request) => {
        const issue = issueOf(request);
        const review = store.one('review', (y) => y.id === Number(request.m[3]));
        if (!issue?.pr || !review) return notFound;
        store.update('review', review, { body: String(request.body.body ?? review.body) });
        touch(issue);
        tell(request, 'pull_request_review', {
          action: 'edited',
          review: shape.review(base, review),
          pull_request: await showPull(request, issue),
        });
        return ok(shape.review(base, review));
      },
    ],
    [
      'PATCH',
      R('/pulls/comments/(\\d+)'),
      async (request) => {
        const comment = store.one('reviewComment', (y) => y.id === Number(request.m[2]));
        const issue = comment && issueOf(request, String(comment.number));
        if (!comment || !issue?.pr) return notFound;
        store.update('reviewComment', comment, {
          body: String(request.body.body ?? comment.body),
          updatedAt: nowIso(),
        });
        touch(issue);
        tell(request, 'pull_request_review_comment', {
          action: 'edited',
          comment: shape.reviewComment(base, comment),
          pull_request: await showPull(request, issue),
        });
        return ok(shape.reviewComment(base, comment));
      },
    ],
    [
      'GET',
      R('/pulls/(\\d+)/comments'),
      async (request) =>
        ok(
          page(
            request,
            store.find(
              'reviewComment',
              (x) =>
                x.repo === request.repo.full && x.number === Number(request.m[2]) && !isPending(x.reviewId),
            ),
          ).map((x) => shape.reviewComment(base, x)),
        ),
    ],
    [
      'POST',
      R('/pulls/(\\d+)/comments(?:/(\\d+)/replies)?'),
      async (request) => {
        const issue = issueOf(request);
        const to =
          request.m[3] === undefined
            ? null
            : (store.find('reviewComment', (x) => x.id === Number(request.m[3]))[0] ?? null);
        if (!issue?.pr || (request.m[3] !== undefined && to === null)) return notFound;
        const wanted = String(to?.path ?? request.body.path);
        // As GitHub does it: a comment on a file or a commit that is not part of the change is refused.
        const touched = (
          await bare.git(issue.repo, [
            'diff',
            '--name-only',
            '-z',
            `${issue.pr.baseSha}...${issue.pr.headSha}`,
          ])
        ).split('\0');
        const commit = String(request.body.commit_id);
        const known =
          isObjectName(commit) &&
          (await bare
            .git(issue.repo, ['merge-base', '--is-ancestor', '--end-of-options', commit, issue.pr.headSha])
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
          repo: issue.repo,
          number: issue.number,
          body: '',
          state: 'COMMENTED',
          user: request.user,
          sha: issue.pr.headSha,
          submittedAt: nowIso(),
        });
        const comment = store.insert('reviewComment', {
          repo: issue.repo,
          number: issue.number,
          reviewId: review.id,
          body: String(request.body.body),
          path: wanted,
          line: to ? to.line : Number(request.body.line),
          user: request.user,
          sha: issue.pr.headSha,
          createdAt: nowIso(),
          inReplyTo: to ? (to.inReplyTo ?? to.id) : null,
        });
        touch(issue);
        tell(request, 'pull_request_review_comment', {
          action: 'created',
          comment: shape.reviewComment(base, comment),
          pull_request: await showPull(request, issue),
        });
        return created(shape.reviewComment(base, comment));
      },
    ],
  ];
}
