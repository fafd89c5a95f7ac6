// Connections and transactions. Everything that is written goes through here; plain reads may use Prisma (`db/read`).
import pg from 'pg';
import { storable } from './storable.ts';

export type Tx = pg.PoolClient;
export type Db = pg.Pool;
export type Queryable = Pick<pg.Pool, 'query'>;

// int8 comes as a string by default; our sequences and micro-dollars stay far below 2^53.
pg.types.setTypeParser(20, Number);

interface WithValues {
  readonly values?: readonly unknown[];
  /** Of what sends itself, such as a cursor. */
  readonly submit?: unknown;
}
/** A connection whose statements never fail of a character. */
export class StorableClient extends pg.Client {
  // The overloads are those of `pg`; what is added looks at the values alone.
  override query: pg.Client['query'] = ((statement: string | WithValues, ...rest: unknown[]) => {
    const [values, ...others] = rest;
    const query = super.query.bind(this) as (...given: unknown[]) => unknown;
    if (Array.isArray(values)) return query(statement, values.map(storable), ...others);
    if (typeof statement === 'object' && statement.submit === undefined && statement.values !== undefined)
      return query({ ...statement, values: statement.values.map(storable) }, ...rest);
    return query(statement, ...rest);
  }) as pg.Client['query'];
}

/**
 * @param name how Postgres lists our connections
 * @param max connections at once; whoever waits longer than ten seconds for one gets an error
 */
export function openPool(url: string, name: string, max = 10): Db {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    Client: StorableClient,
  });
  // An idle connection that breaks (Postgres was killed) must not end the process; the next query opens a new one.
  pool.on('error', () => undefined);
  return pool;
}

/**
 * Does work in one transaction: committed when it returns, rolled back when it throws.
 * @throws what the work threw; a connection that can't even roll back is closed for good
 */
export async function withTx<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const tx = await db.connect();
  let broken: Error | undefined;
  try {
    await tx.query('begin');
    const out = await work(tx);
    await tx.query('commit');
    return out;
  } catch (err) {
    await tx.query('rollback').catch((error: Error) => {
      broken = error;
    });
    throw err;
  } finally {
    tx.release(broken);
  }
}

/**
 * Does a part of a transaction: when it throws, that part is undone and the rest stays.
 * @throws what the work threw
 */
export async function withSavepoint<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await tx.query('savepoint part');
  try {
    const out = await work();
    await tx.query('release savepoint part');
    return out;
  } catch (err) {
    await tx.query('rollback to savepoint part');
    throw err;
  }
}

/**
 * @param sql with $1, $2 … for `args`
 * @returns the first row, or null
 */
export async function one<T extends pg.QueryResultRow>(
  database: Queryable,
  sql: string,
  args: readonly unknown[] = [],
): Promise<T | null> {
  return ((await database.query<T>(sql, args as unknown[])).rows[0] as T | undefined) ?? null;
}

/**
 * @param sql with $1, $2 … for `args`
 * @returns all rows
 */
export async function many<T extends pg.QueryResultRow>(
  database: Queryable,
  sql: string,
  args: readonly unknown[] = [],
): Promise<T[]> {
  return (await database.query<T>(sql, args as unknown[])).rows;
}
