import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { NO_LIMITS } from '../../flow/money/money.ts';
import { OWNER } from '../../flow/ids.ts';
import { costMicrousd } from '../../flow/money/pricing.ts';
import { one } from '../pool.ts';
import { newCallId, release, renewCalls, reserve, settle, settleLapsed, type ModelCall } from './budget.ts';

let database: TestDatabase;
let runId: string;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  runId = await seedRun(database.db, await seedTask(database.db, 't1'));
});
afterAll(() => database.drop());

const MODEL = 'claude-opus-5-5';
const callOf = (gateway: string): ModelCall => ({
  id: newCallId(),
  ownerId: OWNER,
  projectId: 'pr-1',
  taskId: 't1',
  runId,
  gateway,
  model: MODEL,
  inputTokens: 10,
});
const spent = async (): Promise<unknown> =>
  one(
    database.db,
    `select (select cost_microusd from runs where id = $1) as run, (select cost_microusd from tasks where id = 't1') as task,
            (select coalesce(sum(microusd), 0)::int from cost_days) as day, (select count(*)::int from model_calls) as open`,
    [runId],
  );
const NONE = { owner: NO_LIMITS, project: NO_LIMITS };

test('what a call cost is counted once, of its run, its task and its day, however often it is said', async () => {
  const call = callOf('one');
  await reserve(database.db, call, 1_000, NONE);
  const used = { input_tokens: 1_000, output_tokens: 100 };
  for (let n = 0; n < 3; n++) await settle(database.db, call, used);
  const cost = costMicrousd(MODEL, used);
  expect(cost).toBeGreaterThan(0);
  expect(await spent()).toEqual({ run: cost, task: cost, day: cost, open: 0 });
  const other = callOf('one');
  await reserve(database.db, other, 1_000, NONE);
  await release(database.db, other.id);
  expect(await spent()).toEqual({ run: cost, task: cost, day: cost, open: 0 });
});

test('calls of a gateway that is alive do not lapse, and those of one that is gone are paid once', async () => {
  const before = (await spent()) as { run: number };
  const [alive, gone] = [callOf('alive'), callOf('gone')];
  for (const call of [alive, gone]) await reserve(database.db, call, 5_000, NONE);
  await database.db.query("update model_calls set lease_until = now() - interval '1 second'");
  await renewCalls(database.db, 'alive');
  expect([await settleLapsed(database.db), await settleLapsed(database.db)]).toEqual([1, 0]);
  expect(await spent()).toMatchObject({ run: before.run + 5_000, open: 1 });
  // It was not gone after all, and says what it had cost: that is paid already.
  await settle(database.db, gone, { input_tokens: 1, output_tokens: 1 });
  expect(await spent()).toMatchObject({ run: before.run + 5_000, open: 1 });
  await release(database.db, alive.id);
});
