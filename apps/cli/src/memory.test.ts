// What the verbs of the memory send, and what they refuse before anything is sent.
import { expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { Command } from 'commander';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiAt, type Api } from './client.ts';
import { registerMemory } from './memory.ts';

/** What one command line sends besides looking. */
async function sent(...words: string[]): Promise<unknown[]> {
  const requests: unknown[] = [];
  const call = ((name: never, ...[sends]: [never?]) => {
    const { method, path, body } = requestOf(name, sends);
    if (method !== 'GET') requests.push(body === undefined ? [method, path] : [method, path, body]);
    return Promise.resolve({ zone: 'Europe/Vienna', messages: 3, id: 'pin-1' });
  }) as unknown as Api['call'];
  const program = new Command('mainloop').exitOverride();
  async function* lines(): AsyncGenerator<string> {}
  registerMemory(program, {
    api: () => ({ call, lines, stream: () => Promise.resolve() }),
    out: () => undefined,
    say: () => undefined,
    line: () => undefined,
    warn: () => undefined,
  });
  await program.parseAsync(['memory', ...words], { from: 'user' });
  return requests;
}
const FORGET = '/api/memory/forget';

test.each([
  [
    ['pin', 'Round', 'half', 'to', 'even.'],
    ['POST', '/api/memory/pins', { text: 'Round half to even.' }],
  ],
  [
    ['unpin', 'pin-1'],
    ['DELETE', '/api/memory/pins/pin-1'],
  ],
  [
    ['forget', '--everything', '--yes'],
    ['POST', FORGET, { everything: true }],
  ],
  // The days of the person: in Vienna this one has 23 hours.
  [
    ['forget', '--from', '2026-03-29', '--yes'],
    ['POST', FORGET, { from: '2026-03-28T23:00:00.000Z', to: '2026-03-29T22:00:00.000Z' }],
  ],
  [
    ['forget', '--from', '2026-01-31', '--to', '2026-02-01', '--yes'],
    ['POST', FORGET, { from: '2026-01-30T23:00:00.000Z', to: '2026-02-01T23:00:00.000Z' }],
  ],
  [
    ['set', 'tokens', '32000'],
    ['PATCH', '/api/settings', { promptTokens: 32_000 }],
  ],
  [
    ['set', 'zone', 'Europe/Vienna'],
    ['PATCH', '/api/settings', { timeZone: 'Europe/Vienna' }],
  ],
  [
    ['set', 'zone', 'none'],
    ['PATCH', '/api/settings', { timeZone: null }],
  ],
])('mainloop memory %j', async (words, request) => {
  expect(await sent(...words)).toEqual([request]);
});

test.each([
  [['forget'], 'Say which days'],
  [['forget', '--yes'], 'Say which days'],
  [['forget', '--everything'], 'Say it again with --yes'],
  [['forget', '--everything', '--from', '2026-01-01', '--yes'], 'Say which days'],
  [['forget', '--from', 'yesterday', '--yes'], 'A day is written'],
  [['forget', '--from', '2026-13-01', '--yes'], 'A day is written'],
  [['forget', '--from', '2026-02-30', '--yes'], 'A day is written'],
  [['forget', '--from', '2026-02-02', '--to', '2026-02-01', '--yes'], 'The last day'],
  [['set', 'tokens', 'many'], 'a whole number'],
])('mainloop memory %j deletes and sets nothing', async (words, sentence) => {
  await expect(sent(...words)).rejects.toThrow(sentence);
});

test('an export is read line by line, however it is cut on its way, and one that breaks off is no export', async () => {
  const pieces = ['{"a":1}\n{"b"', ':"ü', '"}\n'];
  let ends = true;
  const server = createServer((_, response) => {
    for (const piece of pieces) response.write(piece);
    response.end(ends ? '' : '{"c":');
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((listening) => server.once('listening', listening));
    const api = apiAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null);
    const read = async (): Promise<string[]> => {
      const lines: string[] = [];
      for await (const line of api.lines('exportMemory')) lines.push(line);
      return lines;
    };
    expect(await read()).toEqual(['{"a":1}', '{"b":"ü"}']);
    ends = false;
    await expect(read()).rejects.toThrow('middle of a line');
  } finally {
    server.close();
  }
});
