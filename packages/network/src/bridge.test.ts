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
  const server = net.createServer((client) => {
    heard++;
    open.add(client);
    client.on('error', () => undefined).pipe(client);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    heard: () => heard,
    close: () => {
      for (const client of open) client.destroy();
      server.close();
    },
  };
}
const portOf = (bridge: Bridge): number => Number(bridge.address.split(':')[1]);
/** @returns what came back until there was as much as was sent, or the end */
const say = (bridge: Bridge, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const client = net.connect(portOf(bridge), '127.0.0.1', () => client.write(bytes));
    let text = '';
    client.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      if (text.length >= bytes.length) client.end();
    });
    client.on('error', () => undefined);
    client.on('close', () => resolve(text));
  });

test('carries both ways, many at once, and what was sent before the server was reached', async () => {
  const server = await echo();
  const bridge = await bridgeTo(`unix:${socket}`);
  const all = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(100_000));
  expect(await Promise.all(all.map((bytes) => say(bridge, bytes)))).toEqual(all);
  expect(server.heard()).toBe(20);
  bridge.close();
  server.close();
});

test('a server that is gone ends a connection, and the next one reaches the server that comes back', async () => {
  const bridge = await bridgeTo(`unix:${socket}`);
  const first = await echo();
  const client = net.connect(portOf(bridge), '127.0.0.1', () => client.write('hello'));
  client.on('error', () => undefined);
  await once(client, 'data');
  first.close();
  await once(client, 'close');
  expect(await say(bridge, 'nobody')).toBe('');
  const second = await echo();
  expect(await say(bridge, 'again')).toBe('again');
  bridge.close();
  second.close();
});

(process.getuid?.() === 0 ? test : test.skip)('another user of this machine is carried nowhere', async () => {
  const server = await echo();
  const bridge = await bridgeTo(`unix:${socket}`);
  const connected = `exec 3<>/dev/tcp/127.0.0.1/${portOf(bridge)} && echo connected; printf PRI >&3; head -c 3 <&3`;
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
  expect(await say(bridge, 'ourselves')).toBe('ourselves');
  // Nor to the socket itself.
  expect(
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'test', '-w', socket]).status,
  ).toBe(1);
  bridge.close();
  server.close();
});

test('a server that has a port needs none', async () => {
  expect((await bridgeTo('temporal:7233')).address).toBe('temporal:7233');
});
