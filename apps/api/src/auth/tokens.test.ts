// Tokens of programs, against a real api on a real database: where people sign in, and where nobody has to.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestOf } from '@mainloop/models/contracts/client';
import { ROUTES, type RouteName } from '@mainloop/models/contracts/routes';
import { NEEDS } from '@mainloop/models/contracts/scopes';
import { createToken } from '@mainloop/models/db/devices/tokens';
import { OWNER } from '@mainloop/models/flow/ids';
import { covers, SCOPES, type Scope } from '@mainloop/models/flow/machine/scopes';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
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

  test('what it does is logged with its name, whatever the route and whoever else is at work', async () => {
    const about = `t-${where.replace(' ', '-')}`;
    await seedTask(database.db, about);
    await seedItem(database.db, about, `i-${about}`, 'question', 'Which?');
    const named = async (name: string): Promise<string> =>
      (await createToken(database.db, OWNER, { name, scope: 'admin', days: 1 })).token;
    const [mine, other] = [await named('my\u202e\neditor'), await named('you')];
    const ofTask = (blockedBy: string[]) => requestOf('setBlockers', { id: about, body: { blockedBy } });
    const comment = {
      id: `c-${about}`,
      path: 'a.ts',
      side: 'new',
      startLine: null,
      line: 1,
      quote: '',
    } as const;
    const deeds = [
      requestOf('setPriority', { id: about, body: { priority: 'high' } }),
      requestOf('decide', { id: `i-${about}`, body: { decision: 'answer', text: 'Left.', via: 'cli' } }),
      requestOf('addComment', { id: about, body: { ...comment, text: 'Why?' } }),
      requestOf('steerTask', { id: about, body: { text: 'Go on.' } }),
      requestOf('sendMessage', { body: { text: 'Hello.' } }),
      requestOf('pin', { body: { text: `Mine, ${where}.` } }),
      requestOf('addLearning', {
        body: { rule: `Name the unit of ${about}.`, why: 'It was cents.', path: null, projectId: null },
      }),
      requestOf('cancelTask', { id: about }),
    ];
    const { rows: before } = await database.db.query<{ seq: number }>('select max(seq) as seq from events');
    const answers = await Promise.all(
      deeds.flatMap((deed) => [ask(where, mine, deed), ask(where, other, ofTask([]))]),
    );
    expect(answers.filter(({ status }) => status >= 400 && status !== 409)).toEqual([]);
    const { rows } = await database.db.query<{ type: string; actor: string; who: string | null }>(
      "select type, actor, coalesce(payload->>'by', payload->>'author') as who from events where seq > $1 order by type",
      [before[0]!.seq],
    );
    const by = (wanted: string) => [...new Set(rows.filter((r) => r.actor === wanted).map((r) => r.type))];
    expect(by('token:my editor')).toEqual([
      'inbox.answered',
      'learning.noted',
      'memory.pinned',
      'message.said',
      'review.commented',
      'task.priority_changed',
      'task.state',
      'task.steered',
    ]);
    expect([by('token:you'), by('you')]).toEqual([['task.blockers_changed'], []]);
    expect(rows.filter(({ who }) => who !== null).map(({ type, who }) => [type, who])).toEqual(
      ['inbox.answered', 'learning.noted', 'review.commented'].map((type) => [type, 'token:my editor']),
    );
    const again = await ask(where, mine, deeds[1]!);
    expect(again.body.error).toMatch(/^Already answered by the token “my editor”/);
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
    // A tap that was a slip is undone within a minute, and not later.
    const back = requestOf('restoreToken', { id });
    expect((await ask(where, MASTER, back)).status).toBe(200);
    expect((await ask(where, token, TASKS)).status).toBe(200);
    expect((await ask(where, MASTER, back)).status).toBe(404);
    expect((await ask(where, token, requestOf('revokeToken', { id }))).status).toBe(200);
    await database.db.query(
      "update api_tokens set revoked_at = now() - interval '61 seconds' where id = $1",
      [id],
    );
    expect((await ask(where, MASTER, back)).status).toBe(404);
    await make('read');
    const { rows: left } = await database.db.query('select id from api_tokens where id = $1', [id]);
    expect(left).toEqual([]);
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
