// When a second look is due and what it came to, on a real Postgres.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { one } from '@mainloop/models/db/pool';
import { reviewReplied } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
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

test('a second look is due once for each commit, where the project wants it, and tells what is open of all that was found', async () => {
  const taskId = await seedTask(database.db, 'looked');
  const { needsSecondLook, endSecondLook } = secondLookActivities(database);
  const first = { taskId, sha: 'c0ffee' };
  expect(await needsSecondLook(first)).toBe(false);
  await one(database.db, 'update projects set settings = settings || \'{"secondLook": true}\' returning id');
  expect(await needsSecondLook(first)).toBe(true);
  await appendOnce(
    database.db,
    [found(taskId, 'm1', 'must'), found(taskId, 's1', 'should'), found(taskId, 'n1', 'note')],
    OWNER,
  );
  const of = { ...first, runId: 'looked-r1' };
  expect(await endSecondLook(of)).toEqual({ must: 1, should: 1, note: 1 });
  // A worker that died before it was written down asks again.
  expect(await endSecondLook(of)).toEqual({ must: 1, should: 1, note: 1 });
  expect(await needsSecondLook(first)).toBe(false);
  const told = 'select count(*)::int as n from events where task_id = $1 and type = $2';
  expect(await one(database.db, told, [taskId, 'review.second_looked'])).toEqual({ n: 1 });
  const answer = { id: 'm1', text: 'Put right.', runId: 'looked-r2' };
  await appendOnce(database.db, [reviewReplied.new({ taskId, actor: 'agent', payload: answer })], OWNER);
  const second = { taskId, sha: 'c0ffee2' };
  expect(await needsSecondLook(second)).toBe(true);
  expect(await endSecondLook({ ...second, runId: 'looked-r3' })).toEqual({ must: 0, should: 1, note: 1 });
});
