// The prompt of a turn in a conversation of 120 days and 10,000 messages, on a real database.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { summarise } from '@mainloop/models/db/memory/compact';
import { pin } from '@mainloop/models/db/memory/pins';
import { listKept, listOpenDays } from '@mainloop/models/db/memory/summaries';
import { saveSettings } from '@mainloop/models/db/projects/settings';
import { dueOf } from '@mainloop/models/flow/memory/due';
import { PROMPT_TOKENS } from '@mainloop/models/flow/memory/levels';
import { readSummaryRequest } from '@mainloop/models/flow/memory/request';
import { extractOf } from '@mainloop/models/flow/memory/summary';
import { tokensAtMost } from '@mainloop/models/flow/memory/tokens';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { monthsOf, seedMonths } from '@mainloop/testkit/months';
import { promptOf, type Prompt } from './prompt.ts';
import { say } from './turns.ts';

const months = monthsOf({ seed: 21 });
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedMonths(database.db, OWNER, months.messages);
});
afterAll(() => database.drop());

const now = new Date(months.messages.at(-1)!.at.getTime() + 60_000);
const promptNow = async (text: string): Promise<Prompt> => {
  const { messageId } = await say(database.db, OWNER, text);
  await database.db.query('update messages set at = $2 where id = $1', [messageId, now]);
  const { rows } = await database.db.query<{ seq: number }>('select seq from messages where id = $1', [
    messageId,
  ]);
  return promptOf(database.db, { ownerId: OWNER, seq: Number(rows[0]!.seq) }, now);
};
const size = (prompt: Prompt): number =>
  tokensAtMost(prompt.memory.text) + prompt.memory.messages.reduce((sum, m) => sum + tokensAtMost(m.text), 0);

test('before anything is summarised the newest is told, and how much is not', async () => {
  const prompt = await promptNow('What did we say about the ledger?');
  expect(prompt.memory.tokens).toBeLessThanOrEqual(PROMPT_TOKENS);
  const [, left] = /\((\d+) messages of this time are neither/.exec(prompt.memory.text)!;
  expect(Number(left) + prompt.memory.messages.length).toBe(10_001);
  expect(prompt.memory.messages.at(-1)!.text).toBe('What did we say about the ledger?');
});

test('with the pyramid all of it is told within the budget, what is pinned word for word, and nothing is left without a word', async () => {
  await saveSettings(database.db, OWNER, { timeZone: 'Europe/Berlin' });
  for (;;) {
    const kept = await listKept(database.db, OWNER);
    const there = { kept, nowMs: now.getTime(), zone: 'Europe/Berlin', limit: 200 };
    const due = dueOf({ days: await listOpenDays(database.db, OWNER, there), ...there });
    if (due.length === 0) break;
    for (const one of due)
      await summarise(database.db, {
        ownerId: OWNER,
        due: one,
        hit: () => undefined,
        ask: async (prompt) => {
          const { level, source } = readSummaryRequest(prompt)!;
          return extractOf(source, level);
        },
      });
  }
  await pin(database.db, OWNER, 'Never deploy on Fridays.', { key: null, messageId: null, actor: 'you' });
  const prompt = await promptNow('x'.repeat(199_000));
  expect(prompt.memory.tokens).toBeLessThanOrEqual(PROMPT_TOKENS);
  expect(size(prompt)).toBeLessThan(PROMPT_TOKENS);
  expect(prompt.memory.text).toContain('- Never deploy on Fridays.');
  expect(prompt.memory.messages.at(-1)!.text).toMatch(/^x+\n… \(\d+ more characters of this message/);
  const of = new Map(prompt.memory.shares.map((s) => [s.what, s.count]));
  expect(of.get('month')).toBeGreaterThanOrEqual(2);
  expect(of.get('week')).toBeGreaterThanOrEqual(4);
  expect(of.get('day')).toBeGreaterThanOrEqual(5);
  expect(prompt.memory.text).not.toContain('neither told nor summarised');
});

test('what comes first is the same in the next turn, so that the provider keeps it', async () => {
  const one = await promptNow('one');
  const next = await promptNow('two');
  expect(next.memory.text).toBe(one.memory.text);
  expect(next.aside).toContain('It is');
});
