// The demo's colleague: reviews a pull request when it turns ready, as the story says. Never part of a real forge.
import { factsOf } from './desk.ts';
import type { Ctx } from './ctx.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue } from './store.ts';

export interface Reviewer {
  /** A regular expression over the pull request's title. */
  readonly when: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
  readonly body: string;
  readonly comments: readonly {
    readonly path: string;
    readonly line?: number | undefined;
    readonly body: string;
  }[];
  readonly delayMs: number;
}

/**
 * A person who reviews what is ready.
 * @param reviewers the first whose pattern a title fits reviews it, after its delay
 * @returns `onReady` for one pull request, `recover` for those that a kill kept from it
 */
export function colleague(context: Ctx, reviewers: readonly Reviewer[]) {
  const LOGIN = 'demo-colleague';
  /** Reviews once: a pull request that has a review of the colleague is left alone. */
  const onReady = (issue: Issue): void => {
    const reviewer = reviewers.find((x) => new RegExp(x.when, 'i').test(issue.title));
    if (!reviewer) return;
    setTimeout(() => {
      if (
        issue.state !== 'open' ||
        context.store.one(
          'review',
          (x) => x.repo === issue.repo && x.number === issue.number && x.user === LOGIN,
        )
      )
        return;
      const review = context.store.insert('review', {
        repo: issue.repo,
        number: issue.number,
        body: reviewer.body,
        state: reviewer.state,
        user: LOGIN,
        sha: issue.pr!.headSha,
        submittedAt: nowIso(),
      });
      for (const comment of reviewer.comments)
        context.store.insert('reviewComment', {
          repo: issue.repo,
          number: issue.number,
          reviewId: review.id,
          body: comment.body,
          path: comment.path,
          line: comment.line ?? null,
          user: LOGIN,
          sha: issue.pr!.headSha,
          createdAt: nowIso(),
          inReplyTo: null,
        });
      context.store.update('issue', issue, { updatedAt: nowIso() });
      const repo = context.store.one('repo', (x) => x.full === issue.repo)!;
      void factsOf(context, issue).then((facts) =>
        context.hooks.send('pull_request_review', {
          action: 'submitted',
          review: shape.review(context.base, review),
          pull_request: shape.pull(issue, repo, facts),
          repository: shape.repo(context.base, repo),
          sender: shape.user(context.base, LOGIN),
        }),
      );
    }, reviewer.delayMs);
  };
  return {
    onReady,
    /**
     * Those that a kill kept from reviewing: what mainloop asks for is a draft first, so one that is none has
     * turned ready.
     */
    recover: (): void =>
      context.store
        .find('issue', (i) => i.state === 'open' && i.pr?.draft === false && i.user === 'mainloop')
        .forEach(onReady),
  };
}
