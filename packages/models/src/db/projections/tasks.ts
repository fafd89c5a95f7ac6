// The row of a task.
import { run, tables } from '../rows.ts';
import { lineOf } from '../tasks/status.ts';
import { ofTask, setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofTasks: Projections<TypesOf<'task' | 'plan'>> = {
  'task.confirmed': async (tx, event) => {
    const { payload, ownerId, at } = event;
    const taskId = ofTask(event);
    await run(
      tx,
      tables.insertInto('tasks').values({
        id: taskId,
        owner_id: ownerId,
        project_id: payload.projectId,
        title: payload.title,
        prompt: payload.prompt,
        model: payload.model,
        budget_cents: payload.budgetCents,
        skip_plan: payload.skipPlan,
        state: 'queued',
        phase: 'plan',
        branch: payload.branch,
        created_at: at,
        updated_at: at,
        looked_at: at,
        attachments: JSON.stringify(payload.attachments ?? []),
        priority: payload.priority ?? 'normal',
        blocked_by: payload.blockedBy ?? [],
      }),
    );
    const confirmed = tables.updateTable('proposals').set({ state: 'confirmed', task_id: taskId });
    if (payload.proposalId) await run(tx, confirmed.where('id', '=', payload.proposalId));
  },
  'task.state': async (tx, event) => {
    const { state, phase, status, waitingFor } = event.payload;
    return setTask(tx, event, {
      state,
      phase,
      status_line: await lineOf(tx, status),
      waiting_for: waitingFor ?? null,
    });
  },
  'task.retried': (tx, event) => setTask(tx, event, { failure: null }),
  'task.ended': async (tx, event) => {
    const { state, how, left } = event.payload;
    const ended = { state, ended_how: how, status_line: left, ended_at: event.at };
    await setTask(tx, event, {
      ...ended,
      waiting_for: null,
      failure: null,
      active_run_id: null,
      train_item: null,
      train_seq: null,
    });
    const items = tables.updateTable('inbox_items').set({ state: 'closed' });
    await run(tx, items.where('task_id', '=', ofTask(event)).where('state', '=', 'open'));
  },
  'task.steered': touchTask,
  'task.paused': touchTask,
  'task.allowed': touchTask,
  'task.allowed_once': touchTask,
  'task.budget_raised': (tx, event) => setTask(tx, event, { budget_cents: event.payload.budgetCents }),
  'task.model_changed': (tx, event) => setTask(tx, event, { model: event.payload.model }),
  'task.priority_changed': (tx, event) => setTask(tx, event, { priority: event.payload.priority }),
  'task.blockers_changed': (tx, event) => setTask(tx, event, { blocked_by: event.payload.blockedBy }),
  // Looking changes nothing, so it is no news.
  'task.looked': (tx, event) =>
    run(
      tx,
      tables.updateTable('tasks').set({ looked_at: event.payload.seen }).where('id', '=', ofTask(event)),
    ),
  'plan.written': (tx, event) =>
    setTask(tx, event, { plan: event.payload.markdown, plan_revision: event.payload.revision }),
};
