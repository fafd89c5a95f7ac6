// A change and what was said about it.
import type { CommentState } from '../../flow/events.ts';
import { OWNER } from '../../flow/ids.ts';
import type { ReviewView } from '../read-views.ts';
import type { Views } from './views.ts';

export const review = ({ db, repoOf, taskView, itemsWhere }: Views) => ({
  /** Comments, pushes (newest first, without their diffs) and what was looked at last. */
  async review(taskId: string): Promise<ReviewView | null> {
    const t = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER } });
    if (!t) return null;
    const [repo, pushes, comments, items] = await Promise.all([
      repoOf([t.projectId]),
      db.push.findMany({
        where: { taskId, ownerId: OWNER },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: 50,
        select: { id: true, newSha: true, createdAt: true, state: true },
      }),
      db.reviewComment.findMany({
        where: { taskId, ownerId: OWNER },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        take: 1_000,
      }),
      itemsWhere({ taskId, kind: 'review', state: 'open' }),
    ]);
    return {
      task: taskView(t, repo, Date.now()),
      item: items[0] ?? null,
      looked: t.lookedPush,
      pushes: pushes.map((p) => ({ id: p.id, sha: p.newSha, at: p.createdAt, others: p.state === 'seen' })),
      comments: comments.map((c) => ({
        id: c.id,
        path: c.path,
        side: c.side === 'old' ? 'old' : 'new',
        startLine: c.startLine,
        line: c.line,
        quote: c.quote,
        body: c.body,
        author: c.author,
        via: c.via,
        state: c.state as CommentState,
        answer: c.answer,
        createdAt: c.createdAt,
      })),
    };
  },

  /** The whole change as of a push, or only what that push changed. */
  diffOf: async (taskId: string, pushId: string, what: 'diff' | 'delta'): Promise<string> => {
    const p = await db.push.findFirst({
      where: { id: pushId, taskId, ownerId: OWNER },
      select: { diff: what === 'diff', delta: what === 'delta' },
    });
    return p?.[what] ?? '';
  },
});
