// MCP over HTTP, by the protocol's own client in both revisions, against a real api on a real database.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { listOpenProposals } from '@mainloop/models/db/conversation/proposals';
import { createToken } from '@mainloop/models/db/devices/tokens';
import { appendOnce } from '@mainloop/models/db/log';
import { listTasks } from '@mainloop/models/db/tasks/tasks';
import { taskConfirmed, taskSteered } from '@mainloop/models/events/tasks';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { request } from 'node:http';
import { startApi } from '../app.ts';
import { loadConfig } from '../config.ts';

const TOKEN = 't'.repeat(24);
let database: TestDatabase;
let open: Awaited<ReturnType<typeof startApi>>;
let signedIn: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  database = await freshDatabase();
  const env = {
    DATABASE_URL: database.url,
    API_PORT: '0',
    GATEWAY_URL: 'http://127.0.0.1:9',
    MAINLOOP_CHAT_TOKEN: 'x'.repeat(16),
    GITHUB_WEBHOOK_SECRET: 'a-webhook-secret',
  };
  open = await startApi(loadConfig(env));
  signedIn = await startApi(
    loadConfig({
      ...env,
      MAINLOOP_PUBLIC_URL: 'http://localhost:1',
      MAINLOOP_AUTH_SECRET: 's'.repeat(32),
      MAINLOOP_API_TOKEN: TOKEN,
    }),
  );
  await seedProject(database.db, 'pr-1', 'acme/api');
});
const clients: Client[] = [];
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(async () => {
  await open?.close();
  await signedIn?.close();
  await database?.drop();
});

async function connect(mode: 'legacy' | { pin: string }, port: number, token?: string): Promise<Client> {
  const client = new Client(
    { name: 'a-client', version: '1' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  clients.push(client);
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), { requestInit: { headers } }),
  );
  return client;
}
const propose = (client: Client, title: string) =>
  client.callTool({
    name: 'propose_task',
    arguments: { project: 'acme/api', title, prompt: 'Round up.' },
  });

describe.each([
  ['2025-11-25', 'legacy' as const, false],
  ['2026-07-28', { pin: '2026-07-28' }, true],
])('a client of %s', (revision, mode, isAsked) => {
  test.each(['this machine', 'a token'])('proposes, and starts nothing without a yes: by %s', async (by) => {
    const client =
      by === 'a token' ? await connect(mode, signedIn.port, TOKEN) : await connect(mode, open.port);
    const title = `By ${revision} and ${by}`;
    expect(await propose(client, title)).toMatchObject({ isError: false });
    const card = (await listOpenProposals(database.db, OWNER)).find((each) => each.title === title)!;
    const started = await client.callTool({ name: 'start_task', arguments: { proposalId: card.id } });
    // Without a session nobody can be asked in the older revision.
    expect(started.isError).toBe(!isAsked);
    expect(JSON.stringify(started.content)).toContain(isAsked ? 'taskId' : 'Nothing was done');
    const tasks = await listTasks(database.db, OWNER, null);
    expect(tasks.some((task) => task.title === title)).toBe(isAsked);
  });

  test('with a token that may only look, looks and proposes nothing', async () => {
    const made = await createToken(database.db, OWNER, { name: revision, scope: 'read', days: 1 });
    for (const { port } of [open, signedIn]) {
      const client = await connect(mode, port, made.token);
      expect(await client.callTool({ name: 'list_tasks', arguments: {} })).toMatchObject({ isError: false });
      const title = `Only looks, ${revision}`;
      const refused = await propose(client, title);
      expect([refused.isError, JSON.stringify(refused.content)]).toEqual([
        true,
        expect.stringContaining('That token may read, and this needs propose.'),
      ]);
      const cards = await listOpenProposals(database.db, OWNER);
      expect(cards.some((card) => card.title === title)).toBe(false);
    }
  });

  test.each([undefined, 'a-wrong-token-of-somebody'])('is sent away with the token %s', async (token) => {
    await expect(connect(mode, signedIn.port, token)).rejects.toThrow(/signed_out|wrong_token|401/);
    const client = await connect(mode, open.port);
    expect((await client.listTools()).tools.length).toBeGreaterThan(10);
  });
});

test('over HTTP a client of 2026-07-28 hears what changed of what it subscribed to; an older one is not offered it', async () => {
  const made = await createToken(database.db, OWNER, { name: 'listens', scope: 'read', days: 1 });
  const client = await connect({ pin: '2026-07-28' }, signedIn.port, made.token);
  const heard: string[] = [];
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.push(params.uri),
  );
  const task = await seedTask(database.db, 't-heard');
  const uri = `mainloop://tasks/${task}`;
  const subscription = await client.listen({ resourceSubscriptions: [uri] });
  expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [uri] });
  const say = (text: string, taskId: string) =>
    appendOnce(database.db, [taskSteered.new({ taskId, actor: 'you', payload: { text } })], OWNER);
  await say('Elsewhere.', await seedTask(database.db, 't-elsewhere'));
  await say('Here.', task);
  await until('it was told', async () => heard.length > 0);
  expect(new Set(heard)).toEqual(new Set([uri]));
  await subscription.close();
  const older = await connect('legacy', open.port);
  expect(older.getServerCapabilities()?.resources).not.toHaveProperty('subscribe');
});

