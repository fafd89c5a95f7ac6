import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { effects } from './effects.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

test('an effect happens once, and its failpoint is that of its kind, whatever its id looks like', async () => {
  const points: string[] = [];
  const effect = effects({ db: database.db, hit: (point) => void points.push(point), settleMs: 0 });
  const task = await getTask(database.db, await seedTask(database.db, 'makes'));
  let made = 0;
  const act = async () => ({ id: ++made });
  const ask = { kind: 'ask', of: 'say-1' } as const;
  expect([await effect(task, ask, act), await effect(task, ask, act)]).toEqual([{ id: 1 }, { id: 1 }]);
  expect(await effect(task, { kind: 'pr' }, act)).toEqual({ id: 2 });
  expect(points).toEqual(['forge.ask.before', 'forge.ask.after', 'forge.pr.before', 'forge.pr.after']);
});
