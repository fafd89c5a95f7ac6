// The review of a change: comments on lines, sent with a decision, answered by the agent one by one.
import { actorNow } from '../acting.ts';
import type { Comment, NewComment } from '../../contracts/review.ts';
import type { NewEvent } from '../../events/registry.ts';
import {
  reviewCommented,
  reviewCommentEdited,
  reviewCommentRemoved,
  reviewLooked,
  reviewResolved,
  reviewTaken,
} from '../../events/review.ts';
import { effectKey } from '../../flow/forge/effects.ts';
import type { CommentPlace } from '../../flow/events.ts';
import { taskWorkflowId } from '../../flow/ids.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import type { Met } from '../../flow/forge/requests.ts';
import type { Weight } from '../../flow/review/second-look.ts';
import { cleanText } from '../../flow/text.ts';
import { SIGNALS } from '../../flow/workflow.ts';
import { findShown } from '../forge/effects.ts';
import { append, lockLog, toOutbox } from '../log.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { hasRow, row, rows, tables } from '../rows.ts';

export type ReviewResult =
  | { readonly ok: true }
  | Refusal<
      | 'no_task'
      | 'no_comment'
      | 'no_push'
      | 'review_ended'
      | 'too_many_drafts'
      | 'comment_unsent'
      | 'comment_sent'
    >;
const MAX_DRAFTS = 200;

/**
 * Keeps a comment as a draft. The same id twice keeps one.
 * @returns `ok`, or why not: no such task, one that has ended, or too many drafts
 */
export async function draftComment(
  db: Db,
  input: { ownerId: string; taskId: string; by: string; comment: NewComment },
): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const task = await row(
      tx,
      tables
        .selectFrom('tasks')
        .select('ended_at')
        .select((eb) =>
          eb
            .selectFrom('review_comments')
            .select((of) => of.fn.countAll<number>().as('n'))
            .where('task_id', '=', input.taskId)
            .where('state', '=', 'draft')
            .as('drafts'),
        )
        .where('id', '=', input.taskId)
        .where('owner_id', '=', input.ownerId),
    );
    if (!task) return refusal('no_task');
    if (task.ended_at) return refusal('review_ended');
    if ((task.drafts ?? 0) >= MAX_DRAFTS) return refusal('too_many_drafts', MAX_DRAFTS);
    const { id, path, side, startLine, line, quote, text } = input.comment;
    await append(
      tx,
      [
        reviewCommented.new({
          taskId: input.taskId,
          actor: input.by,
          payload: {
            id,
            path,
            side,
            startLine,
            line,
            // Its lines are those of what is shown, whoever pushed it.
            sha: (await findShown(tx, input.taskId))?.sha ?? null,
            quote: cleanText(quote, 20_000),
            text: cleanText(text, 20_000),
            author: actorNow(input.by),
            via: 'app',
            state: 'draft',
            forgeId: null,
          },
        }),
      ],
      input.ownerId,
    );
    return { ok: true };
  });
}

type CommentChange = { readonly text: string } | { readonly removed: true } | { readonly resolved: boolean };

function changed(
  input: { id: string; to: CommentChange },
  about: { taskId: string; actor: string },
): NewEvent {
  const { id, to } = input;
  if ('text' in to)
    return reviewCommentEdited.new({ ...about, payload: { id, text: cleanText(to.text, 20_000) } });
  if ('removed' in to) return reviewCommentRemoved.new({ ...about, payload: { id } });
  return reviewResolved.new({ ...about, payload: { id, resolved: to.resolved } });
}

/**
 * Changes or takes back a draft, or resolves what was sent.
 * @param input `to` is the new text or the new state
 * @returns `ok`, or why not: no such comment, or one whose state does not allow it
 */
export async function changeComment(
  db: Db,
  input: { ownerId: string; id: string; by: string; to: CommentChange },
): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const comment = await row(
      tx,
      tables
        .selectFrom('review_comments')
        .select(['task_id', 'state'])
        .where('id', '=', input.id)
        .where('owner_id', '=', input.ownerId),
    );
    if (!comment) return refusal('no_comment');
    const isDraft = comment.state === 'draft';
    if (isDraft === 'resolved' in input.to) return refusal(isDraft ? 'comment_unsent' : 'comment_sent');
    await append(tx, [changed(input, { taskId: comment.task_id, actor: input.by })], input.ownerId);
    // The workflow looks at the pull request then, and brings the thread there into step.
    if ('resolved' in input.to)
      await toOutbox(tx, {
        kind: 'signal',
        workflowId: taskWorkflowId(comment.task_id),
        name: SIGNALS.lookAgain,
        payload: {},
      });
    return { ok: true };
  });
}

