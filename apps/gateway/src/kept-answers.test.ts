// What is asked for once is asked and paid for once, whenever whoever asked is killed. The gateway is the real
// process.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { many } from '@mainloop/models/db/pool';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { CHAT_TOKEN, seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { ServerResponse } from 'node:http';

const MODEL = 'claude-opus-5-5';
const event = (data: { type: string } & Record<string, unknown>): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const BEGIN = event({
  type: 'message_start',
  message: { usage: { input_tokens: 1_000, output_tokens: 1 } },
});
const SAID = event({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'One day.' },
});
const END = event({ type: 'message_delta', usage: { output_tokens: 200 } });

let database: TestDatabase;
let gateway: TestGateway;
let model: Awaited<ReturnType<typeof startModel>>;
let behave: (res: ServerResponse) => void | Promise<void>;
let n = 0;

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  model = await startModel((_, res) => behave(res));
  gateway = await startGateway(database.url, model.url);
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await database.drop();
});
beforeEach(() => {
  n += 1;
  model.asked.length = 0;
});

const bodyOf = (text: string): string =>
  JSON.stringify({
    model: MODEL,
    max_tokens: 1_500,
    stream: true,
    messages: [{ role: 'user', content: text }],
  });
const ask = (
  more: { once?: string | null; text?: string; token?: string; signal?: AbortSignal } = {},
): Promise<Response> => {
  const { once = `summary/${n}`, text = `of ${n}`, token = CHAT_TOKEN, signal } = more;
  return fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': token, ...(once === null ? {} : { 'x-mainloop-once': once }) },
    body: bodyOf(text),
    ...(signal === undefined ? {} : { signal }),
  });
};
const bills = async (): Promise<number> =>
  (await many(database.db, "select 1 from events where type = 'cost.metered'")).length;
const whole = (res: ServerResponse): void => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.end(BEGIN + SAID + END);
};
/** A model that answers step by step, each when it is told to. */
function slow() {
  const steps = [BEGIN, SAID, END];
  let res: ServerResponse | null = null;
  behave = (given) => {
    res = given;
  };
  return {
    isAsked: () => res !== null,
    /** @param upTo how many of its three pieces are said by then */
    say(from: number, upTo: number): void {
      if (!res!.headersSent) res!.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const step of steps.slice(from, upTo)) res!.write(step);
      if (upTo === steps.length) res!.end();
    },
  };
}

test.each([
  ['before the answer begins', 0],
  ['when it has begun', 1],
  ['in the middle of it', 2],
])('killed %s, whoever asks again is given the same answer, which is paid for once', async (_, said) => {
  const before = await bills();
  const answering = slow();
  const killed = new AbortController();
  const first = ask({ signal: killed.signal }).then((r) => r.text());
  // What it heard of it is lost with it.
  const lost = first.catch(() => 'lost');
  await until('the model to be asked', async () => answering.isAsked());
  if (said > 0) answering.say(0, said);
  killed.abort();
  expect(await lost).toBe('lost');
  const again = ask();
  answering.say(said, 3);
  expect(await (await again).text()).toBe(BEGIN + SAID + END);
  await until('the bill', async () => (await bills()) > before);
  // And once more, when all of it is over.
  expect(await (await ask()).text()).toBe(BEGIN + SAID + END);
  expect(model.asked).toHaveLength(1);
  expect(await bills()).toBe(before + 1);
});

test('two who ask at once are given one answer', async () => {
  const answering = slow();
  const both = [ask(), ask()];
  await until('the model to be asked', async () => answering.isAsked());
  answering.say(0, 3);
  for (const one of both) expect(await (await one).text()).toBe(BEGIN + SAID + END);
  expect(model.asked).toHaveLength(1);
});

test('another question, another name, none, or one that is no name is asked anew', async () => {
  behave = whole;
  for (const more of [
    {},
    { text: 'another' },
    { once: 'another' },
    { once: null },
    { once: null },
    { once: 'no name' },
  ])
    expect(await (await ask(more)).text()).toBe(BEGIN + SAID + END);
  expect(model.asked).toHaveLength(6);
  // The name is ours, and stays here.
  expect(model.asked.every((one) => one.headers['x-mainloop-once'] === undefined)).toBe(true);
});

test('an agent has its own calls, whatever it names them', async () => {
  behave = whole;
  await seedTask(database.db, 'one');
  const { token } = await seedRun(database.db, 'one');
  for (const who of [CHAT_TOKEN, token, token]) await (await ask({ token: who })).text();
  expect(model.asked).toHaveLength(3);
});

test('what failed is asked anew', async () => {
  behave = (res) => {
    res.writeHead(529, { 'content-type': 'application/json' });
    res.end('{"type":"error","error":{"type":"overloaded_error","message":"busy"}}');
  };
  expect((await ask()).status).toBe(529);
  behave = (res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(BEGIN, () => res.destroy());
  };
  await expect(ask().then((r) => r.text())).rejects.toThrow();
  behave = whole;
  expect(await (await ask()).text()).toBe(BEGIN + SAID + END);
  expect(model.asked).toHaveLength(3);
});
