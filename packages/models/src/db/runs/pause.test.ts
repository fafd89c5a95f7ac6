// The one switch over all work, on a real Postgres.
import { beforeEach, expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { many } from '../pool.ts';
import { checkRebuild } from '../rebuild.ts';
import { listOverdue, pauseAll, readPause, resumeAll } from './pause.ts';
import { endRun } from './endings.ts';
import { openEpoch } from './epochs.ts';
import { takeSlot } from './slots.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

const by = { ownerId: OWNER, via: 'cli', by: 'you' } as const;
const CAPS = { all: 10, ofProject: () => 10 };
let n = 0;
/** @returns a run of a task of its own that waits for its turn */
async function queued(): Promise<string> {
  const taskId = await seedTask(database.db, `t-pause${++n}`);
  return seedRun(database.db, taskId);
}
const working = async (): Promise<{ id: string; epoch: number }> => {
  const id = await queued();
  await takeSlot(database.db, id, CAPS);
  return { id, epoch: (await openEpoch(database.db, id)).run.epoch };
};
const stopsFor = (id: string): Promise<object[]> =>
  many(database.db, 'select payload from run_commands where run_id = $1', [id]);
const looks = async (): Promise<string[]> =>
  (
    await many<{ workflow_id: string }>(database.db, "select workflow_id from outbox where name = 'poke'", [])
  ).map((row) => row.workflow_id);

beforeEach(async () => {
  await resumeAll(database.db, by);
  await database.db.query("update runs set state = 'ended'");
  await database.db.query('delete from outbox');
});

test('every agent that works is told to stop, once, and nobody else is started', async () => {
  const [one, other] = [await working(), await working()];
  const waits = await queued();
  expect(await pauseAll(database.db, by)).toMatchObject({ via: 'cli', agents: 2, queued: 1 });
  await pauseAll(database.db, { ...by, via: 'app' });
  for (const { id } of [one, other])
    expect(await stopsFor(id)).toEqual([{ payload: { type: 'stop', why: 'all_paused' } }]);
  expect(await takeSlot(database.db, waits, CAPS)).toEqual({ got: false, ahead: 0 });
  // Confirmed later, or a repair of CI.
  expect(await takeSlot(database.db, await queued(), CAPS)).toEqual({ got: false, ahead: 1 });
  expect((await readPause(database.db, OWNER)).via).toBe('cli');
});

test('a run that ends by it frees no slot for another', async () => {
  const { id, epoch } = await working();
  const waits = await queued();
  await pauseAll(database.db, by);
  await endRun(database.db, id, epoch, { kind: 'interrupted', reason: 'all_paused' });
  expect((await takeSlot(database.db, waits, CAPS)).got).toBe(false);
  expect(await readPause(database.db, OWNER)).toMatchObject({ agents: 0, queued: 1 });
});

test('when it is resumed all that wait look again at once, and start', async () => {
  await pauseAll(database.db, by);
  const waits = await queued();
  const approved = await seedTask(database.db, 't-pause-train');
  await database.db.query("update tasks set train_item = 'i', train_seq = 1 where id = $1", [approved]);
  const over = await seedTask(database.db, 't-pause-over');
  await database.db.query(
    "update tasks set train_item = 'j', train_seq = 2, state = 'done', ended_at = now() where id = $1",
    [over],
  );
  expect(await looks()).toEqual([]);
  await resumeAll(database.db, by);
  expect((await looks()).toSorted()).toEqual(['task/t-pause-train', `task/t-pause${n}`]);
  expect((await takeSlot(database.db, waits, CAPS)).got).toBe(true);
  await database.db.query('update tasks set train_item = null, train_seq = null where id = $1', [approved]);
  // Doing it again wakes nobody.
  await database.db.query('delete from outbox');
  await resumeAll(database.db, by);
  expect(await looks()).toEqual([]);
});

test('whoever still works after the grace is named, and nobody while nothing is paused', async () => {
  const { id } = await working();
  expect(await listOverdue(database.db, -60_000)).toEqual([]);
  await pauseAll(database.db, by);
  expect(await listOverdue(database.db, 60_000)).toEqual([]);
  expect((await listOverdue(database.db, -1_000)).map((r) => r.id)).toEqual([id]);
});

test('of runs that take their slot in the moment of the pause, each is told to stop or gets none', async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, queued));
  const [, ...got] = await Promise.all([
    pauseAll(database.db, by),
    ...ids.map(async (id) => (await takeSlot(database.db, id, CAPS)).got),
  ]);
  for (const [at, id] of ids.entries()) expect((await stopsFor(id)).length).toBe(got[at] === true ? 1 : 0);
});

test('the log alone says whether everything is paused', async () => {
  await pauseAll(database.db, by);
  expect((await checkRebuild(database.db)).wrong.filter((row) => row.table === 'pauses')).toEqual([]);
});
