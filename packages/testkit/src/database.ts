// A fresh, migrated database for each test file, copied from a template on the run's real Postgres.
import { openPool, type Db } from '@mainloop/models/db/pool';
import pg from 'pg';

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
  drop(): Promise<void>;
}

export async function freshDatabase(): Promise<TestDatabase> {
  const admin = process.env.TEST_POSTGRES_URL;
  if (!admin) throw new Error('TEST_POSTGRES_URL is missing: run the tests with make test.');
  const name = `t_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await sql(admin, `create database ${name} template mainloop_template`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const db = openPool(url.href, 'test', 20);
  return {
    db,
    url: url.href,
    async drop() {
      await db.end();
      await sql(admin, `drop database ${name} with (force)`);
    },
  };
}

export async function sql(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
