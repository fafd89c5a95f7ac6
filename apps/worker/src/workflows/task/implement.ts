// The change: written and pushed by the agent, shown as a draft pull request.
import type { In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import type { TaskContext } from './context.ts';
import { run } from './run.ts';
import { askPerson, untilDone } from './trouble.ts';

/**
 * The run that makes the change; the person is asked where it has pushed nothing.
 * @returns the checks, or this stage again
 */
export async function implement(task: TaskContext): Promise<In<'ci' | 'implement'>> {
  const { taskId } = task;
  await run(task, 'implement', 'drafting');
  if (!(await forge.hasPushed({ taskId }))) {
    await askPerson(
      task,
      'implement',
      'Claude ended without pushing anything. Look at its output, then retry.',
      '',
    );
    return { stage: 'implement' };
  }
  await untilDone(task, 'implement', () => forge.ensureDraftPr({ taskId }));
  await untilDone(task, 'implement', () => forge.narrate({ taskId }));
  return { stage: 'ci', repairs: 0, acceptedSha: null, reviewedUntil: '' };
}
