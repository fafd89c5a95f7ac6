// Messages that come close together, on a real database. The model is a table of sentences that waits for its word.
import { afterEach, beforeAll, afterAll, beforeEach, expect, test } from '@jest/globals';
import type { ChatCall, Model } from '@mainloop/adapters/model/port';
import { minilm } from '@mainloop/adapters/embedder/minilm';
import { openLog } from '@mainloop/logs/log';
import { append } from '@mainloop/models/db/log';
import type { ThreadMessage } from '@mainloop/models/db/conversation/thread';
import { DELTA_CHANNEL } from '@mainloop/models/db/listen';
import { many, withTx } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { until } from '@mainloop/testkit/stack';
import fc from 'fast-check';
import { threadFor, threadUpTo } from './context.ts';
import { Finder } from './finder.ts';
import { say, stopSpeaking, Turns } from './turns.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** What the model was told by each call, as `role: text` lines; a call ends when its gate opens. */
let told: string[][] = [];
let gates: ((reply: string) => void)[] = [];
/** Says more of the answer that is being given. */
let words: (more: string) => void = () => undefined;
const model: Model = {
  converse(call: ChatCall) {
    if (broken) return Promise.reject(new Error('the socket hung up'));
    told.push(call.messages.map((m) => `${m.role}: ${m.texts.join(' + ')}`));
    return new Promise<string>((resolve, reject) => {
      gates.push(resolve);
      words = call.onText;
      call.signal.addEventListener('abort', () => reject(new Error('cut')));
    });
  },
};
let complaints: string[] = [];
const log = openLog('api', {
  write(line) {
    const { turnId, ownerId, err } = JSON.parse(line) as { turnId: string; ownerId: string; err: Error };
    complaints.push(`${ownerId} ${turnId}: ${err.message}`);
  },
});
/** The model fails in a way of its own that nobody has a sentence for. */
let broken = false;
let turns: Turns[] = [];
const speaker = (): Turns => {
  const x = new Turns(database.db, model, new Finder(database.db, minilm(null)), (err) =>
    log.warn({ err }, 'a turn is tried again'),
  );
  turns.push(x);
  x.start();
  return x;
};
const replies = (owner: string): Promise<{ text: string }[]> =>
  many(database.db, "select text from messages where owner_id = $1 and role = 'assistant' order by seq", [
    owner,
  ]);

beforeEach(() => {
  told = [];
  gates = [];
  complaints = [];
  broken = false;
});
afterEach(async () => {
  await Promise.all(turns.map((x) => x.stop()));
  turns = [];
  // A turn that was cut is taken up when its lease ends, which on a busy machine is in the middle of the next test.
  await database.db.query("update turns set state = 'done'");
});

test('a message that is said while the one before is being answered is answered next, and it ends the thread', async () => {
  await say(database.db, 'ann', 'one');
  const both = [speaker(), speaker()];
  await until('the first call', async () => told.length === 1);
  await say(database.db, 'ann', 'two');
  await say(database.db, 'ann', 'three');
  for (const x of both) x.wake();
  // Somebody else's message does not wait for them.
  await say(database.db, 'bob', 'else');
  for (const x of both) x.wake();
  await until("the other owner's call", async () => told.length === 2);
  expect(told[1]).toEqual(['user: else']);
  gates[0]!('1');
  await until('the second call', async () => told.length === 3);
  gates[2]!('2');
  await until('the third call', async () => told.length === 4);
  gates[3]!('3');
  await until('all replies', async () => (await replies('ann')).length === 3);
  expect(told[0]).toEqual(['user: one']);
  expect(told[2]).toEqual(['user: one', 'assistant: 1', 'user: two']);
  expect(told[3]).toEqual(['user: one', 'assistant: 1', 'user: two', 'assistant: 2', 'user: three']);
  expect((await replies('ann')).map((r) => r.text)).toEqual(['1', '2', '3']);
});

test('a message whose answer kills whoever speaks it is given up, and the next one is answered', async () => {
  await say(database.db, 'eve', 'deadly');
  await say(database.db, 'eve', 'harmless');
  await database.db.query(
    "update turns set state = 'running', attempts = 3, lease_until = now() - interval '1 second' where id = (select id from turns where owner_id = 'eve' order by seq limit 1)",
  );
  speaker();
  await until('the call for the next', async () => told.length === 1);
  gates[0]!('here');
  await until('both replies', async () => (await replies('eve')).length === 2);
  const [first, second] = await replies('eve');
  expect(first!.text).toMatch(/Say it again/);
  expect(second!.text).toBe('here');
  expect(told).toEqual([['user: deadly', `assistant: ${first!.text}`, 'user: harmless']]);
});

test('a reply that is stopped keeps what was said, is asked of the model no more, and the next message is answered', async () => {
  await say(database.db, 'stopper', 'tell me everything');
  speaker();
  await until('the model to be asked', async () => told.length === 1);
  words('The first thing');
  await until('the draft', async () =>
    (await many<{ draft: string }>(database.db, "select draft from turns where owner_id = 'stopper'")).some(
      (x) => x.draft !== '',
    ),
  );
  await stopSpeaking(database.db, 'stopper');
  expect(await replies('stopper')).toEqual([{ text: 'The first thing\n\n_Stopped._' }]);
  // Whoever spoke it has heard of it when the next one is asked for, and an answer that comes late is nobody's.
  gates[0]!('The first thing and the second.');
  await say(database.db, 'stopper', 'only this');
  await until('the next one', async () => told.length === 2);
  gates[1]!('This.');
  await until('its reply', async () => (await replies('stopper')).length === 2);
  await stopSpeaking(database.db, 'stopper');
  expect(await replies('stopper')).toEqual([{ text: 'The first thing\n\n_Stopped._' }, { text: 'This.' }]);
});

