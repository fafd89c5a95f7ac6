// Whether everything is paused.
import { run, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

export const ofWork: Projections<TypesOf<'work'>> = {
  'work.paused': (tx, { payload, ownerId, at }) =>
    run(
      tx,
      tables
        .insertInto('pauses')
        .values({ owner_id: ownerId, since: at, via: payload.via })
        .onConflict((conflict) => conflict.column('owner_id').doNothing()),
    ),
  'work.resumed': (tx, { ownerId }) => run(tx, tables.deleteFrom('pauses').where('owner_id', '=', ownerId)),
};
