// The review of a change: comments on lines, sent with a decision, answered by the agent one by one.
import type { Comment, NewComment } from '../../contracts/review.ts';
import type { NewEvent } from '../../events/registry.ts';
import { reviewCommented, reviewCommentEdited, reviewCommentRemoved, reviewLooked, reviewResolved } from '../../events/review.ts';
import type { CommentPlace } from '../../flow/events.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { cleanText } from '../../flow/text.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { payloadText } from '../payload.ts';
import { many, one, withTx, type Db, type Queryable, type Tx } from '../pool.ts';

export type ReviewResult =
  { readonly ok: true } | Refusal<'no_task' | 'no_comment' | 'no_push' | 'review_ended' | 'too_many_drafts' | 'comment_unsent' | 'comment_sent'>;
const MAX_DRAFTS = 200;

/** Keeps a comment as a draft. The same id twice keeps one. */
export async function draftComment(db: Db, i: { ownerId: string; taskId: string; by: string; comment: NewComment }): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const t = await one<{ head_sha: string | null; ended_at: Date | null; drafts: number }>(
      tx,
      `select head_sha, ended_at, (select count(*)::int from review_comments where task_id = $1 and state = 'draft') as drafts
         from tasks where id = $1 and owner_id = $2`,
      [i.taskId, i.ownerId],
    );
    if (!t) return refusal('no_task');
    if (t.ended_at) return refusal('review_ended');
    if (t.drafts >= MAX_DRAFTS) return refusal('too_many_drafts', MAX_DRAFTS);
    const { id, path, side, startLine, line, quote, text } = i.comment;
    await append(
      tx,
      [
        reviewCommented.new({
          taskId: i.taskId,
          actor: i.by,
          payload: {
            id,
            path,
            side,
            startLine,
            line,
            sha: t.head_sha,
            quote: cleanText(quote, 20_000),
            text: cleanText(text, 20_000),
            author: i.by,
            via: 'app',
            state: 'draft',
            forgeId: null,
          },
        }),
      ],
      i.ownerId,
    );
    return { ok: true };
  });
}

type CommentChange = { readonly text: string } | { readonly removed: true } | { readonly resolved: boolean };

function changed(i: { id: string; to: CommentChange }, about: { taskId: string; actor: string }): NewEvent {
  const { id, to } = i;
  if ('text' in to) return reviewCommentEdited.new({ ...about, payload: { id, text: cleanText(to.text, 20_000) } });
  if ('removed' in to) return reviewCommentRemoved.new({ ...about, payload: { id } });
  return reviewResolved.new({ ...about, payload: { id, resolved: to.resolved } });
}

/** Changes or takes back a draft, or resolves what was sent. */
export async function changeComment(db: Db, i: { ownerId: string; id: string; by: string; to: CommentChange }): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const c = await one<{ task_id: string; state: string }>(tx, 'select task_id, state from review_comments where id = $1 and owner_id = $2', [
      i.id,
      i.ownerId,
    ]);
    if (!c) return refusal('no_comment');
    const isDraft = c.state === 'draft';
    if (isDraft === 'resolved' in i.to) return refusal(isDraft ? 'comment_unsent' : 'comment_sent');
    await append(tx, [changed(i, { taskId: c.task_id, actor: i.by })], i.ownerId);
    // The workflow looks at the pull request then, and brings the thread there into step.
    if ('resolved' in i.to) await toOutbox(tx, { kind: 'signal', workflowId: taskWorkflowId(c.task_id), name: SIGNALS.poke, payload: {} });
    return { ok: true };
  });
}

/** Notes which push was looked at, so that the next look can start there. */
export async function noteLooked(db: Db, i: { ownerId: string; taskId: string; pushId: string; by: string }): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    const p = await one(tx, 'select 1 from pushes where id = $1 and task_id = $2 and owner_id = $3', [i.pushId, i.taskId, i.ownerId]);
    if (!p) return refusal('no_push');
    await append(tx, [reviewLooked.new({ taskId: i.taskId, actor: i.by, payload: { pushId: i.pushId } })], i.ownerId);
    return { ok: true };
  });
}

