// What each process may do in the database, asked of Postgres itself.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import pg from 'pg';
import {
  applyRights,
  FUNCTIONS,
  heldRights,
  OWNER_ROLE,
  prepareRoles,
  PROCESS_ROLES,
  RIGHTS,
  wantedRights,
  type RolePasswords,
} from './roles.ts';
import { many, openPool, withTx } from './pool.ts';
import { saveVectors } from './conversation/vectors.ts';
import { dueNotifications, openItems } from './devices/push.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  for (const client of clients.values()) await client.end();
  await database.drop();
});

const urlOf = (role: string): string => {
  const url = new URL(database.url);
  url.username = role;
  return url.href;
};
const clients = new Map<string, pg.Client>();
/** What Postgres says to one statement of a role: its error code, or `done`. */
async function say(role: string, sql: string): Promise<string> {
  let client = clients.get(role);
  if (!client) {
    client = new pg.Client({ connectionString: urlOf(role) });
    clients.set(role, client);
    await client.connect();
  }
  try {
    await client.query(sql);
    return 'done';
  } catch (err) {
    return (err as { code?: string }).code ?? 'no code';
  }
}
const DENIED = '42501';
const LETTERS = { S: 'SELECT', I: 'INSERT', U: 'UPDATE', D: 'DELETE' } as const;

describe.each(PROCESS_ROLES)('%s', (role) => {
  test('holds on every table what the table of rights says, and nothing else', async () => {
    const rows = await many<{ name: string; privilege: string; held: boolean; column: string | null }>(
      database.db,
      `select c.relname as name, p as privilege, null as column, has_table_privilege($1, c.oid, p) as held from pg_class c,
              unnest(array['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER','MAINTAIN']) p
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r','p','v','m')
       union all
       select c.relname, 'UPDATE', a.attname, has_column_privilege($1, c.oid, a.attname, 'UPDATE') from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r','p','v','m') and a.attnum > 0 and not a.attisdropped`,
      [role],
    );
    expect(rows.length).toBeGreaterThan(200);
    const wrong = rows.filter((row) => {
      const right = RIGHTS[role][row.name];
      const letter = Object.entries(LETTERS).find(([, word]) => word === row.privilege)?.[0];
      const named = right !== undefined && letter !== undefined && right.may.includes(letter);
      if (letter !== 'U' || right?.columns === undefined) return row.held !== named;
      return row.held !== (named && row.column !== null && right.columns.includes(row.column));
    });
    expect(wrong).toEqual([]);
  });

  test('is nobody: no power over the server, no member of another role', async () => {
    const [row] = await many(
      database.db,
      `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
              (select count(*)::int from pg_auth_members m where m.member = r.oid) as groups,
              has_database_privilege(r.oid, current_database(), 'CREATE') as may_make_schemas, has_schema_privilege(r.oid, 'public', 'CREATE') as may_make_tables
         from pg_roles r where rolname = $1`,
      [role],
    );
    expect(row).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      groups: 0,
      may_make_schemas: false,
      may_make_tables: false,
    });
  });

  test.each([
    ['reads a file', "select pg_read_file('/etc/passwd')"],
    ['lists a folder', "select pg_ls_dir('/')"],
    ['runs a program', "copy (select 1) to program 'id'"],
    ['writes a file', "copy (select 1) to '/tmp/mainloop-roles-test'"],
    ['loads a file', "select lo_import('/etc/passwd')"],
    ['reads the passwords', 'select rolpassword from pg_authid'],
    ['makes a role', 'create role eve superuser'],
    ['makes itself a superuser', 'alter role current_user superuser'],
    ['changes the password of the superuser', "alter role mainloop password 'x'"],
    ['becomes the superuser', 'set role mainloop'],
    ['becomes the owner', `set role ${OWNER_ROLE}`],
    ['changes a table', 'alter table tasks add column x int'],
    ['lets the log be changed', 'alter table events disable trigger all'],
    ['empties the log', 'truncate events'],
    ['makes a function', "create function x() returns int language sql as 'select 1'"],
    ['makes a table', 'create table x (x int)'],
    ['drops an extension', 'drop extension plpgsql'],
    ['changes a setting of the server', "alter system set listen_addresses = '*'"],
    ['reads its migrations', 'select * from _prisma_migrations'],
  ])('does not: %s', async (_what, sql) => {
    expect(await say(role, sql)).toBe(DENIED);
  });

  test.each(PROCESS_ROLES.filter((r) => r !== role))('does not become %s', async (other) => {
    expect(await say(role, `set role ${other}`)).toBe(DENIED);
  });
});

