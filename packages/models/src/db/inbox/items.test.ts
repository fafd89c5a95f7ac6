import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames, type Names } from '@mainloop/testkit/names';
import { seedItem, seedOne } from '@mainloop/testkit/seed';
import type { Item } from '../../contracts/inbox.ts';
import { OWNER } from '../../flow/ids.ts';
import { decide } from './decide.ts';
import {
  findDecision,
  findFailure,
  findItem,
  findQuestion,
  hasOpenQuestion,
  listForgeAnswers,
  listItemsOfTask,
  listOpenItems,
  listOpenOfTask,
  type AnsweredItem,
  type OpenItem,
  type QuestionRow,
} from './items.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});

test('an item of the inbox, before and after it is answered', async () => {
  const id = await seedItem(database.db, 'one', `${runId}-q0`, 'question', 'Which?', ['A'], {
    runId,
    questionNo: 0,
  });
  expect([await hasOpenQuestion(database.db, runId), await hasOpenQuestion(database.db, 'none')]).toEqual([
    true,
    false,
  ]);
  const [open] = await listOpenItems(database.db, OWNER);
  const names: Names<Item> = {
    id: true,
    kind: true,
    title: true,
    body: true,
    options: true,
    state: true,
    answer: true,
    answeredVia: true,
    createdAt: true,
    taskId: true,
    about: true,
    taskTitle: true,
    project: true,
    plan: true,
    held: true,
  };
  expectNames(open, names);
  const [ofTask] = await listOpenOfTask(database.db, 'one');
  expectNames<OpenItem>(ofTask, { id: true, kind: true, title: true, options: true });
  expect([await findDecision(database.db, id), await findDecision(database.db, 'none')]).toEqual([
    null,
    null,
  ]);
  await decide(database.db, {
    ownerId: OWNER,
    itemId: id,
    decision: 'answer',
    text: 'A',
    via: 'github',
    by: 'ada',
    answerId: 'github-comment-5',
  });
  expect(await hasOpenQuestion(database.db, runId)).toBe(false);
  expect(await listOpenItems(database.db, OWNER)).toEqual([]);
  const [again] = await listItemsOfTask(database.db, OWNER, 'one');
  expectNames(again, names);
  expect(await findDecision(database.db, id)).toBe('answer');
  expectNames<AnsweredItem>(await findItem(database.db, id), { title: true, kind: true, answer: true });
  const question = await findQuestion(database.db, id);
  expectNames<QuestionRow>(question, {
    id: true,
    state: true,
    title: true,
    body: true,
    options: true,
    multiple: true,
    answer: true,
    answeredBy: true,
    answeredVia: true,
  });
  expect([question!.answeredBy, question!.answeredVia]).toEqual(['ada', 'github']);
  expect(await listForgeAnswers(database.db, 'one')).toEqual(['github-comment-5']);
  expect(await findFailure(database.db, OWNER, 'one')).toBeNull();
  await seedItem(database.db, 'one', 'failed', 'failure', 'It failed.');
  expect(await findFailure(database.db, OWNER, 'one')).toBe('failed');
});
