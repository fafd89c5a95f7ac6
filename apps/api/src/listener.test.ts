// The api's listener on a real socket and a real database: who may ask, who may change something, and what a
// webhook has to show first.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { many } from '@mainloop/models/db/pool';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import { startApi } from './app.ts';
import { loadConfig } from './config.ts';

const SECRET = 'a-webhook-secret';
let database: TestDatabase;
let open: Awaited<ReturnType<typeof startApi>>;
let signedIn: Awaited<ReturnType<typeof startApi>>;
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  DATABASE_URL: database.url,
  API_PORT: '0',
  GATEWAY_URL: 'http://127.0.0.1:9',
  MAINLOOP_CHAT_TOKEN: 'x'.repeat(16),
  GITHUB_WEBHOOK_SECRET: SECRET,
  ...more,
});
const SIGN_IN = {
  MAINLOOP_PUBLIC_URL: 'https://mainloop.example.com',
  MAINLOOP_AUTH_SECRET: 's'.repeat(32),
  MAINLOOP_API_TOKEN: 't'.repeat(24),
};

beforeAll(async () => {
  database = await freshDatabase();
  open = await startApi(loadConfig(env()));
  signedIn = await startApi(loadConfig(env(SIGN_IN)));
});
afterAll(async () => {
  await open?.close();
  await signedIn?.close();
  await database?.drop();
});

interface Answer {
  status: number;
  body: { error?: string; code?: string } & Record<string, unknown>;
  cookies: string[];
}
const ask = (
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = http.request(
      { host: '127.0.0.1', port, method, path, headers: { host: `localhost:${port}`, ...headers } },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (d: Buffer) => parts.push(d));
        res.on('end', () => {
          const text = Buffer.concat(parts).toString();
          let parsed: Answer['body'] = {};
          try {
            parsed = JSON.parse(text) as Answer['body'];
          } catch {
            parsed = { error: text };
          }
          resolve({ status: res.statusCode ?? 0, body: parsed, cookies: res.headers['set-cookie'] ?? [] });
        });
      },
    );
    req.on('error', reject);
    req.end(body);
  });
const json = { 'content-type': 'application/json' };

describe('without a sign-in', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'mainloop.local'])('nothing starts on %s', (address) => {
    expect(() => loadConfig(env({ MAINLOOP_LISTEN: address }))).toThrow(
      /nobody would have to sign in. Set MAINLOOP_PUBLIC_URL/,
    );
    expect(loadConfig(env({ MAINLOOP_LISTEN: address, ...SIGN_IN })).host).toBe(address);
  });

  test.each([
    ['its own name', 'GET', {}, 200, undefined],
    ['a name that somebody points here', 'GET', { host: 'evil.example' }, 403, 'foreign_host'],
    [
      'this machine, through a tunnel',
      'GET',
      { host: 'localhost', 'x-forwarded-for': '203.0.113.9' },
      403,
      'forwarded',
    ],
    [
      'a write of a page of another site',
      'POST',
      { ...json, origin: 'https://evil.example' },
      403,
      'foreign_origin',
    ],
    [
      'a write of a page on another port of this machine',
      'POST',
      { ...json, origin: 'http://localhost:5173' },
      403,
      'foreign_origin',
    ],
    [
      'a write without an origin, but of a page',
      'POST',
      { ...json, 'sec-fetch-site': 'cross-site' },
      403,
      'foreign_origin',
    ],
    ['a sandboxed page', 'POST', { ...json, origin: 'null' }, 403, 'foreign_origin'],
    ['a program of this machine', 'POST', json, 202, undefined],
  ])('%s', async (_, method, headers, status, code) => {
    const r = await ask(
      open.port,
      method,
      method === 'GET' ? '/api/chat/messages' : '/api/chat',
      headers as never,
      method === 'GET' ? undefined : '{"text":"hello"}',
    );
    expect([r.status, r.body.code]).toEqual([status, code]);
  });
});

