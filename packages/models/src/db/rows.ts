// Statements whose rows are typed by a machine: Kysely puts the text together, and what each table holds
// comes from schema.prisma (generated/tables.ts, made at build). A column that is renamed there does not
// compile here. docs/adr/0012-typed-rows.md says why this.
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type CompiledQuery,
  type Compilable,
  type InferResult,
  type RawBuilder,
} from 'kysely';
import type { DB } from './generated/tables.ts';
import type { Queryable } from './pool.ts';

/**
 * Where every statement begins. It has no connection: a statement is run by what it is handed to, so
 * transactions stay those of `withTx`.
 */
export const tables = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * The pages have a client of their own; by it they run the statements that the other processes run as well.
 * @param client of the pages' role
 * @returns what `rows` and `row` take
 */
export const overClient = (client: {
  $queryRawUnsafe(text: string, ...values: readonly unknown[]): Promise<unknown>;
}): Queryable =>
  ({
    query: async (text: string, values: readonly unknown[] = []) => ({
      rows: await client.$queryRawUnsafe(text, ...values),
    }),
  }) as unknown as Queryable;

/** What one row of a statement is. */
type RowOf<S extends Compilable> = InferResult<S>[number];

/** @returns the rows that the statement gives, in its order */
export async function rows<S extends Compilable>(database: Queryable, statement: S): Promise<RowOf<S>[]> {
  const { sql: text, parameters } = statement.compile();
  return (await database.query(text, parameters as unknown[])).rows;
}

/** @returns the first row that the statement gives; null when it gives none */
export const row = async <S extends Compilable>(
  database: Queryable,
  statement: S,
): Promise<RowOf<S> | null> => (await rows(database, statement))[0] ?? null;

/** @returns whether the statement gives a row */
export const hasRow = async (database: Queryable, statement: Compilable): Promise<boolean> =>
  (await rows(database, statement)).length > 0;

/** Runs a statement that changes something. @returns how many rows it touched */
export async function run(database: Queryable, statement: Compilable): Promise<number> {
  const { sql: text, parameters } = statement.compile();
  return (await database.query(text, parameters as unknown[])).rowCount ?? 0;
}

/** The clock of Postgres, which is the same for all processes: when the transaction began. */
export const now = sql<Date>`now()`;
/**
 * The clock of Postgres and some milliseconds more, or less.
 * @param ms milliseconds; less than 0 for a time that is over
 * @returns an expression for a statement, not a date
 */
export const nowAnd = (ms: number): RawBuilder<Date> => sql`now() + ${ms} * interval '1 millisecond'`;
/**
 * To be compared with: `where('id', '=', anyOf(ids))`. Of no values nothing is one.
 * @returns the right side of a comparison
 */
export const anyOf = <T>(values: readonly T[]): RawBuilder<T> => sql`any(${values})`;

/** Stands for a value in a statement that is put together once. */
class Hole {
  readonly name: PropertyKey;
  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * A statement that is put together once, for the ways that are gone often: an append puts four together, and
 * that alone is a third of what it costs this process.
 * @param make puts it together around the values, which it hands on as they are and does not look at
 * @returns runs it with some values, and gives its rows
 */
export const prepare =
  <Values extends object>() =>
  <S extends Compilable>(
    make: (values: Values) => S,
  ): ((database: Queryable, values: Values) => Promise<RowOf<S>[]>) => {
    let compiled: CompiledQuery | undefined;
    return async (database, values) => {
      compiled ??= make(new Proxy<Values>({} as Values, { get: (_, name) => new Hole(name) })).compile();
      const parameters = compiled.parameters.map((parameter) =>
        parameter instanceof Hole ? Reflect.get(values, parameter.name) : parameter,
      );
      return (await database.query(compiled.sql, parameters)).rows;
    };
  };

const tell = prepare<{ readonly channel: string; readonly words: string }>()(({ channel, words }) =>
  tables.selectNoFrom(sql`pg_notify(${channel}, ${words})`.as('told')),
);

/** Tells whoever listens on a channel, when the transaction commits. @param words at most 8,000 bytes */
export const notify = (database: Queryable, channel: string, words: string): Promise<unknown> =>
  tell(database, { channel, words });
