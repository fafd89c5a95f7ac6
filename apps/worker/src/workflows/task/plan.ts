// The plan: written by the agent, told on its issue, and answered by a person, here or there.
import type { In } from '@mainloop/models/flow/workflow';
import { forge, records } from './activities.ts';
import { openItem, setState, type TaskContext } from './context.ts';
import { run } from './run.ts';
import { askPerson, untilDone } from './trouble.ts';
import { nowOnForge, wordFromForge } from './word.ts';

/**
 * The run that writes the plan.
 * @param at `revises`: what the person wants otherwise, null for the first plan
 * @returns waiting for the decision, or this stage again
 */
export async function plan(task: TaskContext, { revises }: In<'plan'>): Promise<In<'await_plan' | 'plan'>> {
  const { taskId } = task;
  if (task.planRevision === 0 && revises === null) await setState(task, 'queued', 'plan');
  const runId = await run(task, 'plan', 'planning', revises === null ? {} : { about: revises });
  const written = await records.writePlan({ taskId, runId });
  if (written.empty) {
    await askPerson(
      task,
      'plan',
      'Claude ended without a plan. Retry, or cancel and say it in other words.',
      '',
    );
    return { stage: 'plan', revises: null };
  }
  const issue = await untilDone(task, 'plan', () => forge.ensureIssue({ taskId }));
  // An older worker does not say when.
  return {
    stage: 'await_plan',
    revision: written.revision,
    ...(issue.at === undefined ? {} : { shownIso: issue.at }),
  };
}

/**
 * Waits for the person's word on the plan, in the inbox or on the issue.
 * @returns the work, or another plan
 */
export async function awaitPlan(
  task: TaskContext,
  { revision, shownIso }: In<'await_plan'>,
): Promise<In<'implement' | 'plan'>> {
  const { taskId, desk } = task;
  const id = `${taskId}-plan-${revision}`;
  const sinceIso = shownIso ?? nowOnForge();
  const options = [{ label: 'Approve' }, { label: 'Revise' }];
  await openItem(task, { id, kind: 'plan', title: `Plan, revision ${revision}`, body: '', options });
  const word = wordFromForge(task, id);
  await setState(task, 'awaiting_plan', 'plan');
  while (!desk.decided(id)) {
    // The decision that a look may bring comes back as a signal. GitHub tells nobody of a reaction, and the
    // poller sees only the newest issues.
    await word();
    if (!desk.decided(id))
      await untilDone(task, 'plan', () => forge.readPlanAnswer({ taskId, itemId: id, sinceIso }));
  }
  return desk.decided(id)!.kind === 'approve' ? { stage: 'implement' } : { stage: 'plan', revises: id };
}
