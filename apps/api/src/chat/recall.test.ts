// What the chat model finds of what was said before, on a real database.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { minilm } from '@mainloop/adapters/embedder/minilm';
import { append } from '@mainloop/models/db/log';
import { withTx } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { Finder } from './finder.ts';
import { runTool } from './tools.ts';

let database: TestDatabase;
const recall = async (input: unknown): Promise<string> => {
  const call = { turnId: 'turn', index: 0, ownerId: OWNER, speaker: 'you', name: 'recall', input };
  const result = await runTool(database.db, call, new Finder(database.db, minilm(null)));
  return `${result.isError ? 'refused: ' : ''}${result.text}`;
};
beforeAll(async () => {
  database = await freshDatabase();
  await withTx(database.db, (tx) =>
    append(
      tx,
      [
        messageSaid.byPerson({
          actor: 'you',
          payload: { id: 'm1', role: 'user', text: 'Round half to even, please.', turnId: 'turn1' },
        }),
        messageSaid.reply({
          actor: 'mainloop',
          payload: {
            id: 'm-turn1',
            role: 'assistant',
            text: `Half to even it is. ${'And more. '.repeat(400)}`,
            turnId: 'turn1',
          },
        }),
      ],
      OWNER,
    ),
  );
  await database.db.query(
    "update messages set at = case id when 'm1' then timestamptz '2026-02-03T23:59Z' else timestamptz '2026-02-04T00:00Z' end",
  );
});
afterAll(() => database.drop());

test('by words: the messages themselves, in the order in which they were said, long ones as the piece that shows the words', async () => {
  const [first, second, ...none] = (await recall({ words: 'what did we say about half to even?' })).split(
    '\n',
  );
  expect(first).toBe('[2026-02-03T23:59, the person] Round half to even, please.');
  expect(second).toMatch(/^\[2026-02-04T00:00, you\] Half to even it is\. [^]* …$/);
  expect(second!.length).toBeLessThan(1_600);
  expect(none).toEqual([]);
});

test('by day: a first day alone is that day, and a last day belongs to it', async () => {
  expect(await recall({ from: '2026-02-03' })).toBe(
    '[2026-02-03T23:59, the person] Round half to even, please.',
  );
  expect((await recall({ from: '2026-02-03', to: '2026-02-04' })).split('\n')).toHaveLength(2);
  expect(await recall({ words: 'even', from: '2026-02-04' })).toMatch(/^\[2026-02-04T00:00, you\]/);
  expect(await recall({ words: 'even', to: '2026-02-03' })).toBe(
    '[2026-02-03T23:59, the person] Round half to even, please.',
  );
});

test.each([
  ['nothing of that kind', { words: 'bananas' }, 'Nothing found. Try other words.'],
  ['nothing to look for', { words: ' ?! ' }, expect.stringMatching(/^refused: .*give words or a first day/)],
  [
    'a day that is none',
    { from: '2026-02-31' },
    expect.stringMatching(/^refused: .*A day is written 2026-11-26/),
  ],
])('%s', async (_, input, words) => {
  expect(await recall(input)).toEqual(words);
});

test('a time in which more was said than is shown says so', async () => {
  await database.db.query(
    "insert into messages (id, owner_id, role, text, state, seq, at) select 'x' || i, $1, 'note', 'note ' || i, 'done', 1000 + i, '2026-03-01T10:00Z' from generate_series(1, 30) i",
    [OWNER],
  );
  const lines = (await recall({ from: '2026-03-01' })).split('\n');
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('(More was said in that time: look for words, or for fewer days.)');
});
