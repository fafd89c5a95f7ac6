// Skills that come by themselves.
import { run, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

export const ofRecurring: Projections<TypesOf<'recurring'>> = {
  'recurring.saved': (tx, { payload, ownerId, at }) => {
    const values = {
      skill: payload.skill,
      given: JSON.stringify(payload.given),
      project_id: payload.projectId,
      cron: payload.cron,
      zone: payload.zone,
      start_cents: payload.startCents,
      since: at,
      updated_at: at,
    };
    return run(
      tx,
      tables
        .insertInto('recurring')
        .values({ id: payload.id, owner_id: ownerId, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values)),
    );
  },
  'recurring.paused': (tx, { payload, at }) =>
    run(
      tx,
      tables
        .updateTable('recurring')
        .set({ paused: payload.paused, since: at, updated_at: at })
        .where('id', '=', payload.id),
    ),
  'recurring.removed': async (tx, { payload }) => {
    await run(tx, tables.deleteFrom('recurring_times').where('recurring_id', '=', payload.id));
    await run(tx, tables.deleteFrom('recurring').where('id', '=', payload.id));
  },
  'recurring.came': async (tx, { payload, at }) => {
    const { id, due, outcome, proposalId, sentence, alarm } = payload;
    const came = { came_at: at, outcome, proposal_id: proposalId, sentence };
    await run(
      tx,
      tables
        .insertInto('recurring_times')
        .values({ recurring_id: id, due_at: due, ...came })
        .onConflict((conflict) => conflict.columns(['recurring_id', 'due_at']).doUpdateSet(came)),
    );
    await run(
      tx,
      tables
        .updateTable('recurring')
        .set({ since: due, updated_at: at, ...(alarm === '' ? {} : { alarm }) })
        .where('id', '=', id),
    );
  },
  'recurring.seen': (tx, { payload }) =>
    run(tx, tables.updateTable('recurring').set({ alarm: '' }).where('id', '=', payload.id)),
};
