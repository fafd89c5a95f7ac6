// A skill that comes by itself, in the whole stack, and an automation that waits for it: a real Temporal keeps the
// clock while the worker is killed.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { many, openPool, type Db } from '@mainloop/models/db/pool';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';

let stack: Stack;
let db: Db;
let temporal: Client;
let projectId: string;

beforeAll(async () => {
  stack = await startStack();
  db = openPool(stack.databaseUrl, 'recurring-test', 4);
  temporal = new Client({ connection: await Connection.connect({ address: stack.temporal }) });
  const [project] = await until('the demo project', async () => {
    const all = await stack.call('listProjects');
    return all.length > 0 && all;
  });
  projectId = project!.id;
  await stack.call('saveSkill', {
    body: { name: 'tidy', prompt: 'Tidy {{what}} up.', parameters: [{ name: 'what', kind: 'text' }] },
  });
});
afterAll(async () => {
  await temporal?.connection.close();
  await db?.end();
  await stack?.stop();
});

const clockOf = (id: string): Promise<ScheduleDescription> =>
  temporal.schedule.getHandle(`recurring/${id}`).describe();
const cameOf = (id: string): Promise<{ due: string; outcome: string }[]> =>
  many(
    db,
    `select payload->>'due' as due, payload->>'outcome' as outcome from events
     where type = 'recurring.came' and payload->>'id' = $1 order by seq`,
    [id],
  );

test('Temporal is told the times that are shown, and each comes once, also when the worker was killed', async () => {
  const body = {
    skill: 'tidy',
    given: { what: 'the tests' },
    projectId,
    cron: '* * * * *',
    zone: 'Europe/Berlin',
  };
  const text = 'name: tell\nwhen: recurring.came\nactions: [{ do: notify, title: "Came: {{outcome}}" }]';
  await stack.call('saveAutomation', { body: { text } });
  const { id, next } = await stack.call('saveRecurring', { body });
  const clock = await until('Temporal to have the clock', () => clockOf(id));
  // It adds up to ten seconds to each, so that not all come at once.
  const told = clock.info.nextActionTimes.map((at) => Math.floor(at.getTime() / 60_000) * 60_000);
  const shown = next.map((at) => Date.parse(String(at)));
  expect(told.slice(0, 3)).toEqual([0, 1, 2].map((n) => told[0]! + n * 60_000));
  expect(shown).toContain(told[0]);
  await until('the first time', async () => (await cameOf(id)).length >= 1);
  const { info } = await clockOf(id);
  expect(info.numActionsTaken).toBeGreaterThan(0);
  process.kill(stack.pidOf('worker'), 'SIGKILL');
  await until('the second time', async () => (await cameOf(id)).length >= 2);
  const came = await cameOf(id);
  expect(new Set(came.map(({ due }) => due)).size).toBe(came.length);
  // The card of the first still waits, so no other is laid beside it.
  expect(came.map(({ outcome }) => outcome).slice(0, 2)).toEqual(['proposed', 'skipped']);
  expect(await stack.call('listProposals')).toMatchObject([{ title: '/tidy the tests' }]);
  await stack.call('pauseRecurring', { id, body: { paused: true } });
  await until('the clock to be gone', () =>
    clockOf(id).then(
      () => false,
      () => true,
    ),
  );
  // What waits for it was told of each once, by a workflow of its own, though its worker was killed.
  const all = await cameOf(id);
  const items = await until('all to be told', async () => {
    const told = (await stack.call('listInbox')).filter((item) => item.kind === 'automation');
    return told.length >= all.length && told;
  });
  expect(items.map(({ title }) => title)).toEqual(all.map(({ outcome }) => `Came: ${outcome}`));
  await stack.call('removeRecurring', { id });
});
