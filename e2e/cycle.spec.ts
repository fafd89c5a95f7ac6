// The cycle in the whole stack: a real Temporal keeps its clock, and the worker is killed in each of its phases.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CYCLE_FAILPOINTS } from '@mainloop/testkit/kills';
import { seedProposal, seedTask } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { many, openPool, type Db } from '@mainloop/models/db/pool';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';

let stack: Stack;
let db: Db;
let temporal: Client;
let failpoints: string;

beforeAll(async () => {
  failpoints = mkdtempSync('/tmp/mainloop-failpoints-');
  stack = await startStack({ MAINLOOP_FAILPOINTS: failpoints });
  db = openPool(stack.databaseUrl, 'cycle-test', 4);
  temporal = new Client({ connection: await Connection.connect({ address: stack.temporal }) });
});
afterAll(async () => {
  await temporal?.connection.close();
  await db?.end();
  await stack?.stop();
  rmSync(failpoints, { recursive: true, force: true });
});

const schedule = () => temporal.schedule.getHandle('cycle').describe();
const told = () =>
  many<{ id: string; reason: string; said: string[] }>(
    db,
    `select payload->>'id' as id, payload->>'reason' as reason, payload->'said' as said
       from events where type = 'cycle.ended' order by seq`,
  );

test('Temporal keeps its clock as the settings say, and the first comes at once', async () => {
  await until('the first cycle', async () => (await stack.call('getCycle')).lastAt !== null);
  const everyOf = async () => (await schedule()).spec.intervals?.map(({ every }) => every);
  expect(await everyOf()).toEqual([5 * 60_000]);
  expect((await schedule()).policies.overlap).toBe('SKIP');
  await stack.call('changeSettings', { body: { cycleMinutes: 60 } });
  await until('the new clock', async () => (await everyOf())?.[0] === 60 * 60_000);
  expect(await stack.call('getCycle')).toMatchObject({ everyMinutes: 60, isLate: false });
});

test('wherever the worker is killed, one cycle at a time ends, and tells each thing once', async () => {
  const titleOf = (id: string): string => `“Task ${id}” is stuck: nothing goes on with it.`;
  const ids = CYCLE_FAILPOINTS.map((_, n) => `kill-${n}`);
  for (const [n, name] of CYCLE_FAILPOINTS.entries()) {
    await seedTask(db, ids[n]!);
    await db.query("update tasks set updated_at = now() - interval '5 minutes' where id = $1", [ids[n]]);
    await seedProposal(db, name, -1_000);
    const point = path.join(failpoints, name);
    const pid = stack.pidOf('worker');
    writeFileSync(point, '');
    await stack.call('askCycle');
    await until(`the end at ${name}`, async () => !existsSync(point));
    await until('another worker', async () => stack.pidOf('worker') !== pid);
    await until(`a cycle that tells of ${ids[n]!}`, async () =>
      (await told()).some(({ said }) => said.includes(titleOf(ids[n]!))),
    );
  }
  const cycles = await told();
  expect(new Set(cycles.map(({ id }) => id)).size).toBe(cycles.length);
  const said = cycles.flatMap((cycle) => cycle.said).filter((words) => words.includes('is stuck'));
  expect(said.toSorted()).toEqual(ids.map(titleOf).toSorted());
  const items = (await stack.call('listInbox')).filter(({ kind }) => kind === 'stuck');
  expect(items.map(({ title }) => title).toSorted()).toEqual(ids.map(titleOf).toSorted());
  const expired = await many(db, "select 1 from events where type = 'proposal.expired'");
  expect(expired).toHaveLength(ids.length);
  const spans: { from: number; to: number }[] = [];
  for await (const { startTime, closeTime } of temporal.workflow.list({
    query: "WorkflowType = 'cycleWorkflow'",
  }))
    spans.push({ from: startTime.getTime(), to: closeTime?.getTime() ?? Number.POSITIVE_INFINITY });
  const inOrder = spans.toSorted((a, b) => a.from - b.from);
  expect(inOrder.length).toBeGreaterThanOrEqual(ids.length);
  for (const [n, { from }] of inOrder.entries()) expect(n === 0 || inOrder[n - 1]!.to <= from).toBe(true);
});

test('one that did not come is made up for once', async () => {
  const before = (await told()).length;
  await db.query(
    `update settings set value = value || jsonb_build_object('endedMs', (value->>'endedMs')::bigint - 3 * 3600000)
      where key = 'cycle'`,
  );
  await until('it to be made up for', async () => (await told()).length > before);
  const [made] = (await told()).slice(before);
  expect(made!.reason).toBe('missed');
  // The next that comes has nothing to make up for.
  await stack.call('askCycle');
  await until('the next', async () => (await told()).length > before + 1);
  expect((await told()).slice(before).map(({ reason }) => reason)).toEqual(['missed', 'asked']);
});
