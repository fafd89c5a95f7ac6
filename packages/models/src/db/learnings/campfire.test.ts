// The campfire on a real database: lit once a day with what waits, ended with its last rule, and undone for ever.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { learningGiven, learningNoted } from '../../events/learnings.ts';
import { agentSaid } from '../../events/runs.ts';
import { OWNER } from '../../flow/ids.ts';
import type { LearningDecision } from '../../flow/learnings/learnings.ts';
import { decide } from '../inbox/decide.ts';
import { listOpenItems } from '../inbox/items.ts';
import { appendOnce } from '../log.ts';
import { many, one, openPool } from '../pool.ts';
import { saveSettings } from '../projects/settings.ts';
import { checkRebuild } from '../rebuild.ts';
import { lightCampfire } from './campfire.ts';
import { decideLearning, listApproved, listLearnings } from './learnings.ts';

let database: TestDatabase;
/** Each test has days of its own. */
let day = 0;
const DAY_MS = 86_400_000;
/** 18:30 in Berlin, so many days after the first. */
const evening = (later = 0): number => Date.parse('2026-11-02T17:30:00Z') + (day + later) * DAY_MS;
const labelOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const fires = async () =>
  (await listOpenItems(database.db, OWNER)).filter((item) => item.kind === 'campfire');
const light = (nowMs: number) => lightCampfire(database.db, OWNER, nowMs);
const answer = (id: string, decision: LearningDecision, more: { rule?: string; version?: number } = {}) => {
  const { version, ...edited } = more;
  return decideLearning(database.db, { ownerId: OWNER, id, decision, by: 'you', version }, edited);
};

/** Rules that came up in two tasks. */
const propose = (...ids: string[]) =>
  appendOnce(
    database.db,
    ids.map((id) =>
      learningNoted.new({
        taskId: 'one',
        actor: 'ada',
        payload: {
          id,
          rule: `The rule ${id} holds.`,
          why: '',
          path: null,
          source: 'review',
          author: 'ada',
          projectId: null,
          runId: null,
          like: null,
          isWord: true,
        },
      }),
    ),
    OWNER,
  );
const stateOf = async (id: string) => (await listLearnings(database.db, OWNER)).find((l) => l.id === id)!;

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'one');
  await saveSettings(database.db, OWNER, { timeZone: 'Europe/Berlin', campfireAt: '18:00' });
});
afterAll(() => database.drop());
beforeEach(async () => {
  day += 40;
  for (const { id } of await many<{ id: string }>(
    database.db,
    "select id from learnings where state = 'proposed'",
  ))
    await answer(id, 'reject');
});

test('no proposals, no item; and what comes later that evening waits for the next', async () => {
  expect(await light(evening())).toBe('none');
  await propose('L1');
  expect(await light(evening())).toBe('not_due');
  expect(await fires()).toEqual([]);
  expect(await light(evening(1) - 3_600_000)).toBe('not_due');
  expect(await light(evening(1))).toBe('lit');
  const [fire] = await fires();
  expect(fire).toMatchObject({
    taskId: null,
    about: labelOf(evening(1)),
    title: expect.stringMatching(/taught: one rule$/),
  });
  expect(fire?.body).toContain('One came up in review (ada).');
});

test('eight workers at the hour light it once', async () => {
  await propose('L10', 'L11');
  const all = await Promise.all(Array.from({ length: 8 }, () => light(evening())));
  expect(all.filter((a) => a === 'lit')).toHaveLength(1);
  expect(await fires()).toHaveLength(1);
});

test('each is decided by itself, and with the last of them the item is gone; nothing is approved by letting go', async () => {
  await propose('L20', 'L21', 'L22', 'L23');
  await light(evening());
  const [fire] = await fires();
  expect(await answer('L20', 'approve')).toEqual({ ok: true });
  expect(await answer('L21', 'approve', { rule: 'In better words.' })).toEqual({ ok: true });
  expect(await answer('L22', 'reject')).toEqual({ ok: true });
  expect(await fires()).toHaveLength(1);
  // "Not now" of the item puts off what is left of it.
  const seen = {
    ownerId: OWNER,
    itemId: fire!.id,
    decision: 'seen',
    text: '',
    via: 'app',
    by: 'you',
  } as const;
  expect(await decide(database.db, seen)).toEqual({ ok: true, taskId: null });
  expect(await fires()).toEqual([]);
  expect((await listApproved(database.db, OWNER, 'pr-1')).map((l) => l.rule)).toEqual(
    expect.arrayContaining(['The rule L20 holds.', 'In better words.']),
  );
  expect(await stateOf('L23')).toMatchObject({ state: 'proposed', versions: [] });
  expect((await stateOf('L23')).quietUntil!.getTime()).toBeGreaterThan(Date.now() + 6 * DAY_MS);
});

