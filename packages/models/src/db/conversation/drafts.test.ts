import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { KeepDraft } from '../../contracts/drafts.ts';
import { OWNER } from '../../flow/ids.ts';
import { keepDraft, listDrafts } from './drafts.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const keep = (key: string, text: string, base = 0) =>
  keepDraft(database.db, OWNER, { key, text, about: null, base });

test('of many devices that write at once, none loses a word', async () => {
  const words = Array.from({ length: 12 }, (_, n) => `word-${n}-of-mine`);
  await Promise.all(words.map((word) => keep('chat', word)));
  const [kept] = (await listDrafts(database.db, OWNER)).filter(({ key }) => key === 'chat');
  for (const word of words) expect(kept!.text).toContain(word);
  expect(kept!.revision).toBe(words.length);
});

test('the newest are listed, however many there are, the oldest of them first', async () => {
  await database.db.query(
    `insert into drafts (owner_id, key, text, revision, updated_at)
     select $1, 'task/' || n, 'x', 1, now() - interval '1 day' + n * interval '1 second' from generate_series(1, 10000) n`,
    [OWNER],
  );
  const listed = await listDrafts(database.db, OWNER);
  expect(listed).toHaveLength(500);
  expect(
    listed
      .filter(({ key }) => key !== 'chat')
      .map(({ key }) => key)
      .slice(-2),
  ).toEqual(['task/9999', 'task/10000']);
  // What is not listed is not lost.
  expect(await keep('task/1', 'y')).toEqual({ text: 'x y', revision: 2 });
});

test('words that wait are listed, however much was sent after them', async () => {
  await database.db.query('delete from drafts');
  await keep('task/waits', 'Not sent yet');
  await database.db.query(
    `insert into drafts (owner_id, key, text, revision, updated_at)
     select $1, 'item/' || n, '', 2, now() + n * interval '1 second' from generate_series(1, 600) n`,
    [OWNER],
  );
  const listed = await listDrafts(database.db, OWNER);
  expect([listed.length, listed.at(-1)]).toEqual([
    500,
    { key: 'task/waits', text: 'Not sent yet', revision: 1, about: null },
  ]);
});

test('what nobody came back to for sixty days is neither listed nor kept', async () => {
  await keep('item/old', 'Long ago');
  await database.db.query("update drafts set updated_at = now() - interval '61 days' where key = 'item/old'");
  expect((await listDrafts(database.db, OWNER)).map(({ key }) => key)).not.toContain('item/old');
  expect(await keep('item/old', 'Now')).toEqual({ text: 'Now', revision: 1 });
});

test('a draft has a length, and about what it is has one', () => {
  const draft = (text: string, title = '') =>
    KeepDraft.safeParse({ key: 'chat', text, about: { title, taskId: null }, base: 0 }).success;
  expect([draft('x'.repeat(50_000)), draft('x'.repeat(50_001))]).toEqual([true, false]);
  expect([draft('', 'x'.repeat(1_000)), draft('', 'x'.repeat(1_001))]).toEqual([true, false]);
});
