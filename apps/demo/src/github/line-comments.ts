// Comments on lines of a pull request, and answers to them.
import { isObjectName } from '@mainloop/models/flow/machine/operands';
import type { Answer, Ask, Ctx } from './ctx.ts';
import { ok, created, notFound, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue, type ReviewComment } from './store.ts';

/**
 * Comments on lines: https://docs.github.com/rest/pulls/comments
 * @returns the routes
 */
export function lineCommentRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  return [
    ['PATCH', R('/pulls/comments/(\\d+)'), (request) => editComment(context, desk, request)],
    ['GET', R('/pulls/comments'), async (request) => listAll(context, desk, request)],
    ['GET', R('/pulls/(\\d+)/comments'), async (request) => listComments(context, desk, request)],
    [
      'POST',
      R('/pulls/(\\d+)/comments(?:/(\\d+)/replies)?'),
      (request) => writeComment(context, desk, request),
    ],
  ];
}

/** Those of a review that is still a draft are not among them. */
function listComments({ store, base }: Ctx, { page }: Desk, request: Ask): Answer {
  const isPending = (id: number): boolean => store.one('review', (x) => x.id === id)?.state === 'PENDING';
  const list = store.find(
    'reviewComment',
    (x) => x.repo === request.repo.full && x.number === Number(request.m[2]) && !isPending(x.reviewId),
  );
  return ok(page(request, list).map((x) => shape.reviewComment(base, x)));
}

/** Of all pull requests, the oldest first unless it is asked otherwise. */
function listAll({ store, base }: Ctx, { page }: Desk, request: Ask): Answer {
  const isPending = (id: number): boolean => store.one('review', (x) => x.id === id)?.state === 'PENDING';
  const list = store.find('reviewComment', (x) => x.repo === request.repo.full && !isPending(x.reviewId));
  const isDown = request.query.get('sort') !== null && request.query.get('direction') === 'desc';
  return ok(page(request, isDown ? list.toReversed() : list).map((x) => shape.reviewComment(base, x)));
}

async function editComment(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store, base } = context;
  const comment = store.one('reviewComment', (y) => y.id === Number(request.m[2]));
  const issue = comment && desk.issueOf(request, String(comment.number));
  if (!comment || !issue?.pr) return notFound;
  store.update('reviewComment', comment, {
    body: String(request.body.body ?? comment.body),
    updatedAt: nowIso(),
  });
  await tellComment(context, desk, request, { issue, comment, action: 'edited' });
  return ok(shape.reviewComment(base, comment));
}

/** A comment by itself is a review of one, as at GitHub. */
async function writeComment(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store, base } = context;
  const issue = desk.issueOf(request);
  const isReply = request.m[3] !== undefined;
  const to = isReply ? (store.find('reviewComment', (x) => x.id === Number(request.m[3]))[0] ?? null) : null;
  if (!issue?.pr || (isReply && to === null)) return notFound;
  const wanted = String(to?.path ?? request.body.path);
  if (to === null && !(await isPartOf(context, issue.repo, issue.pr, wanted, String(request.body.commit_id))))
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
  await tellComment(context, desk, request, { issue, comment, action: 'created' });
  return created(shape.reviewComment(base, comment));
}

/** As GitHub does it: a comment on a file or a commit that is not part of the change is refused. */
async function isPartOf(
  { bare }: Ctx,
  repo: string,
  { baseSha, headSha }: NonNullable<Issue['pr']>,
  path: string,
  commit: string,
): Promise<boolean> {
  const touched = await bare.git(repo, ['diff', '--name-only', '-z', `${baseSha}...${headSha}`]);
  if (!touched.split('\0').includes(path) || !isObjectName(commit)) return false;
  return bare.git(repo, ['merge-base', '--is-ancestor', '--end-of-options', commit, headSha]).then(
    () => true,
    // Exit 1: it is no ancestor.
    () => false,
  );
}

async function tellComment(
  { base }: Ctx,
  desk: Desk,
  request: Ask,
  { issue, comment, action }: { issue: Issue; comment: ReviewComment; action: 'created' | 'edited' },
): Promise<void> {
  desk.touch(issue);
  desk.tell(request, 'pull_request_review_comment', {
    action,
    comment: shape.reviewComment(base, comment),
    pull_request: await desk.showPull(request, issue),
  });
}
