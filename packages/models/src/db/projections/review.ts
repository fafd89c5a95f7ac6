// Comments on a change.
import { anyOf, run, tables } from '../rows.ts';
import { notProjected, ofTask, setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofReview: Projections<TypesOf<'review'>> = {
  'review.commented': (tx, { payload, ownerId, taskId, type, at }) =>
    run(
      tx,
      tables
        .insertInto('review_comments')
        .values({
          id: payload.id,
          owner_id: ownerId,
          task_id: ofTask({ taskId, type }),
          path: payload.path,
          side: payload.side,
          start_line: payload.startLine,
          line: payload.line,
          sha: payload.sha,
          quote: payload.quote,
          body: payload.text,
          author: payload.author,
          via: payload.via,
          weight: payload.weight ?? null,
          state: payload.state,
          forge_id: payload.forgeId,
          created_at: at,
        })
        .onConflict((conflict) => conflict.column('id').doNothing()),
    ),
  'review.comment_edited': (tx, { payload }) =>
    run(tx, commentOf(payload).set({ body: payload.text }).where('state', '=', 'draft')),
  'review.comment_removed': (tx, { payload }) =>
    run(tx, tables.deleteFrom('review_comments').where('id', '=', payload.id).where('state', '=', 'draft')),
  'review.submitted': (tx, { payload }) =>
    run(
      tx,
      tables
        .updateTable('review_comments')
        .set({ state: 'open' })
        .where('id', '=', anyOf(payload.ids))
        .where('state', '=', 'draft'),
    ),
  'review.published': (tx, { payload }) => run(tx, commentOf(payload).set({ forge_id: payload.forgeId })),
  'review.replied': (tx, { payload, at }) =>
    run(tx, commentOf(payload).set({ answer: payload.text, answered_at: at })),
  'review.resolved': (tx, { payload }) =>
    run(
      tx,
      commentOf(payload)
        .set({ state: payload.resolved ? 'resolved' : 'open' })
        .where('state', '<>', 'draft'),
    ),
  'review.looked': (tx, event) => setTask(tx, event, { looked_push: event.payload.pushId }),
  'review.second_looked': touchTask,
  'review.asked_changes': touchTask,
  'review.passed_over': notProjected,
  'review.taken': notProjected,
};

const commentOf = ({ id }: { readonly id: string }) =>
  tables.updateTable('review_comments').where('id', '=', id);
