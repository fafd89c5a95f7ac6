// The sign-in: nothing is seen or done without a device that the owner let in, and such a device can be shut out at once.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { hasBrowser, listening, openBrowser, settled, SIZES, tap, visit } from '@mainloop/testkit/browser';
import { startOidc, type OidcProvider } from '@mainloop/testkit/oidc';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../tools/free-port.ts';

const ROOT = path.join(import.meta.dirname, '..');
const UA = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0';
let stack: Stack;
let db: Db;
let browser: Browser;
let secret: string;
let apiToken: string;
let oidc: OidcProvider;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `signin-${name}.png`);
const inBrowser = hasBrowser ? test : test.skip;

beforeAll(async () => {
  const port = await freePort();
  oidc = await startOidc();
  stack = await startStack({
    WEB_PORT: String(port),
    MAINLOOP_PUBLIC_URL: `http://localhost:${port}`,
    OIDC_DISCOVERY_URL: oidc.discoveryUrl,
    OIDC_CLIENT_ID: oidc.clientId,
    OIDC_CLIENT_SECRET: oidc.clientSecret,
    GITHUB_OAUTH_URL: oidc.url,
    GITHUB_OAUTH_CLIENT_ID: oidc.clientId,
    GITHUB_OAUTH_CLIENT_SECRET: oidc.clientSecret,
  });
  const secrets = JSON.parse(readFileSync(path.join(stack.home, 'secrets.json'), 'utf8')) as {
    authSecret: string;
    apiToken: string;
  };
  [secret, apiToken] = [secrets.authSecret, secrets.apiToken];
  db = openPool(stack.databaseUrl, 'signin-test');
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await db?.end();
  await stack?.stop();
  oidc?.close();
});

/** As a person at the machine does it. */
const newLink = (): string =>
  (
    JSON.parse(
      execFileSync(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          path.join(ROOT, 'apps/cli/src/main.ts'),
          '--json',
          '--api',
          stack.api,
          'pair',
        ],
        {
          encoding: 'utf8',
          env: { ...process.env, MAINLOOP_HOME: stack.home },
        },
      ),
    ) as { url: string }
  ).url;
const tokenOf = (link: string): string => new URL(link).hash.slice(1);