/**
 * Makes a request of a comment on the forge that was passed over, with the words that it had then. Twice
 * is once.
 * @param input `id` as the event says it that passed the comment over
 * @returns `ok`, or why not: no such comment, or its task has ended
 */
export async function takeComment(
  db: Db,
  input: { ownerId: string; id: string; by: string },
): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const passed = await row(
      tx,
      tables
        .selectFrom('events as e')
        .innerJoin('tasks as t', 't.id', 'e.task_id')
        .select([
          't.id as taskId',
          't.ended_at as endedAt',
          payloadField('review.passed_over', 'words', 'e.payload').as('words'),
        ])
        .where('e.type', '=', 'review.passed_over')
        .where(payloadField('review.passed_over', 'id', 'e.payload'), '=', input.id)
        .where('t.owner_id', '=', input.ownerId)
        .orderBy('e.seq', 'desc')
        .limit(1),
    );
    if (!passed) return refusal('no_comment');
    if (passed.endedAt) return refusal('review_ended');
    await append(
      tx,
      [
        reviewTaken.new({
          taskId: passed.taskId,
          actor: input.by,
          payload: { id: input.id, words: passed.words },
        }),
      ],
      input.ownerId,
    );
    await toOutbox(tx, {
      kind: 'signal',
      workflowId: taskWorkflowId(passed.taskId),
      name: SIGNALS.lookAgain,
      payload: {},
    });
    return { ok: true };
  });
}

/**
 * Notes which push was looked at, so that the next look can start there.
 * @returns `ok`, or `no_push` where the push is none of this task
 */
export async function noteLooked(
  db: Db,
  input: { ownerId: string; taskId: string; pushId: string; by: string },
): Promise<ReviewResult> {
  return withTx(db, async (tx) => {
    const pushed = tables
      .selectFrom('pushes')
      .select('id')
      .where('id', '=', input.pushId)
      .where('task_id', '=', input.taskId);
    if (!(await hasRow(tx, pushed.where('owner_id', '=', input.ownerId)))) return refusal('no_push');
    await append(
      tx,
      [reviewLooked.new({ taskId: input.taskId, actor: input.by, payload: { pushId: input.pushId } })],
      input.ownerId,
    );
    return { ok: true };
  });
}

/** @returns ids, oldest first */
export const draftsOf = async (tx: Tx, taskId: string): Promise<string[]> =>
  (
    await rows(
      tx,
      tables
        .selectFrom('review_comments')
        .select('id')
        .where('task_id', '=', taskId)
        .where('state', '=', 'draft')
        .orderBy('created_at'),
    )
  ).map((r) => r.id);

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
  readonly weight: Weight | null;
  readonly state: string;
  readonly answer: string | null;
  readonly forge_id: number | null;
}

/**
 * Whether a task has such a comment, sent and not resolved.
 * @param id ours, not the forge's
 */
export const isOpenComment = (database: Queryable, taskId: string, id: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('review_comments')
      .select('id')
      .where('id', '=', id)
      .where('task_id', '=', taskId)
      .where('state', '=', 'open'),
  );

/**
 * Whether something was asked for that the agent has not answered.
 * @param taskId whose comments are looked at; drafts don't count
 */
export const hasUnanswered = (database: Queryable, taskId: string): Promise<boolean> =>
  hasRow(
    database,
    tables
      .selectFrom('review_comments')
      .select('id')
      .where('task_id', '=', taskId)
      .where('state', '=', 'open')
      .where('answer', 'is', null)
      // A note of a second look is for the person alone.
      .where((eb) => eb.or([eb('weight', 'is', null), eb('weight', '<>', 'note')]))
      .limit(1),
  );

const commentsOf = (taskId: string) =>
  tables.selectFrom('review_comments').where('task_id', '=', taskId).orderBy('created_at').orderBy('id');

/**
 * What was sent and is not resolved, oldest first.
 * @returns 500 at most
 */
export const openComments = (database: Queryable, taskId: string): Promise<ReviewCommentRow[]> =>
  rows(database, commentsOf(taskId).selectAll().where('state', '=', 'open').limit(500));

