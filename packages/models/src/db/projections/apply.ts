// What a projection handler is. It is applied in the append's own transaction, and again on a rebuild, so
// nothing in it may read the clock, random numbers or a table that is not a projection.
import type { EventType, LoggedEvent } from '../../events/registry.ts';
import type { Updateable } from 'kysely';
import type { DB } from '../generated/tables.ts';
import type { Tx } from '../pool.ts';
import { prepare, tables } from '../rows.ts';

/** What an event of this type changes in the projections. */
export type Apply<T extends EventType> = (tx: Tx, event: LoggedEvent<T>) => Promise<unknown>;
/** The handlers of some types: one for each, and none for another. */
export type Projections<T extends EventType> = { readonly [K in T]: Apply<K> };
/** The types whose names begin with one of these words. */
export type TypesOf<Family extends string> = Extract<EventType, `${Family}.${string}`>;

/**
 * For what is only told: the log has it, and no projection shows it.
 * @returns when nothing was done
 */
export const notProjected = async (): Promise<void> => undefined;

type TaskColumns = Updateable<DB['tasks']>;

type TaskValues = Updateable<DB['tasks']> & { readonly id: string; readonly updated_at: string };

const setters = new Map<string, (tx: Tx, values: TaskValues) => Promise<unknown>>();

/** @param names of the columns that are set @returns the statement that sets them, put together once */
function setter(names: readonly string[]): (tx: Tx, values: TaskValues) => Promise<unknown> {
  const known = setters.get(names.join());
  if (known !== undefined) return known;
  const made = prepare<TaskValues>()((values) => {
    const set: TaskColumns = Object.fromEntries(names.map((name) => [name, Reflect.get(values, name)]));
    return tables
      .updateTable('tasks')
      .set({ ...set, updated_at: values.updated_at })
      .where('id', '=', values.id);
  });
  setters.set(names.join(), made);
  return made;
}

/**
 * Changes columns of the row of the event's task, and when it last changed. An event about no task changes
 * nothing.
 * @param columns with their new values
 */
export const setTask = async (
  tx: Tx,
  event: Pick<LoggedEvent, 'taskId' | 'at'>,
  columns: TaskColumns,
): Promise<void> => {
  if (event.taskId === null) return;
  await setter(Object.keys(columns))(tx, { ...columns, updated_at: event.at, id: event.taskId });
};

/**
 * For what changes nothing of a task but that something happened to it.
 * @param event whose task is touched
 */
export const touchTask = (tx: Tx, event: Pick<LoggedEvent, 'taskId' | 'at'>): Promise<unknown> =>
  setTask(tx, event, {});

/** @returns the task that an event is about @throws Error for one that is about none, though all of its type are */
export function ofTask(event: Pick<LoggedEvent, 'taskId' | 'type'>): string {
  if (event.taskId === null) throw new Error(`an event of type ${event.type} is about no task`);
  return event.taskId;
}
