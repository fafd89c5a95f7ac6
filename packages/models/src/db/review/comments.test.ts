import { expect, test } from '@jest/globals';
import { reviewPublished, reviewReplied, reviewSubmitted } from '../../events/review.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { seedOne } from '@mainloop/testkit/seed';
import type { Comment } from '../../contracts/review.ts';
import { OWNER } from '../../flow/ids.ts';
import { saveThread } from '../forge/effects.ts';
import { appendOnce } from '../log.ts';
import {
  draftComment,
  isOpenComment,
  listComments,
  listReplies,
  listThreads,
  listUnpublished,
  type ReplyRow,
  type ThreadRow,
} from './comments.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});

test('the review', async () => {
  const place = { path: 'a.ts', side: 'new' as const, startLine: null, line: 3 };
  await draftComment(database.db, {
    ownerId: OWNER,
    taskId: 'one',
    by: 'you',
    comment: { id: 'c1', ...place, quote: '', text: 'Why?' },
  });
  const [draft] = await listComments(database.db, OWNER, 'one');
  expectNames<Comment>(draft, {
    id: true,
    path: true,
    side: true,
    startLine: true,
    line: true,
    sha: true,
    quote: true,
    body: true,
    author: true,
    via: true,
    weight: true,
    state: true,
    answer: true,
    answeredAt: true,
    createdAt: true,
  });
  expect([
    await isOpenComment(database.db, 'one', 'c1'),
    (await listUnpublished(database.db, 'one')).length,
  ]).toEqual([false, 0]);
  await appendOnce(
    database.db,
    [reviewSubmitted.new({ taskId: 'one', actor: 'you', payload: { ids: ['c1'] } })],
    OWNER,
  );
  expect([
    await isOpenComment(database.db, 'one', 'c1'),
    (await listUnpublished(database.db, 'one')).length,
  ]).toEqual([true, 1]);
  await appendOnce(
    database.db,
    [
      reviewPublished.new({ taskId: 'one', actor: 'mainloop', payload: { id: 'c1', forgeId: 9 } }),
      reviewReplied.new({ taskId: 'one', actor: 'agent', payload: { id: 'c1', text: 'Because.', runId } }),
    ],
    OWNER,
  );
  const [reply] = await listReplies(database.db, 'one');
  expectNames<ReplyRow>(reply, {
    seq: true,
    id: true,
    text: true,
    path: true,
    body: true,
    forgeId: true,
    via: true,
  });
  const [thread] = await listThreads(database.db, 'one');
  expectNames<ThreadRow>(thread, { id: true, state: true, forgeId: true, agreed: true });
  expect([thread!.forgeId, thread!.agreed]).toEqual([9, null]);
  await saveThread(database.db, 'one', 'c1', true);
  expect((await listThreads(database.db, 'one'))[0]!.agreed).toBe(true);
});
