import { expect, test } from '@jest/globals';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { appendOnce } from '../log.ts';
import { openEpoch } from './epochs.ts';
import { LOOK_COUNTS_MS, Slots, takeSlot } from './slots.ts';

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

test('WORKFLOW.md lowers what a project may, and never raises it', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push(await seedRun(database.db, await seedTask(database.db, `t-file${i}`)));
  const keep = (given: object): Promise<unknown> =>
    database.db.query("update projects set workflow = $1 where id = 'pr-1'", [
      JSON.stringify({ digest: 'd', problem: '', file: { given, template: '' } }),
    ]);
  const take = async (n: number, ofProject: number): Promise<boolean> =>
    (await takeSlot(database.db, ids[n]!, { all: 9, ofProject: () => ofProject })).got;
  await keep({ 'agent.max_concurrent_agents': 1 });
  expect(await take(0, 9)).toBe(true);
  expect(await take(1, 9)).toBe(false);
  await keep({ 'agent.max_concurrent_agents': 9 });
  expect(await take(1, 1)).toBe(false);
  expect(await take(1, 2)).toBe(true);
  await keep({ 'mainloop.dispatch': 'serial' });
  expect(await take(2, 9)).toBe(false);
  await database.db.query("update projects set workflow = null where id = 'pr-1'");
  expect(await take(2, 9)).toBe(true);
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

test('one look counts for all that wait: a timer asks for nothing more, what happens is looked at, and whoever may start is woken once', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await seedRun(database.db, await seedTask(database.db, `t-look${i}`)));
  let [nowMs, looks] = [1_000_000, 0];
  const slots = new Slots(database.db, () => nowMs);
  const take = async (n: number, isByTimer: boolean): Promise<[got: boolean, looks: number]> => {
    looks = 0;
    const caps = async () => {
      looks += 1;
      return { all: 1, ofProject: () => 10 };
    };
    return [(await slots.take(ids[n]!, caps, isByTimer)).got, looks];
  };
  const woken = async (): Promise<string[]> => {
    const { rows } = await database.db.query<{ workflow_id: string }>(
      "delete from outbox where name = 'poke' and workflow_id like 'task/t-look%' returning workflow_id",
    );
    return rows.map((row) => row.workflow_id);
  };
  expect(await take(0, false)).toEqual([true, 1]);
  for (const n of [1, 2, 3, 4]) expect(await take(n, true)).toEqual([false, 0]);
  expect(await woken()).toEqual([]);
  // It has its slot, whoever asks again.
  expect(await take(0, true)).toEqual([true, 0]);
  await database.db.query("update runs set state = 'ended' where id = $1", [ids[0]]);
  // One that is not the next hears that something happened: it looks for the next, too.
  expect(await take(3, false)).toEqual([false, 1]);
  expect(await woken()).toEqual(['task/t-look1']);
  expect(await take(4, false)).toEqual([false, 1]);
  expect(await woken()).toEqual([]);
  expect(await take(1, false)).toEqual([true, 1]);
  // Nothing tells that money is there again, or a cap is higher: a look does not count for ever.
  await database.db.query("update runs set state = 'ended' where id = $1", [ids[1]]);
  nowMs += LOOK_COUNTS_MS - 1;
  expect(await take(4, true)).toEqual([false, 0]);
  nowMs += 1;
  expect(await take(4, true)).toEqual([false, 1]);
  expect(await woken()).toEqual(['task/t-look2']);
  // Whoever came after the look was not in it.
  ids.push(await seedRun(database.db, await seedTask(database.db, 't-look5')));
  expect(await take(5, true)).toEqual([false, 1]);
  await database.db.query("update runs set state = 'ended'");
  expect(await take(5, true)).toEqual([false, 0]);
});

test('a thousand timers of tasks that wait at one cap look once, and what one that died was told another is told later', async () => {
  await database.db.query("update runs set state = 'ended'");
  const ids: string[] = [];
  for (let i = 0; i < 20; i++)
    ids.push(await seedRun(database.db, await seedTask(database.db, `t-many${i}`)));
  let [nowMs, looks] = [0, 0];
  const slots = new Slots(database.db, () => nowMs);
  const caps = async () => {
    looks += 1;
    return { all: 2, ofProject: () => 10 };
  };
  await slots.take(ids[10]!, caps, false);
  const all = async (): Promise<number> => {
    let got = 0;
    for (const id of ids.slice(2))
      for (let n = 0; n < 50; n++) if ((await slots.take(id, caps, true)).got) got += 1;
    return got;
  };
  expect([await all(), looks]).toEqual([0, 1]);
  // The first two were woken and never came: they are woken again.
  await database.db.query("delete from outbox where name = 'poke'");
  nowMs += LOOK_COUNTS_MS;
  await slots.take(ids[10]!, caps, true);
  const { rows } = await database.db.query<{ workflow_id: string }>(
    "delete from outbox where name = 'poke' returning workflow_id",
  );
  expect(rows.map((row) => row.workflow_id).toSorted()).toEqual(['task/t-many0', 'task/t-many1']);
  await database.db.query("update runs set state = 'ended'");
});
