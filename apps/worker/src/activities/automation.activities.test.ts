// What an automation does to others, on a real Postgres.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { saveAutomation } from '@mainloop/models/db/automations/automations';
import { judgeLog } from '@mainloop/models/db/automations/judging';
import { lastSeq } from '@mainloop/models/db/log';
import { one } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject } from '@mainloop/testkit/seed';
import { automationActivities } from './automation.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** A rule that sends to this address has come. */
async function firedTo(url: string): Promise<AutomationWorkflowInput> {
  const text = `name: send\nwhen: project.added\nactions: [{ do: webhook, url: "${url}", text: "{{name}}" }]`;
  expect(await saveAutomation(database.db, OWNER, text)).toMatchObject({ ok: true });
  await seedProject(database.db, `pr-${await lastSeq(database.db, OWNER)}`, 'acme/api');
  while (await judgeLog(database.db, OWNER));
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
  const { actAutomation, sendWebhook } = automationActivities({ db: database.db });
  const firing = await firedTo(url);
  expect(await actAutomation(firing)).toEqual({ webhooks: 1 });
  await expect(sendWebhook({ ...firing, at: 0 })).rejects.toThrow('lies in a private network');
});

test('a webhook that is sent again is the same, and one that never arrives pauses its rule', async () => {
  const sent: string[] = [];
  const { actAutomation, sendWebhook, failAutomation } = automationActivities({
    db: database.db,
    send: async ({ id }) => void sent.push(id),
  });
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
