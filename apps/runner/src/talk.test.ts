// What an agent says while the gateway, or what it writes to, is away. As it runs in a sandbox: a process for
// each word.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

type Reply = 'away' | readonly [status: number, body: object];
let server: http.Server | undefined;
afterEach(() => void server?.close());

/** A gateway that answers one after the other; the last one for good. */
async function gateway(
  replies: readonly Reply[],
): Promise<{ url: string; heard: { again: boolean; body: unknown }[] }> {
  const heard: { again: boolean; body: unknown }[] = [];
  server = http.createServer((req, res) => {
    let text = '';
    req.on('data', (d: Buffer) => (text += d.toString()));
    req.on('end', () => {
      const reply = replies[Math.min(heard.length, replies.length - 1)]!;
      const isJson = req.headers['content-type'] === 'application/json';
      heard.push({
        again: req.headers['x-mainloop-again'] !== undefined,
        body: isJson ? JSON.parse(text) : `${req.url} ${text}`,
      });
      if (reply === 'away') return void req.socket.destroy();
      res
        .writeHead(reply[0], { 'content-type': 'application/json', connection: 'close' })
        .end(JSON.stringify(reply[1]));
    });
  });
  await new Promise<void>((r) => server!.listen(0, '127.0.0.1', r));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}
const mainloop = (
  url: string,
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, MAINLOOP_GATEWAY: url, MAINLOOP_TOKEN: 'mlr_x', ...more };
    execFile(
      process.execPath,
      [path.join(import.meta.dirname, 'talk.ts'), ...args],
      { env },
      (exception, out, err) =>
        resolve({ code: exception === null ? 0 : Number(exception.code), out: out.trim(), err: err.trim() }),
    );
  });

const NOT_READY: Reply = [503, { error: 'mainloop is not ready, try again.' }];
test.each([
  ['say', ['say', 'Half is done.'], 'Said.', { text: 'Half is done.' }],
  [
    'ask',
    ['ask', 'Which?', '--option', 'A'],
    'Asked.',
    { question: 'Which?', options: [{ label: 'A' }], multiple: false },
  ],
  [
    'ask, with a recommendation',
    ['ask', 'Which?', '--option', 'A', '--recommended', 'B', '--multiple', '--recommended'],
    'Asked.',
    { question: 'Which?', options: [{ label: 'A' }, { label: 'B', recommended: true }], multiple: true },
  ],
  ['reply', ['reply', 'c-1', 'Done.'], 'Replied.', { id: 'c-1', text: 'Done.' }],
  ['about', ['about', 'I round.'], 'Nothing yet.', { text: 'I round.' }],
  [
    'learned',
    ['learned', 'Round.', '--because', 'It was lost.', '--path', 'src/**'],
    'Kept.',
    { rule: 'Round.', why: 'It was lost.', path: 'src/**' },
  ],
  [
    'confess',
    ['confess', 'I did not round.', '--path'],
    'Kept.',
    { rule: 'I did not round.', why: '', path: null },
  ],
])(
  '%s: what is said while nobody can hear it is said again until somebody does',
  async (_, args, said, body) => {
    const g = await gateway([NOT_READY, 'away', 'away', [200, { say: said }]]);
    expect(await mainloop(g.url, args)).toEqual({ code: 0, out: said, err: '' });
    // Whoever may have heard it before is told so, or it would be there twice.
    expect(g.heard).toEqual([false, true, true, true].map((again) => ({ again, body })));
  },
);

test('a refusal is told at once', async () => {
  const g = await gateway([[429, { error: 'This run has had its 5 questions. Go on without.' }]]);
  expect(await mainloop(g.url, ['say', 'x'])).toEqual({
    code: 1,
    out: '',
    err: 'This run has had its 5 questions. Go on without.',
  });
  expect(g.heard).toHaveLength(1);
});

