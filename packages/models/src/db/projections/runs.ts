// What runs of the agent change about their task. The rows of the runs themselves are no projection.
import { setTask, touchTask, type Projections, type TypesOf } from './apply.ts';

export const ofRuns: Projections<TypesOf<'run' | 'settings' | 'sandbox' | 'evidence' | 'packages' | 'agent'>> = {
  'run.started': (tx, event) => setTask(tx, event, 'active_run_id = $3', event.payload.runId),
  'run.ended': (tx, event) => setTask(tx, event, 'active_run_id = null, turns = turns + 1'),
  'run.silent': touchTask,
  'settings.unreadable': touchTask,
  'sandbox.stuck': touchTask,
  'evidence.recorded': touchTask,
  'packages.fetched': touchTask,
  'agent.said': (tx, event) => setTask(tx, event, 'status_line = $3', event.payload.text),
};