export const draftsOf = async (tx: Tx, taskId: string): Promise<string[]> =>
  (await many<{ id: string }>(tx, "select id from review_comments where task_id = $1 and state = 'draft' order by created_at", [taskId])).map(
    (r) => r.id,
  );

export interface ReviewCommentRow {
  readonly id: string;
  readonly path: string | null;
  readonly side: CommentPlace['side'];
  readonly start_line: number | null;
  readonly line: number | null;
  readonly sha: string | null;
  readonly quote: string;
  readonly body: string;
  readonly author: string;
  readonly via: string;
  readonly state: string;
  readonly answer: string | null;
  readonly forge_id: number | null;
}

/** Whether a task has such a comment, sent and not resolved. */
export const isOpenComment = async (q: Queryable, taskId: string, id: string): Promise<boolean> =>
  (await one(q, "select 1 from review_comments where id = $1 and task_id = $2 and state = 'open'", [id, taskId])) !== null;

/** What was sent and is not resolved, oldest first. */
export const openComments = (q: Queryable, taskId: string): Promise<ReviewCommentRow[]> =>
  many(q, "select * from review_comments where task_id = $1 and state = 'open' order by created_at, id limit 500", [taskId]);

/** Comments made in the app that were sent and are not on the forge yet, oldest first. */
export const listUnpublished = (q: Queryable, taskId: string): Promise<ReviewCommentRow[]> =>
  many(q, "select * from review_comments where task_id = $1 and via = 'app' and forge_id is null and state <> 'draft' order by created_at, id", [
    taskId,
  ]);

export interface ReplyRow {
  /** Of the reply, in the log. */
  readonly seq: number;
  /** Of the comment that it answers, as `path`, `body`, `forgeId` and `via` are. */
  readonly id: string;
  readonly text: string;
  readonly path: string | null;
  readonly body: string;
  readonly forgeId: number | null;
  readonly via: string;
}

/** What the agent answered to comments of a task, oldest first, 500 at most. */
export const listReplies = (q: Queryable, taskId: string): Promise<ReplyRow[]> =>
  many(
    q,
    `select e.seq, c.id, ${payloadText('review.replied', 'text', 'e.payload')} as text, c.path, c.body, c.forge_id as "forgeId", c.via
       from events e join review_comments c on c.id = ${payloadText('review.replied', 'id', 'e.payload')}
      where e.task_id = $1 and e.type = 'review.replied' order by e.seq limit 500`,
    [taskId],
  );

export interface ThreadRow {
  readonly id: string;
  readonly state: string;
  readonly forgeId: number;
  /** Whether both sides last agreed that it is resolved; null when they have not met yet. */
  readonly agreed: boolean | null;
}

/** Comments on files that are on the forge. */
export const listThreads = (q: Queryable, taskId: string): Promise<ThreadRow[]> =>
  many(
    q,
    `select c.id, c.state, c.forge_id as "forgeId", (f.result->>'resolved')::boolean as agreed from review_comments c
       left join forge_effects f on f.key = c.task_id || '/thread-' || c.id
      where c.task_id = $1 and c.forge_id is not null and c.path is not null and c.state <> 'draft'`,
    [taskId],
  );

/** Comments on the change of a task, drafts too, oldest first, a thousand at most. */
export const listComments = (q: Queryable, ownerId: string, taskId: string): Promise<Comment[]> =>
  many(
    q,
    `select id, path, side, start_line as "startLine", line, sha, quote, body, author, via, state, answer, answered_at as "answeredAt", created_at as "createdAt"
       from review_comments where task_id = $1 and owner_id = $2 order by created_at, id limit 1000`,
    [taskId, ownerId],
  );
