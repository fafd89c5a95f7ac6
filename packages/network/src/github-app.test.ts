// Tokens of an App: signed as GitHub reads them, kept while they are good, renewed before they end.
import { afterEach, expect, test } from '@jest/globals';
import { generateKeyPairSync, verify } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { githubApp, type GitHubApp } from './github-app.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
const ALL = {
  contents: 'write',
  pull_requests: 'write',
  metadata: 'read',
  issues: 'write',
  checks: 'read',
  statuses: 'read',
  actions: 'write',
  workflows: 'write',
};

interface Asked {
  readonly line: string;
  readonly bearer: string;
  readonly body: Record<string, unknown>;
}
type Say = (asked: Asked) => readonly [status: number, body: unknown] | undefined;

let server: http.Server | null = null;
afterEach(() => void server?.close());
let clockMs = Date.parse('2026-11-27T10:00:00Z');
/** How far this machine's clock is before GitHub's. */
let oursAheadMs = 0;

/** A GitHub with an App that is installed; `say` answers first. */
async function start(
  say: Say = () => undefined,
  only?: readonly string[],
): Promise<{ app: GitHubApp; asked: Asked[] }> {
  const asked: Asked[] = [];
  let given = 0;
  server = http.createServer(async (req, res) => {
    let text = '';
    for await (const part of req) text += String(part);
    const one = {
      line: `${req.method} ${req.url}`,
      bearer: (req.headers.authorization ?? '').replace('Bearer ', ''),
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    asked.push(one);
    const [status, body] = say(one) ?? usual(one, () => ++given);
    res.writeHead(status, { 'content-type': 'application/json', date: new Date(clockMs).toUTCString() });
    res.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { appId: '77', privateKey: PEM, apiUrl, now: () => clockMs + oursAheadMs };
  return { app: githubApp(only === undefined ? options : { ...options, only }), asked };
}

const installed = (over: object = {}) => ({
  id: 5,
  account: { login: 'acme' },
  html_url: 'https://github.com/organizations/acme/settings/installations/5',
  permissions: ALL,
  suspended_at: null,
  ...over,
});
function usual({ line }: Asked, nth: () => number): readonly [number, unknown] {
  if (line === 'GET /app') return [200, { slug: 'ours', html_url: 'https://github.com/apps/ours' }];
  if (line.endsWith('/installation')) return [200, installed()];
  if (line.startsWith('GET /app/installations')) return [200, [installed()]];
  if (line.endsWith('/access_tokens'))
    return [201, { token: `ghs_${nth()}`, expires_at: new Date(clockMs + 3_600_000).toISOString() }];
  if (line.startsWith('GET /users/')) return [200, { id: 4242 }];
  return [404, { message: 'Not Found' }];
}

test('what it signs is what GitHub reads: RS256, by the App, for nine minutes and from a minute ago', async () => {
  const { app, asked } = await start();
  await app.tokenFor('acme/till');
  const [head, body, signature] = asked[0]!.bearer.split('.') as [string, string, string];
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
  const nowS = clockMs / 1000;
  expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toEqual({
    iat: nowS - 60,
    exp: nowS + 540,
    iss: '77',
  });
  expect(
    verify('sha256', Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, 'base64url')),
  ).toBe(true);
});

test('a token is for one repository, asked for once by many, and renewed five minutes before its end', async () => {
  const { app, asked } = await start();
  expect(await Promise.all([1, 2, 3].map(() => app.tokenFor('acme/till')))).toEqual([
    'ghs_1',
    'ghs_1',
    'ghs_1',
  ]);
  const wished = asked.filter((one) => one.line.endsWith('/access_tokens'));
  expect(wished.map((one) => one.body)).toEqual([{ repositories: ['till'], permissions: ALL }]);
  clockMs += 54 * 60_000;
  expect(await app.tokenFor('acme/till')).toBe('ghs_1');
  clockMs += 2 * 60_000;
  expect(await app.tokenFor('acme/till')).toBe('ghs_2');
  app.forget('acme/till', 'ghs_1');
  expect(await app.tokenFor('acme/till')).toBe('ghs_2');
  app.forget('acme/till', 'ghs_2');
  expect(await app.tokenFor('acme/till')).toBe('ghs_3');
  expect(await app.tokenFor('acme/other')).toBe('ghs_4');
});

test('it asks for no more than its use needs', async () => {
  const { app, asked } = await start(undefined, ['contents', 'metadata']);
  await app.tokenFor('acme/till');
  expect(asked.at(-1)!.body.permissions).toEqual({ contents: 'write', metadata: 'read' });
});

test.each<[string, Say, RegExp]>([
  [
    'not installed',
    ({ line }) => (line.endsWith('/installation') ? [404, { message: 'Not Found' }] : undefined),
    /not installed on acme\/till\. .*https:\/\/github\.com\/apps\/ours\/installations\/new/,
  ],
  [
    'suspended',
    ({ line }) =>
      line.endsWith('/installation') ? [200, installed({ suspended_at: '2026-11-01T00:00:00Z' })] : undefined,
    /suspended by acme\. .*settings\/installations\/5/,
  ],
  [
    'suspended in between',
    ({ line }) =>
      line.endsWith('/access_tokens')
        ? [403, { message: 'This installation has been suspended' }]
        : undefined,
    /suspended by acme/,
  ],
  [
    'without a permission',
    ({ line }) =>
      line.endsWith('/installation')
        ? [200, installed({ permissions: { ...ALL, contents: 'read', pull_requests: undefined } })]
        : undefined,
    /Contents \(read and write\), Pull requests \(read and write\)\. .*settings\/installations\/5/,
  ],
  [
    'another key',
    () => [401, { message: 'A JSON web token could not be decoded' }],
    /GITHUB_APP_PRIVATE_KEY/,
  ],
  ['GitHub is away', () => [502, 'no JSON that we know'], /can't be reached/],
])('%s: one sentence', async (_what, say, words) => {
  const { app } = await start(say);
  await expect(app.tokenFor('acme/till')).rejects.toThrow(words);
});

test('a clock that is wrong: it signs once more by that of GitHub', async () => {
  const theirsMs = clockMs;
  const { app, asked } = await start(({ bearer, line }) => {
    if (line !== 'GET /app') return undefined;
    const { exp } = JSON.parse(Buffer.from(bearer.split('.')[1]!, 'base64url').toString()) as { exp: number };
    return exp * 1000 > theirsMs + 600_000
      ? [401, { message: "'Expiration time' claim ('exp') is too far in the future" }]
      : undefined;
  });
  oursAheadMs = 3_600_000;
  expect(await app.tokenFor('acme/till')).toBe('ghs_1');
  expect(asked.map((one) => one.line).slice(0, 2)).toEqual(['GET /app', 'GET /app']);
  // What GitHub says of an end is by its clock, too.
  expect(await app.tokenFor('acme/till')).toBe('ghs_1');
  oursAheadMs = 0;
});

test('a repository that was renamed is found by its number', async () => {
  const { app, asked } = await start(({ line, body }) => {
    if (line.endsWith('/access_tokens') && (body.repositories as string[] | undefined)?.includes('till'))
      return [422, { message: 'There is at least one repository that does not exist' }];
    if (line === 'GET /repos/acme/till') return [200, { id: 99 }];
    return undefined;
  });
  expect(await app.tokenFor('acme/till')).toBe('ghs_2');
  expect(asked.at(-1)!.body).toEqual({ repository_ids: [99], permissions: ALL });
});

test('whose the commits are, and what the check tells', async () => {
  const { app } = await start(({ line }) =>
    line.startsWith('GET /app/installations?per_page=100')
      ? [
          200,
          [
            installed(),
            installed({ account: { login: 'blue' }, suspended_at: '2026-11-01T00:00:00Z' }),
            installed({ account: { login: 'red' }, permissions: { ...ALL, issues: 'read' } }),
          ],
        ]
      : undefined,
  );
  expect(await app.account()).toEqual({ login: 'ours[bot]', id: 4242, name: 'ours[bot]' });
  expect(await app.check()).toEqual({
    slug: 'ours',
    url: 'https://github.com/apps/ours',
    accounts: [
      { name: 'acme', lacks: '' },
      { name: 'blue', lacks: 'suspended' },
      { name: 'red', lacks: 'Issues' },
    ],
  });
});
