// A bridge carries its own user to a socket that nobody else may open, and nobody else.
import { afterAll, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { bridgeTo, type Bridge } from './bridge.ts';

const folder = mkdtempSync('/tmp/mainloop-bridge-');
const socket = path.join(folder, 'server.sock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers with what came, and counts. */
async function echo(): Promise<{ heard: () => number; close(): void }> {
  let heard = 0;
  const open = new Set<net.Socket>();
  const s = net.createServer((c) => {
    heard++;
    open.add(c);
    c.on('error', () => undefined).pipe(c);
  });
  s.listen(socket);
  await once(s, 'listening');
  return {
    heard: () => heard,
    close: () => {
      for (const c of open) c.destroy();
      s.close();
    },
  };
}
const portOf = (b: Bridge): number => Number(b.address.split(':')[1]);
/** @returns what came back until there was as much as was sent, or the end */
const say = (b: Bridge, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const c = net.connect(portOf(b), '127.0.0.1', () => c.write(bytes));
    let text = '';
    c.on('data', (d: Buffer) => {
      text += d.toString('latin1');
      if (text.length >= bytes.length) c.end();
    });
    c.on('error', () => undefined);
    c.on('close', () => resolve(text));
  });

test('carries both ways, many at once, and what was sent before the server was reached', async () => {
  const server = await echo();
  const b = await bridgeTo(`unix:${socket}`);
  const all = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(100_000));
  expect(await Promise.all(all.map((bytes) => say(b, bytes)))).toEqual(all);
  expect(server.heard()).toBe(20);
  b.close();
  server.close();
});

test('a server that is gone ends a connection, and the next one reaches the server that comes back', async () => {
  const b = await bridgeTo(`unix:${socket}`);
  const first = await echo();
  const c = net.connect(portOf(b), '127.0.0.1', () => c.write('hello'));
  c.on('error', () => undefined);
  await once(c, 'data');
  first.close();
  await once(c, 'close');
  expect(await say(b, 'nobody')).toBe('');
  const second = await echo();
  expect(await say(b, 'again')).toBe('again');
  b.close();
  second.close();
});

(process.getuid?.() === 0 ? test : test.skip)('another user of this machine is carried nowhere', async () => {
  const server = await echo();
  const b = await bridgeTo(`unix:${socket}`);
  const connected = `exec 3<>/dev/tcp/127.0.0.1/${portOf(b)} && echo connected; printf PRI >&3; head -c 3 <&3`;
  const other = spawn(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', 'bash', '-c', connected],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let text = '';
  other.stdout.on('data', (d: Buffer) => (text += d.toString()));
  await once(other, 'close');
  // It reached the port, so what kept it out was no closed port.
  expect(text).toBe('connected\n');
  expect(server.heard()).toBe(0);
  expect(await say(b, 'ourselves')).toBe('ourselves');
  // Nor to the socket itself.
  expect(
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'test', '-w', socket]).status,
  ).toBe(1);
  b.close();
  server.close();
});

test('a server that has a port needs none', async () => {
  expect((await bridgeTo('temporal:7233')).address).toBe('temporal:7233');
});
