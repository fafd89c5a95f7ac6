// Saved prompts.
import { run, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

export const ofSkills: Projections<TypesOf<'skill'>> = {
  'skill.saved': (tx, { payload, ownerId, at }) => {
    const { id, name, prompt, projectId, model, budgetCents, skipPlan } = payload;
    const values = {
      name,
      prompt,
      parameters: JSON.stringify(payload.parameters),
      project_id: projectId,
      model,
      budget_cents: budgetCents,
      skip_plan: skipPlan,
      updated_at: at,
    };
    return run(
      tx,
      tables
        .insertInto('skills')
        .values({ id, owner_id: ownerId, ...values })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(values)),
    );
  },
  'skill.removed': (tx, { payload }) => run(tx, tables.deleteFrom('skills').where('id', '=', payload.id)),
};
