// What every activity gets: a heartbeat, its ids on each line of the log, and its errors translated from the
// ports' closed unions to ApplicationFailure.
import { activityInfo, heartbeat } from '@temporalio/activity';
import { withIds, type LogIds, type Logger } from '@mainloop/logs/log';
import { taskIdOfWorkflow } from '@mainloop/models/flow/ids';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';

interface KindedError {
  readonly kind: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}
const ID_NAMES = [
  'ownerId',
  'projectId',
  'taskId',
  'runId',
  'itemId',
] as const satisfies readonly (keyof LogIds)[];
const HEARTBEAT_MS = 1_000;
/** Whoever takes longer hangs, and the next try does not wait for it. */
const LONGEST_TRY_MS = 15_000;
const RETRYABLE = new Set(['rate_limited', 'unavailable']);

const isKinded = (error: unknown): error is KindedError =>
  typeof error === 'object' && error !== null && typeof (error as { kind?: unknown }).kind === 'string';

/**
 * Wraps every activity of an object, so that none forgets.
 * @param ownerOf whose a task is, for the log
 */
export function translated<T extends Record<string, (input: never) => Promise<unknown>>>(
  activities: T,
  log: Logger,
  ownerOf: (taskId: string) => Promise<string | undefined>,
): T {
  const inTurn = tries();
  const wrap = (name: string, activity: (input: never) => Promise<unknown>) => async (input: never) => {
    const { workflowExecution, activityId } = activityInfo();
    const ids = idsOf(workflowExecution?.workflowId ?? '', input);
    const act = (): Promise<unknown> =>
      inTurn(`${workflowExecution?.runId}/${activityId}`, () => activity(input));
    const ownerId = ids.taskId === undefined ? undefined : await ownerOf(ids.taskId);
    return withIds({ ...(ownerId === undefined ? {} : { ownerId }), ...ids }, () => wrapped(name, act, log));
  };
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [name, wrap(name, activity)]),
  ) as T;
}

/**
 * One try of an activity after the other. While Temporal is away heartbeats are lost, and it starts a try
 * beside the one that goes on here: both would look before either has written, and write twice.
 * @returns does what it is given when the try before it in this process is over, or hangs
 */
function tries(): <R>(key: string, act: () => Promise<R>) => Promise<R> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, act) => {
    const before = last.get(key);
    const mine =
      before === undefined
        ? act()
        : Promise.race([before, sleep(LONGEST_TRY_MS, undefined, { ref: false })]).then(act);
    // Its error is whoever asked for it's; the next try only waits for the end.
    const over = mine.catch(() => undefined);
    last.set(key, over);
    try {
      return await mine;
    } finally {
      if (last.get(key) === over) last.delete(key);
    }
  };
}

/** @param input of an activity: what it names by our names is what it is about */
export function idsOf(workflowId: string, input: unknown): LogIds {
  const named = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const ids = Object.fromEntries(
    ID_NAMES.flatMap((name) => (typeof named[name] === 'string' ? [[name, named[name]]] : [])),
  );
  const taskId = taskIdOfWorkflow(workflowId);
  return { ...(taskId === null ? {} : { taskId }), ...ids };
}

async function wrapped<R>(name: string, act: () => Promise<R>, log: Logger): Promise<R> {
  // Without it a killed worker's activity is only tried again when its whole time is up.
  const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await act();
  } catch (err) {
    // What was cancelled did not fail.
    if (!(err instanceof CancelledFailure)) log.warn({ err, activity: name }, 'an activity failed');
    if (!isKinded(err)) throw err;
    throw ApplicationFailure.create({
      type: `port.${err.kind}`,
      message: err.message,
      nonRetryable: !RETRYABLE.has(err.kind),
      ...(err.retryAfterMs ? { nextRetryDelay: err.retryAfterMs } : {}),
    });
  } finally {
    clearInterval(beat);
  }
}
