// What was spent: by day, project and model, and by task.
import { sql } from 'kysely';
import { prepare, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

interface Spent {
  readonly ownerId: string;
  readonly taskId: string | null;
  readonly at: string;
  readonly model: string;
  readonly microusd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const addToDay = prepare<Spent>()((spent) =>
  tables
    .insertInto('cost_days')
    .values((eb) => ({
      owner_id: spent.ownerId,
      day: sql<Date>`(${spent.at}::timestamptz at time zone 'UTC')::date`,
      project_id: eb.fn.coalesce(
        tables.selectFrom('tasks').select('project_id').where('id', '=', spent.taskId),
        sql<string>`''`,
      ),
      model: spent.model,
      microusd: spent.microusd,
      input_tokens: spent.inputTokens,
      output_tokens: spent.outputTokens,
    }))
    .onConflict((conflict) =>
      conflict.columns(['owner_id', 'day', 'project_id', 'model']).doUpdateSet((eb) => ({
        microusd: eb('cost_days.microusd', '+', eb.ref('excluded.microusd')),
        input_tokens: eb('cost_days.input_tokens', '+', eb.ref('excluded.input_tokens')),
        output_tokens: eb('cost_days.output_tokens', '+', eb.ref('excluded.output_tokens')),
      })),
    ),
);

const addToTask = prepare<Spent>()((spent) =>
  tables
    .updateTable('tasks')
    .set((eb) => ({ cost_microusd: eb('cost_microusd', '+', spent.microusd), updated_at: spent.at }))
    .where('id', '=', spent.taskId),
);

export const ofMoney: Projections<TypesOf<'cost'>> = {
  'cost.metered': async (tx, { ownerId, taskId, at, payload }) => {
    const { model, microusd, inputTokens, outputTokens } = payload;
    const spent = { ownerId, taskId, at, model, microusd, inputTokens, outputTokens };
    await addToDay(tx, spent);
    if (taskId !== null) await addToTask(tx, spent);
  },
};
