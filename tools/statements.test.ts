// The rule, on planted breaks: each of these is a statement in an app, or reaches what runs one.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { scriptsOf, statements, statementsInApps } from './statements.ts';

const texts = (code: string): string[] => statements(code).map((f) => f.text);

test.each([
  // What runs a statement.
  ["import { one, type Db } from '@mainloop/models/db/pool';", ['one']],
  ["import { many as all } from '../../../packages/models/src/db/pool.ts';", ['many']],
  ["import * as pool from '@mainloop/models/db/pool';", ['* of @mainloop/models/db/pool']],
  ["export * from '@mainloop/models/db/pool';", ['* of @mainloop/models/db/pool']],
  ["export { one } from '@mainloop/models/db/pool';", ['one']],
  ["const { one } = await import('@mainloop/models/db/pool');", ['@mainloop/models/db/pool']],
  ["const { one } = require('@mainloop/models/db/pool');", ['@mainloop/models/db/pool']],
  ["import { tables } from '@mainloop/models/db/rows';", ['@mainloop/models/db/rows']],
  ["import pg from 'pg';", ['pg']],
  ["import type { Pool } from 'pg';", ['pg']],
  [
    "import { PrismaClient } from '@mainloop/models/db/generated/client';",
    ['@mainloop/models/db/generated/client'],
  ],
  ['await db.query(pieces.join(" "));', ['.query']],
  ['await db["query"](words);', ['.query']],
  ['const { query } = db;', ['.query']],
  ['const { query: run } = db;', ['.query']],
  ['await client.$queryRawUnsafe(words);', ['.$queryRawUnsafe']],
  // What is one.
  ["f('select id from tasks where id = $1');", ['select id from tasks where id = $1']],
  ['f("SELECT id\\n  FROM tasks");', ['SELECT id FROM tasks']],
  ['f(`select ${columns} from tasks`);', ['select … from tasks']],
  ["f('select id, ' + columns + ' from tasks');", ['select id, … from tasks']],
  ["f(['select id', 'from tasks'].join(' '), 'select 1');", ['select 1']],
  ["f('select now()');", ['select now()']],
  ["f('with a as (select 1 as n) select n from a');", ['with a as (select 1 as n) select n from a']],
  ["f('insert into turns (id) values ($1)');", ['insert into turns (id) values ($1)']],
  ['f(`insert into ${table} select 1`);', ['insert into … select 1']],
  ["f('update tasks set state = $1');", ['update tasks set state = $1']],
  ["f('update tasks as t set state = $1');", ['update tasks as t set state = $1']],
  ["f('delete from checkpoints where task_id = $1');", ['delete from checkpoints where task_id = $1']],
  ["f(' order by seq limit 1 for update skip locked');", ['order by seq limit 1 for update skip locked']],
  ["f('select pg_notify($1, $2)');", ['select pg_notify($1, $2)']],
  ["f('listen mainloop');", ['listen mainloop']],
  ["f('begin');", ['begin']],
  ["f('truncate events');", ['truncate events']],
  ["f('create index on tasks (id)');", ['create index on tasks (id)']],
])('is found: %s', (code, found) => {
  expect(texts(code)).toEqual(found);
});

test.each([
  "import { openPool, withTx, type Db, type Queryable } from '@mainloop/models/db/pool';",
  "import { one } from './numbers.ts';",
  "import { listTasks } from '@mainloop/models/db/tasks/tasks';",
  "f('Select a model, then go on. It is read from the settings.');",
  "f('Select one from the list');",
  "f('Select a project from the list, then a branch.');",
  "f('Update the branch and set it as ready.');",
  "f('This was deleted from the list.');",
  "f('Look for an update');",
  "f('Begin with the tests');",
  "git('commit', '-m', words);",
  'f(request.url, new URLSearchParams(search), querySelector);',
])('is let through: %s', (code) => {
  expect(texts(code)).toEqual([]);
});

test('of a page the scripts are looked at, and their lines are those of the page', () => {
  const page = [
    '<p>Select one',
    'from tasks</p>',
    '<script lang="ts">',
    '  f("delete from tasks");',
    '</script>',
    '<select></select>',
    '<script module>g("begin")</script>',
  ].join('\n');
  expect(statements(scriptsOf(page))).toEqual([
    { line: 4, text: 'delete from tasks' },
    { line: 7, text: 'begin' },
  ]);
});

test('no app holds one, and a break in any of them is noticed', async () => {
  const breaks: [file: string, code: string][] = [
    ['apps/api/src/chat/planted-statement.ts', "export const planted = 'select id from tasks';"],
    ['apps/gateway/src/planted-statement.ts', "export const planted = 'delete from checkpoints';"],
    ['apps/cli/src/planted-statement.ts', "export const planted = 'select 1';"],
    ['apps/runner/src/planted-statement.ts', "export const planted = 'select 1';"],
    ['apps/worker/src/activities/planted-statement.ts', "export { many } from '@mainloop/models/db/pool';"],
    ['apps/web/src/lib/server/planted-statement.ts', "import 'pg';"],
    [
      'apps/web/src/lib/PlantedStatement.svelte',
      '<script>const planted = "update tasks set plan = null";</script>',
    ],
  ];
  expect(await withTree({}, statementsInApps)).toEqual([]);
  const found = await withTree(Object.fromEntries(breaks), statementsInApps);
  expect(found.map((finding) => finding.split(':')[0]).toSorted()).toEqual(
    breaks.map(([file]) => file).toSorted(),
  );
});

test('a workflow is asked by a member of the same name, and is told apart by its type', async () => {
  const file = 'apps/worker/src/planted-query.ts';
  const code = `import type { WorkflowHandle } from '@temporalio/client';
import type { Db } from '@mainloop/models/db/pool';
export const asks = (handle: WorkflowHandle): Promise<string> => handle.query('where');
export const runs = (handle: Db, words: string): Promise<unknown> => handle.query(words);
export const either = (handle: Db | WorkflowHandle): unknown => handle.query('where');`;
  expect(await withTree({ [file]: code }, statementsInApps)).toEqual([
    `${file}:4: .query`,
    `${file}:5: .query`,
  ]);
});
