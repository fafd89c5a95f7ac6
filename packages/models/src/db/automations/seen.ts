// Events of the log as rules look at them.
import type { LoggedEvent } from '../../events/registry.ts';
import type { SeenEvent } from '../../flow/automations/rule.ts';
import { readEvents } from '../../events/read.ts';
import { storedEvents } from '../log.ts';
import type { Queryable } from '../pool.ts';
import { anyOf, rows, tables } from '../rows.ts';

/**
 * Adds what an event does not say itself: of its task what never changes, and the name of its project.
 * @returns in the same order
 */
export async function seenEvents(database: Queryable, events: readonly LoggedEvent[]): Promise<SeenEvent[]> {
  const taskIds = [...new Set(events.flatMap(({ taskId }) => taskId ?? []))];
  const [tasks, projects] = await Promise.all([
    taskIds.length === 0 ? [] : listTasks(database, taskIds),
    rows(database, tables.selectFrom('projects').select(['id', 'name'])),
  ]);
  const taskOf = new Map(tasks.map((task) => [task.id, task]));
  const nameOf = new Map(projects.map(({ id, name }) => [id, name]));
  return events.map((event) => {
    const task = event.taskId === null ? undefined : taskOf.get(event.taskId);
    const payload: Readonly<Record<string, unknown>> = { ...event.payload };
    const named = payload['projectId'];
    const projectId = task?.projectId ?? (typeof named === 'string' ? named : null);
    return {
      seq: event.seq,
      type: event.type,
      actor: event.actor,
      atMs: Date.parse(event.at),
      task:
        task === undefined
          ? null
          : { id: task.id, title: task.title, startedAt: task.startedAt.toISOString() },
      project: projectId === null ? null : (nameOf.get(projectId) ?? null),
      payload,
    };
  });
}

const listTasks = (database: Queryable, ids: readonly string[]) =>
  rows(
    database,
    tables
      .selectFrom('tasks')
      .select(['id', 'title', 'project_id as projectId', 'created_at as startedAt'])
      .where('id', '=', anyOf(ids)),
  );

interface Sought {
  readonly ownerId: string;
  readonly types: readonly string[];
  /** Events after this one. */
  readonly afterSeq: number;
  /** And not after this one. */
  readonly toSeq: number;
  readonly since: Date | null;
}

/** Events of some types in order, `limit` at most. */
export async function findSeen(database: Queryable, sought: Sought, limit: number): Promise<SeenEvent[]> {
  let found = storedEvents
    .where('owner_id', '=', sought.ownerId)
    .where('type', '=', anyOf(sought.types))
    .where('seq', '>', sought.afterSeq)
    .where('seq', '<=', sought.toSeq);
  if (sought.since !== null) found = found.where('at', '>=', sought.since);
  const { events } = readEvents(await rows(database, found.orderBy('seq').limit(limit)));
  return seenEvents(database, events);
}

/** One event; null when there is none of this number. */
export async function findSeenEvent(
  database: Queryable,
  ownerId: string,
  seq: number,
): Promise<SeenEvent | null> {
  const { events } = readEvents(
    await rows(database, storedEvents.where('owner_id', '=', ownerId).where('seq', '=', seq)),
  );
  return (await seenEvents(database, events))[0] ?? null;
}
