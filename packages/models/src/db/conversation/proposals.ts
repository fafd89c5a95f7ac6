// Proposals and their confirmation: the only way to work.

import { createHash } from 'node:crypto';
import type { ConfirmProposal, Proposal } from '../../contracts/conversation.ts';
import { PROPOSAL_MINUTES, resolveProjectSettings } from '../../contracts/settings.ts';
import { taskBranch, taskWorkflowId } from '../../flow/ids.ts';
import type { Priority } from '../../flow/runs/dispatch.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { cleanTitle, spellOut } from '../../flow/text.ts';
import { TASK_WORKFLOW, type TaskWorkflowInput } from '../../flow/workflow.ts';
import { proposalDeclined, proposalExpired, proposalMade, proposalTold } from '../../events/proposals.ts';
import { taskConfirmed } from '../../events/tasks.ts';
import type { AttachmentRef } from '../../flow/events.ts';
import { readForecasts } from '../money/limits.ts';
import { findMissing } from '../tasks/order.ts';
import { findProject, hasProject } from '../projects/projects.ts';
import { tell } from '../runs/commands.ts';
import { append, freshId, lockLog, toOutbox } from '../log.ts';
import { withTx, type Db, type Queryable, type Tx } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';

export interface ProposalDraft {
  readonly projectId: string;
  readonly title: string;
  readonly prompt: string;
  readonly model: string;
  readonly budgetCents: number;
  readonly skipPlan: boolean;
  readonly attachments?: readonly AttachmentRef[];
  /** Left out: normal. */
  readonly priority?: Priority;
  /** Tasks that have to end before it begins. */
  readonly blockedBy?: readonly string[];
  /** Words for this task, which are told to it; no new task. */
  readonly toTaskId?: string;
}

/**
 * What the card shows, as a fingerprint. A confirmation carries it, so nobody starts what they did not see.
 * @returns SHA-256 of what the card shows, in hexadecimal
 */
export const digestOf = (proposal: ProposalDraft): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        proposal.projectId,
        proposal.title,
        proposal.prompt,
        proposal.model,
        proposal.budgetCents,
        proposal.skipPlan,
        ...(proposal.toTaskId ? [proposal.toTaskId] : []),
        ...orderOf(proposal),
      ]),
    )
    .digest('hex')
    .slice(0, 32);

/** What is not as usual in the order that it is worked on in; a card from before there was one keeps its fingerprint. */
const orderOf = ({ priority = 'normal', blockedBy = [] }: Pick<ProposalDraft, 'priority' | 'blockedBy'>) =>
  priority === 'normal' && blockedBy.length === 0 ? [] : [{ priority, blockedBy }];

/** @param key turn and tool index: a regenerated turn proposes the same thing once */
export async function propose(
  tx: Tx,
  ownerId: string,
  key: string,
  turnId: string | null,
  draft: ProposalDraft,
  expiresAt: Date,
): Promise<string> {
  const id = `p-${createHash('sha256').update(key).digest('hex').slice(0, 18)}`;
  // As the log keeps it and the card shows it: the fingerprint is of that.
  const { blockedBy, ...said } = draft;
  const proposal = {
    ...said,
    title: cleanTitle(draft.title),
    prompt: spellOut(draft.prompt),
    model: spellOut(draft.model),
    ...(blockedBy === undefined ? {} : { blockedBy: [...new Set(blockedBy)] }),
  };
  await append(
    tx,
    [
      proposalMade.new({
        actor: 'mainloop',
        payload: {
          id,
          turnId,
          ...proposal,
          attachments: [...(proposal.attachments ?? [])],
          digest: digestOf(proposal),
          expiresAt: expiresAt.toISOString(),
        },
      }),
    ],
    ownerId,
  );
  return id;
}

/** What is to be done, in words; what is not said is as the project has it. */
export type Wish = Pick<ProposalDraft, 'projectId' | 'prompt'> &
  Partial<Pick<ProposalDraft, 'title' | 'model' | 'budgetCents' | 'skipPlan' | 'priority' | 'blockedBy'>>;

/**
 * Proposes what was asked for outside of the chat.
 * @param key a wish that comes again under its key proposes once
 */
export async function proposeWish(
  tx: Tx,
  ownerId: string,
  key: string,
  wish: Wish,
): Promise<{ readonly ok: true; readonly proposalId: string } | Refusal<'no_project' | 'no_blocker'>> {
  const project = await findProject(tx, ownerId, wish.projectId);
  if (!project) return refusal('no_project');
  const missing = await findMissing(tx, ownerId, wish.blockedBy ?? []);
  if (missing !== null) return refusal('no_blocker', missing);
  const settings = resolveProjectSettings(project.settings);
  const draft = {
    projectId: wish.projectId,
    title: wish.title ?? wish.prompt.split('\n', 1)[0]!,
    prompt: wish.prompt,
    model: wish.model ?? settings.model,
    budgetCents: wish.budgetCents ?? settings.budgetCents,
    skipPlan: wish.skipPlan ?? settings.skipPlan,
    ...(wish.priority === undefined ? {} : { priority: wish.priority }),
    ...(wish.blockedBy === undefined ? {} : { blockedBy: wish.blockedBy }),
  };
  const expires = new Date(Date.now() + PROPOSAL_MINUTES * 60_000);
  return { ok: true, proposalId: await propose(tx, ownerId, key, null, draft, expires) };
}

export type ConfirmResult =
  | { readonly ok: true; readonly taskId: string; readonly again: boolean }
  | Refusal<
      | 'no_proposal'
      | 'proposal_altered'
      | 'proposal_declined'
      | 'proposal_expired'
      | 'no_task'
      | 'task_ended'
      | 'no_project'
      | 'no_blocker'
    >;

