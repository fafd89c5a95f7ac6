// The order in which tasks get their agents: what a person says of it, and what the slots make of that.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { DRAFT, seedProject, seedProposal, seedRun, seedTask } from '@mainloop/testkit/seed';
import { taskEnded } from '../../events/tasks.ts';
import { resolveProjectSettings } from '../../contracts/settings.ts';
import { OWNER } from '../../flow/ids.ts';
import { confirm, listOpenProposals, proposeWish } from '../conversation/proposals.ts';
import { appendOnce } from '../log.ts';
import { withTx } from '../pool.ts';
import { listQueued, takeSlot } from '../runs/slots.ts';
import { setBlockers, setPriority, wakeBlocked } from './order.ts';
import { findTask } from './tasks.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedProject(database.db, 'pr-2', 'demo/other');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.db.query("update runs set state = 'ended'");
  await database.db.query("update tasks set ended_at = now(), state = 'done' where ended_at is null");
  await database.db.query("update projects set settings = '{}'");
});

let made = 0;
const task = async (projectId = 'pr-1'): Promise<{ taskId: string; runId: string }> => {
  const taskId = await seedTask(database.db, `t-order${++made}`);
  await database.db.query('update tasks set project_id = $2 where id = $1', [taskId, projectId]);
  return { taskId, runId: await seedRun(database.db, taskId) };
};
const take = async (runId: string, all = 1): Promise<boolean> =>
  (
    await takeSlot(database.db, runId, {
      all,
      ofProject: () => 10,
      isSerial: (settings) => resolveProjectSettings(settings).dispatch === 'serial',
    })
  ).got;
const end = (taskId: string): Promise<unknown> =>
  appendOnce(
    database.db,
    [taskEnded.new({ taskId, actor: 'x', payload: { state: 'done', how: 'merged', left: '' } })],
    OWNER,
  );
const block = (taskId: string, ...blockedBy: string[]) =>
  setBlockers(database.db, { ownerId: OWNER, taskId, blockedBy, by: 'you' });
const why = async (taskId: string): Promise<string | undefined> =>
  (await listQueued(database.db, OWNER)).find((q) => q.taskId === taskId)?.sentence;

test('the more urgent gets the slot, though it came later', async () => {
  const [first, second] = [await task(), await task()];
  expect(
    await setPriority(database.db, { ownerId: OWNER, taskId: second.taskId, priority: 'urgent', by: 'you' }),
  ).toEqual({ ok: true });
  expect(await take(first.runId)).toBe(false);
  expect(await take(second.runId)).toBe(true);
  expect((await findTask(database.db, OWNER, second.taskId))!.priority).toBe('urgent');
});

test('a task waits for one of another project, says so, and goes on when that has ended', async () => {
  const [first, second] = [await task('pr-2'), await task()];
  expect(await block(second.taskId, first.taskId, first.taskId)).toEqual({ ok: true });
  expect((await findTask(database.db, OWNER, second.taskId))!.blockedBy).toEqual([first.taskId]);
  expect(await take(second.runId, 9)).toBe(false);
  expect(await why(second.taskId)).toBe(`It waits until "Task ${first.taskId}" has ended.`);
  await end(first.taskId);
  expect(await take(second.runId, 9)).toBe(true);
  expect(await why(second.taskId)).toBeUndefined();
});

test('a circle is refused with its path, and so are tasks that are not there', async () => {
  const [a, b, c] = [await task(), await task('pr-2'), await task()];
  expect(await block(a.taskId, b.taskId)).toEqual({ ok: true });
  expect(await block(b.taskId, c.taskId)).toEqual({ ok: true });
  const [one, two] = await Promise.all([block(c.taskId, a.taskId), block(c.taskId, c.taskId)]);
  expect(one).toMatchObject({
    ok: false,
    code: 'blockers_circle',
    sentence: `They would wait for each other for ever: ${[c, a, b, c].map((t) => `"Task ${t.taskId}"`).join(' waits for ')}.`,
  });
  expect(two).toMatchObject({ ok: false, code: 'blockers_circle' });
  expect(await block(c.taskId, 't-none')).toMatchObject({ ok: false, code: 'no_blocker' });
  expect(await block('t-none', c.taskId)).toMatchObject({ ok: false, code: 'no_task' });
  await end(c.taskId);
  expect(await block(c.taskId)).toMatchObject({ ok: false, code: 'task_ended' });
  // What has ended waits for nobody, so this is no circle any more.
  expect(await block(a.taskId, c.taskId)).toEqual({ ok: true });
});

