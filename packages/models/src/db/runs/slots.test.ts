import { expect, test } from '@jest/globals';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { appendOnce } from '../log.ts';
import { openEpoch } from './epochs.ts';
import { takeSlot } from './slots.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('the cap holds and slots are given in order', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 6; i++) ids.push(await seedRun(database.db, await seedTask(database.db, `t-cap${i}`)));
  const take = (id: string) => takeSlot(database.db, id, { all: 2, ofProject: () => 10 });
  expect((await take(ids[3]!)).got).toBe(false);
  const got = await Promise.all(ids.map(take));
  expect(got.filter((g) => g.got)).toHaveLength(2);
  expect(got.slice(0, 2).every((g) => g.got)).toBe(true);
  await database.db.query("update runs set state = 'ended' where id = $1", [ids[0]]);
  expect((await take(ids[3]!)).got).toBe(false);
  expect((await take(ids[2]!)).got).toBe(true);
});

test('a run that waits for permission gives its slot to the next, and is over the cap at most until that one ends', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 4; i++)
    ids.push(await seedRun(database.db, await seedTask(database.db, `t-leave${i}`)));
  const take = async (n: number): Promise<boolean> =>
    (await takeSlot(database.db, ids[n]!, { all: 1, ofProject: () => 10 })).got;
  const { run: first } = await openEpoch(database.db, ids[0]!);
  await database.db.query("update runs set state = 'running' where id = $1", [first.id]);
  expect(await take(1)).toBe(false);
  await appendOnce(
    database.db,
    [
      inboxOpened.new({
        taskId: 't-leave0',
        actor: 'agent',
        payload: {
          id: 't-leave0-p',
          kind: 'permission',
          runId: ids[0]!,
          title: 'ls',
          body: '',
          options: [],
        },
      }),
    ],
    OWNER,
  );
  expect(await take(1)).toBe(true);
  // Two have a sandbox now, and a third would be too many.
  expect(await take(2)).toBe(false);
  await appendOnce(
    database.db,
    [inboxClosed.new({ taskId: 't-leave0', actor: 'x', payload: { id: 't-leave0-p', why: 'Answered.' } })],
    OWNER,
  );
  await database.db.query("update runs set state = 'ended' where id = $1", [ids[1]!]);
  expect(await take(2)).toBe(false);
  await database.db.query("update runs set state = 'ended' where id = $1", [ids[0]!]);
  expect(await take(2)).toBe(true);
  await database.db.query("update runs set state = 'ended'");
});

test('a run that is only starting keeps its slot, whatever its task stood still for', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 2; i++)
    ids.push(await seedRun(database.db, await seedTask(database.db, `t-starting${i}`)));
  const take = async (n: number): Promise<boolean> =>
    (await takeSlot(database.db, ids[n]!, { all: 1, ofProject: () => 10 })).got;
  expect(await take(0)).toBe(true);
  await database.db.query("update tasks set waiting_for = 'permission' where id = 't-starting0'");
  expect(await take(1)).toBe(false);
  await database.db.query("update runs set state = 'running' where id = $1", [ids[0]!]);
  expect(await take(1)).toBe(true);
  await database.db.query("update runs set state = 'ended'");
});
