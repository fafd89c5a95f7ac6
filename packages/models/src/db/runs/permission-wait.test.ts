// An agent whose session was ended while it waited for permission: what stays open, who hears the answer, and
// how often it counts. On a real Postgres.
import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { inboxOpened } from '../../events/inbox.ts';
import { RUNNER_ASKS } from '../../contracts/runner.ts';
import { OWNER } from '../../flow/ids.ts';
import { doneBefore } from '../../flow/runs/outcomes.ts';
import type { Decision } from '../../flow/workflow.ts';
import { decide } from '../inbox/decide.ts';
import { appendOnce } from '../log.ts';
import { many, one, withTx } from '../pool.ts';
import { checkRebuild } from '../rebuild.ts';
import { findOutcomeBefore, listOfRunner, takeAnswered } from './commands.ts';
import { endRun } from './endings.ts';
import { openEpoch } from './epochs.ts';
import { ensureRun } from './runs.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

const RULE = 'Bash(touch one)';
interface Started {
  readonly taskId: string;
  readonly runId: string;
  readonly epoch: number;
}
async function start(taskId: string, n: number): Promise<Started> {
  if (n === 1) await seedTask(database.db, taskId);
  const runId = await ensureRun(database.db, {
    ownerId: OWNER,
    taskId,
    n,
    phase: 'implement',
    prompt: () => 'go',
    model: 'm',
  });
  return { taskId, runId, epoch: (await openEpoch(database.db, runId)).run.epoch };
}
async function ask({ taskId, runId }: Started, rule = RULE, requestId = `q-${rule}`): Promise<string> {
  const id = `${runId}-p${rule.length}`;
  const payload = {
    id,
    kind: 'permission' as const,
    runId,
    title: 'Run: touch one',
    body: '',
    options: [],
    permission: { runId, requestId, rule },
  };
  await appendOnce(database.db, [inboxOpened.new({ taskId, actor: 'agent', payload })], OWNER);
  return id;
}
const end = ({ runId, epoch }: Started, itemIds: string[]) =>
  endRun(database.db, runId, epoch, { kind: 'asked', itemId: itemIds[0]!, itemIds, permission: true });
const answer = (itemId: string, decision: Decision) =>
  decide(database.db, { ownerId: OWNER, itemId, decision, text: '', via: 'app', by: 'you' });
const stateOf = async (id: string): Promise<string> =>
  (await one<{ state: string }>(database.db, 'select state from inbox_items where id = $1', [id]))!.state;
const signals = async (taskId: string): Promise<{ id: string; kind: string }[]> =>
  (
    await many<{ payload: { id: string; kind: string } }>(
      database.db,
      "select payload from outbox where workflow_id = $1 and name = 'human' order by id",
      [`task/${taskId}`],
    )
  ).map((row) => row.payload);
const answered = ({ taskId, runId }: Started, requestId: string, rule = RULE) =>
  withTx(database.db, (tx) => takeAnswered(tx, { ownerId: OWNER, taskId, runId, requestId, rule }));
const may = async (run: Started, rule = RULE): Promise<boolean> =>
  (await answered(run, 'another', rule))?.allow === true;

test('what it waited for stays open, its answer goes to the workflow, and counts once, for that very request', async () => {
  const first = await start('waits', 1);
  const [waited, other] = [await ask(first), await ask(first, 'Bash(rm x)')];
  await end(first, [waited]);
  expect([await stateOf(waited), await stateOf(other)]).toEqual(['open', 'closed']);
  expect(await answer(waited, 'allow')).toMatchObject({ ok: true });
  expect(await signals('waits')).toMatchObject([{ id: waited, kind: 'allow' }]);
  const next = await start('waits', 2);
  expect(await may(next, 'Bash(touch two)')).toBe(false);
  expect([await may(next), await may(next)]).toEqual([true, false]);
  expect(await checkRebuild(database.db)).toMatchObject({ wrongRows: 0 });
});

test('it does not count in a later piece of work, and after one that was lost it does', async () => {
  const first = await start('later', 1);
  const id = await ask(first);
  await end(first, [id]);
  await answer(id, 'allow');
  const lost = await start('later', 2);
  await endRun(database.db, lost.runId, lost.epoch, { kind: 'interrupted', reason: 'lost' });
  const again = await start('later', 3);
  await endRun(database.db, again.runId, again.epoch, { kind: 'completed', summary: '' });
  expect(await may(await start('later', 4))).toBe(false);
  // Asked of the run that went on from it, it does.
  expect(await may(again)).toBe(true);
});

test('what was refused is refused', async () => {
  const first = await start('refused', 1);
  const id = await ask(first);
  await end(first, [id]);
  await answer(id, 'deny');
  expect(await signals('refused')).toMatchObject([{ id, kind: 'deny' }]);
  expect(await may(await start('refused', 2))).toBe(false);
});

test('an answer that came in the moment of its end reaches the workflow too', async () => {
  const first = await start('at-once', 1);
  const id = await ask(first);
  await answer(id, 'allow');
  expect(await signals('at-once')).toEqual([]);
  await end(first, [id]);
  expect(await signals('at-once')).toMatchObject([{ id, kind: 'allow' }]);
  expect(await may(await start('at-once', 2))).toBe(true);
});

test('a runner that names what it never asked is not believed', async () => {
  const stranger = await ask(await start('stranger', 1));
  const liar = await start('liar', 1);
  await end(liar, [stranger]);
  expect(
    (await one<{ outcome: unknown }>(database.db, 'select outcome from runs where id = $1', [liar.runId]))!
      .outcome,
  ).toEqual({ kind: 'interrupted', reason: 'lost' });
  expect(await stateOf(stranger)).toBe('open');
});

test('while its session lives the answer is for the agent alone', async () => {
  const first = await start('lives', 1);
  const id = await ask(first);
  await answer(id, 'allow');
  expect(await signals('lives')).toEqual([]);
  await endRun(database.db, first.runId, first.epoch, { kind: 'completed', summary: '' });
  expect(await may(await start('lives', 2))).toBe(false);
});

test('of what the runner itself asked a refusal counts for the next run too, and the agent hears nothing of it', async () => {
  const first = await start('verify', 1);
  const id = await ask(first, RULE, RUNNER_ASKS.verify);
  const of = await ask(first, 'Bash(rm x)');
  const itemIds = [id, of];
  const waits = { kind: 'asked', itemId: id, itemIds, permission: true, summary: 'All done.' } as const;
  await endRun(database.db, first.runId, first.epoch, waits);
  await answer(id, 'deny');
  expect(await listOfRunner(database.db, itemIds)).toEqual(new Set([id]));
  const next = await start('verify', 2);
  // What the agent said of its work is kept for the run that goes on, and stands in no event.
  expect(doneBefore(await findOutcomeBefore(database.db, { taskId: 'verify', n: 2 }))).toBe('All done.');
  expect(
    await many(
      database.db,
      "select 1 from events where task_id = 'verify' and payload::text like '%All done.%'",
    ),
  ).toEqual([]);
  expect(await answered(next, RUNNER_ASKS.verify)).toEqual({ allow: false, text: '' });
  expect(await answered(next, 'another')).toBeNull();
});
