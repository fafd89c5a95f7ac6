// Plans of skills on a real Postgres: what is due is done once, the way that all skills go, and what did not
// happen is told.
import { beforeEach, expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject } from '@mainloop/testkit/seed';
import { SaveRecurring } from '../../contracts/recurring.ts';
import { SaveSkill } from '../../contracts/skills.ts';
import { OWNER } from '../../flow/ids.ts';
import { decline, listOpenProposals } from '../conversation/proposals.ts';
import { removeSkill, saveSkill } from '../conversation/skills.ts';
import { decide } from '../inbox/decide.ts';
import { listOpenItems } from '../inbox/items.ts';
import { checkRebuild } from '../rebuild.ts';
import type { Queryable } from '../pool.ts';
import { openRead } from '../read.ts';
import {
  comeDue,
  listClocked,
  listRecurring,
  pauseRecurring,
  removeRecurring,
  saveRecurring,
  seeRecurring,
} from './recurring.ts';

const DAY_MS = 86_400_000;
const database = databaseOfFile(async (db) => {
  await seedProject(db, 'pr-1', 'acme/api');
});

const SKILL = {
  name: 'nightly',
  prompt: 'Look through {{what}}.',
  parameters: [{ name: 'what', kind: 'text' }],
  projectId: 'pr-1',
  budgetCents: 300,
};
const PLAN = { skill: 'nightly', given: { what: 'the logs' }, cron: '0 9 * * *', zone: 'Europe/Berlin' };
const plan = (asked: object) => saveRecurring(database.db, OWNER, SaveRecurring.parse(asked));
const list = (now = new Date()) => listRecurring(database.db, OWNER, now);
const come = (id: string, now: Date) => comeDue(database.db, OWNER, id, now);
async function planned(asked: object): Promise<{ id: string; next: Date[] }> {
  const saved = await plan(asked);
  if (!saved.ok) throw new Error(saved.sentence);
  return saved;
}
const after = (at: Date | undefined, ms = 1_000): Date => new Date((at?.getTime() ?? Number.NaN) + ms);

beforeEach(async () => {
  for (const { id } of await list()) await removeRecurring(database.db, OWNER, id);
  for (const { id } of await listOpenProposals(database.db, OWNER))
    await decline(database.db, OWNER, id, 'you');
  await saveSkill(database.db, OWNER, SaveSkill.parse(SKILL));
});

test('a time that has come proposes what the skill says, once, whoever asks', async () => {
  const { id, next } = await planned(PLAN);
  expect(await come(id, after(next[0], -1))).toBeNull();
  const all = await Promise.all(Array.from({ length: 8 }, () => come(id, after(next[0]))));
  expect(all.filter((outcome) => outcome !== null)).toEqual(['proposed']);
  expect(await listOpenProposals(database.db, OWNER)).toMatchObject([
    { title: '/nightly the logs', prompt: 'Look through the logs.', budgetCents: 300 },
  ]);
  expect(await list(after(next[0]))).toMatchObject([
    {
      alarm: '',
      next: [next[1], next[2], next[3], next[4], {}],
      came: [{ dueAt: next[0], proposal: 'open' }],
    },
  ]);
});

test('one is left out while the one before waits for Start, and the next comes when that is done', async () => {
  const { id, next } = await planned({ ...PLAN, cron: '*/5 * * * *' });
  expect(await come(id, after(next[0]))).toBe('proposed');
  expect(await come(id, after(next[1]))).toBe('skipped');
  const [open] = await listOpenProposals(database.db, OWNER);
  await decline(database.db, OWNER, open!.id, 'you');
  expect(await come(id, after(next[2]))).toBe('proposed');
});

test('after days without mainloop one stands for all, and it is told until it is read', async () => {
  const { id, next } = await planned(PLAN);
  const back = after(next[2], 3_600_000);
  expect(await come(id, back)).toBe('proposed');
  expect(await come(id, back)).toBeNull();
  const [kept] = await list(back);
  expect(kept!.alarm).toMatch(
    /^\/nightly was due on .*, 09:00 and came on .*, 10:00, .* 2 before it were left out\.$/,
  );
  expect(kept!.came).toHaveLength(1);
  const told = async () =>
    (await listOpenItems(database.db, OWNER)).map(({ kind, about }) => ({ kind, about }));
  expect(await told()).toEqual([{ kind: 'recurring', about: id }]);
  await seeRecurring(database.db, OWNER, id);
  expect((await list(back))[0]!.alarm).toBe('');
  expect(await told()).toEqual([]);
});

test('an alarm that is read in the inbox is read, and the newest stands for those before it', async () => {
  const { id, next } = await planned(PLAN);
  const open = () => listOpenItems(database.db, OWNER);
  await come(id, after(next[2], 3_600_000));
  const [older] = await open();
  await come(id, after(next[4], 3_600_000));
  const [newer, ...others] = await open();
  expect([others, newer!.id === older!.id]).toEqual([[], false]);
  expect(newer!.id).toMatch(/^[\w-]+$/);
  expect(newer!.body).toBe((await list())[0]!.alarm);
  const seen = { decision: 'seen', text: '', via: 'app', by: 'you' } as const;
  await decide(database.db, { ownerId: OWNER, itemId: newer!.id, ...seen });
  expect((await list())[0]!.alarm).toBe('');
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
  await come(id, after(next[4], 3 * DAY_MS));
  expect(await open()).toHaveLength(1);
  await removeRecurring(database.db, OWNER, id);
  expect(await open()).toEqual([]);
});