/** @returns what is known of the comments on the forge that were met, by their place and id there */
export async function listMet(database: Queryable, taskId: string): Promise<Map<string, Met>> {
  const worked = await rows(database, commentsOf(taskId).select(['id', 'body']).where('via', '=', 'github'));
  const told = await rows(
    database,
    tables
      .selectFrom('events')
      .select([
        'type',
        payloadField('review.passed_over', 'id').as('id'),
        payloadField('review.passed_over', 'words').as('words'),
      ])
      .where('task_id', '=', taskId)
      .where('type', 'in', ['review.passed_over', 'review.taken']),
  );
  const met = new Map<string, { worked: string[]; passed: string[]; taken: string[] }>();
  const of = (id: string): { worked: string[]; passed: string[]; taken: string[] } => {
    // An edit that was worked on has its words behind it.
    const key = /^(?:review|line|talk)\d+/.exec(id.slice(taskId.length + 1))?.[0] ?? id;
    const known = met.get(key) ?? { worked: [], passed: [], taken: [] };
    met.set(key, known);
    return known;
  };
  for (const comment of worked) of(comment.id).worked.push(comment.body);
  for (const event of told)
    of(event.id)[event.type === 'review.taken' ? 'taken' : 'passed'].push(event.words);
  return met;
}

/** @returns what was taken up from the forge under this name; null when nothing was */
export const findAsked = (
  database: Queryable,
  taskId: string,
  words: string,
): Promise<{ author: string; comments: number } | null> =>
  row(
    database,
    tables
      .selectFrom('events')
      .select([payloadField('review.asked_changes', 'author').as('author')])
      .select((eb) =>
        eb.cast<number>(payloadField('review.asked_changes', 'comments'), 'integer').as('comments'),
      )
      .where('task_id', '=', taskId)
      .where('dedupe_key', '=', `review/${taskId}/${words}`),
  );

/**
 * Comments made in the app that were sent and are not on the forge yet, oldest first.
 * @returns whole rows
 */
export const listUnpublished = (database: Queryable, taskId: string): Promise<ReviewCommentRow[]> =>
  rows(
    database,
    commentsOf(taskId)
      .selectAll()
      .where('via', '=', 'app')
      .where('forge_id', 'is', null)
      .where('state', '<>', 'draft'),
  );

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

/**
 * What the agent answered to comments of a task, oldest first, 500 at most.
 * @returns each with the number of its event, by which its own comment on the forge is marked
 */
export const listReplies = (database: Queryable, taskId: string): Promise<ReplyRow[]> =>
  rows(
    database,
    tables
      .selectFrom('events as e')
      .innerJoin('review_comments as c', (join) =>
        join.on('c.id', '=', payloadField('review.replied', 'id', 'e.payload')),
      )
      .select([
        'e.seq',
        'c.id',
        payloadField('review.replied', 'text', 'e.payload').as('text'),
        'c.path',
        'c.body',
        'c.forge_id as forgeId',
        'c.via',
      ])
      .where('e.task_id', '=', taskId)
      .where('e.type', '=', 'review.replied')
      // What a second look found is not on the forge.
      .where('c.via', '<>', 'look')
      .orderBy('e.seq')
      .limit(500),
  );

export interface ThreadRow {
  readonly id: string;
  readonly state: string;
  readonly forgeId: number;
  /** Whether both sides last agreed that it is resolved; null when they have not met yet. */
  readonly agreed: boolean | null;
}

/** What stands between a task and a comment in the key of what was agreed on. */
const THREAD = effectKey('', { kind: 'thread', of: '' });

/**
 * Comments on files that are on the forge.
 * @returns `agreed` is the state that the thread was last brought to on the forge, null before that
 */
export const listThreads = (database: Queryable, taskId: string): Promise<ThreadRow[]> =>
  rows(
    database,
    tables
      .selectFrom('review_comments as c')
      .leftJoin('forge_effects as f', (join) =>
        join.on((eb) =>
          eb('f.key', '=', sql<string>`${eb.ref('c.task_id')} || ${sql.lit(THREAD)} || ${eb.ref('c.id')}`),
        ),
      )
      .select(['c.id', 'c.state', 'c.forge_id as forgeId'])
      .select((eb) => sql<boolean | null>`(${eb.ref('f.result')}->>'resolved')::boolean`.as('agreed'))
      .where('c.task_id', '=', taskId)
      .where('c.forge_id', 'is not', null)
      .where('c.path', 'is not', null)
      .where('c.state', '<>', 'draft')
      .$narrowType<{ forgeId: number }>(),
  );

/**
 * Comments on the change of a task, drafts too, oldest first, a thousand at most.
 * @returns `answer` is what the agent answered, null before that
 */
export const listComments = (database: Queryable, ownerId: string, taskId: string): Promise<Comment[]> =>
  rows(
    database,
    commentsOf(taskId)
      .select([
        'id',
        'path',
        'side',
        'start_line as startLine',
        'line',
        'sha',
        'quote',
        'body',
        'author',
        'via',
        'weight',
        'state',
        'answer',
      ])
      .select(['answered_at as answeredAt', 'created_at as createdAt'])
      .where('owner_id', '=', ownerId)
      .limit(1000),
  );