const ACCOUNT = `insert into auth_accounts (id, account_id, provider_id, user_id) values ('x', 'x', 'github', 'x')`;
test.each([
  ['mainloop_gateway', 'lets somebody in', ACCOUNT],
  ['mainloop_web', 'lets somebody in', ACCOUNT],
  ['mainloop_worker', 'lets somebody in', ACCOUNT],
  ['mainloop_gateway', 'reads a session', 'select token from auth_sessions'],
  ['mainloop_web', 'reads a session', 'select token from auth_sessions'],
  ['mainloop_worker', 'reads a session', 'select token from auth_sessions'],
  ['mainloop_gateway', 'reads the key that signs notifications', 'select private_key from vapid_keys'],
  ['mainloop_web', 'reads the key that signs notifications', 'select private_key from vapid_keys'],
  ['mainloop_gateway', 'changes what a project allows', "update projects set settings = '{}'"],
  ['mainloop_gateway', 'changes what the owner set', "update settings set value = '{}'"],
  ['mainloop_gateway', 'raises a budget', 'update tasks set budget_cents = 1000000'],
  ['mainloop_gateway', 'answers for the person', `update inbox_items set answer = '{"decision":"allow"}'`],
  ['mainloop_gateway', 'forgets a push', 'delete from pushes'],
  ['mainloop_gateway', 'reads the chat', 'select text from messages'],
  ['mainloop_worker', 'reads the chat drafts', 'select draft from turns'],
  ['mainloop_web', 'writes a message', "update messages set text = ''"],
  [
    'mainloop_web',
    'writes an event',
    "insert into events (owner_id, type, actor, payload) values ('o', 'x', 'x', '{}')",
  ],
  ['mainloop_web', 'reads a checkpoint', 'select data from checkpoints'],
])('%s does not: %s', async (role, _what, sql) => {
  expect(await say(role, sql)).toBe(DENIED);
});

test('the worker may keep what messages mean, also when one of them has gone', async () => {
  const pool = openPool(urlOf('mainloop_worker'), 'test', 1);
  try {
    const gone = { id: 'm-gone', at: new Date(0), vector: new Int8Array(384) };
    expect(await withTx(pool, (tx) => saveVectors(tx, 'owner', [gone]))).toBe(0);
  } finally {
    await pool.end();
  }
});

test('the role of the page reads, and does nothing else anywhere', async () => {
  const held = await many<{ what: string }>(
    database.db,
    `select c.relname || ' ' || a.privilege_type as what from pg_class c, aclexplode(c.relacl) a
      where a.grantee in (0, 'mainloop_web'::regrole) and a.privilege_type <> 'SELECT' and c.relnamespace = 'public'::regnamespace
     union all
     select t.attrelid::regclass || '.' || t.attname || ' ' || a.privilege_type from pg_attribute t, aclexplode(t.attacl) a
      where a.grantee in (0, 'mainloop_web'::regrole) and a.privilege_type <> 'SELECT'
     union all
     select p.proname || ' EXECUTE' from pg_proc p
      where p.pronamespace = 'public'::regnamespace and has_function_privilege('mainloop_web', p.oid, 'EXECUTE')`,
  );
  expect(held).toEqual([]);
  const reads = await many<{ may: boolean }>(
    database.db,
    "select has_table_privilege('mainloop_web', 'tasks', 'SELECT') as may",
  );
  expect(reads).toEqual([{ may: true }]);
});

test('the worker counts what waits and finds what devices are to be told, with its own rights', async () => {
  const worker = openPool(urlOf('mainloop_worker'), 'test', 1);
  try {
    expect(await openItems(worker, 'nobody')).toBe(0);
    expect(await dueNotifications(worker, { ownerId: 'nobody', kinds: ['plan'], quiet: false })).toEqual([]);
  } finally {
    await worker.end();
  }
});

test('the superuser can do what the others are refused, so the refusals mean something', async () => {
  // A program that reads to the end: one that leaves early has the copy fail on the closed pipe (XX000), now and then.
  for (const sql of [
    "select pg_read_file('/etc/passwd')",
    "copy (select 1) to program 'cat > /dev/null'",
    'select rolpassword from pg_authid',
  ])
    expect(await say('mainloop', sql)).toBe('done');
  expect(await say('mainloop', ACCOUNT)).toBe('23503');
  expect(await say('mainloop_api', ACCOUNT)).toBe('23503');
});

/** Functions of ours: not those that an extension brings. */
const OURS = `select p.proname as name, p.prosecdef as definer, coalesce(array_to_string(p.proconfig, ';'), '') as settings,
    array(select case a.grantee when 0 then 'PUBLIC' else pg_get_userbyid(a.grantee)::text end
       from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner order by 1) as callers
  from pg_proc p where p.pronamespace = 'public'::regnamespace
   and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') order by p.oid`;
interface OurFunction {
  name: string;
  definer: boolean;
  settings: string;
  callers: string[];
}

test('a function is called by the roles that the table names and by nobody else', async () => {
  const functions = await many<OurFunction>(database.db, OURS);
  expect(functions.map((found) => found.name)).toEqual(expect.arrayContaining(['forget_words']));
  const named = (name: string): string[] => PROCESS_ROLES.filter((role) => FUNCTIONS[role].includes(name));
  expect(functions.map((found) => [found.name, found.callers.toSorted()])).toEqual(
    functions.map((found) => [found.name, named(found.name).toSorted()]),
  );
});

