import { afterAll, beforeAll, expect, test } from '@jest/globals';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resolved } from './addresses.ts';
import { requestOutside } from './outside.ts';

let server: http.Server;
let port: number;
const asked: string[] = [];
beforeAll(async () => {
  server = http.createServer((req, res) => {
    asked.push(`${req.method} ${req.headers.host}${req.url}`);
    if (req.url === '/away') res.writeHead(302, { location: `http://127.0.0.1:${port}/inside` });
    else res.writeHead(201);
    if (req.url !== '/never') res.end('x');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = { method: 'POST', headers: {}, body: Buffer.from('x'), timeoutMs: 120_000 };
/** A name whose addresses were found to be fine. That it is this machine's is the test's own word. */
const fine = async (): Promise<Resolved> => ({
  kind: 'public',
  addresses: [{ address: '127.0.0.1', family: 4 }],
});

test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', 'localhost'])(
  'nothing inside is asked: %s',
  async (host) => {
    const before = asked.length;
    await expect(requestOutside(`http://${host}:${port}/`, post)).rejects.toThrow(
      /private network|does not resolve/,
    );
    expect(asked.length).toBe(before);
  },
);

test('what the operator has named is, and only that', async () => {
  const named = { ...post, isNamed: (url: URL) => url.host === `127.0.0.1:${port}` };
  expect(await requestOutside(`http://127.0.0.1:${port}/named`, named)).toBe(201);
  await expect(requestOutside(`http://127.0.0.1:${port + 1}/`, named)).rejects.toThrow(/private network/);
});

test('the addresses that were looked at are dialled, under the name that was asked for', async () => {
  expect(await requestOutside(`http://push.invalid:${port}/x`, { ...post, resolve: fine })).toBe(201);
  expect(asked.at(-1)).toBe(`POST push.invalid:${port}/x`);
});

test('a redirect is not followed', async () => {
  expect(await requestOutside(`http://push.invalid:${port}/away`, { ...post, resolve: fine })).toBe(302);
  expect(asked.at(-1)).toContain('/away');
});

test('neither a resolver nor a server that never answers holds it', async () => {
  const short = { ...post, timeoutMs: 100 };
  await expect(
    requestOutside('http://push.invalid/', { ...short, resolve: () => new Promise(() => undefined) }),
  ).rejects.toThrow(/in time/);
  await expect(
    requestOutside(`http://push.invalid:${port}/never`, { ...short, resolve: fine }),
  ).rejects.toThrow(/in time|abort/);
});
