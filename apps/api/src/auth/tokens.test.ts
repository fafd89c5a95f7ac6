// Tokens of programs, against a real api on a real database: where people sign in, and where nobody has to.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { ROUTES, type RouteName } from '@mainloop/models/contracts/routes';
import { NEEDS } from '@mainloop/models/contracts/scopes';
import { createToken } from '@mainloop/models/db/devices/tokens';
import { OWNER } from '@mainloop/models/flow/ids';
import { covers, SCOPES, type Scope } from '@mainloop/models/flow/scopes';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject } from '@mainloop/testkit/seed';
import { startApi } from '../app.ts';
import { loadConfig } from '../config.ts';

const MASTER = 't'.repeat(24);
let database: TestDatabase;
const apis: Partial<Record<'open' | 'signed in', Awaited<ReturnType<typeof startApi>>>> = {};
beforeAll(async () => {
  database = await freshDatabase();
  const env = {
    DATABASE_URL: database.url,
    API_PORT: '0',
    GATEWAY_URL: 'http://127.0.0.1:9',
    MAINLOOP_CHAT_TOKEN: 'x'.repeat(16),
    GITHUB_WEBHOOK_SECRET: 'a-webhook-secret',
  };
  apis.open = await startApi(loadConfig(env));
  apis['signed in'] = await startApi(
    loadConfig({
      ...env,
      MAINLOOP_PUBLIC_URL: 'http://localhost:1',
      MAINLOOP_AUTH_SECRET: 's'.repeat(32),
      MAINLOOP_API_TOKEN: MASTER,
    }),
  );
  await seedProject(database.db, 'pr-1', 'acme/api');
});
afterAll(async () => {
  await apis.open?.close();
  await apis['signed in']?.close();
  await database?.drop();
});

const make = async (scope: Scope, days = 1): Promise<{ id: string; token: string }> =>
  createToken(database.db, OWNER, { name: 'a program', scope, days });
async function ask(
  where: keyof typeof apis,
  token: string,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<{ status: number; body: { code?: string; error?: string } }> {
  const response = await fetch(`http://127.0.0.1:${apis[where]!.port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json().catch(() => ({}))) as { code?: string } };
}
const TASKS = { method: 'GET', path: '/api/tasks' };

describe.each(['open', 'signed in'] as const)('%s', (where) => {
  test.each(SCOPES)(
    'a token that may %s is refused by every route that needs more, before anything is read',
    async (scope) => {
      const { token } = await make(scope);
      for (const name of Object.keys(ROUTES) as RouteName[]) {
        const needs = NEEDS[name];
        if (needs === 'open' || covers(scope, needs)) continue;
        const { method, path } = ROUTES[name];
        const answer = await ask(where, token, {
          method,
          path: path.replace(/\{\w+\}/g, 'x-1'),
          ...(method === 'GET' ? {} : { body: {} }),
        });
        expect([name, answer.status, answer.body.code]).toEqual([name, 403, 'scope_missing']);
      }
      expect((await ask(where, token, TASKS)).status).toBe(200);
    },
  );

  test('one that may propose proposes, and can not start what it proposed', async () => {
    const { token } = await make('propose');
    const made = await ask(
      where,
      token,
      requestOf('proposeTask', { body: { projectId: 'pr-1', prompt: 'Round up.' } }),
    );
    expect(made.status).toBe(201);
    const cards = (await ask(where, token, requestOf('listProposals', undefined))).body as unknown as {
      id: string;
      digest: string;
    }[];
    const { id, digest } = cards.at(-1)!;
    const start = requestOf('confirmProposal', { id, body: { digest } });
    expect(await ask(where, token, start)).toMatchObject({
      status: 403,
      body: { error: 'That token may propose, and this needs decide. Use another one, or do it in the app.' },
    });
    expect((await ask(where, (await make('decide')).token, start)).status).toBe(200);
  });

  test('one that ran out, one that was taken back and one that never was open nothing', async () => {
    const { id, token } = await make('admin');
    expect((await ask(where, token, TASKS)).status).toBe(200);
    await database.db.query("update api_tokens set expires_at = now() - interval '1 second' where id = $1", [
      id,
    ]);
    expect(await ask(where, token, TASKS)).toMatchObject({ status: 401, body: { code: 'token_expired' } });
    await database.db.query("update api_tokens set expires_at = now() + interval '1 day' where id = $1", [
      id,
    ]);
    expect((await ask(where, token, requestOf('revokeToken', { id }))).status).toBe(200);
    for (const wrong of [token, `${token}x`, token.slice(0, -1), 'mlt_', "mlt_' or true --"])
      expect([wrong, (await ask(where, wrong, TASKS)).status]).toEqual([wrong, 401]);
  });

  test('what is kept is no token, and the list shows none', async () => {
    const { token } = await make('read');
    const { rows } = await database.db.query<{ row: string }>('select t::text as row from api_tokens t');
    expect(rows.some(({ row }) => row.includes(token.slice(4)))).toBe(false);
    const listed = await ask(where, (await make('admin')).token, requestOf('listTokens', undefined));
    expect(listed.status).toBe(200);
    expect(JSON.stringify(listed.body)).not.toMatch(/mlt_|[0-9a-f]{64}/);
  });
});
