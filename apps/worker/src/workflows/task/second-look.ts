// The second look: an agent that did not write the change reads it, and what it finds goes back to the author.
import { patched } from '@temporalio/workflow';
import { afterLook } from '@mainloop/models/flow/review/second-look';
import type { In } from '@mainloop/models/flow/workflow';
import { records } from './activities.ts';
import type { TaskContext } from './context.ts';
import { run } from './run.ts';
import { untilDone } from './trouble.ts';

/**
 * What follows checks that are good.
 * @param next the review, as the checks lead to it
 * @returns the second look where the project wants one of this commit; else the review
 */
export async function beforeReview(
  task: TaskContext,
  next: In<'review'>,
): Promise<In<'review' | 'second_look'>> {
  const { taskId } = task;
  const { sha, reviewedUntil, repairs = 0, approved } = next;
  // What a person has approved is merged as it is.
  if (sha === undefined || approved !== undefined || !patched('second-look')) return next;
  if (!(await untilDone(task, 'ci', () => records.needsSecondLook({ taskId, sha })))) return next;
  return { stage: 'second_look', sha, repairs, reviewedUntil };
}

/**
 * A run of an agent with fresh eyes.
 * @returns back to the author with what it found, or the review
 */
export async function secondLook(
  task: TaskContext,
  { sha, repairs, reviewedUntil }: In<'second_look'>,
): Promise<In<'address_review' | 'review'>> {
  const { taskId } = task;
  const runId = await run(task, 'second_look', 'drafting', {}, { is: 'second_look' });
  const found = await untilDone(task, 'second_look', () => records.endSecondLook({ taskId, runId, sha }));
  if (afterLook(found, task.lookRounds) === 'offer') return { stage: 'review', reviewedUntil, sha, repairs };
  task.lookRounds++;
  const asked = { where: 'second_look', found: found.must + found.should } as const;
  return { stage: 'address_review', asked, reviewedUntil };
}
