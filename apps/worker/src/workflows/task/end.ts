// The end of a task, whatever it came to: nothing of it is left running, open or lying about.
import { ActivityFailure } from '@temporalio/workflow';
import type { Ending } from '@mainloop/models/flow/states';
import { sentenceOf } from '../failures.ts';
import { forge, records, runs } from './activities.ts';
import type { TaskContext } from './context.ts';
import { untilWritten } from './trouble.ts';

export interface Outcome {
  readonly state: 'done' | 'cancelled';
}

/**
 * Ends the task on both sides: the sandbox is released, the forge is tidied up, the state is set.
 * @returns what the workflow is closed with
 */
export async function end(task: TaskContext, how: Ending): Promise<Outcome> {
  task.isEnding = true;
  const { taskId } = task;
  const state = how === 'merged' ? 'done' : 'cancelled';
  const left: string[] = [];
  /**
   * What stays behind is said, and does not keep the task from ending: maintenance removes what is left of
   * its sandbox.
   */
  const tidied = async (trouble: string, act: Promise<unknown>): Promise<void> => {
    try {
      await act;
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      left.push(`${trouble}: ${sentenceOf(err).replace(/\.$/, '')}.`);
    }
  };
  await tidied('Its agent could not be stopped', runs.stopRun({ taskId }));
  await tidied(
    'Something on GitHub could not be cleaned up',
    forge.cleanForge({ taskId, merged: state === 'done', ...(how === 'kept' ? { keepBranch: true } : {}) }),
  );
  await tidied('Its sandbox could not be removed yet', runs.releaseSandbox({ taskId }));
  await untilWritten(() => records.endTask({ taskId, state, how, left: left.join(' ') }));
  return { state };
}
