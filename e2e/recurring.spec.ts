// A skill that comes by itself, in the whole stack, and an automation that waits for it: a real Temporal keeps the
// clock while the worker is killed.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AUTOMATION_FAILPOINTS } from '@mainloop/testkit/kills';
import { spawnTask } from '@mainloop/testkit/story';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { many, openPool, type Db } from '@mainloop/models/db/pool';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';

let stack: Stack;
let db: Db;
let temporal: Client;
let projectId: string;
let failpoints: string;

beforeAll(async () => {
  failpoints = mkdtempSync('/tmp/mainloop-failpoints-');
  stack = await startStack({ MAINLOOP_FAILPOINTS: failpoints });
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
  rmSync(failpoints, { recursive: true, force: true });
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

test('wherever the worker is killed, an automation tells, comments and labels once for each event', async () => {
  const id = await spawnTask(stack);
  const { issueNumber, project } = await until('its issue', async () => {
    const task = await stack.call('getTask', { id });
    return task.issueNumber !== null && task;
  });
  const then =
    '{ do: notify, title: "Heard {{text}}" }, { do: comment, text: "Heard {{text}}" }, { do: label, label: heard }';
  const text = `name: hear\nwhen: task.steered\nactions: [${then}]`;
  await stack.call('saveAutomation', { body: { text } });
  const words = (name: string): string => `word ${AUTOMATION_FAILPOINTS.indexOf(name)} of ours`;
  for (const name of AUTOMATION_FAILPOINTS) {
    const point = path.join(failpoints, name);
    const pid = stack.pidOf('worker');
    writeFileSync(point, '');
    await stack.call('steerTask', { id, body: { text: words(name) } });
    await until(`the end at ${name}`, async () => !existsSync(point));
    await until('another worker', async () => stack.pidOf('worker') !== pid);
  }
  const acted = async (): Promise<string[]> =>
    (
      await many<{ outcome: string }>(
        db,
        "select payload->>'outcome' as outcome from events where type = 'automation.acted' and payload->>'id' in (select id from automations where name = 'hear')",
      )
    ).map(({ outcome }) => outcome);
  await until('all to be done', async () => (await acted()).length >= AUTOMATION_FAILPOINTS.length);
  const github = async (of: string): Promise<{ body: string; name: string }[]> => {
    const answer = await fetch(`${stack.github}/repos/${project}/issues/${issueNumber}/${of}?per_page=100`, {
      headers: { authorization: `token ${stack.githubToken}` },
    });
    return (await answer.json()) as { body: string; name: string }[];
  };
  const heard = async (): Promise<string[]> =>
    (await github('comments')).flatMap(({ body }) => /^Heard (.*)$/m.exec(body)?.[1] ?? []).toSorted();
  const wanted = AUTOMATION_FAILPOINTS.map(words).toSorted();
  await until('all to be said', async () => (await heard()).length >= wanted.length);
  await until('the last label', async () => {
    const running = temporal.workflow.list({
      query: "WorkflowType = 'automationWorkflow' and ExecutionStatus = 'Running'",
    });
    for await (const _ of running) return false;
    return true;
  });
  expect(await heard()).toEqual(wanted);
  expect(await acted()).toEqual(wanted.map(() => 'done'));
  expect((await github('labels')).map(({ name }) => name)).toEqual(['heard']);
  const told = (await stack.call('listInbox')).filter(({ title }) => title.startsWith('Heard '));
  expect(told.map(({ title }) => title).toSorted()).toEqual(wanted.map((word) => `Heard ${word}`));
});
