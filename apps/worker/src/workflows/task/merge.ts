// The merge a person has decided upon.
import type { TrainEnd } from '@mainloop/models/flow/forge/train';
import type { Approved } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import type { TaskContext } from './context.ts';
import { untilDone } from './trouble.ts';

/** What became of the pull request; nothing follows but the end. `kept`: closed, and its branch stays. */
export interface Finished {
  readonly stage: 'merged' | 'closed' | 'kept';
}

/**
 * What keeps it from being merged, and the sentence that says so: what is to be looked at anew, or told, or
 * only waited for.
 */
export interface NotMerged {
  readonly did: Exclude<TrainEnd, 'merged'>;
  readonly sentence: string;
  /** Where the branch stands, when that is what was looked at with the base merged into it. */
  readonly head?: string;
  /** It keeps its place in the train, with this approval. */
  readonly keeps?: Approved;
}

const QUEUED =
  'It stands in the merge queue of the repository, which merges it by itself. If the queue gives it back, decide again here.';

/**
 * @param method as the person chose it; the repository's default without one
 * @param shown the commit that they looked at; undefined in tasks from before it was kept
 */
export async function merge(
  task: TaskContext,
  method: string | undefined,
  shown: string | undefined,
): Promise<Finished | NotMerged> {
  const { taskId } = task;
  const merged = await untilDone(task, 'review', () =>
    forge.merge({ taskId, method, ...(shown === undefined ? {} : { shown }) }),
  );
  if (shown === undefined) return { stage: 'merged' };
  switch (merged.did) {
    case 'merged':
      return { stage: 'merged' };
    case 'queued':
      return { did: 'queued', sentence: QUEUED };
    default:
      return merged;
  }
}
