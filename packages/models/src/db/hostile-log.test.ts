import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageSaid } from '../events/conversation.ts';
import { projectSettings } from '../events/projects.ts';
import { OWNER } from '../flow/ids.ts';
import { appendOnce } from './log.ts';
import { many } from './pool.ts';
import { PROJECTIONS } from './project.ts';
import { checkRebuild, rebuild, type RebuildReport } from './rebuild.ts';

// A log that no constructor of ours wrote: a backup that was edited, another version, somebody with the
// owner's password. Rebuilding it says what is wrong with it, changes nothing by halves and ends.

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 't1');
});
afterEach(() => database.drop());

interface Row {
  readonly type: string;
  readonly payload: unknown;
  readonly task?: string | null;
  readonly version?: number | null;
  readonly at?: string;
  readonly owner?: string;
}

const write = async (...rows: readonly Row[]): Promise<void> => {
  for (const {
    type,
    payload,
    task = null,
    version = null,
    at = '2026-01-02T03:04:05Z',
    owner = OWNER,
  } of rows)
    await database.db.query(
      `insert into events (owner_id, type, task_id, actor, payload, version, at) values ($1, $2, $3, 'x', $4, $5, $6)`,
      [owner, type, task, JSON.stringify(payload), version, at],
    );
};

const everything = async (): Promise<unknown[]> =>
  Promise.all(
    Object.keys(PROJECTIONS).map((table) =>
      many(database.db, `select to_jsonb(x) as x from ${table} x order by to_jsonb(x)::text`),
    ),
  );

/** What the process says that `mainloop events rebuild` starts, with little memory. */
async function inItsProcess(
  ...options: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const main = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rebuild-main.ts');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--max-old-space-size=110', main, ...options],
    { env: { PATH: '/usr/bin:/bin', DATABASE_URL: database.url } },
  );
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

test.each<[string, Row[]]>([
  [
    'types that are names of prototypes, or none',
    ['constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'Task.State'].map((type) => ({
      type,
      payload: {},
    })),
  ],
  [
    'versions that never were',
    [2, 99, 2_147_483_647].map((version) => ({
      type: 'message.said',
      payload: { id: `m${version}`, role: 'user', text: 'x', turnId: null },
      version,
    })),
  ],
  [
    'payloads of another shape',
    [null, 1, 'x', [], [{}], { id: null }, { id: {} }, { __proto__: 1 }].map((payload) => ({
      type: 'message.said',
      payload,
    })),
  ],
  [
    'times that are none',
    ['infinity', '-infinity'].map((at) => ({
      type: 'message.said',
      payload: { id: 'm', role: 'user', text: 'x', turnId: null },
      at,
    })),
  ],
  [
    'about no task, though all of its type are',
    [{ type: 'task.ended', payload: { state: 'done', how: 'merged', left: '' }, version: 2 }],
  ],
])('what can not be read is named, and nothing is made of it: %s', async (_, hostile) => {
  const before = await everything();
  await write(...hostile);
  const report = await checkRebuild(database.db);
  expect(report.unreadable).toHaveLength(hostile.length);
  expect(report.wrongRows).toBe(0);
  await expect(rebuild(database.db)).rejects.toThrow(/Nothing was changed/);
  expect(await everything()).toEqual(before);
});

test('names of prototypes are names like any other', async () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
  for (const id of names) {
    await seedTask(database.db, id);
    await appendOnce(
      database.db,
      [
        messageSaid.new({ actor: 'you', payload: { id: `m-${id}`, role: 'note', text: id, turnId: null } }),
        projectSettings.new({
          actor: 'you',
          payload: { id: 'pr-1', settings: { constructor: 1, toString: [] } },
        }),
        projectSettings.new({ actor: 'you', payload: { id, settings: {} } }),
      ],
      OWNER,
    );
  }
  expect(await checkRebuild(database.db)).toMatchObject({ wrongRows: 0, unreadableRows: 0 });
});

test('streams that never began, and ends before beginnings, make nothing', async () => {
  const before = await everything();
  const state = { state: 'ci', phase: 'ci', status: { is: 'words', words: 'x' } };
  await write(
    { type: 'task.state', task: 'never', payload: state, version: 3 },
    { type: 'task.ended', task: 'never', payload: { state: 'done', how: 'merged', left: '' }, version: 2 },
    { type: 'task.budget_raised', task: 'never', payload: { budgetCents: 1 } },
    { type: 'inbox.closed', task: 'never', payload: { id: 'never', why: 'x' } },
    { type: 'project.removed', payload: { id: 'never' } },
    { type: 'recurring.paused', payload: { id: 'never', paused: true } },
    { type: 'message.forgotten', payload: { ids: ['m-of-nobody'] } },
  );
  expect(await checkRebuild(database.db)).toMatchObject({ wrongRows: 0, unreadableRows: 0 });
  await rebuild(database.db);
  expect(await everything()).toEqual(before);
});

test('an event that comes twice ends it with its number, and nothing has changed', async () => {
  const said = { type: 'message.said', payload: { id: 'm1', role: 'user', text: 'x', turnId: null } };
  await write(said, said);
  const before = await everything();
  await expect(checkRebuild(database.db)).rejects.toThrow(/^Event \d+ \(message.said\) can't be applied: /);
  await expect(rebuild(database.db)).rejects.toThrow(/^Event \d+ \(message.said\) can't be applied: /);
  expect(await everything()).toEqual(before);
});

test('events of a megabyte each fit into a small process, and so does what is said of them', async () => {
  await database.db.query(
    `insert into events (owner_id, type, actor, payload)
     select $1, 'message.said', 'x',
            jsonb_build_object('id', 'm' || n, 'role', 'user', 'turnId', null, 'text', repeat(chr(97 + n % 26), 1000000))
       from generate_series(1, 150) n`,
    [OWNER],
  );
  const { code, out, err } = await inItsProcess('--check');
  expect(err).toBe('');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    wrongRows: 150,
    unreadableRows: 0,
  } satisfies Partial<RebuildReport>);
  await database.db.query(
    `insert into messages (id, owner_id, role, text, state, seq, at)
     select 'm' || n, $1, 'user', repeat('b', 1000000) || n, 'kept', n, now() from generate_series(1, 150) n`,
    [OWNER],
  );
  const compared = await inItsProcess('--check');
  expect(compared.err).toBe('');
  expect(compared.out.length).toBeLessThan(500_000);
  expect(JSON.parse(compared.out)).toMatchObject({ wrongRows: 150 });
});

test('so many rows can not be read that only some are named', async () => {
  await database.db.query(
    `insert into events (owner_id, type, actor, payload)
     select $1, case when n % 2 = 0 then repeat('t', 20000) else 'message.forgotten' end, 'x',
            case when n % 2 = 0 then '{}'::jsonb else jsonb_build_object('ids', to_jsonb(array_fill(1, array[500]))) end
       from generate_series(1, 3000) n`,
    [OWNER],
  );
  const { code, out, err } = await inItsProcess('--check');
  expect(err).toBe('');
  expect(code).toBe(1);
  expect(out.length).toBeLessThan(200_000);
  expect(JSON.parse(out)).toMatchObject({ unreadableRows: 3_000 } satisfies Partial<RebuildReport>);
});
