// Vectors of what was said, on a real database, with a model that is here, away, and ended in the middle.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EmbedderError, type Embedder } from '@mainloop/adapters/embedder/port';
import { append } from '@mainloop/models/db/log';
import { rebuild } from '@mainloop/models/db/rebuild';
import { openPool, withTx, type Db } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { DIMENSIONS, inBytes } from '@mainloop/models/flow/conversation/meaning';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { nothingSeen, readMessages } from './meanings.ts';

let database: TestDatabase;
let read: string[];
/** With the rights of the worker, and no others. */
let worker: Db;
beforeEach(async () => {
  database = await freshDatabase();
  const url = new URL(database.url);
  url.username = 'mainloop_worker';
  worker = openPool(url.href, 'test', 4);
  read = [];
});
afterEach(async () => {
  await worker.end();
  await database.drop();
});

/** @param lastsFor how many batches until it breaks */
const model = (lastsFor = Number.POSITIVE_INFINITY): Embedder => {
  let batches = 0;
  return {
    embed: async (texts) => {
      if (++batches > lastsFor) throw new EmbedderError('broken', 'It ended.');
      read.push(...texts);
      return texts.map((text) =>
        inBytes(Array.from({ length: DIMENSIONS }, (_, i) => Math.sin(i * (text.length + 1)))),
      );
    },
    close: async () => undefined,
  };
};
const say = (...texts: string[]): Promise<unknown> =>
  withTx(database.db, (tx) =>
    append(
      tx,
      texts.map((text) =>
        messageSaid.byPerson({ actor: 'you', payload: { id: text, role: 'user', text, turnId: text } }),
      ),
      OWNER,
    ),
  );
const kept = async (): Promise<number> =>
  (await database.db.query<{ n: number }>('select count(*)::int as n from message_vectors')).rows[0]!.n;
const many = Array.from({ length: 100 }, (_, i) => `m${i}`);

test('each message is read once, the newest first, also when it is looked for again', async () => {
  await say(...many);
  const seen = nothingSeen();
  expect(await readMessages(worker, model(), OWNER, seen)).toBe(100);
  expect(read).toEqual(many.toReversed());
  await say('one more');
  expect(await readMessages(worker, model(), OWNER, seen)).toBe(1);
  expect(await readMessages(worker, model(), OWNER, nothingSeen())).toBe(0);
  expect(read.slice(100)).toEqual(['one more']);
});

test('a model that ends in the middle loses nothing, and nothing is read twice', async () => {
  await say(...many);
  const seen = nothingSeen();
  await expect(readMessages(worker, model(2), OWNER, seen)).rejects.toThrow('It ended.');
  expect(await kept()).toBe(64);
  expect(await readMessages(worker, model(), OWNER, seen)).toBe(36);
  expect(new Set(read).size).toBe(read.length);
});

test('two workers at once read each message once between them', async () => {
  await say(...many);
  const both = [nothingSeen(), nothingSeen()];
  while ((await kept()) < 100)
    await Promise.all(both.map((seen) => readMessages(worker, model(), OWNER, seen)));
  expect(read).toHaveLength(100);
});

test('it stops between two batches when it is over', async () => {
  await say(...many);
  expect(await readMessages(worker, model(), OWNER, nothingSeen(), () => true)).toBe(32);
});

test('a message that is deleted takes its vector with it, and one deleted while it is read gets none', async () => {
  await say('a', 'b');
  const deleting = model();
  const embed = deleting.embed.bind(deleting);
  deleting.embed = async (texts) => {
    await database.db.query("delete from messages where id = 'a'");
    return embed(texts);
  };
  expect(await readMessages(worker, deleting, OWNER, nothingSeen())).toBe(1);
  await database.db.query("delete from messages where id = 'b'");
  expect(await kept()).toBe(0);
});

test('after a rebuild of the messages they are read again within an hour', async () => {
  await say('a', 'b');
  const seen = nothingSeen();
  await readMessages(worker, model(), OWNER, seen, undefined, 0);
  await rebuild(database.db);
  expect(await kept()).toBe(0);
  expect(await readMessages(worker, model(), OWNER, seen, undefined, 60_000)).toBe(0);
  expect(await readMessages(worker, model(), OWNER, seen, undefined, 3_700_000)).toBe(2);
});
