// Proposals of the chat.
import type { Projections, TypesOf } from './apply.ts';

export const ofProposals: Projections<TypesOf<'proposal'>> = {
  'proposal.made': (tx, { payload, ownerId, seq, at }) =>
    tx.query(
      `insert into proposals (id, owner_id, turn_id, project_id, title, prompt, model, budget_cents, skip_plan, state, digest, expires_at, seq, at, attachments, to_task_id)
       values ($1,$2,$3,$4,$5,$6,$7,$8,$9,'open',$10,$11,$12,$13,$14,$15)`,
      [
        payload.id,
        ownerId,
        payload.turnId,
        payload.projectId,
        payload.title,
        payload.prompt,
        payload.model,
        payload.budgetCents,
        payload.skipPlan,
        payload.digest,
        payload.expiresAt,
        seq,
        at,
        JSON.stringify(payload.attachments ?? []),
        payload.toTaskId ?? null,
      ],
    ),
  'proposal.told': (tx, { payload }) =>
    tx.query("update proposals set state = 'confirmed', task_id = $2 where id = $1", [payload.id, payload.taskId]),
  'proposal.declined': (tx, { payload }) => tx.query("update proposals set state = 'declined' where id = $1", [payload.id]),
  'proposal.expired': (tx, { payload }) => tx.query("update proposals set state = 'expired' where id = $1", [payload.id]),
};
