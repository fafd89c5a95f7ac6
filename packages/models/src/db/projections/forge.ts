// Where a task stands on the forge, and what CI says.
import { run, tables } from '../rows.ts';
import { ofTask, setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofForge: Projections<
  TypesOf<'issue' | 'pr' | 'branch' | 'push' | 'guardrail' | 'ci' | 'forge' | 'train'>
> = {
  'issue.ensured': (tx, event) =>
    setTask(tx, event, { issue_number: event.payload.number, issue_url: event.payload.url }),
  'pr.ensured': (tx, event) =>
    setTask(tx, event, { pr_number: event.payload.number, pr_url: event.payload.url }),
  'pr.ready': touchTask,
  'pr.merged': touchTask,
  'pr.closed': touchTask,
  'pr.reopened': touchTask,
  'branch.pushed': (tx, event) => setTask(tx, event, { head_sha: event.payload.sha, ci: null }),
  'branch.seen': touchTask,
  'push.held': touchTask,
  'push.refused': touchTask,
  'guardrail.hit': touchTask,
  'ci.verdict': async (tx, event) => {
    // An older event has no outcome, and JSON leaves it out.
    const { passed, failed, pending, verdict, outcome } = event.payload;
    await setTask(tx, event, { ci: JSON.stringify({ passed, failed, pending, verdict, outcome }) });
    if (verdict === 'pending' || event.taskId === null) return;
    const putOff = tables
      .updateTable('inbox_items')
      .where('task_id', '=', event.taskId)
      .where('until_ci', '=', true);
    await run(tx, putOff.set({ snoozed_until: null, until_ci: false }));
  },
  'forge.unreadable': touchTask,
  'pr.taken_back': touchTask,
  'train.joined': (tx, event) =>
    setTask(tx, event, { train_item: event.payload.itemId, train_seq: event.seq }),
  'train.left': async (tx, event) => {
    await touchTask(tx, event);
    // A word of an earlier ride, that came late, ends no later one.
    const left = tables.updateTable('tasks').set({ train_item: null, train_seq: null });
    await run(tx, left.where('id', '=', ofTask(event)).where('train_item', '=', event.payload.itemId));
  },
};
