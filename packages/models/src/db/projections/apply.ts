// What a projection handler is. It is applied in the append's own transaction, and again on a rebuild, so nothing in it may read the
// clock, random numbers or a table that is not a projection.
import type { EventType, LoggedEvent } from '../../events/registry.ts';
import type { Tx } from '../pool.ts';

/** What an event of this type changes in the projections. */
export type Apply<T extends EventType> = (tx: Tx, event: LoggedEvent<T>) => Promise<unknown>;
/** The handlers of some types: one for each, and none for another. */
export type Projections<T extends EventType> = { readonly [K in T]: Apply<K> };
/** The types whose names begin with one of these words. */
export type TypesOf<Family extends string> = Extract<EventType, `${Family}.${string}`>;

/** For what is only told: the log has it, and no projection shows it. */
export const isOnlyTold = async (): Promise<void> => undefined;

/**
 * Changes the row of the event's task, and when it last changed.
 * @param set assignments; `$3` is the first of `values`
 */
export const setTask = (tx: Tx, event: Pick<LoggedEvent, 'taskId' | 'at'>, set: string, ...values: unknown[]): Promise<unknown> =>
  tx.query(`update tasks set ${set}, updated_at = $2 where id = $1`, [event.taskId, event.at, ...values]);

/** For what changes nothing of a task but that something happened to it. */
export const touchTask = async (tx: Tx, event: Pick<LoggedEvent, 'taskId' | 'at'>): Promise<void> => {
  if (event.taskId !== null) await setTask(tx, event, 'phase = phase');
};
