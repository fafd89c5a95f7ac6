// When a second look is due and what it came to, on a real Postgres.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { one } from '@mainloop/models/db/pool';
import { endRun } from '@mainloop/models/db/runs/endings';
import { openEpoch } from '@mainloop/models/db/runs/epochs';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { reviewResolved } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Weight } from '@mainloop/models/flow/review/second-look';
import { found } from '@mainloop/testkit/comments';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { secondLookActivities } from './second-look.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

test('a second look is due once for each commit, where the project wants it', async () => {
  const taskId = await seedTask(database.db, 'looked');
  const { needsSecondLook, endSecondLook } = secondLookActivities(database);
  const first = { taskId, sha: 'c0ffee' };
  expect(await needsSecondLook(first)).toBe(false);
  await one(database.db, 'update projects set settings = settings || \'{"secondLook": true}\' returning id');
  expect(await needsSecondLook(first)).toBe(true);
  await endSecondLook({ ...first, runId: 'looked-r1' });
  expect(await needsSecondLook(first)).toBe(false);
  expect(await needsSecondLook({ taskId, sha: 'c0ffee2' })).toBe(true);
});

test('it tells what it found itself and is still open, whatever was found before it', async () => {
  const taskId = await seedTask(database.db, 'finds');
  const { endSecondLook } = secondLookActivities(database);
  const [first, cutOff, second] = [await runOf(taskId, 1), await runOf(taskId, 2), await runOf(taskId, 3)];
  const by = (runId: string, id: string, weight: Weight) => found(taskId, id, weight, { runId });
  await appendOnce(
    database.db,
    [by(first, 'm1', 'must'), by(first, 's1', 'should'), by(first, 'n1', 'note')],
    OWNER,
  );
  const of = { taskId, sha: 'c0ffee', runId: first };
  expect(await endSecondLook(of)).toEqual({ must: 1, should: 1, note: 1 });
  // A worker that died before it was written down asks again.
  expect(await endSecondLook(of)).toEqual({ must: 1, should: 1, note: 1 });
  const told = 'select count(*)::int as n from events where task_id = $1 and type = $2';
  expect(await one(database.db, told, [taskId, 'review.second_looked'])).toEqual({ n: 1 });
  // The author answers nothing, and no note is ever answered: neither is found anew by that.
  await appendOnce(
    database.db,
    [by(cutOff, 'm2', 'must'), by(second, 's2', 'should'), by(second, 's3', 'should')],
    OWNER,
  );
  await appendOnce(
    database.db,
    [reviewResolved.new({ taskId, actor: 'you', payload: { id: 's3', resolved: true } })],
    OWNER,
  );
  expect(await endSecondLook({ taskId, sha: 'c0ffee2', runId: second })).toEqual({
    must: 1,
    should: 1,
    note: 0,
  });
});

/** The first reads to its end, the second is cut off, the third takes its work up. */
async function runOf(taskId: string, n: number): Promise<string> {
  const wanted = { ownerId: OWNER, taskId, n, phase: 'second_look', prompt: () => 'p', model: 'm' } as const;
  const id = await ensureRun(database.db, wanted);
  const { epoch } = (await openEpoch(database.db, id)).run;
  const read = { kind: 'completed', summary: 'Read.' } as const;
  await endRun(database.db, id, epoch, n === 2 ? { kind: 'interrupted', reason: 'killed' } : read);
  return id;
}
