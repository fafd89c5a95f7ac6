// Makes the projections anew from the log, beside those that are there: to hold one against the other, or to
// put the new ones in their place.
import { readEvents, type UnreadableEvent } from '../events/read.ts';
import { lockLog, storedEvents } from './log.ts';
import { many, one, withTx, type Db, type Tx } from './pool.ts';
import { project, PROJECTIONS } from './project.ts';
import { rows } from './rows.ts';

const BATCH = 1_000;
/** So many rows of one table are named; of the others only the number is known. */
const NAMED = 100;

/** A row that is not as the log says. */
export interface WrongRow {
  readonly table: string;
  /** The values of its primary key. */
  readonly key: readonly string[];
  /** `missing`: the log says that there is one; `unfounded`: the log knows nothing of it. */
  readonly is: 'missing' | 'unfounded' | 'different';
  /** Columns that differ, with what is there and what the log says. Empty for a whole row. */
  readonly columns: readonly { readonly name: string; readonly live: unknown; readonly rebuilt: unknown }[];
}

export interface RebuildReport {
  /** How many events were read. */
  readonly events: number;
  /** How many rows they make. */
  readonly rows: number;
  /** At most a hundred of each table. */
  readonly wrong: readonly WrongRow[];
  /** How many there are in all. */
  readonly wrongRows: number;
  /** Rows of the log that are no event of this version. What they would change is not known. */
  readonly unreadable: readonly UnreadableEvent[];
}

/**
 * Makes every projection anew in tables of this session and compares. It changes nothing and nobody waits for
 * it: log and projections are seen as they are at one moment, and an append is in both or in neither.
 * @param db with a user that may read everything and make tables of its own
 * @throws Error that names the event which can't be applied
 */
export const checkRebuild = (db: Db): Promise<RebuildReport> =>
  withTx(db, async (tx) => {
    await tx.query('set transaction isolation level repeatable read');
    const { schema, events, unreadable } = await buildBeside(tx);
    const found = [];
    for (const [table, key] of Object.entries(PROJECTIONS)) found.push(await compare(tx, schema, table, key));
    await tx.query(`drop table ${Object.keys(PROJECTIONS).map(beside).join(', ')}`);
    return {
      events,
      rows: found.reduce((sum, f) => sum + f.rows, 0),
      wrong: found.flatMap((f) => f.named),
      wrongRows: found.reduce((sum, f) => sum + f.wrong, 0),
      unreadable,
    };
  });

/**
 * Puts what the log says in the place of every projection. Appends wait meanwhile; readers see what was there
 * until it is done.
 * @param db with a user that owns the tables
 * @returns how many events it was made from
 * @throws Error when the log holds a row that can't be read, or an event that can't be applied; then nothing
 * has changed
 */
export const rebuild = (db: Db): Promise<number> =>
  withTx(db, async (tx) => {
    await lockLog(tx);
    const { schema, events, unreadable } = await buildBeside(tx);
    const first = unreadable[0];
    if (first !== undefined)
      throw new Error(
        `Nothing was changed: ${unreadable.length} rows of the log can't be read. The first: ${first.seq} (${first.type}) ${first.why}`,
      );
    for (const table of Object.keys(PROJECTIONS)) {
      await tx.query(`delete from ${live(schema, table)}`);
      const columns = await writtenColumns(tx, schema, table);
      await tx.query(
        `insert into ${live(schema, table)} (${columns}) select ${columns} from ${beside(table)}`,
      );
    }
    await tx.query(`drop table ${Object.keys(PROJECTIONS).map(beside).join(', ')}`);
    return events;
  });

const live = (schema: string, table: string): string => `"${schema}"."${table}"`;
const beside = (table: string): string => `pg_temp."${table}"`;

/** All but those that Postgres makes of others. */
async function writtenColumns(tx: Tx, schema: string, table: string): Promise<string> {
  const found = await many<{ name: string }>(
    tx,
    `select quote_ident(column_name) as name from information_schema.columns
      where table_schema = $1 and table_name = $2 and is_generated = 'NEVER' order by ordinal_position`,
    [schema, table],
  );
  return found.map((column) => column.name).join(', ');
}

/**
 * Tables of a session are found before others of the same name, so the handlers write to these and know
 * nothing of it.
 */
async function buildBeside(
  tx: Tx,
): Promise<{ schema: string; events: number; unreadable: UnreadableEvent[] }> {
  const { schema } = (await one<{ schema: string }>(tx, 'select current_schema() as schema'))!;
  for (const table of Object.keys(PROJECTIONS))
    await tx.query(
      `create temporary table "${table}" (like ${live(schema, table)} including defaults including generated including indexes) on commit drop`,
    );
  const unreadable: UnreadableEvent[] = [];
  let after = 0;
  let count = 0;
  for (;;) {
    const stored = await rows(tx, storedEvents.where('seq', '>', after).orderBy('seq').limit(BATCH));
    const last = stored.at(-1);
    if (last === undefined) return { schema, events: count, unreadable };
    const read = readEvents(stored);
    unreadable.push(...read.unreadable);
    for (const event of read.events)
      await project(tx, event).catch((cause: unknown) => {
        throw new Error(`Event ${event.seq} (${event.type}) can't be applied: ${String(cause)}`, { cause });
      });
    after = last.seq;
    count += read.events.length;
  }
}

interface Compared {
  readonly rows: number;
  readonly wrong: number;
  readonly named: WrongRow[];
}

async function compare(tx: Tx, schema: string, table: string, key: readonly string[]): Promise<Compared> {
  const { rows } = (await one<{ rows: number }>(tx, `select count(*) as rows from ${beside(table)}`))!;
  const different = await many<{
    live: Record<string, unknown> | null;
    rebuilt: Record<string, unknown> | null;
    wrong: number;
  }>(
    tx,
    `select to_jsonb(l) as live, to_jsonb(r) as rebuilt, count(*) over () as wrong
       from ${live(schema, table)} l full join ${beside(table)} r on ${key.map((k) => `l."${k}" = r."${k}"`).join(' and ')}
      where to_jsonb(l) is distinct from to_jsonb(r)
      order by ${key.map((k) => `coalesce(l."${k}", r."${k}")`).join(', ')} limit ${NAMED}`,
  );
  return { rows, wrong: different[0]?.wrong ?? 0, named: different.map((d) => wrongRow(table, key, d)) };
}

function wrongRow(
  table: string,
  key: readonly string[],
  { live, rebuilt }: { live: Record<string, unknown> | null; rebuilt: Record<string, unknown> | null },
): WrongRow {
  const there = new Map(Object.entries(live ?? {}));
  const said = new Map(Object.entries(rebuilt ?? {}));
  const either = live === null ? said : there;
  const keyValues = key.map((k) => String(either.get(k)));
  if (live === null) return { table, key: keyValues, is: 'missing', columns: [] };
  if (rebuilt === null) return { table, key: keyValues, is: 'unfounded', columns: [] };
  const columns = [...there]
    .map(([name, value]) => ({ name, live: value, rebuilt: said.get(name) }))
    .filter((c) => JSON.stringify(c.live) !== JSON.stringify(c.rebuilt));
  return { table, key: keyValues, is: 'different', columns };
}
