// What an automation does to others, on a real Postgres.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { saveAutomation } from '@mainloop/models/db/automations/automations';
import { judgeLog } from '@mainloop/models/db/automations/judging';
import { appendOnce, lastSeq } from '@mainloop/models/db/log';
import { one } from '@mainloop/models/db/pool';
import { pauseAll, resumeAll } from '@mainloop/models/db/runs/pause';
import { taskSteered } from '@mainloop/models/events/tasks';
import { OWNER } from '@mainloop/models/flow/ids';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { effects } from '../effects.ts';
import { automationActivities } from './automation.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const hands = (some: Partial<Parameters<typeof automationActivities>[0]> = {}) => ({
  db: database.db,
  forge: { ensureComment: () => Promise.reject(new Error()), ensureLabel: () => Promise.reject(new Error()) },
  hit: () => undefined,
  effect: effects({ db: database.db, hit: () => undefined, settleMs: 0 }),
  ...some,
});

/** A rule that sends to this address has come. */
async function firedTo(url: string): Promise<AutomationWorkflowInput> {
  const text = `name: send\nwhen: project.added\nactions: [{ do: webhook, url: "${url}", text: "{{name}}" }]`;
  expect(await saveAutomation(database.db, OWNER, text)).toMatchObject({ ok: true });
  await seedProject(database.db, `pr-${await lastSeq(database.db, OWNER)}`, 'acme/api');
  while ((await judgeLog(database.db, OWNER)).mayBeMore);
  const sent = await one<{ payload: AutomationWorkflowInput }>(
    database.db,
    "select payload from outbox where name = 'automationWorkflow' order by id desc limit 1",
  );
  return sent!.payload;
}

test.each([
  'https://127.0.0.1/hook',
  'https://localhost/hook',
  'https://[::1]/hook',
  'https://169.254.169.254/',
])('a webhook goes to no address inside: %s', async (url) => {
  const { actAutomation, sendWebhook } = automationActivities(hands());
  const firing = await firedTo(url);
  expect(await actAutomation(firing)).toEqual({ webhooks: 1, isHeld: false });
  await expect(sendWebhook({ ...firing, at: 0 })).rejects.toThrow('lies in a private network');
});

test('a webhook that is sent again is the same, and one that never arrives pauses its rule', async () => {
  const sent: string[] = [];
  const { actAutomation, sendWebhook, failAutomation } = automationActivities(
    hands({ send: async ({ id }) => void sent.push(id) }),
  );
  const firing = await firedTo('https://example.com/hook');
  await actAutomation(firing);
  for (let again = 0; again < 2; again++) await sendWebhook({ ...firing, at: 0 });
  expect(new Set(sent)).toEqual(new Set([`${firing.id}/${firing.version}/${firing.seq}/0`]));
  await failAutomation({ ...firing, sentence: 'example.com answered with 500 instead of taking it.' });
  expect(await one(database.db, "select paused, problem from automations where name = 'send'")).toEqual({
    paused: true,
    problem: 'example.com answered with 500 instead of taking it.',
  });
});

/** Something is said to a task of which a rule comments and labels. */
async function firedAt(taskId: string): Promise<AutomationWorkflowInput> {
  const text =
    'name: tell\nwhen: task.steered\nactions: [{ do: comment, text: "Said: {{text}}" }, { do: label, label: look }]';
  expect(await saveAutomation(database.db, OWNER, text)).toMatchObject({ ok: true });
  const about = { taskId, actor: 'you', payload: { text: 'hello' } };
  await appendOnce(database.db, [taskSteered.new(about)], OWNER);
  while ((await judgeLog(database.db, OWNER)).mayBeMore);
  const sent = await one<{ payload: AutomationWorkflowInput }>(
    database.db,
    "select payload from outbox where name = 'automationWorkflow' order by id desc limit 1",
  );
  return sent!.payload;
}

test('the page of a task is told and labelled once, also when what was done could not be noted', async () => {
  const taskId = await seedTask(database.db, 'told');
  const done: string[] = [];
  const forge = {
    ensureComment: async ({ number, marker, body }: { number: number; marker: string; body: string }) => {
      done.push(`#${number} ${body} ${marker}`);
      return { id: 1, outcome: 'created' as const };
    },
    ensureLabel: async ({ number, name, isOn }: { number: number; name: string; isOn: boolean }) => {
      done.push(`#${number} ${name} ${isOn}`);
      return 'updated' as const;
    },
  };
  const { actAutomation, sendWebhook } = automationActivities(hands({ forge }));
  const firing = await firedAt(taskId);
  expect(await actAutomation(firing)).toEqual({ webhooks: 2, isHeld: false });
  // It has no page yet: nobody would read it.
  for (const at of [0, 1]) await sendWebhook({ ...firing, at });
  expect(done).toEqual([]);
  await database.db.query('update tasks set issue_number = 7 where id = $1', [taskId]);
  for (const at of [0, 1, 0, 1]) await sendWebhook({ ...firing, at });
  const mark = `automation-${firing.id}-${firing.version}-${firing.seq}-0`;
  expect(done).toEqual([`#7 Said: hello <!-- mainloop:told:${mark} -->`, '#7 look true']);
});

test('while everything is paused nothing goes out', async () => {
  const taskId = await seedTask(database.db, 'held');
  await database.db.query('update tasks set issue_number = 8 where id = $1', [taskId]);
  const { actAutomation, sendWebhook } = automationActivities(hands());
  const firing = await firedAt(taskId);
  await actAutomation(firing);
  const asked = { ownerId: OWNER, via: 'app', by: 'you' } as const;
  await pauseAll(database.db, asked);
  expect(await sendWebhook({ ...firing, at: 0 })).toEqual({ isHeld: true });
  expect(await actAutomation(firing)).toEqual({ webhooks: 0, isHeld: true });
  await resumeAll(database.db, asked);
});
