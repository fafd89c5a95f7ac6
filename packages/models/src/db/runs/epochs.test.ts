import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { endRun } from './endings.ts';
import { findRunByToken, openEpoch, renewLease } from './epochs.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('a newer epoch locks the older one out', async () => {
  const id = await seedRun(database.db, await seedTask(database.db, 't-epoch'));
  const first = await openEpoch(database.db, id);
  expect((await findRunByToken(database.db, first.token))?.id).toBe(id);
  const second = await openEpoch(database.db, id);
  expect(await findRunByToken(database.db, first.token)).toBeNull();
  expect(await renewLease(database.db, id, first.run.epoch)).toBe(false);
  expect(await renewLease(database.db, id, second.run.epoch)).toBe(true);
  expect(await endRun(database.db, id, first.run.epoch, { kind: 'completed', summary: 'old' })).toBe('stale');
  expect(await endRun(database.db, id, second.run.epoch, { kind: 'completed', summary: 'new' })).toBe(
    'ended',
  );
  expect(await endRun(database.db, id, second.run.epoch, { kind: 'completed', summary: 'again' })).toBe(
    'stale',
  );
  expect(await findRunByToken(database.db, second.token)).toBeNull();
  await expect(openEpoch(database.db, id)).rejects.toThrow('has ended');
});
