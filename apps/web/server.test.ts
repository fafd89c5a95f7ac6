// Who asks, as the api hears it from the page's server: the real server, its upstream an ear.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import { spawn, type ChildProcess } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort } from '../../tools/free-port.ts';

let heard: http.IncomingHttpHeaders[] = [];
const api = http.createServer((req, res) => {
  heard.push(req.headers);
  res.end('{}');
});
let child: ChildProcess | undefined;
beforeAll(() => new Promise<void>((r) => api.listen(0, '127.0.0.1', r)));
afterEach(() => {
  child?.kill('SIGKILL');
  heard = [];
});
afterAll(() => void api.close());

async function served(proxies: Record<string, string>): Promise<number> {
  const port = await freePort();
  child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'server.ts')],
    {
      env: {
        PATH: process.env.PATH,
        WEB_PORT: String(port),
        API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
        WEB_DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
        MAINLOOP_PUBLIC_URL: 'https://mainloop.example',
        ...proxies,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  await until('the page', () => fetch(`http://127.0.0.1:${port}/healthz`).then(() => true));
  return port;
}
const ask = (port: number, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const host = 'mainloop.example';
    http
      .get(
        { host: '127.0.0.1', port, path: '/api/auth/get-session', headers: { host, ...headers } },
        (res) => {
          res.resume().once('end', () => resolve(res.statusCode!));
        },
      )
      .on('error', reject);
  });

const HEARSAY = {
  'x-forwarded-for': '198.51.100.7, 203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-mainloop-client': '192.0.2.1',
};
test.each<[string, Record<string, string>, Record<string, string>, string]>([
  ['from somebody who is no proxy of ours', { MAINLOOP_TRUSTED_PROXIES: '10.0.0.0/8' }, HEARSAY, '127.0.0.1'],
  [
    'from a proxy, which adds whom it heard from at the end',
    { MAINLOOP_TRUSTED_PROXIES: '127.0.0.0/8' },
    HEARSAY,
    '203.0.113.9',
  ],
  [
    'from a proxy behind a proxy',
    { MAINLOOP_TRUSTED_PROXIES: '127.0.0.0/8,203.0.113.0/24' },
    HEARSAY,
    '198.51.100.7',
  ],
  ['from a proxy beside us, where nothing is set', {}, HEARSAY, '203.0.113.9'],
  [
    'without a word of it',
    { MAINLOOP_TRUSTED_PROXIES: '127.0.0.0/8' },
    { 'x-mainloop-client': '192.0.2.1', 'x-real-ip': '192.0.2.2' },
    '127.0.0.1',
  ],
])('%s: who asks is told by nobody else', async (_, proxies, headers, client) => {
  const port = await served(proxies);
  expect(await ask(port, headers)).toBe(200);
  expect(heard.map((h) => [h['x-mainloop-client'], h['x-forwarded-for'], h['x-forwarded-proto']])).toEqual([
    [client, undefined, undefined],
  ]);
});