test('a stop ends the reply that is being given; what was said meanwhile is answered, and a second stop ends the next', async () => {
  await say(database.db, 'hurried', 'tell me everything');
  const me = speaker();
  await until('the model to be asked', async () => told.length === 1);
  await say(database.db, 'hurried', 'no, only this');
  await say(database.db, 'hurried', 'and never this');
  await stopSpeaking(database.db, 'hurried');
  expect(await replies('hurried')).toEqual([{ text: '_Stopped._' }]);
  gates[0]!('Everything.');
  me.wake();
  await until('the next one', async () => told.length === 2);
  gates[1]!('This.');
  await until('its reply', async () => (await replies('hurried')).length === 2);
  await until('the third', async () => told.length === 3);
  await stopSpeaking(database.db, 'hurried');
  gates[2]!('That.');
  expect(await replies('hurried')).toEqual([
    { text: '_Stopped._' },
    { text: 'This.' },
    { text: '_Stopped._' },
  ]);
});

test('what hides in an answer is spelt out while it streams, and nothing is told twice or taken back', async () => {
  const deltas: { from: number; text: string }[] = [];
  const client = await database.db.connect();
  try {
    await client.query(`listen ${DELTA_CHANNEL}`);
    client.on('notification', (n) => deltas.push(JSON.parse(n.payload!) as { from: number; text: string }));
    const shown = (): string => deltas.map((d) => d.text).join('');
    speaker();
    await say(database.db, 'hidden', 'Well?');
    await until('the model to be asked', async () => gates.length === 1);
    // Each is cut where only the next one says what it is.
    const parts = [
      'so \u202e',
      'far \u001b[3',
      '1mred',
      ' \u001b[0m\r',
      '\nand \u{1f468}\u200d',
      '\u{1f469}',
      ' 字'.repeat(2_000),
      '.',
    ];
    for (const part of parts) {
      const before = shown();
      words(part);
      await until('more of it', async () => shown() !== before);
    }
    const whole = `so [U+202E]far red \nand \u{1f468}\u200d\u{1f469}${' 字'.repeat(2_000)}.`;
    await until('the last word', async () => shown().endsWith('.'));
    expect(shown()).toBe(whole);
    expect(deltas.map((d) => d.from)).toEqual(
      deltas.map((_, n) => deltas.slice(0, n).reduce((sum, d) => sum + d.text.length, 0)),
    );
    expect(await many(database.db, "select draft from turns where owner_id = 'hidden'")).toEqual([
      { draft: whole },
    ]);
    gates[0]!(parts.join(''));
    await until('the reply', async () => (await replies('hidden')).length === 1);
    expect((await replies('hidden'))[0]!.text).toBe(whole);
  } finally {
    client.release(true);
  }
});

test('an error that no sentence is known for is said in the log, and the turn stays to be tried again', async () => {
  broken = true;
  const { turnId } = await say(database.db, 'kim', 'hello');
  speaker();
  await until('the complaint', async () => complaints.length > 0);
  expect(complaints).toEqual([`kim ${turnId}: the socket hung up`]);
  expect(await many(database.db, 'select state, attempts from turns where id = $1', [turnId])).toEqual([
    { state: 'running', attempts: 1 },
  ]);
  expect(await replies('kim')).toEqual([]);
});

test('a note of ours stands where it was said', async () => {
  await say(database.db, 'mia', 'one');
  await withTx(database.db, (tx) =>
    append(
      tx,
      [
        messageSaid.new({
          actor: 'mainloop',
          payload: { id: 'n1', role: 'note', text: 'merged', turnId: null },
        }),
      ],
      'mia',
    ),
  );
  await say(database.db, 'mia', 'two');
  speaker();
  await until('the first call', async () => told.length === 1);
  gates[0]!('1');
  await until('the second call', async () => told.length === 2);
  gates[1]!('2');
  expect(told[1]).toEqual(['user: one', 'assistant: 1', 'user: [mainloop notes: merged] + two']);
});

test('whatever order messages and replies come in, a thread ends with what is to be answered, and each reply follows its message', () => {
  // Turn k is asked at a drawn place of the log and, maybe, answered at a later one.
  const logs = fc
    .array(fc.record({ reply: fc.boolean(), late: fc.nat(12) }), { minLength: 1, maxLength: 8 })
    .map((list) => {
      const at = (seq: number, role: string, k: number): ThreadMessage => ({
        role,
        text: `${role}${k}`,
        at: new Date(0),
        turnId: `t${k}`,
        seq,
      });
      return list.flatMap((x, k) => [
        at(k * 2, 'user', k),
        ...(x.reply ? [at(k * 2 + 1 + 2 * x.late, 'assistant', k)] : []),
      ]);
    });
  fc.assert(
    fc.property(logs, fc.nat(), fc.func(fc.nat()), (log, pick, shuffle) => {
      const asked = log.filter((m) => m.role === 'user');
      const mine = asked[pick % asked.length]!;
      const shuffled = log.toSorted((a, b) => shuffle(a.text) - shuffle(b.text));
      const thread = threadUpTo(mine.seq, shuffled);
      expect(thread.at(-1)).toBe(mine);
      expect(threadFor(thread).at(-1)!.texts.at(-1)).toBe(mine.text);
      for (const [i, message] of thread.entries())
        if (message.role === 'assistant')
          expect(thread[i - 1]).toMatchObject({ role: 'user', turnId: message.turnId });
      expect(thread.map((m) => m.text).toSorted()).toEqual(
        log
          .filter((m) => Number(m.turnId!.slice(1)) < Number(mine.turnId!.slice(1)) || m === mine)
          .map((m) => m.text)
          .toSorted(),
      );
    }),
  );
});
