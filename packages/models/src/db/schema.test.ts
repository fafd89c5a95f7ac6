import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { schemaSql } from '@mainloop/testkit/schema';
import { seedProject } from '@mainloop/testkit/seed';
import { many, withTx } from './pool.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('schema.prisma and the migrations say the same', async () => {
  const look = async (schema: string): Promise<string[]> =>
    [
      ...(
        await many<{ line: string }>(
          database.db,
          `select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
           from information_schema.columns where table_schema = $1 and table_name <> '_prisma_migrations'`,
          [schema],
        )
      ).map((r) => r.line),
      // Partial indexes and those over an expression are nothing that schema.prisma can say.
      ...(
        await many<{ line: string }>(
          database.db,
          "select indexdef as line from pg_indexes where schemaname = $1 and tablename <> '_prisma_migrations' and indexdef not like '% WHERE %'",
          [schema],
        )
      ).map((r) => r.line),
    ]
      .map((l) => l.replaceAll(`${schema}.`, '').replaceAll(`'${schema}`, "'"))
      .sort();
  const script = (await schemaSql(database.url)).replace(/CREATE SCHEMA[^;]*;/, '');
  await withTx(database.db, async (tx) => {
    await tx.query('create schema wanted');
    await tx.query('set local search_path to wanted');
    await tx.query(script.replaceAll('"public".', ''));
  });
  const wanted = await look('wanted');
  expect(wanted.length).toBeGreaterThan(100);
  expect((await look('public')).filter((l) => !l.includes('events_owner_seq'))).toEqual(wanted);
});
