// Limits of a day, a week and a month, on a real Postgres: what is promised to calls, and whether new work starts.
import { beforeEach, expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { beginningsAt, NO_LIMITS, type Limits, type SpentLimit } from '../../flow/money/money.ts';
import { newCallId, reserve } from './budget.ts';
import { readForecasts, readSpent } from './limits.ts';
import { takeSlot } from '../runs/slots.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db, 'pr-1', 'acme/one');
  await seedProject(db, 'pr-2', 'acme/two');
});
beforeEach(() => database.db.query('delete from cost_days; delete from model_calls'));

const DOLLAR = 1_000_000;
const cost = (day: Date, projectId: string, microusd: number): Promise<unknown> =>
  database.db.query(
    `insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens) values ($1, $2::date, $3, 'm', $4, 0, 0)`,
    [OWNER, day.toISOString().slice(0, 10), projectId, microusd],
  );
const take = (microusd: number, owner: Limits, project: Limits = NO_LIMITS): Promise<SpentLimit | null> =>
  reserve(
    database.db,
    {
      id: newCallId(),
      ownerId: OWNER,
      projectId: 'pr-1',
      taskId: null,
      runId: null,
      gateway: 'here',
      model: 'm',
      inputTokens: 1,
    },
    microusd,
    { owner, project },
  );

test('what was spent in the week and in the month counts, and what was before does not', async () => {
  const began = beginningsAt(Date.now());
  const before = (first: Date): Date => new Date(first.getTime() - 24 * 3_600_000);
  const first = began.week < began.month ? began.week : began.month;
  await cost(began.day, 'pr-1', DOLLAR);
  await cost(began.month, 'pr-2', 4 * DOLLAR);
  await cost(before(first), 'pr-1', 100 * DOLLAR);
  const week = began.month >= began.week ? 5 : 1;
  const spent = await readSpent(database.db, OWNER, Date.now());
  expect(spent.get('pr-1')).toEqual({ day: DOLLAR, week: DOLLAR, month: DOLLAR });
  expect(spent.get('pr-2')!.month).toBe(4 * DOLLAR);
  expect(await take(DOLLAR, { ...NO_LIMITS, month: 599 })).toBe('month');
  expect(await take(DOLLAR, { ...NO_LIMITS, week: week * 100 + 99 })).toBe('week');
  expect(await take(DOLLAR, { ...NO_LIMITS, week: week * 100 + 100, month: 600 })).toBeNull();
});

test('of a project only its own counts, and what is promised counts at once', async () => {
  await cost(new Date(), 'pr-2', 50 * DOLLAR);
  const limits = { ...NO_LIMITS, week: 200 };
  expect(await take(DOLLAR, NO_LIMITS, limits)).toBeNull();
  expect(await take(DOLLAR, NO_LIMITS, limits)).toBeNull();
  expect(await take(1, NO_LIMITS, limits)).toBe('project_week');
  expect(await take(1, NO_LIMITS, { ...NO_LIMITS, month: 200 })).toBe('project_month');
});

test('calls side by side never pass the limit of a month', async () => {
  const got = await Promise.all(Array.from({ length: 20 }, () => take(DOLLAR, { ...NO_LIMITS, month: 700 })));
  expect(got.filter((full) => full === null)).toHaveLength(7);
});

test('where a limit is spent new work waits, and that of other projects does not wait for it', async () => {
  await cost(new Date(), 'pr-1', 10 * DOLLAR);
  const run = async (taskId: string): Promise<string> =>
    seedRun(database.db, await seedTask(database.db, taskId));
  const [poor, rich] = [await run('t-poor'), await run('t-rich')];
  await database.db.query("update tasks set project_id = 'pr-2' where id = 't-rich'");
  const settings = (week: number | null): string => JSON.stringify({ weekBudgetCents: week });
  await database.db.query(`update projects set settings = $1 where id = 'pr-1'`, [settings(1_000)]);
  const caps = (owner: Limits) => ({
    all: 10,
    ofProject: () => 10,
    money: {
      owner,
      ofProject: (of: unknown) => ({
        ...NO_LIMITS,
        week: (of as { weekBudgetCents?: number }).weekBudgetCents ?? null,
      }),
    },
  });
  expect((await takeSlot(database.db, rich, caps({ ...NO_LIMITS, day: 1_000 }))).got).toBe(false);
  expect((await takeSlot(database.db, poor, caps(NO_LIMITS))).got).toBe(false);
  expect((await takeSlot(database.db, rich, caps(NO_LIMITS))).got).toBe(true);
  await database.db.query(`update projects set settings = $1 where id = 'pr-1'`, [settings(1_100)]);
  expect((await takeSlot(database.db, poor, caps(NO_LIMITS))).got).toBe(true);
});

test('a forecast counts what was merged, and nothing that was cancelled', async () => {
  for (const [id, state, microusd] of [
    ['t-f1', 'done', 1],
    ['t-f2', 'done', 3],
    ['t-f3', 'cancelled', 900],
  ] as const) {
    await seedTask(database.db, id);
    await database.db.query(
      'update tasks set state = $2, cost_microusd = $3, ended_at = now() where id = $1',
      [id, state, microusd * DOLLAR],
    );
  }
  expect((await readForecasts(database.db, OWNER)).get('pr-1')).toEqual({
    tasks: 2,
    medianMicrousd: 2 * DOLLAR,
  });
});
