// What becomes of trouble: tried again, left out, or asked about. Waiting for a person is a state, not a failure.
import { ActivityFailure, isCancellation, log, sleep } from '@temporalio/workflow';
import { unexpected } from '@mainloop/models/flow/outcomes';
import type { TaskState } from '@mainloop/models/flow/states';
import { sentenceOf } from '../failures.ts';
import { openItem, setState, type TaskContext } from './context.ts';

/** Between two tries of what has to be written down before anything else can happen. */
const WRITE_AGAIN_MS = 60_000;

/**
 * The task stays where it is until the person says go on.
 * @param sentence what is wrong and what to do; also the title of the item
 * @param stopped the state it is in meanwhile
 */
export async function askPerson(task: TaskContext, phase: string, sentence: string, detail: string, stopped: TaskState = 'blocked'): Promise<void> {
  const id = `${task.taskId}-f${task.seenRuns}-${++task.items}`;
  await openItem(task, { id, kind: 'failure', title: sentence, body: detail, options: [{ label: 'Retry' }] });
  await setState(task, stopped, phase, sentence);
  await task.desk.decision(id);
}

/** What retrying can't repair goes to the person, and then it is tried again. */
export async function untilDone<T>(task: TaskContext, phase: string, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (err) {
      if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
      await askPerson(task, phase, sentenceOf(err), '');
    }
  }
}

/** For our own records, without which nobody would know: tried until they are written. */
export async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await write();
    } catch (err) {
      if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
      await sleep(WRITE_AGAIN_MS);
    }
  }
}

/**
 * The net under everything: whatever goes wrong that no stage expected stands in the inbox with its reason, and Retry enters the stage
 * again. The workflow goes on, so that what is said meanwhile is not lost.
 */
export async function caught(task: TaskContext, err: unknown): Promise<void> {
  const { stage } = task.position;
  const reason = err instanceof ActivityFailure ? sentenceOf(err) : err instanceof Error ? err.message : String(err);
  log.error('a stage failed', { taskId: task.taskId, stage, reason, stack: err instanceof Error ? err.stack : undefined });
  await untilWritten(() => askPerson(task, stage, unexpected(stage), reason, 'failed'));
}
