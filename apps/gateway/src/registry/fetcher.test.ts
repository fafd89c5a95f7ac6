// Where a question to a registry may lead. The registry is the operator's; what it answers is not.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upstream } from './clients.ts';
import { fetcher } from './fetcher.ts';

let registry: http.Server;
let inside: http.Server;
let proxy: http.Server;
const heard: string[] = [];
/** Who was shown a credential, and which. */
const credentials: string[] = [];
const shown = (who: string, req: http.IncomingMessage): void => {
  if (req.headers.authorization !== undefined) credentials.push(`${who} ${req.headers.authorization}`);
};
const listen = async (server: http.Server): Promise<http.Server> => {
  await new Promise<void>((r) => void server.listen(0, '127.0.0.1', r));
  return server;
};
const urlOf = (server: http.Server, host = '127.0.0.1'): string =>
  `http://${host}:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  inside = await listen(
    http.createServer(
      (req, res) => void (heard.push(`inside ${req.url}`), shown('inside', req), res.end('secret')),
    ),
  );
  proxy = await listen(
    http.createServer(
      (req, res) => void (heard.push(`proxy ${req.url}`), shown('proxy', req), res.end('from the proxy')),
    ),
  );
  registry = await listen(
    http.createServer((req, res) => {
      shown('registry', req);
      res.writeHead(302, { location: decodeURIComponent(req.url!.replace(/^\/(?:npm\/)?/, '')) }).end();
    }),
  );
});
afterAll(() => {
  for (const server of [registry, inside, proxy]) server.close();
});

const upstream = (): Upstream => ({ base: `${urlOf(registry)}/`, authorization: null });

test.each([
  ['no proxy', {}],
  ['a proxy that is not for this machine', { no_proxy: '127.0.0.1,localhost' }],
  ['a proxy for everything but the registry', {}],
])('with %s, an answer leads nobody into our own networks', async (name, more) => {
  heard.length = 0;
  const env =
    name === 'no proxy' ? {} : { http_proxy: urlOf(proxy), no_proxy: new URL(urlOf(registry)).host, ...more };
  const fetch = fetcher({ ms: 5_000, authorities: [], env });
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '169.254.169.254'])
    await expect(
      fetch(new URL(`${urlOf(registry)}/${encodeURIComponent(`${urlOf(inside, host)}/x`)}`), upstream(), {}),
    ).rejects.toThrow('lies in a private network, and is not a registry that was named.');
  expect(heard).toEqual([]);
});

test('through a proxy, names that only the proxy knows are asked for', async () => {
  const fetch = fetcher({
    ms: 5_000,
    authorities: [],
    env: { http_proxy: urlOf(proxy), no_proxy: new URL(urlOf(registry)).host },
  });
  const got = await fetch(
    new URL(`${urlOf(registry)}/${encodeURIComponent('http://files.registry.invalid/x.tgz')}`),
    upstream(),
    {},
  );
  expect([got.status, heard.at(-1)]).toEqual([200, 'proxy http://files.registry.invalid/x.tgz']);
  got.body.resume();
});

test.each<[string, () => string, string[]]>([
  ['a file beside the registry', () => `${urlOf(registry)}/${encodeURIComponent(`${urlOf(inside)}/x`)}`, []],
  ['a file at a place that is the registry’s, too', () => `${urlOf(inside)}/x`, []],
  ['a file on the internet', () => 'http://files.registry.invalid/x.tgz', []],
  [
    'a page that leads to the internet',
    () => `${urlOf(registry)}/npm/${encodeURIComponent('http://files.registry.invalid/x.tgz')}`,
    ['registry Bearer mine'],
  ],
  [
    'a page that leads to a place of its own',
    () => `${urlOf(registry)}/npm/${encodeURIComponent(`${urlOf(inside)}/x`)}`,
    ['registry Bearer mine'],
  ],
])('a credential is shown to the registry that it is for: %s', async (_, url, to) => {
  credentials.length = 0;
  const named = [new URL(urlOf(registry)).host, new URL(urlOf(inside)).host];
  const fetch = fetcher({
    ms: 5_000,
    authorities: [],
    env: { http_proxy: urlOf(proxy), no_proxy: named.join(',') },
  });
  const at = { base: `${urlOf(registry)}/npm/`, authorization: 'Bearer mine', filesAt: [urlOf(inside)] };
  const got = await fetch(new URL(url()), at, {});
  got.body.resume();
  expect(got.status).toBe(200);
  expect(credentials).toEqual(to);
});
