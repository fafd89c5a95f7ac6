// Comments on a change.
import { setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofReview: Projections<TypesOf<'review'>> = {
  'review.commented': (tx, { payload, ownerId, taskId, at }) =>
    tx.query(
      `insert into review_comments (id, owner_id, task_id, path, side, start_line, line, sha, quote, body, author, via, state, forge_id, created_at)
       values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) on conflict (id) do nothing`,
      [
        payload.id,
        ownerId,
        taskId,
        payload.path,
        payload.side,
        payload.startLine,
        payload.line,
        payload.sha,
        payload.quote,
        payload.text,
        payload.author,
        payload.via,
        payload.state,
        payload.forgeId,
        at,
      ],
    ),
  'review.comment_edited': (tx, { payload }) =>
    tx.query("update review_comments set body = $2 where id = $1 and state = 'draft'", [payload.id, payload.text]),
  'review.comment_removed': (tx, { payload }) => tx.query("delete from review_comments where id = $1 and state = 'draft'", [payload.id]),
  'review.submitted': (tx, { payload }) =>
    tx.query("update review_comments set state = 'open' where id = any($1) and state = 'draft'", [payload.ids]),
  'review.published': (tx, { payload }) => tx.query('update review_comments set forge_id = $2 where id = $1', [payload.id, payload.forgeId]),
  'review.replied': (tx, { payload, at }) =>
    tx.query('update review_comments set answer = $2, answered_at = $3 where id = $1', [payload.id, payload.text, at]),
  'review.resolved': (tx, { payload }) =>
    tx.query("update review_comments set state = $2 where id = $1 and state <> 'draft'", [payload.id, payload.resolved ? 'resolved' : 'open']),
  'review.looked': (tx, event) => setTask(tx, event, 'looked_push = $3', event.payload.pushId),
  'review.asked_changes': touchTask,
};
