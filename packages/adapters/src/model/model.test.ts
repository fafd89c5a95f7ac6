// The Model port's contract, for both adapters, against the demo model: the same words, tools, errors and endings.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { startDemoModel, type DemoModel } from '../../../../apps/demo/src/model/server.ts';
import { Story } from '../../../../apps/demo/src/story.ts';
import { freePort } from '../../../../tools/free-port.ts';
import { anthropic } from './anthropic.ts';
import { claudeCodeChat } from './claude-code.ts';
import type { ChatCall, Model } from './port.ts';

const runner = createRequire(path.join(import.meta.dirname, '../../../../apps/runner/package.json'));
const executable = path.join(
  path.dirname(runner.resolve('@anthropic-ai/claude-code/package.json')),
  'bin/claude.exe',
);
const always = (status: number, message: string): object => ({
  steps: [{ text: 'x', fault: { status, message, times: 99 } }],
});
const story = Story.parse({
  version: 1,
  chat: [
    {
      when: 'propose',
      steps: [
        { text: 'Let me see.', tool: { name: 'spawn_task', input: { title: 'T' } } },
        { text: 'It is on the card.' },
      ],
    },
    {
      when: 'twice',
      steps: [
        { tool: { name: 'list_tasks', input: {} } },
        { tool: { name: 'list_tasks', input: {} } },
        { text: 'Both looked at.' },
      ],
    },
    {
      when: 'circles',
      steps: Array.from({ length: 30 }, () => ({ tool: { name: 'list_tasks', input: {} } })),
    },
    {
      when: 'slowly',
      steps: [{ text: 'one two three four five six seven eight nine ten', chunkDelayMs: 400 }],
    },
    { when: 'no key', ...always(401, 'invalid x-api-key') },
    { when: 'no money', ...always(400, 'Your credit balance is too low to access the Anthropic API.') },
    { when: 'storm', ...always(529, 'Overloaded') },
    { when: 'remember', steps: [{ text: 'I know the thread.' }] },
    { when: '.', steps: [{ text: 'Hello.' }] },
  ],
});

let demo: DemoModel;
beforeAll(async () => {
  // It is closed and started again: the kernel must not give its port away meanwhile.
  demo = await startDemoModel(await freePort(), story);
});
afterAll(() => demo.close());

const adapters: [string, () => Model][] = [
  [
    'the SDK with a key',
    () => anthropic({ baseUrl: demo.url, token: 'demo-token-0123456789', awayMs: [50] }),
  ],
  [
    'Claude Code with a subscription',
    () => claudeCodeChat({ executable, baseUrl: demo.url, token: 'demo-token-0123456789' }),
  ],
];

describe.each(adapters)('%s', (_, make) => {
  const call = (text: string, o: Partial<ChatCall> = {}): { c: ChatCall; said: string[]; used: string[] } => {
    const said: string[] = [];
    const used: string[] = [];
    return {
      said,
      used,
      c: {
        model: 'claude-sonnet-5-5',
        system: 'Be brief.',
        messages: [
          { role: 'user', texts: ['hi'] },
          { role: 'assistant', texts: ['hello'] },
          { role: 'user', texts: [text] },
        ],
        tools: ['spawn_task', 'list_tasks'].map((name) => ({
          name,
          description: name,
          inputSchema: { type: 'object', properties: { title: { type: 'string' } } },
        })),
        maxRounds: 5,
        maxTokens: 500,
        signal: new AbortController().signal,
        onText: (d) => said.push(d),
        runTool: async (name, input) => {
          used.push(`${name} ${JSON.stringify(input)}`);
          return { text: 'done', isError: false };
        },
        ...o,
      },
    };
  };

  test('says what the model says, as it comes', async () => {
    const { c, said } = call('good morning');
    expect(await make().converse(c)).toBe('Hello.');
    expect(said.join('')).toBe('Hello.');
  });

  test('a picture that came with a message reaches the model', async () => {
    const base64 =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const { c } = call('', {
      messages: [{ role: 'user', texts: ['good morning, look'], images: [{ mime: 'image/png', base64 }] }],
    });
    expect(await make().converse(c)).toBe('Hello.');
    const asked = (await (await fetch(`${demo.url}/_requests`)).json()) as { images: string[] }[];
    expect(asked.at(-1)!.images).toEqual([`image/png ${base64.length}`]);
  });

  test('runs a tool in between, and both texts are one reply', async () => {
    const { c, used } = call('propose');
    expect(await make().converse(c)).toBe('Let me see.\n\nIt is on the card.');
    expect(used).toEqual(['spawn_task {"title":"T"}']);
  });

  test('goes back to its tools, but not for ever', async () => {
    const twice = call('twice');
    expect(await make().converse(twice.c)).toBe('Both looked at.');
    expect(twice.used).toHaveLength(2);
    const circles = call('circles');
    await make()
      .converse(circles.c)
      .catch(() => undefined);
    expect(circles.used.length).toBeGreaterThan(2);
    expect(circles.used.length).toBeLessThanOrEqual(5);
  });

  test('stops when it is told to', async () => {
    const stop = new AbortController();
    const { c, said } = call('slowly', { signal: stop.signal, onText: () => stop.abort() });
    await expect(make().converse(c)).rejects.toThrow();
    expect(said.join('')).not.toContain('ten');
  });

  test.each([
    ['no key', 'auth'],
    ['no money', 'billing'],
    ['storm', 'overloaded'],
  ])('"%s" is an error of kind %s with a sentence', async (text, kind) => {
    await expect(make().converse(call(text).c)).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(/^The .*\.$/),
    });
  });

  test('a model that is not there is said so', async () => {
    await demo.close();
    const port = Number(new URL(demo.url).port);
    try {
      await expect(make().converse(call('hello').c)).rejects.toMatchObject({ kind: 'unavailable' });
    } finally {
      demo = await startDemoModel(port, story);
    }
  });
});

