// One list of two ways to look, on a real database. The model is a table of what means the like.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EmbedderError, type Embedder } from '@mainloop/adapters/embedder/port';
import { saveVectors } from '@mainloop/models/db/conversation/vectors';
import { append } from '@mainloop/models/db/log';
import { withTx } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { OWNER } from '@mainloop/models/flow/ids';
import { DIMENSIONS, inBytes } from '@mainloop/models/flow/conversation/meaning';
import { wordsIn } from '@mainloop/models/flow/conversation/search';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { Finder } from './finder.ts';

/** What means the like has the same topic; each topic has a direction of its own. */
const TOPICS: readonly RegExp[] = [/build|lockfile|CI/, /banana|fruit/, /round|even/];
const direction = (text: string): Int8Array => {
  const topic = TOPICS.findIndex((x) => x.test(text));
  return inBytes(
    Array.from({ length: DIMENSIONS }, (_, i) => (i % 4 === topic ? 1 : 0.1 * Math.sin(i * text.length))),
  );
};
const model: Embedder = {
  embed: async (texts) => texts.map(direction),
  close: async () => undefined,
};
const failing = (embed: () => Promise<never>): Embedder => ({ ...model, embed });

let database: TestDatabase;
const say = async (id: string, text: string, ownerId: string = OWNER): Promise<void> => {
  await withTx(database.db, async (tx) => {
    await append(
      tx,
      [messageSaid.byPerson({ actor: 'you', payload: { id, role: 'user', text, turnId: id } })],
      ownerId,
    );
    const at = (await tx.query<{ at: Date }>('select at from messages where id = $1', [id])).rows[0]!.at;
    await saveVectors(tx, ownerId, [{ id, at, vector: direction(text) }]);
  });
};
const found = async (finder: Finder, asked: string, more: { from?: Date; to?: Date; limit?: number } = {}) =>
  (await finder.find(OWNER, { asked, words: wordsIn(asked), limit: 10, ...more })).map((m) => m.id);

beforeAll(async () => {
  database = await freshDatabase();
  await say('lock', 'The lockfile is out of date.');
  await say('both', 'The build is red.');
  await say('fruit', 'A banana is a fruit.');
  await say('other', 'The build of somebody else', 'somebody');
});
afterAll(() => database.drop());

test('what has the words comes first, what means the like after it, and nothing else', async () => {
  expect(await found(new Finder(database.db, model), 'why is the build broken?')).toEqual(['both', 'lock']);
});

test('what is said later is found by the same finder, and what is deleted is not', async () => {
  const finder = new Finder(database.db, model);
  expect(await found(finder, 'CI')).toEqual(['lock', 'both']);
  await say('new', 'The lockfile again');
  expect((await found(finder, 'CI')).toSorted()).toEqual(['both', 'lock', 'new']);
  await database.db.query("delete from messages where id = 'new'");
  expect((await found(finder, 'CI')).toSorted()).toEqual(['both', 'lock']);
});

test('a time narrows both ways', async () => {
  await database.db.query("update messages set at = '2026-01-02T12:00Z' where id = 'lock'");
  await database.db.query("update message_vectors set at = '2026-01-02T12:00Z' where message_id = 'lock'");
  const day = { from: new Date('2026-01-02'), to: new Date('2026-01-03') };
  expect(await found(new Finder(database.db, model), 'build', day)).toEqual(['lock']);
});

test.each([
  ['is not here', () => Promise.reject(new EmbedderError('not_here', 'no'))],
  ['never answers', () => new Promise<never>(() => undefined)],
])('a model that %s leaves the words', async (_, embed) => {
  expect(await found(new Finder(database.db, failing(embed)), 'build')).toEqual(['both']);
});

test('of many at once each gets its own', async () => {
  const finder = new Finder(database.db, model);
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => found(finder, i % 2 === 0 ? 'fruit' : 'red')),
  );
  for (const [i, ids] of all.entries()) expect(ids[0]).toBe(i % 2 === 0 ? 'fruit' : 'both');
});
