// What is open in a review goes to the agent; what is for the person alone does not.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { hasUnanswered, listReplies } from '@mainloop/models/db/review/comments';
import { reviewReplied } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Weight } from '@mainloop/models/flow/review/second-look';
import { found } from '@mainloop/testkit/comments';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { findOpen, openFindings } from './findings.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

const ofLine = (taskId: string, id: string, weight: Weight) =>
  found(taskId, id, weight, { path: 'a.ts', line: 1, text: `${weight} of it` });

test('what a second look found goes to its author but for notes, and neither it nor the answer to it goes to the forge', async () => {
  const taskId = await seedTask(database.db, 'looked');
  await appendOnce(database.db, [ofLine(taskId, 'n', 'note')], OWNER);
  expect(await hasUnanswered(database.db, taskId)).toBe(false);
  await appendOnce(database.db, [ofLine(taskId, 'm', 'must'), ofLine(taskId, 's', 'should')], OWNER);
  expect((await findOpen(database.db, taskId)).map(({ comment }) => comment.id)).toEqual(['m', 's']);
  expect(await openFindings(database.db, taskId)).toBe(
    '- **new** (the second look, `a.ts:1`): must of it\n- **new** (the second look, `a.ts:1`): should of it',
  );
  expect(await hasUnanswered(database.db, taskId)).toBe(true);
  const answer = { id: 'm', text: 'Put right.', runId: 'r' };
  await appendOnce(database.db, [reviewReplied.new({ taskId, actor: 'agent', payload: answer })], OWNER);
  expect((await findOpen(database.db, taskId)).map(({ comment }) => comment.id)).toEqual(['s']);
  expect(await listReplies(database.db, taskId)).toEqual([]);
});
