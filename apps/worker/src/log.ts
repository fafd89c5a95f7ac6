// Temporal's own lines in the log of the worker, and whose a task is.
import type { Logger, LogIds } from '@mainloop/logs/log';
import type { Db } from '@mainloop/models/db/pool';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { taskIdOfWorkflow } from '@mainloop/models/flow/ids';
import type { LogEntry } from '@temporalio/worker';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
/**
 * Temporal says it too, outside the activity, where nobody knows its ids any more. We say it ourselves
 * (activities/errors.ts).
 */
const SAID_BY_US = 'Activity failed';
/** A worker that lives for months does not keep every task that there was. */
const MAX_KNOWN = 10_000;

/**
 * @returns what writes a line of Temporal's into ours: with its level, the task, and what else Temporal says
 * about it under `temporal`
 */
export function temporalLines(log: Logger): (entry: LogEntry) => void {
  return ({ level, message, meta }) => {
    if (message === SAID_BY_US) return;
    const { error, workflowId, ...temporal } = (meta ?? {}) as Record<string, unknown>;
    const taskId = typeof workflowId === 'string' ? taskIdOfWorkflow(workflowId) : null;
    const ids: LogIds = taskId === null ? {} : { taskId };
    log[LEVELS[level]]({ ...ids, ...(error === undefined ? {} : { err: error }), temporal }, message);
  };
}

/**
 * @returns what says whose a task is, asked once a task; undefined for one that is not there, or while the
 * database is away: a log waits for nobody
 */
export function ownerOfTask(db: Db): (taskId: string) => Promise<string | undefined> {
  const known = new Map<string, string>();
  const ask = async (taskId: string): Promise<string | undefined> => {
    try {
      return (await getTask(db, taskId)).ownerId;
    } catch {
      // The activity itself will say that the task or the database is not there.
      return undefined;
    }
  };
  return async (taskId) => {
    const ownerId = known.get(taskId) ?? (await ask(taskId));
    if (ownerId === undefined) return undefined;
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(taskId, ownerId);
    return ownerId;
  };
}
