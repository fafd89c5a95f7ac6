// Proposals of the chat.
import { run, tables } from '../rows.ts';
import type { Projections, TypesOf } from './apply.ts';

export const ofProposals: Projections<TypesOf<'proposal'>> = {
  'proposal.made': (tx, { payload, ownerId, seq, at }) =>
    run(
      tx,
      tables.insertInto('proposals').values({
        id: payload.id,
        owner_id: ownerId,
        turn_id: payload.turnId,
        project_id: payload.projectId,
        title: payload.title,
        prompt: payload.prompt,
        model: payload.model,
        budget_cents: payload.budgetCents,
        skip_plan: payload.skipPlan,
        state: 'open',
        digest: payload.digest,
        expires_at: payload.expiresAt,
        seq,
        at,
        attachments: JSON.stringify(payload.attachments ?? []),
        to_task_id: payload.toTaskId ?? null,
        priority: payload.priority ?? 'normal',
        blocked_by: payload.blockedBy ?? [],
      }),
    ),
  'proposal.told': (tx, { payload }) =>
    run(tx, proposalOf(payload).set({ state: 'confirmed', task_id: payload.taskId })),
  'proposal.declined': (tx, { payload }) => run(tx, proposalOf(payload).set({ state: 'declined' })),
  'proposal.expired': (tx, { payload }) => run(tx, proposalOf(payload).set({ state: 'expired' })),
};

const proposalOf = ({ id }: { readonly id: string }) => tables.updateTable('proposals').where('id', '=', id);
