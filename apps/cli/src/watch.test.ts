// `mainloop watch` as it is started, on a pipe, against an api that breaks: what is printed, and with what it ends.
import { afterEach, expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { frames } from './client.ts';
import { eventText } from './work/watch.ts';

type Row = {
  seq: number;
  type: string;
  payload: Record<string, unknown>;
  taskId?: string | null;
  actor?: string;
};
const event = ({ seq, type, payload, taskId = 't-1', actor = 'you' }: Row) => ({
  seq,
  type,
  payload,
  taskId,
  actor,
  ownerId: 'me',
  at: `2026-11-27T09:30:${String(seq % 60).padStart(2, '0')}.000Z`,
});
const said = (seq: number, text: string): Row => ({ seq, type: 'task.steered', payload: { text } });
const ended = (seq: number, state: string): Row => ({
  seq,
  type: 'task.ended',
  payload: { state, how: state === 'cancelled' ? 'cancelled' : null, left: '' },
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/**
 * An api with a log, which cuts its readers off.
 * @param state of the task @param story its events so far
 * @param live what comes then @param cuts after how many of those each connection but the last is cut off
 */
async function api(state: string, story: readonly Row[], live: readonly Row[], cuts: readonly number[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const json = (body: unknown, status = 200): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/api/tasks/t-1') return json({ id: 't-1', state, runs: [], items: [] });
    if (pathname === '/api/tasks/t-1/events') return json(story.map(event));
    if (pathname === '/api/pause') return json({ since: null, agents: 0, queued: 0 });
    if (pathname !== '/api/stream') return json({ error: 'There is no such task.', code: 'no_task' }, 404);
    const after = searchParams.get('after')!;
    const from = after === 'now' ? 7 : Number(after);
    const cut = cuts[asked.length];
    asked.push(after);
    // Away for a moment, as behind a proxy.
    if (cut === 0) return json({ error: 'away' }, 502);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const rows = live.slice(0, cut).filter(({ seq }) => seq > from);
    const frames = rows.map((row) => `id: ${row.seq}\nevent: event\ndata: ${JSON.stringify(event(row))}\n\n`);
    const whole = `retry: 500\nid: ${from}\n\n${frames.join('')}event: output\ndata: {}\n\n: still here\n\n`;
    response.write(whole, () => void (cut !== undefined && response.destroy()));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function watch(url: string, ...words: string[]) {
  const child = spawn(path.join(import.meta.dirname, '../mainloop'), ['--api', url, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/nowhere', MAINLOOP_HOME: '/nowhere' },
  });
  closers.push(() => child.kill('SIGKILL'));
  const told = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (told.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (told.err += chunk.toString()));
  const code = new Promise<number | null>((done) => child.once('close', (status) => done(status)));
  return { told, code, child };
}

test.each([
  ['done', 0],
  ['failed', 4],
  ['cancelled', 4],
])(
  'one that is %s while it is watched: its story, each event once through two breaks, and it ends with %i',
  async (state, code) => {
    const live = [
      said(8, 'Third.'),
      { ...said(9, 'Not ours.'), taskId: 't-2' },
      said(10, 'Fourth.'),
      ended(11, state),
      said(12, 'Late.'),
    ];
    const { url, asked } = await api(
      'implementing',
      [said(3, 'Go on.'), said(5, 'And on.')],
      live,
      [1, 0, 2],
    );
    const run = watch(url, 'watch', 't-1');
    expect([await run.code, [...new Set(run.told.err.trim().split('\n'))]]).toEqual([
      code,
      ['mainloop does not answer. It is tried again, and nothing is missed meanwhile.'],
    ]);
    const end = { done: 'Done. Nothing is left behind.', cancelled: 'You cancelled it.' }[state] ?? '';
    expect(run.told.out.trimEnd().split('\n').slice(0, 4)).toEqual([
      '09:30:03  Go on.',
      '09:30:05  And on.',
      '09:30:08  Third.',
      '09:30:10  Fourth.',
    ]);
    expect(run.told.out).toContain(end);
    expect(run.told.out).not.toMatch(/Late|Not ours/);
    expect([asked[0], asked.length]).toEqual(['5', 4]);
  },
);

test('for a program each event is one line of JSON, after the one that it names', async () => {
  const { url } = await api(
    'done',
    [said(3, 'Seen.'), { ...said(4, 'Two\nlines\u001b[2J'), actor: 'token:CI' }, ended(5, 'done')],
    [],
    [],
  );
  const run = watch(url, '--json', 'watch', 't-1', '--after', '3');
  expect(await run.code).toBe(0);
  const lines = run.told.out.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { seq: 4, type: 'task.steered', actor: 'token:CI', text: 'The token “CI”: “Two\nlines\u001b[2J”' },
    { seq: 5, type: 'task.ended', text: 'Done. Nothing is left behind.' },
  ]);
  expect(run.told.out).not.toContain('\u001b');
});

test('all of them from now on, through a break, until whoever reads has enough', async () => {
  const live = [{ ...said(8, 'A.'), taskId: 't-2' }, said(9, 'B.')];
  const { url, asked } = await api('implementing', [], live, [1]);
  const run = watch(url, 'watch');
  await until('both were printed', () => Promise.resolve(run.told.out.includes('B.')));
  expect([run.told.out, asked[0]]).toEqual(['09:30:08  t-2  A.\n09:30:09  t-1  B.\n', 'now']);
  run.child.kill('SIGINT');
  expect(await run.code).toBeNull();
});

test.each([
  [['watch', 't-9'], 1, 'There is no such task.'],
  [['watch', 't-1', '--after', '1e3'], 1, '--after wants the number of an event.'],
  [['watch', '--after', '-1'], 1, '--after wants the number of an event.'],
])('mainloop %j is refused in a sentence', async (words, code, sentence) => {
  const { url } = await api('done', [], [], []);
  const run = watch(url, ...words);
  expect([await run.code, run.told.err.trim(), run.told.out]).toEqual([code, sentence, '']);
});

test('where nobody answers it says so and ends, instead of trying for ever', async () => {
  const run = watch('http://127.0.0.1:9', 'watch');
  expect([await run.code, run.told.err]).toEqual([3, expect.stringContaining('does not answer')]);
});

test('an event without a sentence has its type, and its title where it has one', () => {
  const opened = event({ seq: 1, type: 'inbox.opened', payload: { kind: 'plan', title: 'Which way?' } });
  expect(eventText(opened)).toBe('inbox.opened: Which way?');
  expect(eventText(event({ seq: 2, type: 'of.a.newer.server', payload: { title: 7 } }))).toBe(
    'of.a.newer.server',
  );
});

test('frames of a stream are read wherever it is cut, and however its lines end', async () => {
  const text = 'id: 1\r\nevent: event\r\ndata: {"a":\r\ndata: "ü"}\r\n\r\n: still here\n\nid:2\ndata:x\n\n';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size < bytes.length; size += 7) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    const read: unknown[] = [];
    for await (const frame of frames(body, () => undefined)) read.push(frame);
    expect(read).toEqual([
      { id: '1', event: 'event', data: '{"a":\n"ü"}' },
      { id: '', event: 'message', data: '' },
      { id: '2', event: 'message', data: 'x' },
    ]);
  }
});
