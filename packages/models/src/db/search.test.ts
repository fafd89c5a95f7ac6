// Looking for what was said, on a real database.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { messageSaid } from '../events/conversation.ts';
import { OWNER } from '../flow/ids.ts';
import { wordsIn } from '../flow/conversation/search.ts';
import { listSaidBetween, searchMessages, searchTasks } from './conversation/search.ts';
import { append } from './log.ts';
import { withTx } from './pool.ts';

let database: TestDatabase;
let n = 0;
const say = (text: string, ownerId: string = OWNER): Promise<unknown> =>
  withTx(database.db, (tx) =>
    append(
      tx,
      [
        messageSaid.byPerson({
          actor: 'you',
          payload: { id: `m${++n}`, role: 'user', text, turnId: `turn${n}` },
        }),
      ],
      ownerId,
    ),
  );
const find = async (asked: string, limit = 10): Promise<string[]> =>
  (await searchMessages(database.db, OWNER, { words: wordsIn(asked), limit })).map((m) => m.text);

beforeAll(async () => {
  database = await freshDatabase();
  await say('We decided to round half to even.');
  await say('The invoices were rounded twice, in src/tally/split.ts.');
  await say('To go is a game.');
  await say('Gone for good, and governed.');
  await say('東京のサーバー is slow');
  await say('The password of nobody else', 'somebody');
});
afterAll(() => database.drop());

describe('messages', () => {
  test.each([
    ['by a form of the word', 'deciding', ['We decided to round half to even.']],
    ['by a path', 'src/tally/split.ts', ['The invoices were rounded twice, in src/tally/split.ts.']],
    ['by the beginning of a word', 'invoi', ['The invoices were rounded twice, in src/tally/split.ts.']],
    ['by two letters, when they are a word', 'go', ['To go is a game.']],
    ['in another script', '東京', ['東京のサーバー is slow']],
    [
      'in a sentence of little words',
      'what did we say about the invoices?',
      ['The invoices were rounded twice, in src/tally/split.ts.'],
    ],
    [
      'what holds all words before what holds some',
      'rounds even',
      ['We decided to round half to even.', 'The invoices were rounded twice, in src/tally/split.ts.'],
    ],
    ['of somebody else: never', 'password', []],
    ['what breaks a query by its signs', "round' & !even | (\\ :*", ['We decided to round half to even.']],
  ])('are found %s', async (_, asked, texts) => {
    expect((await find(asked)).slice(0, texts.length || 1)).toEqual(texts);
  });

  test('are found by their day', async () => {
    const on = (from: string, to: string): Promise<unknown[]> =>
      searchMessages(database.db, OWNER, {
        words: ['round'],
        from: new Date(from),
        to: new Date(to),
        limit: 10,
      });
    expect(await on('2020-01-01', '2020-01-02')).toEqual([]);
    expect(await on('2020-01-01', '2999-01-01')).toHaveLength(2);
    const said = await listSaidBetween(database.db, OWNER, {
      from: new Date(0),
      to: new Date('2999-01-01'),
      limit: 2,
    });
    expect(said.map((m) => m.id)).toEqual(['m1', 'm2']);
  });

  test('of whatever length and kind can be said, and are found by their beginning', async () => {
    // Words with a hyphen are kept whole and by their parts.
    const letters = (i: number): string =>
      String.fromCodePoint(...Array.from({ length: 20 }, (_, k) => 0x4e00 + ((i * (k + 3)) % 20_000)));
    const text =
      `enormous ${Array.from({ length: 5_000 }, (_, i) => `${letters(2 * i)}-${letters(2 * i + 1)}`).join(' ')}`.slice(
        0,
        200_000,
      );
    // Without the way out for it, it could not be said at all.
    await expect(
      database.db.query("select to_tsvector('simple', $1) || to_tsvector('english', $1)", [text]),
    ).rejects.toThrow(/too long/);
    await say(text);
    expect(await find('enormous')).toEqual([text]);
  });

  test('are found by an index, not by reading them all', async () => {
    await database.db.query(
      "insert into messages (id, owner_id, role, text, state, seq, at) select 'x' || i, 'many', 'user', 'word' || i || ' of many', 'done', -i, now() from generate_series(1, 20000) i",
    );
    await database.db.query('vacuum analyze messages');
    const { rows } = await database.db.query<{ 'QUERY PLAN': string }>(
      "explain select id from messages where owner_id = 'many' and words @@ to_tsquery('simple', 'word777')",
    );
    expect(rows.map((r) => r['QUERY PLAN']).join('\n')).toContain('messages_words_idx');
  });

  test('are cut into words when they are said, never when they are looked for', async () => {
    await database.db.query('alter function words_of(text) rename to words_gone');
    try {
      expect(await find('invoices')).toEqual(['The invoices were rounded twice, in src/tally/split.ts.']);
    } finally {
      await database.db.query('alter function words_gone(text) rename to words_of');
    }
  });
});

test('tasks are found by title, repository, request and plan, each word somewhere; signs of a pattern are signs', async () => {
  await seedProject(database.db);
  await seedTask(database.db, 'one');
  await database.db.query(
    "update tasks set title = 'Round 100% right', prompt = 'Half to even.', plan = 'Touch split_bill.ts' where id = 'one'",
  );
  const found = async (asked: string): Promise<string[]> =>
    (await searchTasks(database.db, OWNER, wordsIn(asked), 5)).map((x) => x.id);
  expect(await found('round tally')).toEqual(['one']);
  expect(await found('even split_bill.ts')).toEqual(['one']);
  expect(await found('even splitXbill.ts')).toEqual([]);
  expect(await found('even odd')).toEqual([]);
});
