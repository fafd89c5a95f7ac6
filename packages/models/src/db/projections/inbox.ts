// What waits for the person.
import { isOfTask } from '../../flow/events.ts';
import type { TaskFailure } from '../../flow/runs/outcomes.ts';
import type { Tx } from '../pool.ts';
import { anyOf, run, tables } from '../rows.ts';
import { ofTask, setTask, type Projections, type TypesOf } from './apply.ts';

export const ofInbox: Projections<TypesOf<'inbox'>> = {
  'inbox.opened': async (tx, event) => {
    const { id, kind, title, body, options, multiple, runId, questionNo, errorCode, titleIsWhole, held } =
      event.payload;
    const subject = isOfTask(kind)
      ? { task_id: ofTask(event), about: null }
      : { task_id: null, about: event.payload.about ?? id };
    const words = { kind, title, body, options: JSON.stringify(options), multiple: multiple ?? false };
    const codes = {
      run_id: runId ?? null,
      question_no: questionNo ?? null,
      error_code: errorCode ?? null,
      title_is_whole: titleIsWhole ?? false,
    };
    const change = { held: held === undefined ? null : JSON.stringify(held) };
    await run(
      tx,
      tables.insertInto('inbox_items').values({
        id,
        owner_id: event.ownerId,
        ...subject,
        ...words,
        ...codes,
        ...change,
        state: 'open',
        created_at: event.at,
      }),
    );
    const { learnings = [] } = event.payload;
    if (learnings.length > 0)
      await run(tx, tables.updateTable('learnings').set({ campfire: id }).where('id', '=', anyOf(learnings)));
    if (kind === 'permission') await setTask(tx, event, { waiting_for: 'permission' });
    if (kind === 'failure') {
      const failure: TaskFailure = {
        itemId: id,
        sentence: title,
        detail: body,
        ...(errorCode === undefined ? {} : { code: errorCode }),
      };
      await setTask(tx, event, { failure: JSON.stringify(failure) });
    }
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
    if (taskId === null) await readAlarm(tx, payload);
    await noLongerWaits(tx, taskId);
  },
  'inbox.seen': (tx, { payload, at }) =>
    run(tx, itemOf(payload).set(payload.what === 'opened' ? { opened_at: at } : { shown_at: at })),
  'inbox.snoozed': (tx, { payload }) =>
    run(tx, itemOf(payload).set({ snoozed_until: payload.until, until_ci: payload.untilCi ?? false })),
  'inbox.not_needed': (tx, { payload }) => run(tx, itemOf(payload).set({ not_needed: true })),
  'inbox.closed': async (tx, { payload, taskId, at }) => {
    await run(tx, itemOf(payload).set({ state: 'closed', answered_at: at }).where('state', '=', 'open'));
    await noLongerWaits(tx, taskId);
  },
};

/** An alarm that is read in the inbox is read. */
const readAlarm = (tx: Tx, { id }: { readonly id: string }): Promise<number> =>
  run(
    tx,
    tables
      .updateTable('recurring')
      .set({ alarm: '' })
      .where(
        'id',
        '=',
        tables.selectFrom('inbox_items').select('about').where('id', '=', id).where('kind', '=', 'recurring'),
      ),
  );

const itemOf = ({ id }: { readonly id: string }) => tables.updateTable('inbox_items').where('id', '=', id);

const noLongerWaits = async (tx: Tx, taskId: string | null): Promise<unknown> =>
  taskId === null
    ? undefined
    : run(
        tx,
        tables
          .updateTable('tasks')
          .set({ waiting_for: null })
          .where('id', '=', taskId)
          .where('waiting_for', '=', 'permission')
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
