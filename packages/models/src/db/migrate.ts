// Applies the migrations on start, safely with several replicas: one advisory lock of ours around a small
// runner (umzug). What is applied stands where Prisma writes it, in its own shape, so databases that Prisma's
// engine made go on, and `prisma migrate status` reads ours.
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Umzug, type UmzugStorage } from 'umzug';
import { LOCKS } from './locks.ts';
import { applyRights } from './roles.ts';

const MIGRATIONS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../prisma/migrations');

/** Exactly as Prisma makes it. */
const TABLE = `create table _prisma_migrations (
  id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null, logs text,
  rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

/**
 * Brings the schema up to date, and the rights of each process's role with it.
 * @param url Postgres URL whose user may create tables
 * @param folder that holds a folder for each migration; they are applied in the order of their names
 * @returns names of the migrations that were applied now
 * @throws Error of the first script that Postgres refuses. All of that script is taken back then, and those
 * before it stay
 */
export async function migrate(url: string, folder = MIGRATIONS): Promise<string[]> {
  const client = await connectPatiently(url, 20_000);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCKS.migrate]);
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('_prisma_migrations') is not null as there",
    );
    if (!rows[0]!.there) await client.query(TABLE);
    const runner = new Umzug({
      migrations: migrationsIn(client, folder),
      storage: appliedIn(client),
      logger: undefined,
    });
    const applied = await runner.up();
    await applyRights(client);
    return applied.map((m) => m.name);
  } finally {
    await client.end();
  }
}

function migrationsIn(client: pg.Client, folder: string): { name: string; up: () => Promise<void> }[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
  return names.map((name) => ({
    name,
    up: () => apply(client, name, readFileSync(path.join(folder, name, 'migration.sql'), 'utf8')),
  }));
}

/** A script and the note that it was applied, both or neither. */
async function apply(client: pg.Client, name: string, script: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(script);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), createHash('sha256').update(script).digest('hex'), name],
    );
    await client.query('commit');
  } catch (err) {
    await client.query('rollback');
    throw err;
  }
}

const appliedIn = (client: pg.Client): UmzugStorage => ({
  async executed() {
    const { rows } = await client.query<{ name: string; isOver: boolean }>(
      'select migration_name as name, finished_at is not null as "isOver" from _prisma_migrations where rolled_back_at is null order by started_at',
    );
    // Prisma's engine notes the beginning, runs the script and notes the end: without the end nobody knows
    // whether the script was run.
    const open = rows.find((row) => !row.isOver);
    if (open !== undefined)
      throw new Error(
        `Migration ${open.name} was begun by an older version and its end is not noted. Restore the last backup, or, when you know that its ` +
          `changes are not there, delete its row in _prisma_migrations and start again.`,
      );
    return rows.map((row) => row.name);
  },
  // `apply` has noted it already, in the transaction of the script.
  logMigration: () => Promise.resolve(),
  unlogMigration: () => Promise.reject(new Error('no migration is taken back')),
});

async function connectPatiently(url: string, forMs: number): Promise<pg.Client> {
  const deadline = Date.now() + forMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return client;
    } catch (err) {
      // What is wrong is the error that we have.
      await client.end().catch(() => undefined);
      const code = (err as { code?: string }).code;
      // 57P03: the server is starting up. Everything else (wrong password, no such database) will not go away
      // by itself.
      if ((code !== '57P03' && code !== 'ECONNREFUSED') || Date.now() > deadline)
        throw new Error(`Postgres at ${redact(url)} can't be used: ${(err as Error).message}`);
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

/** @returns the address without its password, for a log */
export const redact = (url: string): string => url.replace(/\/\/([^:@/]+):[^@/]+@/, '//$1:***@');