/**
 * One transaction: the event, the task, the outbox row. A double tap gets the same task.
 * @param asked what was edited on the card, and the digest of what was seen
 * @returns the task's id, with `again` for a second tap; or why not: it is gone, declined, has lapsed, or
 * is not what was seen
 */
export const confirm = (
  db: Db,
  ownerId: string,
  id: string,
  asked: ConfirmProposal,
  by: string,
  now = new Date(),
): Promise<ConfirmResult> => withTx(db, (tx) => confirmIn(tx, ownerId, id, asked, by, now));

/** The same, as a part of a transaction. */
export async function confirmIn(
  tx: Tx,
  ownerId: string,
  id: string,
  asked: ConfirmProposal,
  by: string,
  now = new Date(),
): Promise<ConfirmResult> {
  await lockLog(tx);
  const proposal = await row(
    tx,
    tables.selectFrom('proposals').selectAll().where('id', '=', id).where('owner_id', '=', ownerId),
  );
  if (!proposal) return refusal('no_proposal');
  if (proposal.digest !== asked.digest) return refusal('proposal_altered');
  if (proposal.state === 'confirmed') return { ok: true, taskId: proposal.task_id!, again: true };
  if (proposal.state === 'declined') return refusal('proposal_declined');
  if (proposal.state === 'expired' || proposal.expires_at <= now) {
    await append(tx, [proposalExpired.new({ actor: 'mainloop', payload: { id } })], ownerId);
    return refusal('proposal_expired');
  }
  if (proposal.to_task_id !== null) {
    const told = await tell(tx, {
      ownerId,
      taskId: proposal.to_task_id,
      text: asked.edits?.prompt ?? proposal.prompt,
      by,
    });
    if (!told.ok) return told;
    await append(
      tx,
      [
        proposalTold.new({
          taskId: proposal.to_task_id,
          actor: by,
          payload: { id, taskId: proposal.to_task_id },
        }),
      ],
      ownerId,
    );
    return { ok: true, taskId: proposal.to_task_id, again: false };
  }
  const projectId = asked.edits?.projectId ?? proposal.project_id;
  if (projectId !== proposal.project_id && !(await hasProject(tx, ownerId, projectId)))
    return refusal('no_project');
  const priority = asked.edits?.priority ?? proposal.priority;
  const blockedBy = [...new Set(asked.edits?.blockedBy ?? proposal.blocked_by)];
  const missing = await findMissing(tx, ownerId, blockedBy);
  if (missing !== null) return refusal('no_blocker', missing);
  const taskId = `t-${freshId()}`;
  const title = cleanTitle(asked.edits?.title ?? proposal.title);
  await append(
    tx,
    [
      taskConfirmed.new({
        taskId,
        actor: by,
        payload: {
          proposalId: id,
          projectId,
          title,
          prompt: asked.edits?.prompt ?? proposal.prompt,
          model: asked.edits?.model ?? proposal.model,
          budgetCents: asked.edits?.budgetCents ?? proposal.budget_cents,
          skipPlan: asked.edits?.skipPlan ?? proposal.skip_plan,
          branch: taskBranch(taskId, title),
          ...(proposal.attachments.length > 0 ? { attachments: proposal.attachments } : {}),
          ...(priority === 'normal' ? {} : { priority }),
          ...(blockedBy.length === 0 ? {} : { blockedBy }),
        },
      }),
    ],
    ownerId,
  );
  const input: TaskWorkflowInput = { taskId };
  await toOutbox(tx, {
    kind: 'start',
    workflowId: taskWorkflowId(taskId),
    name: TASK_WORKFLOW,
    payload: input,
  });
  return { ok: true, taskId, again: false };
}

/**
 * Turns a proposal down.
 * @returns `ok`, or why not: it is gone or was decided otherwise
 */
export async function decline(
  db: Db,
  ownerId: string,
  id: string,
  by: string,
): Promise<'declined' | 'not_open'> {
  return withTx(db, async (tx) => {
    await lockLog(tx);
    const proposal = await row(
      tx,
      tables.selectFrom('proposals').select('state').where('id', '=', id).where('owner_id', '=', ownerId),
    );
    if (proposal?.state !== 'open') return 'not_open';
    await append(tx, [proposalDeclined.new({ actor: by, payload: { id } })], ownerId);
    return 'declined';
  });
}

/**
 * Proposals that wait for a yes or no, oldest first.
 * @returns with the digest that a confirmation carries
 */
export async function listOpenProposals(database: Queryable, ownerId: string): Promise<Proposal[]> {
  const open = await rows(
    database,
    tables
      .selectFrom('proposals as p')
      .innerJoin('projects as r', 'r.id', 'p.project_id')
      .select([
        'p.id',
        'p.title',
        'p.prompt',
        'p.model',
        'p.budget_cents as budgetCents',
        'p.skip_plan as skipPlan',
        'p.digest',
        'p.state',
        'p.project_id as projectId',
        'p.priority',
        'p.blocked_by as blockedBy',
      ])
      .select(['p.expires_at as expiresAt', 'r.repo as project'])
      .where('p.owner_id', '=', ownerId)
      .where('p.state', '=', 'open')
      .$narrowType<{ state: 'open' }>()
      .orderBy('p.seq'),
  );
  const forecasts = open.length === 0 ? null : await readForecasts(database, ownerId);
  return open.map(({ projectId, ...p }) => ({ ...p, forecast: forecasts?.get(projectId) ?? null }));
}
