import { error } from '@sveltejs/kit';
import { weakenings } from '@mainloop/models/flow/review/weakened-tests';
import { readDiff } from '@mainloop/models/flow/review/diff';
import { parseDiff } from '#lib/review/diff.ts';
import { render } from '#lib/server/markdown.ts';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

/**
 * `show`: `all` against the base, `new` since the last review, or the id of a push for what it alone changed. Whoever has reviewed it
 * sees first what is new.
 * @returns the change as files, with its comments
 * @throws 404 where there is no such task
 */
export const load: PageServerLoad = async ({ params, url, depends }) => {
  depends('app:live');
  const review = await read().review(params.id);
  if (!review) error(404, 'There is no such task.');
  const newest = review.pushes[0] ?? null;
  const seenAt = review.pushes.findIndex((p) => p.id === review.looked);
  // Oldest first, as they were made.
  const unseen = seenAt > 0 ? review.pushes.slice(0, seenAt).toReversed() : [];
  const show = url.searchParams.get('show') ?? (unseen.length > 0 ? 'new' : 'all');
  const partsOf = (): (readonly [id: string, what: 'delta' | 'diff'])[] => {
    if (newest === null) return [];
    if (show === 'new' && unseen.length > 0) return unseen.map((push) => [push.id, 'delta']);
    const isPush = show !== 'all' && review.pushes.some((push) => push.id === show);
    return isPush ? [[show, 'delta']] : [[newest.id, 'diff']];
  };
  const parts = partsOf();
  // Each part is read alone: what is cut off one must not be taken for a part of the next.
  const texts = await Promise.all(parts.map(([id, what]) => read().diffOf(params.id, id, what)));
  return {
    task: review.task,
    item: review.item,
    show,
    newest: newest?.id ?? null,
    /** The change is larger than what is kept of it. */
    cut: texts.some((t) => readDiff(t).cut),
    unseen: unseen.length,
    pushes: review.pushes,
    files: texts.flatMap(parseDiff).map((f) => ({ ...f, weakened: weakenings(f) })),
    comments: review.comments.map((comment) => ({
      ...comment,
      html: render(comment.body),
      answerHtml: comment.answer === null ? '' : render(comment.answer),
    })),
  };
};