test('one that acts with the rights of its owner looks a name up nowhere that its caller can write to', async () => {
  const definers = (await many<OurFunction>(database.db, OURS)).filter((found) => found.definer);
  expect(definers.length).toBeGreaterThan(0);
  // Where pg_temp is not named, Postgres looks there first for tables, and a caller's own table has triggers of its own.
  expect(
    definers.filter((found) => !/^search_path=pg_catalog(, public)?, pg_temp$/.test(found.settings)),
  ).toEqual([]);
});

test('not in its caller’s own temporary table either, where a trigger of the caller would run as the owner', async () => {
  await database.db.query(
    `do $$ begin execute format('grant temporary on database %I to mainloop_api', current_database()); end $$`,
  );
  for (const statement of [
    'create temporary table events (owner_id text, type text, payload jsonb)',
    'grant all on pg_temp.events to public',
    `insert into pg_temp.events values ('o', 'message.said', '{"id":"m","text":"said"}')`,
    `create function pg_temp.caught() returns trigger language plpgsql as 'begin raise exception sqlstate ''P0042''; end'`,
    'create trigger caught before update on pg_temp.events for each row execute function pg_temp.caught()',
    "select forget_words('o', array['m'])",
    'drop table pg_temp.events',
  ])
    expect([statement, await say('mainloop_api', statement)]).toEqual([statement, 'done']);
});

test.each(PROCESS_ROLES)('of all roles only the api forgets what was said: %s', async (role) => {
  const said = await say(role, "select forget_words('o', array['m'])");
  expect(said).toBe(role === 'mainloop_api' ? 'done' : DENIED);
});

test('a wrong password and none are refused', async () => {
  for (const password of ['', 'wrong']) {
    const url = new URL(database.url);
    url.password = password;
    const client = new pg.Client({ connectionString: url.href });
    // pg itself refuses to go on without a password once the server asks for one.
    await expect(client.connect()).rejects.toThrow(/password/);
  }
});

test('every table is known to somebody, and every role to the tests', async () => {
  const tables = (
    await many<{ name: string }>(
      database.db,
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
    )
  ).map((r) => r.name);
  const named = new Set(PROCESS_ROLES.flatMap((r) => Object.keys(RIGHTS[r])));
  expect(tables.filter((n) => n !== '_prisma_migrations' && !named.has(n))).toEqual([]);
  expect([...named].filter((n) => !tables.includes(n))).toEqual([]);
});

test('rights that were given by hand or by an older version are taken away, missing ones given back, and the rest is left', async () => {
  const callable = await many<OurFunction>(database.db, OURS);
  await database.db.query('grant all on auth_accounts, events to mainloop_gateway');
  await database.db.query('grant update (prompt) on tasks to mainloop_gateway');
  await database.db.query('revoke select on tasks from mainloop_web');
  await database.db.query('grant execute on function forget_words to public, mainloop_worker');
  await database.db.query('revoke execute on function words_of from mainloop_api');
  await database.db.query(
    `alter default privileges for role ${OWNER_ROLE} in schema public grant select on tables to mainloop_web`,
  );
  const client = new pg.Client({ connectionString: urlOf(OWNER_ROLE) });
  await client.connect();
  try {
    await applyRights(client);
    const { held, serials } = await heldRights(client);
    for (const role of PROCESS_ROLES)
      expect([...(held.get(role) ?? [])].sort()).toEqual([...wantedRights(role, serials)].sort());
    expect(await many<OurFunction>(database.db, OURS)).toEqual(callable);
    await client.query('create table later (x int)');
    expect(await say('mainloop_web', 'select * from later')).toBe(DENIED);
  } finally {
    await client.end();
  }
});

test('a database that an older version made as the superuser is handed to the owner, with everything in it', async () => {
  await database.db.query("insert into settings (owner_id, key, value) values ('o', 'kept', '1')");
  await database.db.query('grant mainloop to mainloop_web');
  for (const { name } of await many<{ name: string }>(
    database.db,
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
  ))
    await database.db.query(`alter table "${name}" owner to mainloop`);
  await database.db.query('alter function mainloop_refuse_change() owner to mainloop');
  const { password } = new URL(database.url);
  const passwords = Object.fromEntries(
    [OWNER_ROLE, ...PROCESS_ROLES].map((r) => [r, password]),
  ) as unknown as RolePasswords;
  await prepareRoles(database.url, passwords);
  await prepareRoles(database.url, passwords);
  expect(
    await many(
      database.db,
      "select relname from pg_class where relnamespace = 'public'::regnamespace and pg_get_userbyid(relowner) <> $1",
      [OWNER_ROLE],
    ),
  ).toEqual([]);
  expect(await many(database.db, "select value from settings where key = 'kept'")).toEqual([{ value: 1 }]);
  expect(await say('mainloop_web', 'set role mainloop')).toBe(DENIED);
});
