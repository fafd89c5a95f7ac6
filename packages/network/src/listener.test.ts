// Listeners on real sockets: who is let in, who is not, and that nobody who is let in notices.
import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { listenerSettings, guardListener, proxiesOf } from './listener.ts';
import { keepOthersOut, localUsers, peerOf } from './peers.ts';
import { isSecret } from './secrets.ts';

const open: (http.Server | net.Server)[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) {
    if (listener instanceof http.Server) listener.closeAllConnections();
    await new Promise<void>((r) => listener.close(() => r()));
  }
});
const portOf = (listener: net.Server): number => (listener.address() as net.AddressInfo).port;

/** Answers with what came, and counts what its listeners heard. */
async function server(
  env: Record<string, string> = {},
): Promise<{ port: number; heard: { connections: number; requests: number } }> {
  const heard = { connections: 0, requests: 0 };
  const listener = http.createServer((req, res) => {
    heard.requests++;
    req.pipe(res);
  });
  listener.on('connection', () => heard.connections++);
  listener.on('connect', (_req, socket: net.Socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nthrough'));
  guardListener(listener, listenerSettings(env), 'served');
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  open.push(listener);
  return { port: portOf(listener), heard };
}
const raw = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (d: Buffer) => (text += d.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    // In the same breath as the connection: before anybody can have asked whose it is.
    socket.write(bytes);
  });
/** As another user of this machine. bash speaks TCP without a program that only root can reach. */
const asNobody = (port: number, request: string): Promise<string> =>
  new Promise((resolve) => {
    const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf '${request.replace(/\r/g, '\\r').replace(/\n/g, '\\n')}' >&3; cat <&3`;
    const child = spawn(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'bash', '-c', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.on('data', (d: Buffer) => (text += d.toString('latin1')));
    child.on('close', () => resolve(text));
  });
const asRoot = process.getuid?.() === 0 ? test : test.skip;
const GET = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';

test('whoever is let in notices nothing: bodies, pipelined requests and CONNECT that were sent before anybody had looked', async () => {
  const { port, heard } = await server();
  const body = 'x'.repeat(300_000);
  const post = (more: string): string =>
    `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
  const got = await raw(port, post('') + post('') + post('connection: close\r\n'));
  expect([got.match(/HTTP\/1\.1 200/g)?.length, got.match(/x/g)!.length >= 3 * body.length]).toEqual([
    3,
    true,
  ]);
  expect(heard).toEqual({ connections: 1, requests: 3 });
  expect(await raw(port, 'CONNECT a.example:443 HTTP/1.1\r\nhost: a.example:443\r\n\r\n')).toContain(
    'through',
  );
});

asRoot(
  'another user of this machine is refused with a sentence, and nothing of what it sent is heard',
  async () => {
    const { port, heard } = await server();
    const said = await asNobody(port, GET);
    expect(said).toMatch(/^HTTP\/1\.1 403 /);
    expect(said).toContain('MAINLOOP_LOCAL_USERS=65534');
    expect(heard).toEqual({ connections: 0, requests: 0 });
    expect(await raw(port, GET)).toMatch(/^HTTP\/1\.1 200 /);
  },
);

asRoot('whom the owner names by name or number is let in, and anybody where the owner says so', async () => {
  for (const users of ['nobody', '65534', 'any'])
    expect([users, await asNobody((await server({ MAINLOOP_LOCAL_USERS: users })).port, GET)]).toEqual([
      users,
      expect.stringMatching(/^HTTP\/1\.1 200 /),
    ]);
});

asRoot('a listener that does not speak HTTP can ask the same', async () => {
  const heard: string[] = [];
  const listener = net.createServer((socket) => {
    socket.on('data', (d) => heard.push(d.toString()));
    socket.end('hello');
  });
  keepOthersOut(listener, localUsers(''), (socket) => socket.destroy());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  open.push(listener);
  expect([await asNobody(portOf(listener), 'secret'), heard]).toEqual(['', []]);
  expect(await raw(portOf(listener), 'x')).toBe('hello');
});

test('of many at once each is told apart', async () => {
  const seen: unknown[] = [];
  const listener = net.createServer(
    (socket) => void peerOf(socket).then((p) => (seen.push(p), socket.resume().end())),
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  open.push(listener);
  await Promise.all(Array.from({ length: 50 }, () => raw(portOf(listener), 'x')));
  expect(new Set(seen.map((p) => JSON.stringify(p)))).toEqual(
    new Set([JSON.stringify({ kind: 'user', uid: process.getuid!() })]),
  );
  expect(seen).toHaveLength(50);
});

test.each([
  ['a foreign name', 'GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n', 403],
  ['two names', 'GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\nconnection: close\r\n\r\n', 400],
  [
    'a name in the target only',
    'GET http://localhost/ HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n',
    403,
  ],
  [
    'a tunnel',
    'GET / HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 1.2.3.4\r\nconnection: close\r\n\r\n',
    403,
  ],
  [
    'another site',
    'POST / HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    403,
  ],
  [
    'its own page',
    'POST / HTTP/1.1\r\nhost: localhost:1\r\norigin: http://localhost:1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    200,
  ],
])('%s', async (_, request, status) => {
  const { port, heard } = await server();
  expect(await raw(port, request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(heard.requests).toBe(status === 200 ? 1 : 0);
});

test('a user that is none is no user', () => {
  expect(() =>
    guardListener(
      http.createServer(),
      listenerSettings({ MAINLOOP_LOCAL_USERS: 'no-such-user-here' }),
      'none',
    ),
  ).toThrow(/should name users/);
});

test('a secret is shown whole or not at all', () => {
  expect(isSecret('abc', 'abc')).toBe(true);
  for (const [shown, kept] of [
    ['abd', 'abc'],
    ['ab', 'abc'],
    ['', ''],
    [undefined, undefined],
    ['x', undefined],
    [null, 'x'],
  ] as const)
    expect(isSecret(shown, kept)).toBe(false);
});

test.each([
  ['127.0.0.1', undefined, '127.0.0.1', true],
  ['127.0.0.1', undefined, '::1', true],
  ['127.0.0.1', undefined, '10.1.2.3', false],
  ['0.0.0.0', undefined, '127.0.0.1', false],
  ['0.0.0.0', '10.0.0.0/8, fd00::/8,192.0.2.7', '10.1.2.3', true],
  ['0.0.0.0', '10.0.0.0/8, fd00::/8,192.0.2.7', 'fd12::1', true],
  ['0.0.0.0', '10.0.0.0/8, fd00::/8,192.0.2.7', '192.0.2.8', false],
  ['127.0.0.1', '192.0.2.7', '127.0.0.1', false],
  ['127.0.0.1', undefined, 'localhost', false],
])('where we bind %s and proxies are %s, %s is one: %s', (address, setting, asked, is) => {
  expect(proxiesOf(setting, listenerSettings({ MAINLOOP_LISTEN: address }))(asked)).toBe(is);
});

test.each(['10.0.0.0/33', 'caddy', '10.0.0.0/x', '10.0.0.0/', '*', '::/129'])('%s is no proxy', (setting) => {
  expect(() => proxiesOf(setting, listenerSettings({}))).toThrow(/MAINLOOP_TRUSTED_PROXIES/);
});
