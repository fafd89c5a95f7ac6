// Makes the projections anew from the log, beside those that are there: to hold one against the other, or to
// put the new ones in their place.
import { readEvents, type UnreadableEvent } from '../events/read.ts';
import { lockLog, storedEvents } from './log.ts';
import { many, one, withTx, type Db, type Tx } from './pool.ts';
import { project, PROJECTIONS } from './project.ts';
import { rows } from './rows.ts';

/** Each event costs a statement anyway, and one may be as large as a message or a change can be. */
const BATCH = 20;
/** So many rows of one table, or of the log, are named; of the others only the number is known. */
const NAMED = 100;
/** Of a value, or of a reason, so many characters are shown. */
const SHOWN = 300;

/** A row that is not as the log says. */
export interface WrongRow {
  readonly table: string;
  /** The values of its primary key. */
  readonly key: readonly string[];
  /** `missing`: the log says that there is one; `unfounded`: the log knows nothing of it. */
  readonly is: 'missing' | 'unfounded' | 'different';
  /**
   * Columns that differ, with what is there and what the log says: of a long value the beginning of its JSON.
   * Empty for a whole row.
   */
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
  /** Rows of the log that are no event of this version, a hundred at most. What they would change is not known. */
  readonly unreadable: readonly UnreadableEvent[];
  /** How many there are in all. */
  readonly unreadableRows: number;
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
    const { schema, events, unreadable, unreadableRows } = await buildBeside(tx);
    const found = [];
    for (const [table, key] of Object.entries(PROJECTIONS)) found.push(await compare(tx, schema, table, key));
    await tx.query(`drop table ${Object.keys(PROJECTIONS).map(beside).join(', ')}`);
    return {
      events,
      rows: found.reduce((sum, f) => sum + f.rows, 0),
      wrong: found.flatMap((f) => f.named),
      wrongRows: found.reduce((sum, f) => sum + f.wrong, 0),
      unreadable,
      unreadableRows,
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
    const { schema, events, unreadable, unreadableRows } = await buildBeside(tx);
    const first = unreadable[0];
    if (first !== undefined)
      throw new Error(
        `Nothing was changed: ${unreadableRows} rows of the log can't be read. The first: ${first.seq} (${first.type}) ${first.why}`,
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
): Promise<{ schema: string; events: number } & Pick<RebuildReport, 'unreadable' | 'unreadableRows'>> {
  const { schema } = (await one<{ schema: string }>(tx, 'select current_schema() as schema'))!;
  for (const table of Object.keys(PROJECTIONS))
    await tx.query(
      `create temporary table "${table}" (like ${live(schema, table)} including defaults including generated including indexes) on commit drop`,
    );
  const unreadable: UnreadableEvent[] = [];
  let unreadableRows = 0;
  let after = 0;
  let count = 0;
  for (;;) {
    const stored = await rows(tx, storedEvents.where('seq', '>', after).orderBy('seq').limit(BATCH));
    const last = stored.at(-1);
    if (last === undefined) return { schema, events: count, unreadable, unreadableRows };
    const read = readEvents(stored);
    unreadableRows += read.unreadable.length;
    for (const { seq, type, why } of read.unreadable.slice(0, NAMED - unreadable.length))
      unreadable.push({ seq, type: shown(type), why: shown(why) });
    for (const event of read.events)
      await project(tx, event).catch((cause: unknown) => {
        throw new Error(`Event ${event.seq} (${event.type}) can't be applied: ${shown(String(cause))}`, {
          cause,
        });
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

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

async function compare(tx: Tx, schema: string, table: string, key: readonly string[]): Promise<Compared> {
  const { rows } = (await one<{ rows: number }>(tx, `select count(*) as rows from ${beside(table)}`))!;
  const cut = (value: string): string =>
    `case when length(${value}::text) > ${SHOWN} then to_jsonb(left(${value}::text, ${SHOWN}) || '…') else ${value} end`;
  // Values are cut where they lie: a hundred rows may have a megabyte each.
  const different = await many<Omit<WrongRow, 'table'> & { readonly wrong: number }>(
    tx,
    `select key,
            case when l is null then 'missing' when r is null then 'unfounded' else 'different' end as is,
            (select coalesce(jsonb_agg(jsonb_build_object('name', a.key, 'live', ${cut('a.value')}, 'rebuilt', ${cut('b.value')})), '[]')
               from jsonb_each(l) a join jsonb_each(r) b on a.key = b.key
              where a.value is distinct from b.value) as columns,
            count(*) over () as wrong
       from (select array[${key.map((k) => `to_jsonb(coalesce(l."${k}", r."${k}")) #>> '{}'`).join(', ')}] as key,
                    ${key.map((k, i) => `coalesce(l."${k}", r."${k}") as key${i}`).join(', ')}, to_jsonb(l) as l, to_jsonb(r) as r
               from ${live(schema, table)} l full join ${beside(table)} r on ${key.map((k) => `l."${k}" = r."${k}"`).join(' and ')}
             offset 0) compared
      where l is distinct from r
      order by ${key.map((_, i) => `key${i}`).join(', ')} limit ${NAMED}`,
  );
  return {
    rows,
    wrong: different[0]?.wrong ?? 0,
    named: different.map(({ wrong: _, ...row }) => ({ table, ...row })),
  };
}
