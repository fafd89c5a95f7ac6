// The merge a person has decided upon.
import { forge } from './activities.ts';
import type { TaskContext } from './context.ts';
import { untilDone } from './trouble.ts';

/** What became of the pull request; nothing follows but the end. */
export interface Finished {
  readonly stage: 'merged' | 'closed';
}

/** @param method as the person chose it; the forge's default without one */
export async function merge(task: TaskContext, method: string | undefined): Promise<Finished> {
  await untilDone(task, 'review', () => forge.merge({ taskId: task.taskId, method }));
  return { stage: 'merged' };
}
