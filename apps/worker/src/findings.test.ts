// What is open in a review goes to the agent; what is for the person alone does not.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { hasUnanswered, listReplies } from '@mainloop/models/db/review/comments';
import { reviewCommented, reviewReplied } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Weight } from '@mainloop/models/flow/review/second-look';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { findOpen, openFindings } from './findings.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

const found = (taskId: string, id: string, weight: Weight) =>
  reviewCommented.new({
    taskId,
    actor: 'agent',
    payload: {
      id,
      path: 'a.ts',
      side: 'new',
      startLine: null,
      line: 1,
      sha: null,
      quote: '',
      text: `${weight} of it`,
      author: 'agent',
      via: 'look',
      weight,
      state: 'open',
      forgeId: null,
    },
  });

test('what a second look found goes to its author but for notes, and neither it nor the answer to it goes to the forge', async () => {
  const taskId = await seedTask(database.db, 'looked');
  await appendOnce(database.db, [found(taskId, 'n', 'note')], OWNER);
  expect(await hasUnanswered(database.db, taskId)).toBe(false);
  await appendOnce(database.db, [found(taskId, 'm', 'must'), found(taskId, 's', 'should')], OWNER);
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
