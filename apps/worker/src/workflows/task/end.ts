// The end of a task, whatever it came to: nothing of it is left running, open or lying about.
import { ActivityFailure } from '@temporalio/workflow';
import { sentenceOf } from '../failures.ts';
import { forge, records, runs } from './activities.ts';
import type { TaskContext } from './context.ts';
import { untilWritten } from './trouble.ts';

export interface Outcome {
  readonly state: 'done' | 'cancelled';
}

/** How a task ends, and the line that says so. */
export const ENDS = {
  merged: { state: 'done', line: 'Merged.' },
  closed: { state: 'cancelled', line: 'The pull request was closed without a merge.' },
  kept: { state: 'cancelled', line: 'The pull request was closed without a merge; its branch is kept.' },
  cancelled: { state: 'cancelled', line: 'Cancelled by you.' },
  cancelledInTemporal: { state: 'cancelled', line: 'Cancelled in Temporal.' },
} as const satisfies Record<string, Outcome & { line: string }>;

export async function end(task: TaskContext, how: keyof typeof ENDS): Promise<Outcome> {
  task.isEnding = true;
  const { taskId } = task;
  const { state, line } = ENDS[how];
  const sentences: string[] = [line];
  /** What stays behind is said, and does not keep the task from ending: the caretaker removes what is left of its sandbox. */
  const tidied = async (trouble: string, act: Promise<unknown>): Promise<void> => {
    try {
      await act;
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      sentences.push(`${trouble}: ${sentenceOf(err).replace(/\.$/, '')}.`);
    }
  };
  await tidied('Its agent could not be stopped', runs.stopRun({ taskId }));
  await tidied(
    'Something on GitHub could not be cleaned up',
    forge.cleanForge({ taskId, merged: state === 'done', ...(how === 'kept' ? { keepBranch: true } : {}) }),
  );
  await tidied('Its sandbox could not be removed yet', runs.releaseSandbox({ taskId }));
  await untilWritten(() => records.endTask({ taskId, state, statusLine: sentences.join(' ') }));
  return { state };
}