interface Asked {
  status: number;
  text: string;
  cookie: string;
}
/** Plain http: fetch would not let us set what a browser sets. */
const ask = (
  base: string,
  method: string,
  p: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Asked> =>
  new Promise((resolve, reject) => {
    const req = http.request(
      new URL(p, base),
      {
        method,
        headers: {
          'user-agent': UA,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (res) => {
        let text = '';
        const done = (): void =>
          resolve({
            status: res.statusCode ?? 0,
            text,
            cookie: (res.headers['set-cookie'] ?? []).map((c) => c.split(';')[0]).join('; '),
          });
        res.on('data', (data: Buffer) => {
          text += data.toString();
          // A stream that lets us in would never end.
          if (res.headers['content-type']?.includes('event-stream')) {
            done();
            req.destroy();
          }
        });
        res.on('end', done);
      },
    );
    req.on('error', reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
const own = () => ({ origin: stack.web, 'sec-fetch-site': 'same-origin' });
async function pair(userAgent = UA): Promise<string> {
  await db.query('delete from auth_rate_limits');
  const r = await ask(
    stack.web,
    'POST',
    '/api/auth/pair',
    { ...own(), 'user-agent': userAgent },
    { token: tokenOf(newLink()) },
  );
  expect([r.status, r.text]).toEqual([200, '{"ok":true}']);
  return r.cookie;
}
/** A session of anybody, signed as better-auth signs its cookies. */
async function sessionOf(userId: string): Promise<string> {
  const token = randomUUID();
  await db.query(
    "insert into auth_sessions (id, token, user_id, user_agent, expires_at) values ($1,$2,$3,$4, now() + interval '1 hour')",
    [randomUUID(), token, userId, UA],
  );
  return `mainloop.session_token=${encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)}`;
}

describe('every way in', () => {
  let owner: string;
  beforeAll(async () => {
    owner = await pair();
  });

  test('each route and stream is closed without a session, with an expired one, and with another person', async () => {
    const doc = JSON.parse(
      (await ask(stack.api, 'GET', '/docs-json', { authorization: `Bearer ${apiToken}` })).text,
    ) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(doc.paths).flatMap(([p, methods]) =>
      Object.keys(methods).map((m) => [m.toUpperCase(), p.replace(/\{\w+\}/g, 'x')] as const),
    );
    expect(routes.length).toBeGreaterThan(30);
    expect(routes.map(([, p]) => p)).toContain('/api/stream');
    // Whether it lives, numbers for Prometheus, how one signs in, and what a signature of its own guards.
    const open = ['GET /api/healthz', 'GET /api/signin', 'GET /metrics', 'POST /api/webhooks/github'];
    await db.query("insert into auth_users (id, name, email) values ('other', 'Other', 'other@example.com')");
    const other = await sessionOf('other');
    const expired = await pair();
    await db.query("update auth_sessions set expires_at = now() - interval '1 second' where token = $1", [
      decodeURIComponent(/session_token=([^;]+)/.exec(expired)![1]!).split('.')[0],
    ]);
    const seen: Record<string, number[]> = {};
    for (const [method, p] of [...routes, ['GET', '/docs'], ['GET', '/docs-json']] as const) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const tries = await Promise.all(
        (
          [{}, { cookie: expired }, { cookie: other }, { authorization: 'Bearer wrong' }] as Record<
            string,
            string
          >[]
        ).map((h) => ask(stack.api, method, p, { ...own(), ...h }, body)),
      );
      seen[`${method} ${p}`] = tries.map((t) => t.status);
    }
    const let_in = Object.entries(seen).filter(([, t]) => JSON.stringify(t) !== '[401,401,403,401]');
    expect(let_in.map(([key]) => key).sort()).toEqual(open);
    // And the owner is let in: the ways in are not merely walled up.
    expect((await ask(stack.api, 'GET', '/api/tasks', { cookie: owner })).status).toBe(200);
    expect(
      (await ask(stack.web, 'GET', '/api/stream', { cookie: owner, accept: 'text/event-stream' })).status,
    ).toBe(200);
  });

  test('each page leads to the sign-in, its data too, and says nothing of the work', async () => {
    for (const p of ['/', '/inbox', '/task/x', '/task/x/changes', '/projects', '/settings', '/nonsense']) {
      const r = await ask(stack.web, 'GET', p);
      expect([p, r.status]).toEqual([p, 303]);
      const data = await ask(stack.web, 'GET', `${p === '/' ? '' : p}/__data.json`);
      expect(data.text).not.toMatch(/tally|needsYou/);
    }
    expect((await ask(stack.web, 'GET', '/inbox', { cookie: owner })).status).toBe(200);
    const signin = await ask(stack.web, 'GET', '/signin?to=//evil.example');
    expect(signin.status).toBe(200);
    expect(signin.text).not.toContain('evil.example');
  });

  test('a page of another site can make a browser send the cookie, and nothing happens', async () => {
    const post = (h: Record<string, string>) =>
      ask(stack.web, 'POST', '/api/chat', { cookie: owner, ...h }, { text: 'hello' });
    expect((await post({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({})).status).toBe(403);
    expect((await post({ origin: 'null' })).status).toBe(403);
    expect(
      (await ask(stack.api, 'DELETE', '/api/devices/x', { cookie: owner, origin: 'https://evil.example' }))
        .status,
    ).toBe(403);
    expect((await post(own())).status).toBe(202);
  });

  test('a cookie that turns up on another kind of device ends that sign-in, for the thief and for all', async () => {
    const cookie = await pair();
    const stolen = await ask(stack.web, 'GET', '/api/tasks', {
      cookie,
      'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0) Safari/605',
    });
    expect([stolen.status, stolen.text]).toEqual([401, expect.stringContaining('another kind of device')]);
    expect((await ask(stack.web, 'GET', '/api/tasks', { cookie })).status).toBe(401);
  });

  test('a device that is used stays signed in: its cookie is renewed once a day', async () => {
    const cookie = await pair();
    const token = decodeURIComponent(/session_token=([^;]+)/.exec(cookie)![1]!).split('.')[0];
    expect((await ask(stack.web, 'GET', '/api/tasks', { cookie })).cookie).toBe('');
    // Signed in 80 days ago, and not heard of since.
    await db.query(
      "update auth_sessions set expires_at = now() + interval '10 days', updated_at = now() - interval '80 days' where token = $1",
      [token],
    );
    const renewed = await ask(stack.web, 'GET', '/api/tasks', { cookie });
    expect([renewed.status, renewed.cookie]).toEqual([200, expect.stringContaining('session_token=')]);
    const days = await db.query<{ d: number }>(
      'select extract(epoch from expires_at - now()) / 86400 as d from auth_sessions where token = $1',
      [token],
    );
    expect(Number(days.rows[0]!.d)).toBeGreaterThan(89);
    expect((await ask(stack.web, 'GET', '/api/tasks', { cookie: renewed.cookie })).status).toBe(200);
  });

  test('a link works once, for two at the same moment for one, and not when it is old; guessing is slowed down', async () => {
    const token = tokenOf(newLink());
    const both = await Promise.all(
      [1, 2].map(() => ask(stack.web, 'POST', '/api/auth/pair', own(), { token })),
    );
    expect(both.map((b) => b.status).sort()).toEqual([200, 401]);
    const late = tokenOf(newLink());
    await db.query("update auth_verifications set expires_at = now() - interval '1 second'");
    const r = await ask(stack.web, 'POST', '/api/auth/pair', own(), { token: late });
    expect([r.status, r.text]).toEqual([401, expect.stringContaining('too old')]);
    await db.query('delete from auth_rate_limits');
    const tries: number[] = [];
    for (let i = 0; i < 14; i++)
      // A client can't buy itself more tries by naming another address.
      tries.push(
        (
          await ask(
            stack.web,
            'POST',
            '/api/auth/pair',
            { ...own(), 'x-mainloop-client': `10.0.0.${i}` },
            { token: 'guessed-guessed' },
          )
        ).status,
      );
    expect(tries.filter((t) => t === 429).length).toBeGreaterThan(0);
    expect(tries).not.toContain(200);
    await db.query('delete from auth_rate_limits');
  });
});

async function openDevice(
  size: keyof typeof SIZES,
  dark = false,
): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: dark ? 'dark' : 'light',
    isMobile: size === 'phone',
    hasTouch: size === 'phone',
    ...(size === 'phone'
      ? {
          userAgent:
            'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36',
        }
      : {}),
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const complaints: string[] = [];
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      complaints.push(message.text());
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, complaints, close: () => context.close() };
}

/** Opens a page that greets nobody yet, so that a tap on it is heard. */
async function openAt(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await listening(page);
}

inBrowser(
  'from nothing to two devices: the first link, a passkey, a phone by QR code, a passkey again, and the phone signed out',
  async () => {
    await db.query('delete from auth_users');
    await db.query('delete from auth_rate_limits');
    const laptop = await openDevice('desktop');
    await laptop.page.goto(`${stack.web}/task/abc?x=1`);
    await laptop.page.getByText('This mainloop has no owner yet').waitFor();
    await laptop.page.screenshot({ path: shot('1-no-owner') });
    await openAt(laptop.page, newLink());
    await tap(laptop.page.getByRole('button', { name: 'Sign in on this device' }));
    await laptop.page.getByRole('heading', { name: 'This device is signed in' }).waitFor();
    expect(laptop.page.url()).not.toContain('#');
    await laptop.page.screenshot({ path: shot('2-signed-in') });
    await tap(laptop.page.getByRole('button', { name: 'Keep a passkey' }));
    await laptop.page.waitForURL(`${stack.web}/inbox`);

    await visit(laptop.page, `${stack.web}/settings`);
    await tap(laptop.page.getByRole('button', { name: 'Add a device' }));
    await laptop.page.getByRole('img', { name: 'QR code of the link' }).waitFor();
    await laptop.page.screenshot({ path: shot('3-add-a-phone') });
    const link = await laptop.page.getByLabel('The link').inputValue();
    const phone = await openDevice('phone', true);
    await openAt(phone.page, link);
    await phone.page.screenshot({ path: shot('4-phone') });
    await tap(phone.page.getByRole('button', { name: 'Sign in on this device' }));
    await tap(phone.page.getByRole('link', { name: 'Not now' }));
    await phone.page.waitForURL(`${stack.web}/inbox`);
    await phone.page.getByRole('heading', { name: 'Needs you' }).waitFor();

    // The passkey brings the laptop back after its cookie is gone; the same answer a second time does not.
    await laptop.page.context().clearCookies();
    await openAt(laptop.page, `${stack.web}/projects`);
    await laptop.page.waitForURL(/\/signin\?to=%2Fprojects/);
    await laptop.page.screenshot({ path: shot('5-sign-in') });
    const [answer] = await Promise.all([
      laptop.page.waitForRequest((r) => r.url().includes('/passkey/verify-authentication')),
      tap(laptop.page.getByRole('button', { name: 'Use a passkey' })),
    ]);
    await laptop.page.waitForURL(`${stack.web}/projects`);
    const headers = await answer.allHeaders();
    const replay = await ask(
      stack.web,
      'POST',
      '/api/auth/passkey/verify-authentication',
      { ...own(), cookie: headers.cookie ?? '' },
      answer.postDataJSON(),
    );
    expect([replay.status >= 400 && replay.status < 500, replay.cookie.includes('session_token=')]).toEqual([
      true,
      false,
    ]);

    await visit(laptop.page, `${stack.web}/settings`);
    await tap(laptop.page.getByRole('button', { name: 'Sign out Chrome on Android' }));
    await until(
      'the phone is out',
      async () =>
        (await db.query("select 1 from auth_sessions where user_agent like '%Android%'")).rowCount === 0,
    );
    // It hears of it by itself, within seconds, and what it kept for reading offline is gone.
    await phone.page.waitForURL(/\/signin/);
    await until('the kept pages to be gone', () =>
      phone.page.evaluate<boolean>("caches.match('/inbox').then((kept) => kept === undefined)"),
    );
    await phone.page.screenshot({ path: shot('6-phone-out') });
    expect([...laptop.complaints, ...phone.complaints]).toEqual([]);
    const csp = (await laptop.page.goto(`${stack.web}/inbox`))!.headers()['content-security-policy'] ?? '';
    expect(/script-src ([^;]+)/.exec(csp)![1]).not.toContain('unsafe');
    await laptop.close();
    await phone.close();
  },
);

const inBrowserEach = hasBrowser ? test.each : test.skip.each;
inBrowserEach([
  ['oidc', 'Link company sign-in', "Use your company's sign-in"],
  ['github', 'Link GitHub', 'Use GitHub'],
])(
  'by %s: an account that the owner linked comes in, another one does not',
  async (provider, linkIt, use) => {
    oidc.person = { sub: 'ann', email: 'ann@example.com', name: 'Ann' };
    await db.query('delete from auth_users');
    await db.query('delete from auth_rate_limits');
    const laptop = await openDevice('desktop');
    await openAt(laptop.page, newLink());
    await tap(laptop.page.getByRole('button', { name: 'Sign in on this device' }));
    await tap(laptop.page.getByRole('link', { name: 'Not now' }));
    await visit(laptop.page, `${stack.web}/settings`);
    await tap(laptop.page.getByRole('button', { name: linkIt }));
    await until(
      'the link',
      async () =>
        (await db.query('select 1 from auth_accounts where provider_id = $1', [provider])).rowCount === 1,
    );
    await laptop.page.waitForURL(`${stack.web}/settings`);
    await laptop.page.getByText('(this one)').first().waitFor();
    // We asked who it is; what else the provider handed out is not kept.
    const tokens = async (): Promise<unknown> =>
      (await db.query('select access_token, refresh_token, id_token from auth_accounts')).rows;
    const none = [{ access_token: null, refresh_token: null, id_token: null }];
    expect(await tokens()).toEqual(none);
    const signIn = async (): Promise<void> => {
      // Nothing of the page that was open may still be on its way somewhere.
      await laptop.page.goto('about:blank');
      await laptop.page.context().clearCookies();
      await openAt(laptop.page, `${stack.web}/week`);
      await tap(laptop.page.getByRole('button', { name: use }));
    };
    await signIn();
    await laptop.page.waitForURL(`${stack.web}/week`);
    expect(await tokens()).toEqual(none);
    oidc.person = { sub: 'robert', email: 'bob@example.com', name: 'Bob' };
    await signIn();
    await laptop.page.getByText('That account is not linked here.').waitFor();
    await laptop.page.goto(`${stack.web}/week`);
    await laptop.page.waitForURL(/\/signin/);
    expect((await db.query('select 1 from auth_users')).rowCount).toBe(1);
    await laptop.close();
  },
);

/** Another person owns this mainloop from now on. There is one owner: whoever is the first in the table. */
const handOver = (to: string): Promise<unknown> =>
  db.query(
    "update auth_users set created_at = now() - case id when $1 then interval '2 days' else interval '1 day' end",
    [to],
  );
/** One whose account on GitHub lets them in, as linking it does. The double names an account by its length. */
async function knowOnGitHub(user: string): Promise<void> {
  await db.query('insert into auth_users (id, name, email) values ($1, $1, $2)', [
    user,
    `${user}@example.com`,
  ]);
  await db.query(
    "insert into auth_accounts (id, account_id, provider_id, user_id) values ($1, $2, 'github', $1)",
    [user, String(user.length)],
  );
}
const planOf = async (id: string): Promise<string> =>
  seedItem(db, await seedTask(db, id), `${id}-plan`, 'plan', `Plan of ${id}`);
const answerOf = async (id: string): Promise<string | undefined> =>
  (
    await db.query<{ answer: { decision: string } | null }>('select answer from inbox_items where id = $1', [
      id,
    ])
  ).rows[0]!.answer?.decision;
const personOn = (page: Page): Promise<string> =>
  until('the page to know whose it is', () => page.evaluate<string>("localStorage.getItem('person') ?? ''"));

/** Signs in by GitHub in a browser in which nobody is signed in. @returns the inbox */
async function signInAs(page: Page, user: string): Promise<void> {
  oidc.person = { sub: user, email: `${user}@example.com`, name: user };
  await page.goto(`${stack.web}/signin?to=/inbox`);
  await tap(page.getByRole('button', { name: 'Use GitHub' }));
  await page.waitForURL(`${stack.web}/inbox`);
  await page.getByRole('heading', { name: 'Needs you' }).waitFor();
}
/** Decides without a network, and closes the page before there is one again. */
async function approveOffline(page: Page, plan: string): Promise<void> {
  const card = page.locator(`#item-${plan}`);
  await settled(card.getByRole('button', { name: 'Approve' }));
  await page.context().setOffline(true);
  await page.getByText('Offline, showing the last update.').waitFor();
  await tap(card.getByRole('button', { name: 'Approve' }));
  await card.getByText('It will be sent when you are back online.').waitFor();
}

inBrowser(
  'what one person decided offline is not sent by another who signs in in the same browser, and goes out when they are back',
  async () => {
    await db.query('delete from auth_users');
    await db.query('delete from auth_rate_limits');
    for (const user of ['ann', 'robert']) await knowOnGitHub(user);
    await seedProject(db, 'pr-signin', 'acme/signin');
    const [anns, roberts] = [await planOf('of-ann'), await planOf('of-robert')];
    const { page, close } = await openDevice('desktop');
    const context = page.context();

    await handOver('ann');
    await signInAs(page, 'ann');
    const ann = await personOn(page);
    await approveOffline(page, anns);
    // Nothing of the page may be there when the network is, or it would go out as hers, as it should.
    await page.goto('about:blank');
    await context.clearCookies();
    await context.setOffline(false);

    await handOver('robert');
    await page.goto(`${stack.web}/signin`);
    await page.locator('[data-of-others]').getByText('One thing that was said here still waits').waitFor();
    await signInAs(page, 'robert');
    const robert = await personOn(page);
    expect([ann, robert, ann === robert]).toEqual([expect.any(String), expect.any(String), false]);
    // What he decides goes out, the same way, past what she decided before.
    await approveOffline(page, roberts);
    await context.setOffline(false);
    await until('his answer', async () => (await answerOf(roberts)) === 'approve');
    expect(await answerOf(anns)).toBeUndefined();
    await page.locator(`#item-${anns}`).getByRole('button', { name: 'Approve' }).waitFor();
    // Nor does the api take it from a page of hers that is still open.
    const asAnn = await page.evaluate<[number, string]>(
      `fetch('/api/inbox/${anns}', { method: 'POST', headers: { 'content-type': 'application/json', 'mainloop-person': '${ann}' },
        body: JSON.stringify({ decision: 'approve', text: '', via: 'app', answerId: 'a-other' }) })
        .then(async (answer) => [answer.status, (await answer.json()).code])`,
    );
    expect(asAnn).toEqual([412, 'other_person']);
    expect(await answerOf(anns)).toBeUndefined();

    await page.goto('about:blank');
    await context.clearCookies();
    await handOver('ann');
    await signInAs(page, 'ann');
    expect(await personOn(page)).toBe(ann);
    await until('her answer', async () => (await answerOf(anns)) === 'approve');
    await close();
  },
);
