// `mainloop mcp` as other programs start it: the protocol's own client in both revisions, the real Claude Code,
// and nobody at home.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { startPages, type Pages } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import { callerOf } from '@mainloop/testkit/stack';
import { listOpenProposals } from '@mainloop/models/db/conversation/proposals';
import { listTasks } from '@mainloop/models/db/tasks/tasks';
import { OWNER } from '@mainloop/models/flow/ids';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { startDemoModel, type DemoModel } from '../apps/demo/src/model/server.ts';
import { Story } from '../apps/demo/src/story.ts';

const MAINLOOP = path.join(import.meta.dirname, '../apps/cli/mainloop');
const CLAUDE = path.join(
  path.dirname(
    createRequire(path.join(import.meta.dirname, '../apps/runner/package.json')).resolve(
      '@anthropic-ai/claude-code/package.json',
    ),
  ),
  'bin/claude.exe',
);

let database: TestDatabase;
let pages: Pages;
let model: DemoModel;
let home: string;
/** A proposal that nobody said yes to. */
let waiting: string;
const clients: Client[] = [];

beforeAll(async () => {
  home = mkdtempSync('/tmp/mainloop-mcp-');
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', 'acme/api');
  pages = await startPages(database);
  const wish = { projectId: 'pr-1', title: 'Waits', prompt: 'Not yet.' };
  const { proposalId } = await callerOf(pages.api, '')('proposeTask', { body: wish });
  waiting = proposalId;
  const propose = { project: 'acme/api', title: 'By Claude Code', prompt: 'Round up.' };
  model = await startDemoModel(
    0,
    Story.parse({
      version: 1,
      agent: [
        {
          when: 'propose it',
          steps: [
            { tool: { name: 'mcp__mainloop__propose_task', input: propose } },
            { text: 'It is on the card.' },
          ],
        },
        {
          when: 'start it',
          steps: [
            { tool: { name: 'mcp__mainloop__start_task', input: { proposalId } } },
            { text: 'Asked for it.' },
          ],
        },
        { when: '.', steps: [{ text: 'Hello.' }] },
      ],
    }),
  );
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));
afterAll(async () => {
  await model?.close();
  await pages?.stop();
  await database?.drop();
  rmSync(home, { recursive: true, force: true });
});

const environment = (api: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  MAINLOOP_HOME: home,
  MAINLOOP_API: api,
});

/** A client of the protocol whose person says yes to everything. */
async function connect(mode: 'legacy' | { pin: string }): Promise<Client> {
  const client = new Client(
    { name: 'a-client', version: '1' },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  await client.connect(
    new StdioClientTransport({ command: MAINLOOP, args: ['mcp'], env: environment(pages.api) }),
  );
  clients.push(client);
  return client;
}

const structured = async (
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<Record<string, unknown>> => {
  const result = await client.callTool({ name, arguments: input });
  expect([name, result.isError ?? false, result.content]).toEqual([name, false, expect.anything()]);
  return result.structuredContent as Record<string, unknown>;
};

describe.each([
  ['2025-11-25', 'legacy' as const],
  ['2026-07-28', { pin: '2026-07-28' }],
])('a client of %s', (revision, mode) => {
  test('proposes a task, starts it with its person’s yes, and finds it', async () => {
    const client = await connect(mode);
    const { proposalId } = await structured(client, 'propose_task', {
      project: 'acme/api',
      title: `By a client of ${revision}`,
      prompt: 'Round up.',
    });
    expect(await listOpenProposals(database.db, OWNER)).toMatchObject([{ id: waiting }, { id: proposalId }]);
    const { taskId } = await structured(client, 'start_task', { proposalId });
    const { list } = await structured(client, 'list_tasks');
    expect(list).toContainEqual(
      expect.objectContaining({ id: taskId, title: `By a client of ${revision}`, project: 'acme/api' }),
    );
    const { contents } = await client.readResource({ uri: `mainloop://tasks/${String(taskId)}/events` });
    expect(contents).toMatchObject([{ text: expect.stringContaining('task.confirmed') }]);
  });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}
function run(command: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: home });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, error }));
  });
}

test('nobody at home: one sentence, and nothing on the protocol’s side', async () => {
  expect(await run(MAINLOOP, ['mcp'], environment('http://127.0.0.1:9'))).toEqual({
    code: 3,
    out: '',
    error: 'mainloop does not answer on http://127.0.0.1:9. Start it with make dev.\n',
  });
});

/** The real Claude Code with mainloop as one of its servers. */
const claude = (said: string): Promise<Ended> => {
  const servers = {
    mcpServers: { mainloop: { command: MAINLOOP, args: ['mcp'], env: environment(pages.api) } },
  };
  const config = path.join(home, 'mcp.json');
  writeFileSync(config, JSON.stringify(servers));
  const args = ['-p', said, '--model', 'claude-sonnet-5-5', '--output-format', 'stream-json', '--verbose'];
  const tools = [
    '--tools',
    'Bash',
    '--allowedTools',
    'mcp__mainloop__propose_task,mcp__mainloop__start_task',
  ];
  return run(
    CLAUDE,
    [...args, ...tools, '--setting-sources', '', '--strict-mcp-config', '--mcp-config', config],
    {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      HOME: home,
      CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: 'demo-token-0123456789',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
    },
  );
};

test('the real Claude Code proposes; what it calls on its own starts nothing', async () => {
  const before = (await listTasks(database.db, OWNER, null)).length;
  const proposed = await claude('propose it');
  expect([proposed.code, proposed.error]).toEqual([0, '']);
  expect(proposed.out).toContain('It is on the card.');
  const open = await listOpenProposals(database.db, OWNER);
  expect(open).toMatchObject([
    { id: waiting },
    { title: 'By Claude Code', prompt: 'Round up.', project: 'acme/api' },
  ]);
  const started = await claude('start it');
  expect(started.out).toContain('Nothing was done: ');
  expect(await listTasks(database.db, OWNER, null)).toHaveLength(before);
});
