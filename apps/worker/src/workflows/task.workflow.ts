// One task, from confirmed to merged. It reads like the table of stages in docs/architecture.md; decisions
// are in models/flow.
import { CancellationScope, continueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Position, TaskWorkflowInput } from '@mainloop/models/flow/workflow';
import { Cancelled } from './desk.ts';
import { ci, fixCi } from './task/ci.ts';
import { handOver, openTask, type TaskContext } from './task/context.ts';
import { end, type Outcome } from './task/end.ts';
import { implement } from './task/implement.ts';
import type { Finished } from './task/merge.ts';
import { awaitPlan, plan } from './task/plan.ts';
import { addressReview, review } from './task/review.ts';
import { beforeReview, secondLook } from './task/second-look.ts';
import { caught } from './task/trouble.ts';

/**
 * In events. A longer one is handed over even before Temporal suggests it, so that a worker is soon through
 * with replaying it.
 */
const LONGEST_HISTORY = 4_000;

/** Each stage says by its type what may follow it. */
async function stageAfter(task: TaskContext): Promise<Position | Finished> {
  const at = task.position;
  switch (at.stage) {
    case 'plan':
      return plan(task, at);
    case 'await_plan':
      return awaitPlan(task, at);
    case 'implement':
      return implement(task);
    case 'ci': {
      const next = await ci(task, at);
      return next.stage === 'review' ? beforeReview(task, next) : next;
    }
    case 'fix_ci':
      return fixCi(task, at);
    case 'second_look':
      return secondLook(task, at);
    case 'review':
      return review(task, at);
    case 'address_review':
      return addressReview(task, at);
  }
}

/**
 * One task, from its confirmation to the merged or closed pull request.
 * @param input `at`: where it is continued, none at its begin
 * @returns how it ended
 */
export async function taskWorkflow(input: TaskWorkflowInput): Promise<Outcome> {
  const task = await openTask(input);
  let how: Finished['stage'];
  try {
    how = await untilFinished(task);
  } catch (err) {
    if (err instanceof Cancelled) return end(task, 'cancelled');
    if (isCancellation(err))
      return CancellationScope.nonCancellable(() => end(task, 'cancelled_in_temporal'));
    throw err;
  }
  return end(task, how);
}

async function untilFinished(task: TaskContext): Promise<Finished['stage']> {
  for (;;) {
    try {
      const next = await stageAfter(task);
      if (isFinished(next)) return next.stage;
      task.position = next;
    } catch (err) {
      if (err instanceof Cancelled || isCancellation(err)) throw err;
      await caught(task, err);
      continue;
    }
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if (continueAsNewSuggested || historyLength > LONGEST_HISTORY)
      await continueAsNew<typeof taskWorkflow>(handOver(task));
  }
}

const isFinished = (next: Position | Finished): next is Finished =>
  next.stage === 'merged' || next.stage === 'closed' || next.stage === 'kept';
