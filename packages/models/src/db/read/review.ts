// A change and what was said about it.
import type { CommentState } from '../../flow/events.ts';
import type { Weight } from '../../flow/review/second-look.ts';
import { OWNER } from '../../flow/ids.ts';
import type { ReviewView } from '../read-views.ts';
import { isTaskItem, type Views } from './views.ts';

/** @returns what the pages read of a task's change */
export const review = ({ db, repoOf, taskView, itemsWhere }: Views) => ({
  /** Comments, pushes (newest first, without their diffs) and what was looked at last. */
  async review(taskId: string): Promise<ReviewView | null> {
    const thread = await db.task.findFirst({ where: { id: taskId, ownerId: OWNER } });
    if (!thread) return null;
    const [repo, pushes, comments, items] = await Promise.all([
      repoOf([thread.projectId]),
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
      task: taskView(thread, repo, Date.now()),
      item: items.find(isTaskItem) ?? null,
      looked: thread.lookedPush,
      pushes: pushes.map((p) => ({ id: p.id, sha: p.newSha, at: p.createdAt, others: p.state === 'seen' })),
      comments: comments.map((comment) => ({
        id: comment.id,
        path: comment.path,
        side: comment.side === 'old' ? 'old' : 'new',
        startLine: comment.startLine,
        line: comment.line,
        quote: comment.quote,
        body: comment.body,
        author: comment.author,
        via: comment.via,
        weight: comment.weight as Weight | null,
        state: comment.state as CommentState,
        answer: comment.answer,
        createdAt: comment.createdAt,
      })),
    };
  },

  /** The whole change as of a push, or only what that push changed. */
  diffOf: async (taskId: string, pushId: string, what: 'diff' | 'delta'): Promise<string> => {
    const push = await db.push.findFirst({
      where: { id: pushId, taskId, ownerId: OWNER },
      select: { diff: what === 'diff', delta: what === 'delta' },
    });
    return push?.[what] ?? '';
  },
});
