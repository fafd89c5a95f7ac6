// What waits for the person.
import { WAITS_FOR_LEAVE } from '../../flow/states.ts';
import type { Tx } from '../pool.ts';
import { run, tables } from '../rows.ts';
import { ofTask, setTask, type Projections, type TypesOf } from './apply.ts';

export const ofInbox: Projections<TypesOf<'inbox'>> = {
  'inbox.opened': async (tx, event) => {
    const { id, kind, title, body, options, multiple } = event.payload;
    const words = { kind, title, body, options: JSON.stringify(options), multiple: multiple ?? false };
    await run(
      tx,
      tables.insertInto('inbox_items').values({ id, owner_id: event.ownerId, task_id: ofTask(event), ...words, state: 'open', created_at: event.at }),
    );
    if (kind === 'permission') await setTask(tx, event, { status_line: WAITS_FOR_LEAVE });
    if (kind === 'failure') await setTask(tx, event, { failure: JSON.stringify({ itemId: id, sentence: title, detail: body }) });
  },
  'inbox.answered': async (tx, { payload, taskId, at }) => {
    const { decision, text, via, by, answerId, taps, ms } = payload;
    await run(
      tx,
      itemOf(payload).set({
        state: 'answered',
        answer: JSON.stringify({ decision, text, ...(answerId === undefined ? {} : { answerId }) }),
        answered_via: via,
        answered_by: by,
        answered_at: at,
        taps: taps ?? null,
        attention_ms: ms ?? null,
      }),
    );
    await noLongerWaits(tx, taskId);
  },
  'inbox.seen': (tx, { payload, at }) => run(tx, itemOf(payload).set(payload.what === 'opened' ? { opened_at: at } : { shown_at: at })),
  'inbox.snoozed': (tx, { payload }) => run(tx, itemOf(payload).set({ snoozed_until: payload.until })),
  'inbox.not_needed': (tx, { payload }) => run(tx, itemOf(payload).set({ not_needed: true })),
  'inbox.closed': async (tx, { payload, taskId, at }) => {
    await run(tx, itemOf(payload).set({ state: 'closed', answered_at: at }).where('state', '=', 'open'));
    await noLongerWaits(tx, taskId);
  },
};

const itemOf = ({ id }: { readonly id: string }) => tables.updateTable('inbox_items').where('id', '=', id);

const noLongerWaits = async (tx: Tx, taskId: string | null): Promise<unknown> =>
  taskId === null
    ? undefined
    : run(
        tx,
        tables
          .updateTable('tasks')
          .set({ status_line: '' })
          .where('id', '=', taskId)
          .where('status_line', '=', WAITS_FOR_LEAVE)
          .where((eb) =>
            eb.not(
              eb.exists(
                eb
                  .selectFrom('inbox_items as i')
                  .select('i.id')
                  .where('i.task_id', '=', taskId)
                  .where('i.kind', '=', 'permission')
                  .where('i.state', '=', 'open'),
              ),
            ),
          ),
      );
