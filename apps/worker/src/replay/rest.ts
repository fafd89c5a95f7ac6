// When a workflow on Temporal's time-skipping server is at rest, and when it may be told something.
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

/** Of this machine's time. What a test holds back comes to no rest before. */
const REST_MS = 60_000;

/**
 * Waits until nothing of a workflow is under way.
 * @param resting names of the activities whose last try failed and is followed by another
 */
export async function comesToRest(
  handle: WorkflowHandle,
  resting: ReadonlySet<string>,
  mostMs = REST_MS,
): Promise<void> {
  for (const began = Date.now(); Date.now() - began < mostMs && (await isUnderWay(handle, resting));) {
    await new Promise((done) => setTimeout(done, 5));
  }
}

/**
 * Told by the history, since this server describes no pending workflow task. One that failed or timed out is
 * tried again, and nothing is written of that; an activity that waits for its next try is not under way, which
 * this server does not tell either.
 */
async function isUnderWay(handle: WorkflowHandle, resting: ReadonlySet<string>): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  let isThinking = false;
  const activities = new Set<string>();
  for (const event of events ?? []) {
    if (event.workflowTaskScheduledEventAttributes) isThinking = true;
    if (event.workflowTaskCompletedEventAttributes) isThinking = false;
    if (event.activityTaskScheduledEventAttributes) activities.add(String(event.eventId));
    const over =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (over) activities.delete(String(over.scheduledEventId));
  }
  if (isThinking || activities.size === 0) return isThinking;
  const { pendingActivities } = (await handle.describe()).raw;
  return !pendingActivities?.every((a) => resting.has(a.activityType?.name ?? ''));
}

/**
 * Far longer than a workflow thinks on a busy machine. The clock runs meanwhile, and this server does not bear that
 * a timer goes off while a workflow task is under way which then cancels it: the task is refused, nobody is given it
 * again, and the workflow stands for ever with its lock on the time
 * (https://github.com/temporalio/sdk-java/issues/3088).
 */
const CLEAR_MS = 10_000;
/** What asks every second never comes to wait for longer. */
const MOST_TIMERS = 5;

/** What a protobuf writes for a moment or a span. */
type Spelt = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;
const inMs = (time: Spelt): number => Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6;

/** @returns when a workflow's next timer goes off by the server's clock, null without one; undefined while it thinks */
async function nextTimerMs(handle: WorkflowHandle): Promise<number | null | undefined> {
  const { events } = await handle.fetchHistory();
  let isThinking = false;
  const dueMs = new Map<string, number>();
  for (const event of events ?? []) {
    if (event.workflowTaskScheduledEventAttributes) isThinking = true;
    if (event.workflowTaskCompletedEventAttributes) isThinking = false;
    const started = event.timerStartedEventAttributes;
    if (started) dueMs.set(started.timerId!, inMs(event.eventTime) + inMs(started.startToFireTimeout));
    const over = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (over) dueMs.delete(over.timerId!);
  }
  if (isThinking) return undefined;
  return dueMs.size === 0 ? null : Math.min(...dueMs.values());
}

/** Of this machine's time: for what is under way, and what comes of it may be a timer. A test may hold it back. */
const CLEARS_MS = 2_000;

/** Lets time go by until no timer of a workflow goes off soon, nor is started by what is under way. */
async function comesClear(
  env: TestWorkflowEnvironment,
  handle: WorkflowHandle,
  resting: ReadonlySet<string>,
): Promise<void> {
  const began = Date.now();
  await comesToRest(handle, resting, CLEARS_MS);
  for (let timers = 0; timers < MOST_TIMERS && Date.now() - began < REST_MS;) {
    const dueMs = await nextTimerMs(handle);
    if (dueMs === undefined) {
      await new Promise((done) => setTimeout(done, 5));
      continue;
    }
    const leftMs = dueMs === null ? Infinity : dueMs - (await env.currentTimeMs());
    if (leftMs > CLEAR_MS) return;
    timers++;
    await env.sleep(Math.max(Math.ceil(leftMs), 1));
    await comesToRest(handle, resting, CLEARS_MS);
  }
}

/**
 * @returns the same workflow, whose signals wait until none of its timers goes off soon. One that saw by itself what
 *   it was to be told, and ended, is told nothing: that may be before it is asked how it is, while no timer is left
 *   and its last activities run, and on the way of the signal, so only the refusal tells. What a test expects of the
 *   workflow it reads of its end.
 * @param resting names of the activities whose last try failed and is followed by another
 */
export function whenClear(
  env: TestWorkflowEnvironment,
  handle: WorkflowHandle,
  resting: ReadonlySet<string>,
): WorkflowHandle {
  const signal = handle.signal.bind(handle);
  return Object.assign(handle, {
    signal: async (...said: Parameters<typeof signal>) => {
      await comesClear(env, handle, resting);
      try {
        await signal(...said);
      } catch (err) {
        if (!(err instanceof WorkflowNotFoundError)) throw err;
        const { status } = await handle.describe();
        if (status.name === 'RUNNING') throw err;
      }
    },
  });
}
