// A question on the forge: one comment, and the first answer of somebody who may write. On a real Postgres; the
// forge is a list of comments.
import { beforeEach, expect, test } from '@jest/globals';
import type { Forge, ForgeComment } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { one } from '@mainloop/models/db/pool';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { marker, OWNER } from '@mainloop/models/flow/ids';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import type { Effect } from './effects.ts';
import { answerIdOf, commentIdOf, ensureQuestion, keyOfAnswer, readAnswer } from './questions.ts';

const database = databaseOfFile((db) => seedProject(db));
const ASKED_AT = '2026-11-20T10:00:00Z';
let n = 0;
let taskId = '';
let itemId = '';
beforeEach(async () => {
  taskId = await seedTask(database.db, `asked${++n}`);
  itemId = await seedItem(database.db, taskId, `${taskId}-q`, 'question', 'Which way?', ['Left', 'Right']);
  await database.db.query('update tasks set pr_number = 7 where id = $1', [taskId]);
});

const ourQuestion = (id = 10): ForgeComment =>
  said(id, `**Claude asks:**\n\n${marker(taskId, `ask-${itemId}`)}`, {
    author: 'mainloop[bot]',
    mine: true,
    bot: true,
  });
function said(id: number, body: string, more: Partial<ForgeComment> = {}): ForgeComment {
  return { id, author: 'mona', mine: false, bot: false, body, at: ASKED_AT, path: null, line: null, ...more };
}
/** @param page what stands on the page; `mona` alone may write */
const forge = (page: readonly ForgeComment[]): { forge: Forge; made: string[] } => {
  const made: string[] = [];
  const answers: Partial<Forge> = {
    listIssueComments: () => Promise.resolve(page),
    mayWrite: (_, login) => Promise.resolve(login === 'mona'),
    ensureComment: ({ number, body, known }) => {
      made.push(`#${number}${known === undefined ? '' : ` again ${String(known)}`}: ${String(body)}`);
      return Promise.resolve({ id: 10, outcome: 'created' });
    },
  };
  return { forge: answers as Forge, made };
};
const answerOf = async () =>
  (await one<{ answer: { text: string; answerId?: string } | null; by: string | null }>(
    database.db,
    'select answer, answered_by as by from inbox_items where id = $1',
    [itemId],
  ))!;
const read = async (...page: ForgeComment[]) => {
  await readAnswer(database.db, forge(page).forge, await getTask(database.db, taskId), itemId, ASKED_AT);
  return (await answerOf()).answer?.text;
};

test('the number of an option answers it, and is kept as that comment once', async () => {
  expect(await read(ourQuestion(), said(11, '2'))).toBe('Right');
  expect(await answerOf()).toMatchObject({ by: 'mona', answer: { answerId: 'github-comment-11' } });
  // It is answered: another comment changes nothing.
  expect(await read(ourQuestion(), said(12, '1'))).toBe('Right');
});

test.each<[string, (ours: ForgeComment) => ForgeComment[]]>([
  ['of somebody who may not write', (ours) => [ours, said(11, '2', { author: 'stranger' })]],
  ['before the question', (ours) => [said(9, '2'), ours]],
  ['that says nothing to it', (ours) => [ours, said(11, 'I will look at it tomorrow.')]],
  [
    'older than a question that the list does not show yet',
    () => [said(9, '2', { at: '2026-11-20T09:59:59Z' })],
  ],
])('a comment %s answers nothing', async (_, page) => {
  expect(await read(...page(ourQuestion()))).toBeUndefined();
});

test('a question that the list does not show yet is known by its time', async () => {
  expect(await read(said(9, '1'))).toBe('Left');
});

test('what we say ourselves under the token of a person is no answer of theirs', async () => {
  itemId = await seedItem(database.db, taskId, `${taskId}-open`, 'question', 'Which colour?');
  const ofOurs = said(11, `Blue is what the logo has.\n\n${marker(taskId, 'said-1')}`, { mine: true });
  expect(await read(ourQuestion(), ofOurs)).toBeUndefined();
  expect(await read(ourQuestion(), ofOurs, said(12, 'Rather green.', { mine: true }))).toBe('Rather green.');
});

test('a comment that answered one question does not answer the next', async () => {
  const first = itemId;
  expect(await read(ourQuestion(), said(11, '2'))).toBe('Right');
  itemId = await seedItem(database.db, taskId, `${taskId}-q2`, 'question', 'And now?', ['Left', 'Right']);
  expect(first).not.toBe(itemId);
  expect(await read(said(11, '2'))).toBeUndefined();
});

const effect: Effect = (_, __, act) => act();
test('it is asked on the page that there is, and the comment says who answered where', async () => {
  const { forge: place, made } = forge([]);
  const ask = async (how: Effect) =>
    ensureQuestion(
      { db: database.db, forge: place, effect: how },
      await getTask(database.db, taskId),
      itemId,
    );
  await ask(effect);
  expect(made).toEqual([expect.stringMatching(/^#7: [\s\S]*Which way\?[\s\S]*1\. Left\n2\. Right/)]);
  const sent = { ownerId: OWNER, itemId, decision: 'answer', text: 'Left', via: 'app', by: 'you' } as const;
  await decide(database.db, sent);
  const isDone = (async () => ({ id: 10 })) as unknown as Effect;
  await ask(isDone);
  expect(made.slice(1)).toEqual([expect.stringMatching(/^#7 again 10: [\s\S]*Answered by you in the app/)]);
  // A kill came before it was written down that it was asked: what is done again says the answer too, once.
  await ask(effect);
  expect(made.slice(2)).toEqual([expect.stringMatching(/^#7: [\s\S]*Answered by you in the app/)]);
});

test('a task without a page, and an item that is no question, ask nobody', async () => {
  const { forge: place, made } = forge([]);
  const context = { db: database.db, forge: place, effect };
  const plan = await seedItem(database.db, taskId, `${taskId}-p`, 'plan', 'Plan');
  await ensureQuestion(context, await getTask(database.db, taskId), plan);
  await database.db.query('update tasks set pr_number = null where id = $1', [taskId]);
  await ensureQuestion(context, await getTask(database.db, taskId), itemId);
  await readAnswer(database.db, place, await getTask(database.db, taskId), itemId, ASKED_AT);
  expect([made, (await answerOf()).answer]).toEqual([[], null]);
});

test('the id of an answer leads back to its comment, and one of another kind to none', () => {
  expect([commentIdOf(answerIdOf(42)), keyOfAnswer(answerIdOf(42)), commentIdOf('from-the-app')]).toEqual([
    42,
    'talk42',
    0,
  ]);
});