test('what was allowed with a budget starts without a tap, for no more than that', async () => {
  const { id, next } = await planned({ ...PLAN, startCents: 120 });
  expect(await come(id, after(next[0]))).toBe('started');
  expect(await listOpenProposals(database.db, OWNER)).toEqual([]);
  const [kept] = await list(after(next[0]));
  const { rows } = await database.db.query('select budget_cents, title from tasks where id = $1', [
    kept!.came[0]!.taskId,
  ]);
  expect(rows).toEqual([{ budget_cents: 120, title: '/nightly the logs' }]);
  // It is worked on, so the next is left out.
  expect(await come(id, after(next[1]))).toBe('skipped');
  const dearer = await planned({ ...PLAN, startCents: 9_000 });
  await come(dearer.id, after(dearer.next[0]));
  const [newest] = (
    await database.db.query('select budget_cents from tasks order by created_at desc, id desc limit 1')
  ).rows;
  expect(newest).toEqual({ budget_cents: 300 });
});

test('a skill that is gone does not happen, and that is told', async () => {
  const { id, next } = await planned(PLAN);
  await removeSkill(database.db, OWNER, 'nightly');
  expect(await come(id, after(next[0]))).toBe('refused');
  expect(await list(after(next[0]))).toMatchObject([
    {
      alarm: expect.stringContaining('did not happen. There is no skill called nightly.'),
      came: [{ outcome: 'refused' }],
    },
  ]);
});

test('nothing comes of one that is paused, and nothing is made up afterwards', async () => {
  const { id, next } = await planned(PLAN);
  await pauseRecurring(database.db, OWNER, id, true);
  expect(await come(id, after(next[3]))).toBeNull();
  expect([await listClocked(database.db), (await list())[0]!.next]).toEqual([[], []]);
  await pauseRecurring(database.db, OWNER, id, false);
  expect(await come(id, after(next[0], -1))).toBeNull();
  expect(await come(id, after(next[0]))).toBe('proposed');
});

test.each<[object, string]>([
  [{ cron: '0 9 30 2 *' }, 'plan_wrong'],
  [{ zone: 'Europe/Atlantis' }, 'plan_wrong'],
  [{ skill: 'none' }, 'no_skill'],
  [{ given: {} }, 'skill_wrong'],
  [{ projectId: 'gone' }, 'no_project'],
  [{ id: 'rc-gone' }, 'no_recurring'],
])('a plan that differs by %j is refused with %s', async (differs, code) => {
  expect(await plan({ ...PLAN, ...differs })).toMatchObject({ ok: false, code });
  expect(await list()).toEqual([]);
});

test('the pages say what the api says, and both are made from the log', async () => {
  const { id, next } = await planned({ ...PLAN, projectId: 'pr-1', cron: '*/5 * * * *' });
  await come(id, after(next[0]));
  await come(id, after(next[2], 30 * DAY_MS));
  const pages = openRead(database.url);
  const strip = (plans: Awaited<ReturnType<typeof list>>) => plans.map(({ next: _, ...kept }) => kept);
  expect(strip(await pages.recurring())).toEqual(strip(await list()));
  await pages.close();
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
});

test('of a plan by the minute that has gone on for years, only the newest times are read', async () => {
  const { id, next } = await planned({ ...PLAN, cron: '* * * * *' });
  expect(await come(id, after(next[0]))).toBe('proposed');
  await planned({ ...PLAN, cron: '0 0 1 1 *' });
  await database.db.query(
    `insert into recurring_times (recurring_id, due_at, came_at, outcome, sentence)
     select $1, $2::timestamptz + n * interval '1 minute', $2::timestamptz, 'skipped', '' from generate_series(1, 20000) n`,
    [id, next[0]],
  );
  let read = 0;
  const counting = {
    query: async (text: string, values: unknown[]) => {
      const answer = await database.db.query<object>(text, values);
      read += answer.rows.length;
      return answer;
    },
  } as unknown as Queryable;
  const both = await listRecurring(counting, OWNER, new Date());
  expect(both.map((p) => [p.id === id, p.came.length])).toEqual(
    expect.arrayContaining([
      [true, 5],
      [false, 0],
    ]),
  );
  expect(both.find((p) => p.id === id)!.came.map((c) => c.outcome)).toEqual(Array(5).fill('skipped'));
  expect(read).toBeLessThan(20);
  // The one that waits for Start lies far behind those that were left out for it.
  const at = new Date(next[0]!.getTime() + 20_001 * 60_000);
  await database.db.query('update recurring set since = $2 where id = $1', [
    id,
    new Date(at.getTime() - 60_000),
  ]);
  await database.db.query("update proposals set expires_at = $1 where state = 'open'", [
    new Date(at.getTime() + DAY_MS),
  ]);
  expect(await come(id, after(at))).toBe('skipped');
});
