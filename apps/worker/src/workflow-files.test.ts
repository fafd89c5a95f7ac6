// WORKFLOW.md of repositories on a real Postgres: the default branch rules, the newest that can be used counts, and what
// can not is said in the inbox.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { listOpenItems } from '@mainloop/models/db/inbox/items';
import { appendOnce, lastSeq } from '@mainloop/models/db/log';
import { settingsChanged } from '@mainloop/models/db/projects/settings';
import { checkRebuild } from '@mainloop/models/db/rebuild';
import { row, tables } from '@mainloop/models/db/rows';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject } from '@mainloop/testkit/seed';
import { forgeOf } from './branches.fixture.ts';
import { readRuleFiles } from './rule-files.ts';

let database: TestDatabase;
/** What each commit holds. */
let commits: Record<string, Record<string, string | null>>;
let tip: string;
let isWhole: boolean;
let seen: Map<string, string>;

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', 'acme/api');
});
afterAll(() => database.drop());
beforeEach(async () => {
  commits = {};
  seen = new Map();
  isWhole = true;
  await moveTo('empty', {});
});

const forge = forgeOf(() => ({ commits, tip, isWhole }));
/** The default branch is at this commit now, and is looked at. */
async function moveTo(sha: string, files: Record<string, string | null>): Promise<void> {
  commits[sha] = files;
  tip = sha;
  await readRuleFiles(database.db, OWNER, forge, seen);
}
const kept = async () =>
  (await row(database.db, tables.selectFrom('projects').select('workflow').where('id', '=', 'pr-1')))
    ?.workflow ?? null;
const told = async (): Promise<string[]> =>
  (await listOpenItems(database.db, OWNER)).map(({ kind, title, body }) => `${kind}: ${title} ${body}`);
const file = (turns: string): string => `---\nagent:\n  max_turns: ${turns}\n---\nDo it.\n`;

test('a file counts from the moment that the default branch has it, each newer one after it, and none any more when it is gone', async () => {
  commits['branch'] = { 'WORKFLOW.md': file('1') };
  await moveTo('one', { 'WORKFLOW.md': file('40') });
  expect(await kept()).toMatchObject({
    file: { given: { 'agent.max_turns': 40 }, template: 'Do it.' },
    problem: '',
  });
  await moveTo('two', { 'WORKFLOW.md': file('30'), 'deep/WORKFLOW.md': file('1') });
  expect(await kept()).toMatchObject({ file: { given: { 'agent.max_turns': 30 } } });
  expect(await told()).toEqual([]);
  await moveTo('three', {});
  expect(await kept()).toBeNull();
  expect(await checkRebuild(database.db)).toMatchObject({ wrong: [] });
});

test('one that can not be used keeps the one before, and is said once in the inbox with its place until it is repaired', async () => {
  await moveTo('one', { 'WORKFLOW.md': file('40') });
  await moveTo('two', { 'WORKFLOW.md': file('many') });
  expect(await kept()).toMatchObject({ file: { given: { 'agent.max_turns': 40 } } });
  const first =
    "workflow: WORKFLOW.md of acme/api can't be used. Line 3, column 3: agent.max_turns should be a whole number, 1 at least.\n\nWhat it said before counts until it is fixed on the default branch.";
  expect(await told()).toEqual([first]);
  const before = await lastSeq(database.db, OWNER);
  // Another worker, which remembers nothing, and a commit that leaves the file alone.
  await readRuleFiles(database.db, OWNER, forge, new Map());
  await moveTo('three', { 'WORKFLOW.md': file('many'), 'README.md': '' });
  expect(await lastSeq(database.db, OWNER)).toBe(before);
  await moveTo('four', { 'WORKFLOW.md': '{{ nobody }}' });
  expect(await told()).toEqual([expect.stringContaining('Line 1, column 4: ')]);
  await moveTo('five', { 'WORKFLOW.md': file('many') });
  expect(await told()).toEqual([first]);
  await moveTo('six', { 'WORKFLOW.md': file('20') });
  expect(await told()).toEqual([]);
  expect(await kept()).toMatchObject({ file: { given: { 'agent.max_turns': 20 } }, problem: '' });
  expect(await checkRebuild(database.db)).toMatchObject({ wrong: [] });
});

test('a first one that can not be used counts for nothing', async () => {
  await moveTo('one', { 'WORKFLOW.md': null });
  expect(await kept()).toMatchObject({ file: null, problem: 'It is no text, or too long.' });
  expect(await told()).toEqual([expect.stringContaining('Nothing of it counts')]);
});

test('a repository that is not told whole loses no file', async () => {
  await moveTo('one', { 'WORKFLOW.md': file('40') });
  isWhole = false;
  await moveTo('cut', {});
  expect(await kept()).toMatchObject({ file: { given: { 'agent.max_turns': 40 } } });
});

test('a project that is a folder has the file of its folder', async () => {
  await seedProject(database.db, 'pr-2', 'acme/mono');
  const change = settingsChanged('pr-2', { folder: 'services/api' }, 'you');
  await appendOnce(database.db, [change], OWNER);
  await moveTo('one', { 'WORKFLOW.md': file('40'), 'services/api/WORKFLOW.md': file('7') });
  const of = tables.selectFrom('projects').select('workflow').where('id', '=', 'pr-2');
  expect((await row(database.db, of))?.workflow).toMatchObject({ file: { given: { 'agent.max_turns': 7 } } });
});