test('of two that are said at the same time, and would make a circle, one is refused', async () => {
  const [a, b] = [await task(), await task()];
  const both = await Promise.all([block(a.taskId, b.taskId), block(b.taskId, a.taskId)]);
  expect(both.filter((r) => r.ok)).toHaveLength(1);
});

test('a project that works on one task at a time begins the next when the one before has ended', async () => {
  await database.db.query(`update projects set settings = '{"dispatch":"serial"}' where id = 'pr-1'`);
  const [a, b, other] = [await task(), await task(), await task('pr-2')];
  expect(await take(b.runId, 9)).toBe(false);
  expect(await take(a.runId, 9)).toBe(true);
  expect(await take(other.runId, 9)).toBe(true);
  // Its agent is done; the task is not.
  await database.db.query("update runs set state = 'ended' where id = $1", [a.runId]);
  expect(await take(b.runId, 9)).toBe(false);
  expect(await why(b.taskId)).toBe(`demo/tally works on one task at a time. "Task ${a.taskId}" comes first.`);
  await end(a.taskId);
  expect(await take(b.runId, 9)).toBe(true);
});

test('one that began and then waits for another lets that one through, where tasks come one at a time', async () => {
  await database.db.query(`update projects set settings = '{"dispatch":"serial"}' where id = 'pr-1'`);
  const [a, b] = [await task(), await task()];
  expect(await take(a.runId, 9)).toBe(true);
  await database.db.query("update runs set state = 'ended' where id = $1", [a.runId]);
  expect(await block(a.taskId, b.taskId)).toEqual({ ok: true });
  expect(await take(b.runId, 9)).toBe(true);
});

test('a proposal carries both to its task, the card can change them, and the fingerprint holds them', async () => {
  const { taskId: before } = await task();
  const wish = {
    projectId: 'pr-1',
    prompt: 'Round up.',
    priority: 'high',
    blockedBy: [before, before],
  } as const;
  const proposed = await withTx(database.db, (tx) => proposeWish(tx, OWNER, `k${before}`, wish));
  if (!proposed.ok) throw new Error(proposed.sentence);
  const card = (await listOpenProposals(database.db, OWNER)).find((p) => p.id === proposed.proposalId)!;
  expect(card).toMatchObject({ priority: 'high', blockedBy: [before] });
  const plain = await seedProposal(database.db, `plain${before}`, 60_000, { ...DRAFT, title: card.title });
  expect(plain.digest).not.toBe(card.digest);
  const nowhere = { digest: card.digest, edits: { blockedBy: ['t-none'] } };
  expect(await confirm(database.db, OWNER, card.id, nowhere, 'you')).toMatchObject({ code: 'no_blocker' });
  const edited = { digest: card.digest, edits: { priority: 'low' as const } };
  const started = await confirm(database.db, OWNER, card.id, edited, 'you');
  expect(started).toMatchObject({ ok: true });
  expect(await findTask(database.db, OWNER, (started as { taskId: string }).taskId)).toMatchObject({
    priority: 'low',
    blockedBy: [before],
  });
  expect(
    await withTx(database.db, (tx) =>
      proposeWish(tx, OWNER, 'none', { projectId: 'pr-1', prompt: 'x', blockedBy: ['t-none'] }),
    ),
  ).toMatchObject({ code: 'no_blocker' });
});

test('whoever waits for its slot looks at once when its order changes, or what it waited for ends; nobody else does', async () => {
  const [first, second, other] = [await task(), await task('pr-2'), await task()];
  const woken = async (): Promise<string[]> =>
    (
      await database.db.query<{ workflow_id: string }>(
        "delete from outbox where name = 'poke' returning workflow_id",
      )
    ).rows.map((row) => row.workflow_id);
  await woken();
  await block(second.taskId, first.taskId);
  expect(await woken()).toEqual([`task/${second.taskId}`]);
  await setPriority(database.db, { ownerId: OWNER, taskId: other.taskId, priority: 'low', by: 'you' });
  expect(await woken()).toEqual([`task/${other.taskId}`]);
  await withTx(database.db, (tx) => wakeBlocked(tx, first.taskId));
  expect(await woken()).toEqual([`task/${second.taskId}`]);
  // One that is at work hears nothing: it would look for what is not there.
  await database.db.query("update runs set state = 'running' where id = $1", [second.runId]);
  await withTx(database.db, (tx) => wakeBlocked(tx, first.taskId));
  await setPriority(database.db, { ownerId: OWNER, taskId: second.taskId, priority: 'high', by: 'you' });
  expect(await woken()).toEqual([]);
});
