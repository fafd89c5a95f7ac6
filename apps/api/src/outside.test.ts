import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { fetch } from 'undici';
import { guardedAgent } from './outside.ts';

let server: http.Server;
let inside: http.Server;
let at: string;
let insideAt: string;
let insideAsked = 0;
const listen = async (listener: http.Server): Promise<string> => {
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(listener.address() as AddressInfo).port}`;
};
beforeAll(async () => {
  inside = http.createServer((_, res) => {
    insideAsked++;
    res.end('secret');
  });
  insideAt = await listen(inside);
  server = http.createServer((req, res) => {
    if (req.url === '/away') res.writeHead(302, { location: `http://${insideAt}/` });
    res.end('named');
  });
  at = await listen(server);
});
afterAll(() => {
  for (const listener of [server, inside]) {
    listener.closeAllConnections();
    listener.close();
  }
});
const why = async (url: string, dispatcher: ReturnType<typeof guardedAgent>): Promise<string> =>
  fetch(url, { dispatcher }).then(
    (r) => r.text(),
    (err: Error) => String((err.cause as Error | undefined)?.message),
  );

test('what the configuration names is fetched, wherever it lies', async () => {
  expect(await why(`http://${at}/`, guardedAgent([new URL(`http://${at}`)]))).toBe('named');
});

test('nothing else inside is, by whatever name, and not by a redirect either', async () => {
  const agent = guardedAgent([new URL(`http://${at}`)]);
  const port = insideAt.split(':')[1]!;
  for (const url of [
    `http://${insideAt}/`,
    `http://localhost:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://${at}/away`,
  ])
    expect(await why(url, agent)).toMatch(/lies in a private network|does not resolve/);
  expect(insideAsked).toBe(0);
});

test('the addresses that were looked at are dialled, whatever the name has come to mean since', async () => {
  const agent = guardedAgent([], async () => ({
    kind: 'public',
    addresses: [{ address: '127.0.0.1', family: 4 }],
  }));
  expect(await why(`http://provider.invalid:${at.split(':')[1]}/`, agent)).toBe('named');
});

test('the guard is on what `fetch` of the process uses, also inside of what we did not write', async () => {
  // In a process of its own: a test's globals are not those that Node's own fetch looks at.
  const script = `
    import { guardFetch } from ${JSON.stringify(new URL('./outside.ts', import.meta.url).href)};
    guardFetch({ gatewayUrl: 'http://${at}', signIn: null });
    const said = (url) => fetch(url).then((r) => r.text(), (err) => err.cause.message);
    console.log(JSON.stringify([await said('http://${at}/'), await said('http://${insideAt}/')]));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    script,
  ]);
  expect(JSON.parse(stdout)).toEqual(['named', expect.stringContaining('private network')]);
});
