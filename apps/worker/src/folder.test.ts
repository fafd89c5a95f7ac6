import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { openLog } from '@mainloop/logs/log';
import { one } from '@mainloop/models/db/pool';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { ensureFresh } from './folder.ts';
import type { Importer } from './importer.ts';

type Found = Awaited<ReturnType<Importer['look']>>;
const FOLDER = '/home/you/tally';
const FOUND: Found = {
  outcome: 'unchanged',
  commits: 0,
  full: 'demo/tally',
  branch: 'main',
  localPath: FOLDER,
  below: '',
};

let database: TestDatabase;
let task: TaskRow;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 't1');
  await database.db.query("update projects set local_path = $1 where id = 'pr-1'", [FOLDER]);
  task = await getTask(database.db, 't1');
});
afterAll(() => database.drop());

/** @param found what a look comes to, or why it can't be made */
async function fresh(
  of: Partial<TaskRow>,
  found: Partial<Found> | Error,
): Promise<{ branch: string; looks: number }> {
  let looks = 0;
  const importer: Importer = {
    look: () => {
      looks++;
      return found instanceof Error ? Promise.reject(found) : Promise.resolve({ ...FOUND, ...found });
    },
  };
  const log = openLog('test');
  return { branch: await ensureFresh({ db: database.db, importer, log }, { ...task, ...of }), looks };
}

test.each<[string, Partial<TaskRow>, Partial<Found> | Error, number]>([
  ['is no folder', { localPath: null }, {}, 0],
  ['has pushed already', { headSha: 'a1' }, { outcome: 'diverged' }, 0],
  ['is as it was', {}, {}, 1],
  ['is away', {}, new ForgeError('not_found', 'There is no folder.'), 1],
  ['was renamed on the forge', {}, { full: 'demo/tally-two' }, 1],
  ['lies behind a link, as it always did', {}, { localPath: '/disk/tally' }, 1],
])('a task starts from its branch where its project %s', async (_, of, found, looks) => {
  expect(await fresh(of, found)).toEqual({ branch: 'main', looks });
});

test.each<[string, Partial<Found> | Error, RegExp]>([
  ['has diverged', { outcome: 'diverged' }, /each have commits/],
  [
    'leads to another one',
    { full: 'local/other', localPath: '/home/you/other' },
    /leads to another folder now/,
  ],
  ['is no git folder any more', new ForgeError('rejected', 'It is not a git folder.'), /not a git folder/],
])('no task starts from a folder that %s', async (_, found, says) => {
  await expect(fresh({}, found)).rejects.toThrow(says);
});

test('a branch that is called otherwise now is the one that work starts from', async () => {
  expect((await fresh({}, { branch: 'trunk' })).branch).toBe('trunk');
  const kept = await one<{ default_branch: string }>(
    database.db,
    "select default_branch from projects where id = 'pr-1'",
  );
  expect(kept!.default_branch).toBe('trunk');
});
