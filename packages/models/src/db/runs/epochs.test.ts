import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { endRun } from './endings.ts';
import { one } from '../pool.ts';
import { claimEpoch, findRunByToken, openEpoch, renewLease } from './epochs.ts';

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

test('an epoch is for the first process that claims it, and a past one is for nobody', async () => {
  const id = await seedRun(database.db, await seedTask(database.db, 't-claim'));
  const claim = (epoch: number, holder: string) => claimEpoch(database.db, id, epoch, holder);
  const first = await openEpoch(database.db, id);
  expect(await claim(first.run.epoch, 'one')).toBe(true);
  expect([await claim(first.run.epoch, 'one'), await claim(first.run.epoch, 'two')]).toEqual([true, false]);
  const second = await openEpoch(database.db, id);
  // The pod of the epoch before, whose token dies too late for it.
  expect(await claim(first.run.epoch, 'one')).toBe(false);
  expect(await claim(second.run.epoch, 'two')).toBe(true);
});

test('what has ended is not alive again', async () => {
  const id = await seedRun(database.db, await seedTask(database.db, 't-lease'));
  const { epoch } = (await openEpoch(database.db, id)).run;
  expect(await renewLease(database.db, id, epoch)).toBe(true);
  await endRun(database.db, id, epoch, { kind: 'completed', summary: '' });
  expect(await renewLease(database.db, id, epoch)).toBe(false);
  const run = await one<{ state: string }>(database.db, 'select state from runs where id = $1', [id]);
  expect(run!.state).toBe('ended');
});
