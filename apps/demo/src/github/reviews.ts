// Reviews of pull requests: written, kept as a draft, sent, edited.
import type { Answer, Ask, Ctx } from './ctx.ts';
import { ok, notFound, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue, type Review } from './store.ts';

const REVIEW_STATES: ReadonlyMap<string, 'APPROVED' | 'CHANGES_REQUESTED'> = new Map([
  ['APPROVE', 'APPROVED'],
  ['REQUEST_CHANGES', 'CHANGES_REQUESTED'],
]);

const stateOf = (event: unknown): 'COMMENTED' | 'APPROVED' | 'CHANGES_REQUESTED' =>
  REVIEW_STATES.get(String(event)) ?? 'COMMENTED';

/**
 * Reviews: https://docs.github.com/rest/pulls/reviews
 * @returns the routes
 */
export function reviewRoutes(context: Ctx, desk: Desk): Route[] {
  const { R } = desk;
  return [
    ['GET', R('/pulls/(\\d+)/reviews'), async (request) => listReviews(context, desk, request)],
    ['POST', R('/pulls/(\\d+)/reviews'), (request) => writeReview(context, desk, request)],
    ['POST', R('/pulls/(\\d+)/reviews/(\\d+)/events'), (request) => sendReview(context, desk, request)],
    ['PUT', R('/pulls/(\\d+)/reviews/(\\d+)'), (request) => editReview(context, desk, request)],
  ];
}

/** A draft is seen by its writer alone. */
function listReviews({ store, base }: Ctx, { page }: Desk, request: Ask): Answer {
  const list = store.find(
    'review',
    (review) =>
      review.repo === request.repo.full &&
      review.number === Number(request.m[2]) &&
      (review.state !== 'PENDING' || review.user === request.user),
  );
  return ok(page(request, list).map((x) => shape.review(base, x)));
}

/**
 * Without an event it is a draft, which its writer sends later
 * (https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request).
 */
async function writeReview(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store, base } = context;
  const issue = desk.issueOf(request);
  if (!issue?.pr) return notFound;
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
  const comments =
    (request.body.comments as { path: string; line?: number; body: string }[] | undefined) ?? [];
  for (const comment of comments)
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
  if (state === 'PENDING') return ok(shape.review(base, review));
  return announce(context, desk, request, { issue, review, action: 'submitted' });
}

/** A draft goes out. Its comments keep the times at which they were written. */
async function sendReview(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store } = context;
  const issue = desk.issueOf(request);
  const review = store.one(
    'review',
    (y) => y.id === Number(request.m[3]) && y.state === 'PENDING' && y.user === request.user,
  );
  if (!issue?.pr || !review) return notFound;
  store.update('review', review, {
    state: stateOf(request.body.event),
    submittedAt: nowIso(),
    ...(typeof request.body.body === 'string' ? { body: request.body.body } : {}),
  });
  return announce(context, desk, request, { issue, review, action: 'submitted' });
}

async function editReview(context: Ctx, desk: Desk, request: Ask): Promise<Answer> {
  const { store } = context;
  const issue = desk.issueOf(request);
  const review = store.one('review', (y) => y.id === Number(request.m[3]));
  if (!issue?.pr || !review) return notFound;
  store.update('review', review, { body: String(request.body.body ?? review.body) });
  return announce(context, desk, request, { issue, review, action: 'edited' });
}

/** @returns the review, once the webhooks have it too */
async function announce(
  { base }: Ctx,
  desk: Desk,
  request: Ask,
  { issue, review, action }: { issue: Issue; review: Review; action: 'submitted' | 'edited' },
): Promise<Answer> {
  desk.touch(issue);
  desk.tell(request, 'pull_request_review', {
    action,
    review: shape.review(base, review),
    pull_request: await desk.showPull(request, issue),
  });
  return ok(shape.review(base, review));
}
