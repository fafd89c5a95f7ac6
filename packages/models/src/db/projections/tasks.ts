// The row of a task.
import { setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofTasks: Projections<TypesOf<'task' | 'plan'>> = {
  'task.confirmed': async (tx, { payload, ownerId, taskId, at }) => {
    await tx.query(
      `insert into tasks (id, owner_id, project_id, title, prompt, model, budget_cents, skip_plan, state, phase, branch, created_at, updated_at, attachments)
       values ($1,$2,$3,$4,$5,$6,$7,$8,'queued','plan',$9,$10,$10,$11)`,
      [
        taskId,
        ownerId,
        payload.projectId,
        payload.title,
        payload.prompt,
        payload.model,
        payload.budgetCents,
        payload.skipPlan,
        payload.branch,
        at,
        JSON.stringify(payload.attachments ?? []),
      ],
    );
    if (payload.proposalId) await tx.query("update proposals set state = 'confirmed', task_id = $2 where id = $1", [payload.proposalId, taskId]);
  },
  'task.state': (tx, event) =>
    setTask(tx, event, 'state = $3, phase = $4, status_line = $5', event.payload.state, event.payload.phase, event.payload.statusLine),
  'task.retried': (tx, event) => setTask(tx, event, 'failure = null'),
  'task.ended': async (tx, event) => {
    const { state, statusLine } = event.payload;
    await setTask(tx, event, 'state = $3, status_line = $4, ended_at = $2, failure = null, active_run_id = null', state, statusLine);
    await tx.query("update inbox_items set state = 'closed' where task_id = $1 and state = 'open'", [event.taskId]);
  },
  'task.steered': touchTask,
  'task.allowed': touchTask,
  'task.budget_raised': (tx, event) => setTask(tx, event, 'budget_cents = $3', event.payload.budgetCents),
  'task.model_changed': (tx, event) => setTask(tx, event, 'model = $3', event.payload.model),
  'plan.written': (tx, event) => setTask(tx, event, 'plan = $3, plan_revision = $4', event.payload.markdown, event.payload.revision),
};
