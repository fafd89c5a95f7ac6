import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { inboxOpened } from '../../events/inbox.ts';
import { projectSettings } from '../../events/projects.ts';
import { OWNER } from '../../flow/ids.ts';
import type { Phase } from '../../flow/states.ts';
import type { Decision } from '../../flow/workflow.ts';
import { decide } from '../inbox/decide.ts';
import { appendOnce } from '../log.ts';
import { one, withTx } from '../pool.ts';
import {
  commandsFor,
  hasUnreceived,
  informAgent,
  isAllowed,
  steer,
  takeUnreceived,
  withdraw,
  type Unreceived,
} from './commands.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

/** What the prompt of a new run is made of. */
async function takenFor(taskId: string, phase: Phase = 'implement'): Promise<Unreceived> {
  let taken: Unreceived = { said: [], told: [] };
  await withTx(database.db, (tx) =>
    takeUnreceived(tx, { taskId, phase }, (unreceived) => {
      taken = unreceived;
      return 'a prompt';
    }),
  );
  return taken;
}

const projectSettingsNow = async (): Promise<{ allowRules?: string[] }> =>
  (await one<{ settings: { allowRules?: string[] } }>(
    database.db,
    "select settings from projects where id = 'pr-1'",
  ))!.settings;

async function allow(taskId: string, rule: string, decision: Decision): Promise<void> {
  const runId = await seedRun(database.db, taskId, 1);
  const id = `${runId}-p${rule.length}`;
  const payload = {
    id,
    kind: 'permission' as const,
    runId,
    title: rule,
    body: '',
    options: [],
    permission: { runId, requestId: rule, rule },
  };
  await appendOnce(database.db, [inboxOpened.new({ taskId, actor: 'agent', payload })], OWNER);
  const decided = { ownerId: OWNER, itemId: id, decision, text: '', via: 'app' as const, by: 'you' };
  expect(await decide(database.db, decided)).toEqual({ ok: true, taskId });
}

test('what was said to a task while nobody worked on it is heard once, in the order in which it was said', async () => {
  const taskId = await seedTask(database.db, 'said');
  const other = await seedTask(database.db, 'other');
  for (const text of ['first', 'second', 'third'])
    await steer(database.db, { ownerId: OWNER, taskId, text, by: 'you' });
  await steer(database.db, { ownerId: OWNER, taskId: other, text: 'not yours', by: 'you' });
  expect(await takenFor(taskId)).toEqual({ said: ['first', 'second', 'third'], told: [] });
  expect(await takenFor(taskId)).toEqual({ said: [], told: [] });
  expect([await hasUnreceived(database.db, taskId), await hasUnreceived(database.db, other)]).toEqual([
    false,
    true,
  ]);
});

test('what mainloop tells an agent waits for its next run, starts none, and is taken back when it is over', async () => {
  const taskId = await seedTask(database.db, 'told');
  const inform = (about: string, text: string): Promise<void> =>
    withTx(database.db, (tx) => informAgent(tx, { taskId, about, text }));
  await inform('a', 'first');
  await inform('b', 'over');
  await inform('a', 'first, as it is now');
  await withTx(database.db, (tx) => withdraw(tx, taskId, 'b'));
  expect(await hasUnreceived(database.db, taskId)).toBe(false);
  // Whoever only reads the change is not told, and an agent that is not asked anything has heard nothing.
  expect(await takenFor(taskId, 'second_look')).toEqual({ said: [], told: [] });
  const run = { id: 'a-run', task_id: taskId };
  expect(await commandsFor(database.db, { ...run, phase: 'second_look' }, 0)).toEqual([]);
  const asked = { taskId, phase: 'implement' } as const;
  await withTx(database.db, (tx) => takeUnreceived(tx, asked, () => ''));
  const command = { type: 'steer', by: 'mainloop', text: 'first, as it is now' };
  expect(await commandsFor(database.db, { ...run, phase: 'implement' }, 0)).toMatchObject([{ command }]);
  expect(await takenFor(taskId)).toEqual({ said: [], told: ['first, as it is now'] });
  expect(await takenFor(taskId)).toEqual({ said: [], told: [] });
});

test('always for this task is for this task, and always for this project for each of it', async () => {
  const [mine, other] = [await seedTask(database.db, 'mine'), await seedTask(database.db, 'its-neighbour')];
  const may = async (taskId: string, rule: string): Promise<boolean> =>
    isAllowed(database.db, { taskId, rule, projectSettings: await projectSettingsNow() });
  await allow(mine, 'Bash(make a)', 'allow_task');
  expect([await may(mine, 'Bash(make a)'), await may(other, 'Bash(make a)')]).toEqual([true, false]);
  expect(await may(mine, 'Bash(make ab)')).toBe(false);
  await allow(mine, 'Bash(make all)', 'allow_project');
  expect([await may(mine, 'Bash(make all)'), await may(other, 'Bash(make all)')]).toEqual([true, true]);
});

test('of very many rules of a project the one that was just allowed stays', async () => {
  const taskId = await seedTask(database.db, 'many');
  const allowRules = Array.from({ length: 500 }, (_, n) => `Bash(old ${n})`);
  await appendOnce(
    database.db,
    [projectSettings.new({ actor: 'you', payload: { id: 'pr-1', settings: { allowRules } } })],
    OWNER,
  );
  await allow(taskId, 'Bash(the newest)', 'allow_project');
  const kept = (await projectSettingsNow()).allowRules!;
  expect(kept).toHaveLength(500);
  expect([kept.at(-1), kept.includes('Bash(old 0)')]).toEqual(['Bash(the newest)', false]);
});
