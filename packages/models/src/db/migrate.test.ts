// Migrations on databases of every age, on a real Postgres. Old ones are made by Prisma's own engine, as
// versions before made them.
import { afterEach, expect, test } from '@jest/globals';
import { freshDatabase, sql } from '@mainloop/testkit/database';
import { migrateAsPrismaDid } from '@mainloop/testkit/schema';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from './migrate.ts';
import { rebuild } from './rebuild.ts';
import { many, openPool, type Db } from './pool.ts';

const MIGRATIONS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../prisma/migrations');
const names = readdirSync(MIGRATIONS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();

const after: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const tidy of after.splice(0).toReversed()) await tidy();
});

/** A database with nothing in it. */
async function empty(): Promise<{ url: string; db: Db }> {
  const admin = new URL(process.env.TEST_POSTGRES_URL!);
  const name = `m_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await sql(admin.href, `create database ${name} template template0`);
  const url = new URL(admin.href);
  url.pathname = `/${name}`;
  const db = openPool(url.href, 'test', 2);
  after.push(async () => {
    await db.end();
    await sql(admin.href, `drop database ${name} with (force)`);
  });
  return { url: url.href, db };
}

/** A folder with all migrations of ours, and one more. */
function withOneMore(name: string, script: string): string {
  const folder = mkdtempSync(path.join(process.env.TMPDIR ?? '/tmp', 'migrations-'));
  after.push(() => Promise.resolve(rmSync(folder, { recursive: true })));
  cpSync(MIGRATIONS, folder, { recursive: true });
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, 'migration.sql'), script);
  return folder;
}

const look = (db: Db): Promise<unknown[]> =>
  many(
    db,
    `select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
       from information_schema.columns where table_schema = 'public' order by 1`,
  );

test.each([0, Math.floor(names.length / 2), names.length - 1])(
  'a database that Prisma brought up to migration %i goes on, with what it holds',
  async (last) => {
    const [old, fresh] = [await empty(), await freshDatabase()];
    after.push(() => fresh.drop());
    expect(await migrateAsPrismaDid(old.url, names[last]!)).toEqual(names.slice(0, last + 1));
    await old.db.query(
      "insert into projects (id, owner_id, name, repo, default_branch, remote_url) values ('p', 'o', 'n', 'a/b', 'main', 'https://x')",
    );
    expect(await migrate(old.url)).toEqual(names.slice(last + 1));
    expect(await many(old.db, 'select id, repo from projects')).toEqual([{ id: 'p', repo: 'a/b' }]);
    // What is noted is in the shape of Prisma's table too.
    expect(await look(old.db)).toEqual(await look(fresh.db));
    expect(await migrate(old.url)).toEqual([]);
  },
);

test('Prisma’s own engine takes what we noted for its own', async () => {
  const { url } = await empty();
  expect(await migrate(url)).toEqual(names);
  expect(await migrateAsPrismaDid(url, names.at(-1)!)).toEqual([]);
});

test('several that start at once apply each once', async () => {
  const { url, db } = await empty();
  const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
  expect(applied.flat().toSorted()).toEqual(names);
  expect(await many(db, 'select migration_name from _prisma_migrations')).toHaveLength(names.length);
});

test('of a script that fails nothing stays, those before it do, and it is tried again when it is corrected', async () => {
  const { url, db } = await empty();
  const broken = withOneMore(
    '29991231000000_more',
    'create table more (id int); insert into more values (1); select nothing_of_that_name();',
  );
  await expect(migrate(url, broken)).rejects.toThrow(/nothing_of_that_name/);
  expect(await many(db, "select to_regclass('more') as more")).toEqual([{ more: null }]);
  expect(await many(db, 'select migration_name as name from _prisma_migrations order by 1')).toEqual(
    names.map((name) => ({ name })),
  );
  expect(await migrate(url, withOneMore('29991231000000_more', 'create table more (id int);'))).toEqual([
    '29991231000000_more',
  ]);
});

test('a database of a newer version is left as it is', async () => {
  const { url } = await empty();
  await migrate(url, withOneMore('29991231000000_more', 'create table more (id int);'));
  expect(await migrate(url)).toEqual([]);
});

test('what Prisma began and never ended is not gone over', async () => {
  const { url, db } = await empty();
  await migrateAsPrismaDid(url, names[1]!);
  await db.query('update _prisma_migrations set finished_at = null where migration_name = $1', [names[1]]);
  await expect(migrate(url)).rejects.toThrow(`Migration ${names[1]} was begun by an older version`);
});

test('what was read from sentences and ids stands in columns afterwards, and the log says the same', async () => {
  const { url, db } = await empty();
  await migrateAsPrismaDid(url, '20261126130000_removed_projects');
  const event = (type: string, payload: object, actor = 'x'): Promise<unknown> =>
    db.query(
      "insert into events (owner_id, type, task_id, actor, payload) values ('owner', $1, 't', $2, $3)",
      [type, actor, payload],
    );
  await event('task.confirmed', {
    proposalId: null,
    projectId: 'p',
    title: 'T',
    prompt: 'P',
    model: 'm',
    budgetCents: 1,
    skipPlan: true,
    branch: 'b',
  });
  const items: [id: string, kind: string, title: string, body: string][] = [
    ['t-r1-q12', 'question', 'Which?', ''],
    ['t-r1-p0123456789', 'permission', 'Run: ls', ''],
    ['t-r1-pabcdefabcd', 'permission', 'Write: a …', ''],
    ['t-f1-1', 'failure', 'This repository has no CI, so nothing has checked the change. Retry goes on.', ''],
    ['t-f1-2', 'failure', 'It broke.', 'killed by a program'],
    ['t-f1-3', 'failure', 'Paused by you. Resume continues from here.', 'stopped'],
  ];
  for (const [id, kind, title, body] of items)
    await event('inbox.opened', { id, kind, title, body, options: [] });
  const insert = `insert into tasks (id, owner_id, project_id, title, prompt, model, budget_cents, skip_plan, state, phase, branch, status_line, failure,
      created_at, updated_at, ended_at)
    values ($1, 'owner', 'p', 'T', 'P', 'm', 1, true, $2, 'plan', 'b', $3, $4, now(), now(), $5)`;
  const failure = {
    itemId: 't-f1-3',
    sentence: 'Paused by you. Resume continues from here.',
    detail: 'stopped',
  };
  await db.query(insert, ['t', 'blocked', 'Claude waits for your leave to go on.', failure, null]);
  await db.query(insert, [
    'limited',
    'blocked',
    "The account's usage limit is reached. It goes on by itself at 09:05 UTC.",
    null,
    null,
  ]);
  await db.query(insert, ['gone', 'cancelled', 'Cancelled by you. Its sandbox is busy.', null, new Date()]);
  await db.query(insert, ['odd', 'cancelled', 'So be it.', null, new Date()]);
  const open =
    "insert into inbox_items (id, owner_id, task_id, kind, title, body, state, created_at) values ($1, 'owner', 't', $2, $3, $4, 'open', now())";
  for (const item of items) await db.query(open, item);

  await migrate(url);
  const codes = 'select id, run_id, question_no, error_code, title_is_whole from inbox_items order by id';
  const migrated = await many(db, codes);
  expect(migrated).toEqual([
    { id: 't-f1-1', run_id: null, question_no: null, error_code: 'gate', title_is_whole: false },
    { id: 't-f1-2', run_id: null, question_no: null, error_code: null, title_is_whole: false },
    { id: 't-f1-3', run_id: null, question_no: null, error_code: 'paused', title_is_whole: false },
    { id: 't-r1-p0123456789', run_id: 't-r1', question_no: null, error_code: null, title_is_whole: true },
    { id: 't-r1-pabcdefabcd', run_id: 't-r1', question_no: null, error_code: null, title_is_whole: false },
    { id: 't-r1-q12', run_id: 't-r1', question_no: 12, error_code: null, title_is_whole: false },
  ]);
  expect(
    await many(
      db,
      "select id, waiting_for, ended_how, status_line, failure ->> 'code' as code from tasks order by id",
    ),
  ).toEqual([
    {
      id: 'gone',
      waiting_for: null,
      ended_how: 'cancelled',
      status_line: 'Its sandbox is busy.',
      code: null,
    },
    {
      id: 'limited',
      waiting_for: 'account_limit',
      ended_how: null,
      status_line: expect.stringMatching(/^The account/),
      code: null,
    },
    { id: 'odd', waiting_for: null, ended_how: null, status_line: 'So be it.', code: null },
    { id: 't', waiting_for: 'permission', ended_how: null, status_line: '', code: 'paused' },
  ]);
  await rebuild(db);
  expect(await many(db, codes)).toEqual(migrated);
  expect(await many(db, "select waiting_for, failure ->> 'code' as code from tasks where id = 't'")).toEqual([
    { waiting_for: 'permission', code: 'paused' },
  ]);
});

test('the diff of a held change stands beside its words afterwards, and the log says the same', async () => {
  const { url, db } = await empty();
  await migrateAsPrismaDid(url, '20261126151500_seen_pushes');
  const items: [id: string, body: string, options: object[]][] = [
    [
      'c1',
      'CI runs these.\n\n````diff\n+a\n```\n\n```diff\n+b\n````',
      [{ label: 'Allow' }, { label: 'Refuse' }],
    ],
    ['c2', 'Too long.\n\n```diff\n+é\n```', [{ label: 'Refuse' }]],
    ['c3', 'Cut.\n\n```diff\n', [{ label: 'Refuse' }]],
    ['c4', 'Only words.', [{ label: 'Refuse' }]],
  ];
  for (const [id, body, options] of items) {
    const payload = { id, kind: 'ci_files', title: 'Let it through?', body, options };
    await db.query(
      "insert into events (owner_id, type, task_id, actor, payload, version) values ('owner', 'inbox.opened', 't', 'x', $1, 2)",
      [payload],
    );
    await db.query(
      "insert into inbox_items (id, owner_id, task_id, kind, title, body, options, state, created_at) values ($1, 'owner', 't', 'ci_files', 'T', $2, $3, 'open', now())",
      [id, body, JSON.stringify(options)],
    );
  }
  await migrate(url);
  const held = 'select id, body, held from inbox_items order by id';
  const migrated = await many(db, held);
  expect(migrated).toEqual([
    { id: 'c1', body: 'CI runs these.', held: { diff: '+a\n```\n\n```diff\n+b', mayAllow: true } },
    { id: 'c2', body: 'Too long.', held: { diff: '+é', mayAllow: false } },
    { id: 'c3', body: 'Cut.', held: { diff: '', mayAllow: false } },
    { id: 'c4', body: 'Only words.', held: null },
  ]);
  await rebuild(db);
  expect(await many(db, held)).toEqual(migrated);
});

test('facts that a database does not keep do not stop its upgrade: new rows are refused, and old ones can be changed', async () => {
  const { url, db } = await empty();
  await migrateAsPrismaDid(url, '20261126060000_event_version');
  const insertOutput = `insert into run_output (run_id, "offset", chunk) values ('nobody', $1, 'x')`;
  await db.query(insertOutput, [0]);
  await db.query("insert into turns (id, owner_id, state) values ('odd', 'o', 'spoken')");
  expect(await migrate(url)).toContain('20261126110000_facts');
  expect(await many(db, 'select run_id from run_output')).toEqual([{ run_id: 'nobody' }]);
  await expect(db.query(insertOutput, [1])).rejects.toMatchObject({ constraint: 'run_output_run_id_fkey' });
  // Nobody could change that row if the check were there.
  expect((await db.query("update turns set draft = 'more' where id = 'odd'")).rowCount).toBe(1);
  await expect(
    db.query(
      "insert into runs (id, owner_id, task_id, phase, n, state, session_id, prompt, model, budget_microusd) values ('r','o','t','plan',0,'queued','s','p','m',0)",
    ),
  ).rejects.toMatchObject({ constraint: 'runs_number_check' });
});