test('a gateway that starts anew is waited for, and no word is said twice', async () => {
  const port = Number(new URL(demo.url).port);
  await demo.close();
  const said: string[] = [];
  const model = anthropic({
    baseUrl: `http://127.0.0.1:${port}`,
    token: 'demo-token-0123456789',
    awayMs: Array.from({ length: 60 }, () => 100),
  });
  const answer = model.converse({
    model: 'claude-sonnet-5-5',
    system: 'Be brief.',
    messages: [
      { role: 'user', texts: ['hi'] },
      { role: 'assistant', texts: ['hello'] },
      { role: 'user', texts: ['well?'] },
    ],
    tools: [
      { name: 'spawn_task', description: 'spawn_task', inputSchema: { type: 'object', properties: {} } },
    ],
    maxRounds: 1,
    maxTokens: 500,
    signal: new AbortController().signal,
    onText: (delta) => said.push(delta),
    runTool: async () => ({ text: '', isError: true }),
  });
  // Longer than the library itself would try.
  await new Promise((done) => setTimeout(done, 4_000));
  demo = await startDemoModel(port, story);
  expect(await answer).toBe('Hello.');
  expect(said.join('')).toBe('Hello.');
});

test('whoever stops an answer does not wait for a gateway that is away', async () => {
  const stop = new AbortController();
  const answer = anthropic({
    // Nobody listens there.
    baseUrl: 'http://127.0.0.1:9',
    token: 'demo-token-0123456789',
    awayMs: [3_600_000],
  }).converse({
    model: 'claude-sonnet-5-5',
    system: 'Be brief.',
    messages: [{ role: 'user', texts: ['hello'] }],
    tools: [],
    maxRounds: 1,
    maxTokens: 500,
    signal: stop.signal,
    onText: () => undefined,
    runTool: async () => ({ text: '', isError: true }),
  });
  setTimeout(() => stop.abort(), 4_000);
  await expect(answer).rejects.toThrow();
});

test('a call that has a name says it to the gateway, and no other does', async () => {
  const names: unknown[] = [];
  const server = createServer((req, res) => {
    names.push(req.headers['x-mainloop-once']);
    res.writeHead(400, { 'content-type': 'application/json' });
    res.end('{"type":"error","error":{"type":"invalid_request_error","message":"no"}}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const model = anthropic({ baseUrl: `http://127.0.0.1:${port}`, token: 'demo-token-0123456789' });
  const call: ChatCall = {
    model: 'claude-sonnet-5-5',
    system: 'Be brief.',
    messages: [{ role: 'user', texts: ['hello'] }],
    tools: [],
    maxRounds: 1,
    maxTokens: 500,
    signal: new AbortController().signal,
    onText: () => undefined,
    runTool: async () => ({ text: '', isError: true }),
  };
  for (const named of [{ ...call, once: 'summary/day' }, call])
    await expect(model.converse(named)).rejects.toMatchObject({ kind: 'rejected' });
  expect(names).toEqual(['summary/day/0', undefined]);
  server.close();
});
