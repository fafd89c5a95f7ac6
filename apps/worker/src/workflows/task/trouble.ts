// What becomes of trouble: tried again, left out, or asked about. Waiting for a person is a state, not a failure.
import { ActivityFailure, isCancellation, log, sleep } from '@temporalio/workflow';
import type { Gate } from '@mainloop/models/flow/review/gates';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import { unexpected, type ErrorCode, type GateReason } from '@mainloop/models/flow/runs/outcomes';
import type { TaskState } from '@mainloop/models/flow/states';
import type { HumanSignal } from '@mainloop/models/flow/workflow';
import { sentenceOf } from '../failures.ts';
import { closeItem, openItem, setState, type TaskContext } from './context.ts';

/** Between two tries of what has to be written down before anything else can happen. */
const WRITE_AGAIN_MS = 60_000;

/**
 * The task stays where it is until the person says go on.
 * @param sentence what is wrong and what to do; also the title of the item
 * @param stopped the state it is in meanwhile
 * @param errorCode why it stopped, where the pages go by it
 */
export async function askPerson(
  task: TaskContext,
  phase: string,
  sentence: string,
  detail: string,
  stopped: TaskState = 'blocked',
  errorCode?: ErrorCode,
): Promise<HumanSignal> {
  const id = `${task.taskId}-f${task.seenRuns}-${++task.items}`;
  const code = errorCode === undefined ? {} : { errorCode };
  await openItem(task, {
    id,
    kind: 'failure',
    title: sentence,
    body: detail,
    options: [{ label: 'Retry' }],
    ...code,
  });
  await setState(task, stopped, phase, { is: 'item', itemId: id });
  return task.desk.decision(id);
}

/**
 * Asks, and goes on looking: what waited on is free as soon as the world has turned, whether or not the
 * person has answered.
 * @param turned looks once, and says whether there is nothing to ask any more
 * @returns the answer; null when it was not needed
 */
export async function askWhile(
  task: TaskContext,
  phase: string,
  sentence: string,
  detail: string,
  turned: () => Promise<boolean>,
): Promise<HumanSignal | null> {
  const { desk, taskId } = task;
  const id = `${taskId}-f${task.seenRuns}-${++task.items}`;
  await openItem(task, { id, kind: 'failure', title: sentence, body: detail, options: [{ label: 'Retry' }] });
  await setState(task, 'blocked', phase, { is: 'item', itemId: id });
  for (let looks = 0; ; looks++) {
    const before = desk.lookAgains();
    const answered = (): boolean => desk.decided(id) !== undefined;
    if (
      await desk.until(() => answered() || desk.lookAgains() > before, lookAgainMs(looks), {
        what: 'decision',
        itemId: id,
      })
    )
      looks = -1;
    const said = desk.decided(id);
    if (said !== undefined) return said;
    if (!(await turned())) continue;
    await closeItem(task, id, 'it has turned by itself');
    return null;
  }
}

/**
 * Asks about what only the person may let through. A decision of its own: a Retry never means it.
 * @param weakened what the change does to its tests, a line for each
 * @param unchecked why nothing has checked the change, where that is known
 * @param red the checks of the repository that are red, where they stand against it
 * @returns the item, and whether it was let through
 */
export async function askAtGate(
  task: TaskContext,
  what: GateReason,
  { title, lines, options }: Gate,
): Promise<{ id: string; allowed: boolean }> {
  // Named like the failure that it was once told as: a task that waits for one of those goes on, and its
  // retry let it through.
  const id = `${task.taskId}-f${task.seenRuns}-${++task.items}`;
  await openItem(task, {
    id,
    kind: 'gate',
    title,
    body: lines.join('\n'),
    options: [...options],
    errorCode: what,
  });
  await setState(task, 'blocked', 'ci', { is: 'item', itemId: id });
  return { id, allowed: (await task.desk.decision(id)).kind !== 'deny' };
}

/**
 * What retrying can't repair goes to the person, and then it is tried again.
 * @param phase where the inbox item says that it stands
 * @returns what the activity gave at last
 */
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

/**
 * For our own records, without which nobody would know: tried until they are written.
 * @returns when it is written
 */
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
 * The net under everything: whatever goes wrong that no stage expected stands in the inbox with its
 * reason, and Retry enters the stage
 * again. The workflow goes on, so that what is said meanwhile is not lost.
 * @returns when the person has said Retry
 */
export async function caught(task: TaskContext, err: unknown): Promise<void> {
  const { stage } = task.position;
  const message = err instanceof Error ? err.message : String(err);
  const reason = err instanceof ActivityFailure ? sentenceOf(err) : message;
  log.error('a stage failed', {
    taskId: task.taskId,
    stage,
    reason,
    stack: err instanceof Error ? err.stack : undefined,
  });
  await untilWritten(async () => {
    await askPerson(task, stage, unexpected(stage), reason, 'failed');
  });
}
