import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { expectNames } from '@mainloop/testkit/names';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { count, countTasks, ping, type Counts } from './health.ts';
import { claimLock } from '../locks.ts';
import { withTx } from '../pool.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'one');
});
afterAll(() => database.drop());

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