test.each([500, 501, 507])('%i is an error, not a "not now": it is told at once', async (status) => {
  const g = await gateway([[status, { error: 'The database has no such column.' }]]);
  expect(await mainloop(g.url, ['say', 'x'])).toEqual({
    code: 1,
    out: '',
    err: 'The database has no such column.',
  });
  expect(g.heard).toHaveLength(1);
});

test('an error that is no word of ours is told with its number', async () => {
  server = http.createServer((_, res) =>
    res.writeHead(500, { connection: 'close' }).end('<h1>Internal</h1>'),
  );
  await new Promise<void>((r) => server!.listen(0, '127.0.0.1', r));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await mainloop(url, ['say', 'x'])).toEqual({
    code: 1,
    out: '',
    err: 'mainloop answered 500 and did not say why. Your words were not heard.',
  });
});

test.each<[string, Reply]>([
  ['away', 'away'],
  ['502', [502, {}]],
  ['503', NOT_READY],
  ['504', [504, {}]],
])('%s for longer than it waits: it is given up, with a sentence that says so', async (_, reply) => {
  const g = await gateway([reply]);
  const said = await mainloop(g.url, ['say', 'x'], { MAINLOOP_TALK_PATIENCE_MS: '400' });
  expect(said).toEqual({
    code: 1,
    out: '',
    err: 'Nobody could hear it for 0.4 s, so it was not said. Go on, and say it again later.',
  });
  // Not once and given up, and not without end.
  expect(g.heard.length).toBeGreaterThan(1);
});

describe('what is shown', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync('/tmp/mainloop-show-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);

  test('goes out as it is, with its caption and without its name, again until somebody hears it', async () => {
    writeFileSync(at('secret-name.png'), 'bytes');
    const g = await gateway([NOT_READY, [200, { say: 'Shown.' }]]);
    expect(await mainloop(g.url, ['show', at('secret-name.png'), 'The list & more?'])).toEqual({
      code: 0,
      out: 'Shown.',
      err: '',
    });
    const body = '/talk/show?caption=The%20list%20%26%20more%3F bytes';
    expect(g.heard).toEqual([false, true].map((again) => ({ again, body })));
  });

  test('is a plain file of at most 5 MiB; a pipe is not waited for, and a device is not read', async () => {
    const g = await gateway([[200, { say: 'Shown.' }]]);
    execFileSync('mkfifo', [at('pipe.png')]);
    symlinkSync('/dev/zero', at('zero.png'));
    writeFileSync(at('huge.png'), '');
    truncateSync(at('huge.png'), 10 * 1024 ** 3);
    const said = async (name: string): Promise<string> =>
      (await mainloop(g.url, ['show', name, 'x'])).err.replaceAll(`${folder}/`, '');
    expect(await said(at('pipe.png'))).toBe('pipe.png is no file.');
    expect(await said(at('zero.png'))).toBe('zero.png is no file.');
    expect(await said(folder)).toMatch(/is no file/);
    expect(await said(at('huge.png'))).toBe('huge.png is over 5 MiB. Show a smaller one.');
    expect(await said(at('none.png'))).toMatch(/^ENOENT: no such file or directory/);
    expect(g.heard).toEqual([]);
  });

  test('without a caption it says how', async () => {
    expect((await mainloop('http://127.0.0.1:1', ['show', at('x.png')])).err).toContain(
      'mainloop show FILE "caption"',
    );
  });
});

test('what a second look finds goes out with its weight and its place', async () => {
  const g = await gateway([[200, { say: 'Found: its author works on it.' }]]);
  const find = (...args: string[]) => mainloop(g.url, ['find', ...args]);
  expect(await find('must', 'A cent is lost.', '--at', 'src/split.ts:7')).toEqual({
    code: 0,
    out: 'Found: its author works on it.',
    err: '',
  });
  await find('note', 'Slow.');
  expect(g.heard.map((h) => h.body)).toEqual([
    { weight: 'must', text: 'A cent is lost.', at: 'src/split.ts:7' },
    { weight: 'note', text: 'Slow.', at: null },
  ]);
  expect((await find('must')).err).toContain('mainloop find must|should|note');
});
