// What waits for the person.
import { WAITS_FOR_LEAVE } from '../../flow/states.ts';
import type { Tx } from '../pool.ts';
import { setTask, type Projections, type TypesOf } from './apply.ts';

export const ofInbox: Projections<TypesOf<'inbox'>> = {
  'inbox.opened': async (tx, event) => {
    const { id, kind, title, body, options, multiple } = event.payload;
    await tx.query(
      `insert into inbox_items (id, owner_id, task_id, kind, title, body, options, multiple, state, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8,'open',$9)`,
      [id, event.ownerId, event.taskId, kind, title, body, JSON.stringify(options), multiple ?? false, event.at],
    );
    if (kind === 'permission') await setTask(tx, event, 'status_line = $3', WAITS_FOR_LEAVE);
    if (kind === 'failure') await setTask(tx, event, 'failure = $3', JSON.stringify({ itemId: id, sentence: title, detail: body }));
  },
  'inbox.answered': async (tx, { payload, taskId, at }) => {
    const { id, decision, text, via, by, answerId, taps, ms } = payload;
    await tx.query(
      `update inbox_items set state = 'answered', answer = $2, answered_via = $3, answered_by = $4, answered_at = $5, taps = $6, attention_ms = $7 where id = $1`,
      [id, JSON.stringify({ decision, text, ...(answerId === undefined ? {} : { answerId }) }), via, by, at, taps ?? null, ms ?? null],
    );
    await noLongerWaits(tx, taskId);
  },
  'inbox.seen': (tx, { payload, at }) =>
    tx.query(`update inbox_items set ${payload.what === 'opened' ? 'opened_at' : 'shown_at'} = $2 where id = $1`, [payload.id, at]),
  'inbox.snoozed': (tx, { payload }) => tx.query('update inbox_items set snoozed_until = $2 where id = $1', [payload.id, payload.until]),
  'inbox.not_needed': (tx, { payload }) => tx.query('update inbox_items set not_needed = true where id = $1', [payload.id]),
  'inbox.closed': async (tx, { payload, taskId, at }) => {
    await tx.query("update inbox_items set state = 'closed', answered_at = $2 where id = $1 and state = 'open'", [payload.id, at]);
    await noLongerWaits(tx, taskId);
  },
};

const noLongerWaits = (tx: Tx, taskId: string | null): Promise<unknown> =>
  tx.query(
    `update tasks set status_line = '' where id = $1 and status_line = $2
      and not exists (select 1 from inbox_items where task_id = $1 and kind = 'permission' and state = 'open')`,
    [taskId, WAITS_FOR_LEAVE],
  );
