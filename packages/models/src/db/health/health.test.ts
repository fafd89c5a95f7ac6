import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { count, countTasks, ping, type Counts } from './health.ts';
import { claimLock } from '../locks.ts';
import { withTx } from '../pool.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
});

test('counts, and a lock that one has at a time', async () => {
  await database.db.query("update tasks set state = 'ci'");
  await ping(database.db);
  expect(await countTasks(database.db)).toEqual([{ state: 'ci', n: 1 }]);
  const counts = await count(database.db);
  expectNames<Counts>(counts, { unsent: true, lag: true, runs: true, cost: true, open: true });
  expect(Object.values(counts).every((n) => typeof n === 'number')).toBe(true);
  await withTx(database.db, async (mine) => {
    expect(await claimLock(mine, 'relay')).toBe(true);
    expect(await withTx(database.db, (another) => claimLock(another, 'relay'))).toBe(false);
    expect(await withTx(database.db, (another) => claimLock(another, 'notifications'))).toBe(true);
  });
});