test('the last decision ends it, and what was put off is asked about a week later', async () => {
  await propose('L30', 'L31');
  await light(evening());
  await answer('L30', 'later');
  expect(await fires()).toHaveLength(1);
  await answer('L31', 'reject');
  expect(await fires()).toEqual([]);
  // By our own clock it was put off until a week from now; these evenings are years away from it.
  const { quietUntil } = await stateOf('L30');
  await database.db.query('update learnings set quiet_until = $1 where id = $2', [
    new Date(evening(7)),
    'L30',
  ]);
  expect(quietUntil).not.toBeNull();
  expect(await light(evening(1))).toBe('none');
  expect(await light(evening(8))).toBe('lit');
  expect((await stateOf('L30')).campfire).toBe(`campfire-${labelOf(evening(8))}`);
  await database.db.query('update learnings set quiet_until = $1 where id = $2', [quietUntil, 'L30']);
});

test('one that nobody answered makes room for the next', async () => {
  await propose('L40');
  await light(evening());
  await propose('L41');
  expect(await light(evening(1))).toBe('lit');
  expect((await fires()).map((item) => item.about)).toEqual([labelOf(evening(1))]);
  await answer('L40', 'approve');
  expect(await fires()).toHaveLength(1);
  await answer('L41', 'approve');
  expect(await fires()).toEqual([]);
});

test('every decision is undone for ever: any version comes back, its words and whether it counts', async () => {
  await propose('L50');
  await answer('L50', 'approve');
  await answer('L50', 'edit', { rule: 'Other words.' });
  await answer('L50', 'retire');
  const { versions } = await stateOf('L50');
  expect(versions.map((v) => [v.state, v.rule])).toEqual([
    ['proposed', 'The rule L50 holds.'],
    ['approved', 'The rule L50 holds.'],
    ['approved', 'Other words.'],
  ]);
  expect(await answer('L50', 'restore', { version: 1 })).toEqual({ ok: true });
  expect(await stateOf('L50')).toMatchObject({ state: 'approved', rule: 'The rule L50 holds.' });
  // Without a version, what the last decision changed.
  expect(await answer('L50', 'restore')).toEqual({ ok: true });
  expect(await stateOf('L50')).toMatchObject({ state: 'retired', rule: 'Other words.' });
  expect(await answer('L50', 'restore', { version: 99 })).toMatchObject({ code: 'no_version' });
  await propose('L51');
  expect(await answer('L51', 'restore')).toMatchObject({ code: 'no_version' });
});

test('a rule that ten runs were given and none named comes up; one that is named does not; deciding on it begins anew', async () => {
  await propose('L5silent', 'L5named');
  for (const id of ['L5silent', 'L5named']) await answer(id, 'approve');
  const given = (run: number) =>
    learningGiven.new({
      taskId: 'one',
      actor: 'agent',
      payload: { runId: `r${run}`, ids: ['L5silent', 'L5named'], asked: 'again' },
    });
  const said = (run: number, text: string) =>
    agentSaid.new({ taskId: 'one', actor: 'agent', payload: { runId: `r${run}`, text } });
  for (let run = 0; run < 10; run++)
    // Asked twice in one run is one run.
    await appendOnce(database.db, [given(run), given(run)], OWNER);
  await appendOnce(
    database.db,
    [said(9, 'Went by L5named.'), said(9, 'As L5named says. L5nobody too.')],
    OWNER,
  );
  expect(await stateOf('L5silent')).toMatchObject({ given: 10, cited: 0 });
  expect(await stateOf('L5named')).toMatchObject({ given: 10, cited: 1 });
  await propose('L61');
  await light(evening());
  const [fire] = await fires();
  expect(fire?.body).toContain('One rule that agents are given again and again is named by none');
  await answer('L5silent', 'edit', { rule: 'Said more clearly.' });
  expect(await stateOf('L5silent')).toMatchObject({ given: 0, cited: 0, state: 'approved' });
  await answer('L61', 'reject');
});

test('switched off it is never lit; its hour and zone are the user’s', async () => {
  await propose('L60');
  await saveSettings(database.db, OWNER, { campfireAt: null });
  expect(await light(evening())).toBe('not_due');
  await saveSettings(database.db, OWNER, { campfireAt: '07:15', timeZone: 'Pacific/Auckland' });
  expect(await light(Date.parse(`${labelOf(evening())}T20:00:00Z`))).toBe('lit');
  expect((await fires()).map((item) => item.about)).toEqual([labelOf(evening(1))]);
  await saveSettings(database.db, OWNER, { campfireAt: '18:00', timeZone: 'Europe/Berlin' });
});

test('the worker may light it, and a rebuild says the same of it', async () => {
  await propose('L70');
  const url = new URL(database.url);
  url.username = 'mainloop_worker';
  const worker = openPool(url.href, 'test', 1);
  try {
    expect(await one(worker, 'select current_user as role')).toEqual({ role: 'mainloop_worker' });
    expect(await lightCampfire(worker, OWNER, evening())).toBe('lit');
  } finally {
    await worker.end();
  }
  const { wrong } = await checkRebuild(database.db);
  expect(wrong.filter(({ table }) => ['learnings', 'inbox_items'].includes(table))).toEqual([]);
});
