// Who changed the files of a change before.
import { sql } from 'kysely';
import { areaKnown } from '../../events/awareness.ts';
import { readEvents } from '../../events/read.ts';
import type { Payloads } from '../../events/registry.ts';
import type { KnownBy } from '../../flow/awareness/areas.ts';
import { appendOnce, storedEvents } from '../log.ts';
import type { AreaView } from '../read-views.ts';
import { payloadField } from '../payload.ts';
import type { Db, Queryable } from '../pool.ts';
import { anyOf, rows, tables } from '../rows.ts';

type CommitsPath = `$.${keyof Payloads['branch.pushed'] & string}[*].sha`;

/**
 * @param shas of commits, from whichever repository
 * @returns the tasks of a user that pushed them, or that were merged as them, by commit
 */
export async function listTaskOfCommits(
  database: Queryable,
  ownerId: string,
  shas: readonly string[],
): Promise<Map<string, string>> {
  if (shas.length === 0) return new Map();
  const events = tables.selectFrom('events').where('owner_id', '=', ownerId).where('task_id', 'is not', null);
  const merged = await rows(
    database,
    events
      .select(['task_id as taskId', payloadField('pr.merged', 'sha').as('sha')])
      .where('type', '=', 'pr.merged')
      .where(payloadField('pr.merged', 'sha'), '=', anyOf(shas)),
  );
  const pushed = await rows(
    database,
    events
      .select(['task_id as taskId', (eb) => commitsOf(eb.ref('payload')).as('shas')])
      .where('type', '=', 'branch.pushed')
      .where((eb) => sql<boolean>`${commitsOf(eb.ref('payload'))} ?| ${shas}::text[]`),
  );
  const known = new Set(shas);
  return new Map([
    ...pushed.flatMap(({ taskId, shas: all }) =>
      all.filter((sha) => known.has(sha)).map((sha) => [sha, taskId!] as const),
    ),
    ...merged.map(({ taskId, sha }) => [sha ?? '', taskId!] as const),
  ]);
}

const commitsOf = (payload: unknown) =>
  sql<string[]>`jsonb_path_query_array(${payload}, ${sql.lit('$.commits[*].sha' satisfies CommitsPath)})`;

/** Writes down who knows the area of a task's change as of a commit, once. */
export const noteArea = (
  db: Db,
  ownerId: string,
  taskId: string,
  sha: string,
  { people, tasks }: KnownBy,
): Promise<unknown> =>
  appendOnce(db, [areaKnown.new({ taskId, actor: 'mainloop', payload: { sha, people, tasks } })], ownerId);

/** @returns who changed the files of a task's change before, as of the newest commit that was looked at */
export async function findArea(database: Queryable, ownerId: string, taskId: string): Promise<AreaView> {
  const stored = storedEvents.where('owner_id', '=', ownerId).where('task_id', '=', taskId);
  const newest = stored.where('type', '=', 'area.known').orderBy('seq', 'desc').limit(1);
  const [event] = readEvents(await rows(database, newest)).events;
  if (event?.type !== 'area.known') return { people: [], tasks: [] };
  const { people, tasks: ids } = event.payload;
  const earlier = tables.selectFrom('tasks').select(['id', 'title']).where('owner_id', '=', ownerId);
  const found = ids.length === 0 ? [] : await rows(database, earlier.where('id', '=', anyOf(ids)));
  return { people, tasks: ids.flatMap((id) => found.find((task) => task.id === id) ?? []) };
}
