// The wait of an approved change for its turn to be merged: behind those that were approved before it, and
// until CI is green on it together with what they brought to the base.
import { ActivityFailure, isCancellation, patched } from '@temporalio/workflow';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import { sentenceOf } from '../failures.ts';
import { forge } from './activities.ts';
import { setState, type TaskContext } from './context.ts';
import type { Finished, NotMerged } from './merge.ts';
import { untilDone, untilWritten } from './trouble.ts';

/** CI of others is seen by nobody who polls. */
const LONGEST_LOOK_MS = 60_000;

/** What a person approved. */
interface Approved {
  readonly itemId: string;
  /** As they chose it; the repository's default without one. */
  readonly method: string | undefined;
  /** The commit that they looked at. */
  readonly shown: string;
}

/**
 * Merges an approved change in its turn.
 * @param approved `shown`: the commit that the person decided upon
 * @returns how it finished, or why it was not merged
 */
export async function train(
  task: TaskContext,
  { itemId, method, shown }: Approved,
): Promise<Finished | NotMerged> {
  const { taskId, desk, ciGraceMs } = task;
  const { isChecked } = await untilDone(task, 'review', () => forge.joinTrain({ taskId, itemId, shown }));
  const keepsPlace = patched('keep-place');
  let head = shown;
  let told = 0;
  for (let looks = 0, updates = 0; ; looks++) {
    const before = desk.lookAgains();
    const now = await step(task, {
      taskId,
      itemId,
      method,
      shown,
      head,
      isChecked,
      updates,
      graceMs: ciGraceMs,
      ...(keepsPlace ? { keepsPlace } : {}),
    });
    if (now.did === 'merged') return { stage: 'merged' };
    if (now.did !== 'wait')
      return {
        did: now.did,
        sentence: now.sentence,
        head,
        ...(now.keeps === true ? { keeps: { itemId, shown } } : {}),
      };
    if (now.head !== head) updates++;
    head = now.head;
    if (now.place !== told)
      await setState(task, 'in_review', 'review', { is: 'turn', place: now.place, base: now.base });
    told = now.place;
    const ms = now.place === 1 ? Math.min(lookAgainMs(looks), LONGEST_LOOK_MS) : lookAgainMs(looks);
    if (await desk.until(() => desk.lookAgains() > before, ms, { what: 'turn', itemId })) looks = -1;
  }
}

/** One look. What goes wrong ends the wait, and is told: nobody behind it is held up. */
async function step(
  task: TaskContext,
  asked: Parameters<typeof forge.stepTrain>[0],
): ReturnType<typeof forge.stepTrain> {
  try {
    return await forge.stepTrain(asked);
  } catch (err) {
    if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
    const why = sentenceOf(err);
    await untilWritten(() => forge.leaveTrain({ taskId: task.taskId, itemId: asked.itemId, why }));
    return { did: 'refused', sentence: why };
  }
}
