// What was spent: by day, project and model, and by task.
import { setTask, type Projections, type TypesOf } from './apply.ts';

export const ofMoney: Projections<TypesOf<'cost'>> = {
  'cost.metered': async (tx, event) => {
    const { model, microusd, inputTokens, outputTokens } = event.payload;
    await tx.query(
      `insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens)
       values ($1, ($2::timestamptz at time zone 'UTC')::date, coalesce((select project_id from tasks where id = $3), ''), $4, $5, $6, $7)
       on conflict (owner_id, day, project_id, model) do update set microusd = cost_days.microusd + excluded.microusd,
         input_tokens = cost_days.input_tokens + excluded.input_tokens, output_tokens = cost_days.output_tokens + excluded.output_tokens`,
      [event.ownerId, event.at, event.taskId, model, microusd, inputTokens, outputTokens],
    );
    if (event.taskId) await setTask(tx, event, 'cost_microusd = cost_microusd + $3', microusd);
  },
};
