// What runs of the agent change about their task. The rows of the runs themselves are no projection.
import { countCited } from './learnings.ts';
import { prepare, tables } from '../rows.ts';
import { ofTask, setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

const countTurn = prepare<{ readonly at: string; readonly taskId: string }>()(({ at, taskId }) =>
  tables
    .updateTable('tasks')
    .set((eb) => ({ active_run_id: null, turns: eb('turns', '+', 1), updated_at: at }))
    .where('id', '=', taskId),
);

export const ofRuns: Projections<
  TypesOf<'run' | 'settings' | 'sandbox' | 'evidence' | 'baseline' | 'packages' | 'agent'>
> = {
  'run.started': (tx, event) => setTask(tx, event, { active_run_id: event.payload.runId }),
  'run.ended': async (tx, event) => {
    const { runId, outcome } = event.payload;
    if ('summary' in outcome && outcome.summary !== undefined) await countCited(tx, runId, outcome.summary);
    await countTurn(tx, { at: event.at, taskId: ofTask(event) });
  },
  'run.silent': touchTask,
  'settings.unreadable': touchTask,
  'sandbox.stuck': touchTask,
  'evidence.recorded': touchTask,
  'baseline.recorded': touchTask,
  'packages.fetched': touchTask,
  'agent.showed': touchTask,
  'agent.said': async (tx, event) => {
    await countCited(tx, event.payload.runId, event.payload.text);
    await setTask(tx, event, { status_line: event.payload.text });
  },
};
