// Cycles that had something to tell, for as long as a page shows them.
import { run, tables } from '../rows.ts';
import { notProjected, type Projections, type TypesOf } from './apply.ts';

const KEPT_MS = 7 * 86_400_000;

export const ofCycle: Projections<TypesOf<'cycle'>> = {
  'cycle.asked': notProjected,
  'cycle.ended': async (tx, { payload, ownerId, at }) => {
    const { id, startedAt, reason, missed, quietBefore, phases, said } = payload;
    const values = {
      owner_id: ownerId,
      started_at: startedAt,
      ended_at: at,
      reason,
      missed,
      quiet_before: quietBefore,
      phases: JSON.stringify(phases),
      said: [...said],
    };
    await run(
      tx,
      tables
        .insertInto('cycles')
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values)),
    );
    const over = new Date(Date.parse(at) - KEPT_MS);
    await run(tx, tables.deleteFrom('cycles').where('owner_id', '=', ownerId).where('ended_at', '<', over));
  },
};