const post = (port: number, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/mcp`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
  });
const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'pause_all' } });

test('a page of another site gets nowhere', async () => {
  const paused = async (): Promise<number> =>
    (await database.db.query("select 1 from events where type = 'work.paused'")).rowCount ?? 0;
  expect((await post(open.port, CALL, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await post(signedIn.port, CALL)).status).toBe(401);
  expect(await paused()).toBe(0);
  // The very same, from a program of this machine.
  expect((await post(open.port, CALL)).status).toBe(200);
  expect(await paused()).toBe(1);
});

test('a message over a megabyte is not read', async () => {
  const long = JSON.stringify({ ...JSON.parse(CALL), padding: 'x'.repeat(1_100_000) });
  expect((await post(open.port, long)).status).toBe(413);
  expect((await post(open.port, CALL)).status).toBe(200);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['a number', '1'],
  ['no method', '{"jsonrpc":"2.0","id":1}'],
  ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"constructor","params":{}}'],
  ['a thousand calls at once', `[${Array.from({ length: 1_000 }, () => CALL).join(',')}]`],
  ['two megabytes', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x'.repeat(2_000_000) })],
])('%s is refused, and the next one is answered', async (_, body) => {
  const answer = await post(open.port, body);
  const text = await answer.text();
  expect([answer.status >= 400 || text.includes('"error"'), answer.status < 500]).toEqual([true, true]);
  expect((await (await connect('legacy', open.port)).listTools()).tools.length).toBeGreaterThan(10);
});

/** As `post`, and with a Host header of its own, which fetch does not send. */
const postTo = (port: number, host: string, body: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        port,
        host: '127.0.0.1',
        path: '/mcp',
        method: 'POST',
        headers: { host, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    asked.on('error', reject).end(body);
  });

test('a name that leads here is not this machine', async () => {
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '[::1', 'a b'])
    expect([host, [400, 403].includes(await postTo(open.port, host, CALL))]).toEqual([host, true]);
  expect(await postTo(open.port, `127.0.0.1:${open.port}`, CALL)).toBe(200);
});

test.each([
  ['arrays', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s as deep as a megabyte holds are refused, and the next one is answered', async (_, left, right) => {
  const depth = Math.floor(900_000 / (left.length + right.length));
  const deep = `${left.repeat(depth)}${left === '[' ? '' : '1'}${right.repeat(depth)}`;
  const calls = [
    deep,
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tasks","arguments":${deep}}}`,
    `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":${deep}}}`,
  ];
  for (const body of calls) expect((await post(open.port, body)).status).toBeLessThan(500);
  expect((await (await connect('legacy', open.port)).listTools()).tools.length).toBeGreaterThan(10);
});

test('a thousand at once, with sessions that are nobody’s, keep nobody else from being answered', async () => {
  const hello = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'flood', version: '1' } },
  });
  const headers = { 'mcp-session-id': 'of-somebody-else', 'mcp-protocol-version': '2025-11-25' };
  const leaving = new AbortController();
  const listens = Array.from({ length: 300 }, () =>
    fetch(`http://127.0.0.1:${open.port}/mcp`, {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: leaving.signal,
    }).then(
      (answer) => answer.status,
      () => 0,
    ),
  );
  const greets = Array.from({ length: 1_000 }, (_, n) => post(open.port, hello, n % 2 ? headers : {}));
  const answers = await Promise.all(greets.map(async (answer) => (await answer).status));
  expect(answers.filter((status) => status >= 500)).toEqual([]);
  expect((await (await connect('legacy', open.port)).listTools()).tools.length).toBeGreaterThan(10);
  leaving.abort();
  expect((await Promise.all(listens)).filter((status) => status >= 500 || status === 200)).toEqual([]);
});

test('what is another person’s is not there', async () => {
  const theirs = 't-of-somebody';
  await appendOnce(
    database.db,
    [
      taskConfirmed.unproposed({
        taskId: theirs,
        actor: 'somebody',
        payload: {
          proposalId: null,
          projectId: 'pr-1',
          title: 'A secret of somebody',
          prompt: 'A secret of somebody',
          model: 'm',
          budgetCents: 1,
          skipPlan: false,
          branch: 'b',
        },
      }),
    ],
    'somebody',
  );
  const before = await database.db.query('select count(*) from events');
  const client = await connect({ pin: '2026-07-28' }, open.port);
  const { tools } = await client.listTools();
  for (const { name, inputSchema } of tools) {
    const fields = Object.keys((inputSchema as { properties?: object }).properties ?? {});
    if (!fields.includes('taskId')) continue;
    const args = Object.fromEntries(fields.map((field) => [field, field === 'taskId' ? theirs : 'x']));
    const answer = await client.callTool({ name, arguments: args }).catch((err: Error) => ({
      isError: true,
      content: err.message,
    }));
    expect([name, answer.isError]).toEqual([name, true]);
    expect(JSON.stringify(answer.content)).not.toContain('A secret of');
  }
  for (const uri of [
    `mainloop://tasks/${theirs}`,
    `mainloop://tasks/${theirs}/events`,
    'mainloop://tasks/..',
  ])
    expect(JSON.stringify(await client.readResource({ uri }).catch(String))).not.toContain('A secret of');
  expect((await database.db.query('select count(*) from events')).rows).toEqual(before.rows);
});
