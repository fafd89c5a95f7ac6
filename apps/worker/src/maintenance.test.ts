// What the forge's news become, on a real database. The forge is a list of answers.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { many, one, type Db } from '@mainloop/models/db/pool';
import { NO_NEWS, type News } from '@mainloop/models/flow/forge/news';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { pollForge, watchSilence, type Watched } from './maintenance.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'waits');
  await database.db.query("update tasks set state = 'in_review', pr_number = 7 where id = 'waits'");
});
afterAll(() => database.drop());

const about7: News = { ...NO_NEWS, numbers: [7] };
const looks = async (db: Db): Promise<number> =>
  Number(
    (await one<{ n: number }>(
      db,
      "select count(*) as n from outbox where workflow_id = 'task/waits' and name = 'poke'",
    ))!.n,
  );

test('of each change a task is told at once and after the next look: two changes in one second have one time', async () => {
  const memory = new Map<string, Watched>();
  const answers = [about7, NO_NEWS, NO_NEWS];
  const told: number[] = [];
  for (const answer of answers) {
    const before = await looks(database.db);
    await pollForge(database.db, { changed: () => Promise.resolve(answer) }, memory);
    told.push((await looks(database.db)) - before);
  }
  expect(told).toEqual([1, 1, 0]);
});

test('a base that moved is told to whoever has a pull request, and to nobody else', async () => {
  await seedTask(database.db, 'plans');
  await database.db.query("update tasks set state = 'awaiting_plan' where id = 'plans'");
  const before = await looks(database.db);
  await pollForge(
    database.db,
    { changed: () => Promise.resolve({ ...NO_NEWS, baseMoved: true }) },
    new Map(),
  );
  expect((await looks(database.db)) - before).toBe(1);
  expect(
    await one(database.db, "select 1 from outbox where workflow_id = 'task/plans' and name = 'poke'"),
  ).toBeNull();
});

test('news that could not be written down, or came before a forge that was away, are told later', async () => {
  const memory = new Map<string, Watched>();
  const broken = {
    ...database.db,
    query: database.db.query.bind(database.db),
    connect: () => Promise.reject(new Error('the database is away')),
  } as unknown as Db;
  await expect(pollForge(broken, { changed: () => Promise.resolve(about7) }, memory)).rejects.toThrow(
    'the database is away',
  );
  const before = await looks(database.db);
  await pollForge(database.db, { changed: () => Promise.reject(new Error('502')) }, memory);
  expect((await looks(database.db)) - before).toBe(0);
  await pollForge(database.db, { changed: () => Promise.resolve(NO_NEWS) }, memory);
  expect((await looks(database.db)) - before).toBe(1);
});

test('a run that says nothing is nudged once, in our name, and stopped once when it goes on so', async () => {
  const runId = await seedRun(database.db, await seedTask(database.db, 'silent'));
  const silentFor = async (minutes: number): Promise<unknown[]> => {
    await database.db.query(
      "update runs set state = 'running', started_at = now() - $2 * interval '1 minute' where id = $1",
      [runId, minutes],
    );
    await watchSilence(database.db, 5 * 60_000);
    await watchSilence(database.db, 5 * 60_000);
    const sent = await many<{ payload: unknown }>(
      database.db,
      'select payload from run_commands where run_id = $1 order by id',
      [runId],
    );
    return sent.map(({ payload }) => payload);
  };
  expect(await silentFor(4)).toEqual([]);
  const nudge = { type: 'steer', by: 'mainloop', text: expect.stringMatching(/^You have said nothing/) };
  expect(await silentFor(6)).toEqual([nudge]);
  expect(await silentFor(21)).toEqual([nudge, { type: 'stop', why: 'silent' }]);
});
