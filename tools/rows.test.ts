// The rule on planted breaks, and that a column which is renamed in the schema does not compile where it is named.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { columnsOf, handTyped, handTypedRows } from './rows.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const COLUMNS = new Set(['state', 'task_id', 'at', 'epoch']);

test.each([
  ["await one<{ state: string }>(q, 'select state from tasks');", ['one']],
  ["import { many as all, type Tx } from '../pool.ts';", ['import of all']],
  ["await tx.query('update tasks set plan = null');", ['.query']],
  ["await tx['query'](words);", ['.query']],
  ['await db.$queryRaw<Row[]>`select 1`;', ['.$queryRaw']],
  ['sql<number>`count(task_id)`;', ['the column task_id in a piece of SQL']],
  ['sql<number>`max(${x}) + epoch`;', ['the column epoch in a piece of SQL']],
  ['sql.raw(words);', ['sql.raw']],
  ['sql.id(words);', ['sql.id']],
])('is found: %s', (code, found) => {
  expect(handTyped(code, COLUMNS)).toEqual(found.map((what) => `1: ${what}`));
});

test.each([
  "import { withTx, type Tx } from '../pool.ts';",
  "row(q, tables.selectFrom('tasks').select('state').where('id', '=', id));",
  "sql<number>`extract(epoch from now() - ${eb.ref('created_at')})::float`;",
  "sql<Date>`(${at}::timestamptz at time zone 'UTC')::date`;",
  "sql`case when jsonb_typeof(${there}) = 'state' then 1 end`;",
])('is let through: %s', (code) => {
  expect(handTyped(code, COLUMNS)).toEqual([]);
});

test('columns are read from the schema by their names in the database', () => {
  const schema =
    'model A {\n  id String @id\n  taskId String? @map("task_id")\n  /// words\n  rows B[]\n\n  @@map("as")\n}\n';
  expect([...columnsOf(schema)]).toEqual(['id', 'task_id']);
});

test('no statement has rows typed by hand, and a break in any topic is noticed', async () => {
  const breaks: [file: string, code: string][] = [
    [
      'packages/models/src/db/tasks/planted-rows.ts',
      "export { many } from '../pool.ts';\nmany(q, 'select 1');",
    ],
    ['packages/models/src/db/projections/planted-rows.ts', "tx.query('delete from tasks');"],
    ['packages/models/src/db/planted-rows.ts', 'export const planted = sql<string>`status_line`;'],
  ];
  expect(await withTree({}, handTypedRows)).toEqual([]);
  const found = await withTree(Object.fromEntries(breaks), handTypedRows);
  expect(found.map((finding) => finding.split(':')[0]).toSorted()).toEqual(
    breaks.map(([file]) => file).toSorted(),
  );
});

test('a column that is renamed does not compile where it is named', () => {
  const tables = path.join(root, 'packages/models/src/db/generated/tables.ts');
  const renamed = readFileSync(tables, 'utf8')
    .replace(/^ {2}status_line:/m, '  status_words:')
    .replace(/^ {2}session_id:/m, '  session_name:')
    .replace(/^ {2}answered_via:/m, '  answered_where:');
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: ['x.ts'] },
    ts.sys,
    root,
  );
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (file) => (path.resolve(file) === tables ? renamed : read(file));
  host.getSourceFile = (file, target) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, target);
  };
  const files = [
    'tasks/tasks.ts',
    'runs/runs.ts',
    'inbox/items.ts',
    'projections/tasks.ts',
    'projects/projects.ts',
  ];
  const program = ts.createProgram(
    files.map((file) => path.join(root, 'packages/models/src/db', file)),
    options,
    host,
  );
  const broken = files.filter((file) => {
    const source = program.getSourceFile(path.join(root, 'packages/models/src/db', file))!;
    return program.getSemanticDiagnostics(source).length > 0;
  });
  expect(broken).toEqual(['tasks/tasks.ts', 'runs/runs.ts', 'inbox/items.ts', 'projections/tasks.ts']);
});
