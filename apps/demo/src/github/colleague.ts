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

export function colleague(c: Ctx, reviewers: readonly Reviewer[]) {
  const LOGIN = 'demo-colleague';
  /** Reviews once: a pull request that has a review of the colleague is left alone. */
  const onReady = (i: Issue): void => {
    const r = reviewers.find((x) => new RegExp(x.when, 'i').test(i.title));
    if (!r) return;
    setTimeout(() => {
      if (
        i.state !== 'open' ||
        c.store.one('review', (x) => x.repo === i.repo && x.number === i.number && x.user === LOGIN)
      )
        return;
      const review = c.store.insert('review', {
        repo: i.repo,
        number: i.number,
        body: r.body,
        state: r.state,
        user: LOGIN,
        sha: i.pr!.headSha,
        submittedAt: nowIso(),
      });
      for (const k of r.comments)
        c.store.insert('reviewComment', {
          repo: i.repo,
          number: i.number,
          reviewId: review.id,
          body: k.body,
          path: k.path,
          line: k.line ?? null,
          user: LOGIN,
          sha: i.pr!.headSha,
          createdAt: nowIso(),
          inReplyTo: null,
        });
      c.store.update('issue', i, { updatedAt: nowIso() });
      const repo = c.store.one('repo', (x) => x.full === i.repo)!;
      void factsOf(c, i).then((f) =>
        c.hooks.send('pull_request_review', {
          action: 'submitted',
          review: shape.review(c.base, review),
          pull_request: shape.pull(i, repo, f),
          repository: shape.repo(c.base, repo),
          sender: shape.user(c.base, LOGIN),
        }),
      );
    }, r.delayMs);
  };
  return {
    onReady,
    /** Those that a kill kept from reviewing: what mainloop asks for is a draft first, so one that is none has turned ready. */
    recover: (): void =>
      c.store
        .find('issue', (i) => i.state === 'open' && i.pr?.draft === false && i.user === 'mainloop')
        .forEach(onReady),
  };
}
