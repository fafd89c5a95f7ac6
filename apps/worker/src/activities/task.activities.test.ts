// What a task says of itself, on a real Postgres.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decide } from '@mainloop/models/db/inbox/decide';
import { appendOnce } from '@mainloop/models/db/log';
import { one } from '@mainloop/models/db/pool';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { taskActivities } from './task.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

const waitingFor = async (id: string): Promise<string | null> =>
  (await one<{ waits: string | null }>(database.db, 'select waiting_for as waits from tasks where id = $1', [
    id,
  ]))!.waits;

test('a task that stands still for a permission says so until it is answered; for another item it does not', async () => {
  const taskId = await seedTask(database.db, 'still');
  const { setState } = taskActivities({ db: database.db, ciGraceMs: 0 });
  const blocked = async (kind: 'permission' | 'gate', id: string): Promise<string | null> => {
    const payload = { id, kind, title: 'Run: touch one', body: '', options: [] };
    await appendOnce(database.db, [inboxOpened.new({ taskId, actor: 'agent', payload })], OWNER);
    await setState({ taskId, state: 'blocked', phase: 'implement', status: { is: 'item', itemId: id } });
    await setState({ taskId, state: 'drafting', phase: 'implement', status: { is: 'plain' } });
    await setState({ taskId, state: 'blocked', phase: 'implement', status: { is: 'item', itemId: id } });
    return waitingFor(taskId);
  };
  expect(await blocked('gate', 'still-gate')).toBeNull();
  expect(await blocked('permission', 'still-permission')).toBe('permission');
  const answer = { itemId: 'still-permission', decision: 'deny', text: '', via: 'app', by: 'you' } as const;
  expect(await decide(database.db, { ownerId: OWNER, ...answer })).toMatchObject({ ok: true });
  expect(await waitingFor(taskId)).toBeNull();
});