describe('a webhook', () => {
  const sign = (raw: string | Buffer, secret = SECRET): string =>
    `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
  const send = (raw: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(
      open.port,
      'POST',
      '/api/webhooks/github',
      {
        ...json,
        host: 'hooks.example.com',
        'x-forwarded-for': '140.82.115.1',
        'x-github-event': 'push',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': sign(raw),
        ...headers,
      },
      raw,
    );
  const deliveries = async (): Promise<number> =>
    (await many(database.db, 'select id from webhook_deliveries')).length;

  test('is taken under any name and through any proxy, as JSON or as a form, by its signature alone', async () => {
    const raw = JSON.stringify({ repository: { full_name: 'a/b' } });
    expect((await send(raw)).status).toBe(202);
    const form = `payload=${encodeURIComponent(raw)}`;
    expect((await send(form, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(202);
    expect(await deliveries()).toBe(2);
  });

  test.each([
    ['no signature', '{}', { 'x-hub-signature-256': '' }],
    ['another secret', '{}', { 'x-hub-signature-256': sign('{}', 'another') }],
    ['a signature of other bytes', '{} ', { 'x-hub-signature-256': sign('{}') }],
    [
      'a signature of what the bytes read as',
      Buffer.from([0x22, 0xff, 0x22]),
      { 'x-hub-signature-256': sign('"\ufffd"') },
    ],
    ['no JSON: the signature comes first', '{"a":', { 'x-hub-signature-256': sign('{}') }],
    ['no delivery', '{}', { 'x-github-delivery': '' }],
  ])('is refused: %s', async (_, raw, headers) => {
    const before = await deliveries();
    const r = await send(raw, headers as never);
    expect([r.status, r.body.error]).toEqual([403, 'The signature does not match GITHUB_WEBHOOK_SECRET.']);
    expect(await deliveries()).toBe(before);
  });

  test('that is signed and no JSON, or larger than GitHub sends them, is answered with a sentence', async () => {
    expect((await send('{"a":')).body.error).toBe('That is not the JSON of a webhook.');
    const large = Buffer.alloc(25 * 1024 * 1024 + 1, 0x20);
    expect((await send(large)).status).toBe(413);
  });
});

describe('with a sign-in', () => {
  test('every route of the sign-in looks at the device, and ends a session that was copied to another kind', async () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0';
    const other =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1';
    await database.db.query(
      "insert into auth_users (id, name, email) values ('u1', 'me', 'me@example.com') on conflict do nothing",
    );
    for (const [method, path] of [
      ['GET', '/api/auth/list-sessions'],
      ['GET', '/api/auth/get-session'],
      ['POST', '/api/auth/sign-out'],
      ['GET', '/api/auth/passkey/generate-register-options'],
      ['POST', '/api/auth/revoke-other-sessions'],
      ['GET', '/api/devices'],
    ] as const) {
      const token = randomUUID();
      await database.db.query(
        "insert into auth_sessions (id, token, user_id, user_agent, expires_at) values ($1,$2,'u1',$3, now() + interval '1 hour')",
        [randomUUID(), token, userAgent],
      );
      const signature = createHmac('sha256', SIGN_IN.MAINLOOP_AUTH_SECRET).update(token).digest('base64');
      const cookie = `__Secure-mainloop.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
      const origin = { origin: SIGN_IN.MAINLOOP_PUBLIC_URL, 'sec-fetch-site': 'same-origin' };
      const shown = await ask(signedIn.port, 'GET', '/api/auth/get-session', {
        cookie,
        'user-agent': userAgent,
      });
      expect((shown.body as { session?: { token?: string } }).session?.token).toBe(token);
      const r = await ask(
        signedIn.port,
        method,
        path,
        { cookie, 'user-agent': other, ...(method === 'POST' ? { ...origin, ...json } : {}) },
        method === 'POST' ? '{}' : undefined,
      );
      expect([path, r.status, r.body.error]).toEqual([
        path,
        401,
        'This sign-in was used from another kind of device, so it was ended. Sign in again.',
      ]);
      expect(await many(database.db, 'select id from auth_sessions where token = $1', [token])).toEqual([]);
    }
  });
});
