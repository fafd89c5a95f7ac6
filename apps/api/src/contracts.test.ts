// What goes out is a promise: every route of a real api on a real database, each answer held against its schema.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openApi } from '@mainloop/models/contracts/openapi';
import { requestOf } from '@mainloop/models/contracts/client';
import { Problem } from '@mainloop/models/contracts/errors';
import {
  COMMON_REFUSALS,
  ROUTES,
  type Route,
  type RouteName,
  type Sends,
} from '@mainloop/models/contracts/routes';
import { noteRuleFiles } from '@mainloop/models/db/automations/repository';
import { insertPush } from '@mainloop/models/db/forge/effects';
import { appendOnce } from '@mainloop/models/db/log';
import { one, withTx } from '@mainloop/models/db/pool';
import { appendOutput } from '@mainloop/models/db/runs/output';
import { endRun } from '@mainloop/models/db/runs/endings';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { openEpoch } from '@mainloop/models/db/runs/epochs';
import { ciJudged } from '@mainloop/models/events/forge';
import { projectAdded } from '@mainloop/models/events/projects';
import { reviewPassedOver, reviewSubmitted } from '@mainloop/models/events/review';
import type { RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import { OWNER } from '@mainloop/models/flow/ids';
import { refusal, REFUSALS } from '@mainloop/models/flow/refusals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createHmac, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { CONTROLLERS, startApi } from './app.ts';
import { loadConfig } from './config.ts';
import { TURNS } from './http/chat.controller.ts';
import { AUTH, CONFIG, DB, FINDER, GUARD, HUB, MODEL } from './tokens.ts';

const SECRET = 'a-webhook-secret';
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
    GITHUB_WEBHOOK_SECRET: SECRET,
    MAINLOOP_PUSH_LOOPBACK: 'yes',
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
  await seedProject(database.db);
  await seedTask(database.db, 'one');
});
afterAll(async () => {
  await open?.close();
  await signedIn?.close();
  await database?.drop();
});

const seen = new Set<RouteName>();
interface Extra {
  readonly port?: number;
  readonly raw?: string;
  readonly headers?: Record<string, string>;
}
/** Asks, and holds what comes against the table. @returns the answer as it came */
async function ask<N extends RouteName>(name: N, sends: Sends<N>, extra: Extra = {}): Promise<never> {
  const route: Route = ROUTES[name];
  const request = requestOf(name, sends);
  const body = extra.raw ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const res = await fetch(`http://127.0.0.1:${extra.port ?? open.port}${request.path}`, {
    method: request.method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...extra.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await res.text();
  expect([name, res.status, text.slice(0, 500)]).toEqual([name, route.status, expect.any(String)]);
  seen.add(name);
  if (route.gives !== undefined) {
    expect(res.headers.get('content-type')).toContain(route.gives.split(';')[0]);
    return text as never;
  }
  const answer: unknown = JSON.parse(text);
  exactly(route.answer, answer);
  return answer as never;
}

/** A field that the schema does not list is dropped by reading, and so makes a difference. */
const exactly = (schema: z.ZodType, answer: unknown): void =>
  expect(z.encode(schema, z.decode(schema, answer))).toEqual(answer);

test('a field that the schema does not list is found out', () => {
  expect(() => exactly(ROUTES.countWaiting.answer, { waiting: 1 })).not.toThrow();
  expect(() => exactly(ROUTES.countWaiting.answer, { waiting: 1, more: 2 })).toThrow();
  expect(() => exactly(ROUTES.countWaiting.answer, { waiting: 'one' })).toThrow();
});

describe('each answer is what the table says', () => {
  test('of the conversation', async () => {
    await ask('sendMessage', { body: { text: 'hello' } });
    expect(await ask('listMessages', {})).toHaveLength(1);
    expect(await ask('listMessages', { query: { before: 1 } })).toEqual([]);
    expect(await ask('search', { query: { q: 'Hello?' } })).toMatchObject({
      messages: [{ excerpt: 'hello', marks: [[0, 5]] }],
      tasks: [],
    });
    expect(await ask('search', { query: { q: 'hello', to: '2020-01-01' } })).toEqual({
      messages: [],
      tasks: [],
    });
    expect(await ask('search', { query: { q: ' ?! ' } })).toEqual({ messages: [], tasks: [] });
    await ask('stopReply', {});
    const file = { raw: 'text', headers: { 'content-type': 'application/octet-stream' } };
    const { id } = await ask<'keepAttachment'>(
      'keepAttachment',
      { query: { name: 'a.txt' }, body: undefined },
      file,
    );
    expect(await ask('readAttachment', { id })).toBe('text');
    const wish = { projectId: 'pr-1', prompt: 'Do it.\nNow.', requestId: 'once' };
    const proposed = await ask('proposeTask', { body: wish });
    expect(await ask('proposeTask', { body: wish })).toEqual(proposed);
    expect(await ask('listProposals', {})).toMatchObject([{ title: 'Do it.', prompt: 'Do it.\nNow.' }]);
    await ask('declineProposal', { id: (proposed as { proposalId: string }).proposalId });
    const yes = await seedProposal(database.db, 'yes');
    const no = await seedProposal(database.db, 'no');
    expect(await ask('listProposals', {})).toHaveLength(2);
    await ask('confirmProposal', { id: yes.id, body: { digest: yes.digest } });
    await ask('declineProposal', { id: no.id });
    await ask('catchUp', { body: { seq: 1 } });
  });

  test('of the memory', async () => {
    const { id } = await ask<'pin'>('pin', { body: { text: 'Never deploy on Fridays.' } });
    await ask('editPin', { id, body: { text: 'Never deploy on a Friday.' } });
    const pins = [{ id, text: 'Never deploy on a Friday.' }];
    expect(await ask('getMemory', {})).toMatchObject({
      budgetTokens: 24_000,
      zone: 'UTC',
      pins,
      summaries: [],
    });
    expect(await ask('exportMemory', {})).toContain('Never deploy on a Friday.');
    await ask('unpin', { id });
    await database.db.query(
      `insert into summaries (id, owner_id, level, label, from_at, to_at, first_seq, last_seq, sources, source_hash, version, text, written_by, tokens)
       values ('s-1', 'owner', 'day', '2020-01-01', '2020-01-01', '2020-01-02', 1, 2, '{}', 'h', 1, '- One.', 'model', 4)`,
    );
    await ask('editSummary', { id: 's-1', body: { text: '- Two.' } });
    expect(await ask('getMemory', { query: { month: '2020-01' } })).toMatchObject({
      summaries: [{ level: 'day', label: '2020-01-01', text: '- Two.' }],
    });
    const time = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' };
    expect(await ask('forget', { body: time })).toEqual({ messages: 0 });
  });

  test('of drafts', async () => {
    const body = { key: 'chat', text: 'half a thought', base: 0 };
    // What was pasted may hold what Postgres does not keep.
    expect(await ask('keepDraft', { body: { ...body, text: 'half\0 a thought' } })).toEqual({
      text: 'half a thought',
      revision: 1,
    });
    // A device that knew nothing of it takes nothing away.
    expect(await ask('keepDraft', { body: { ...body, text: 'other words' } })).toEqual({
      text: 'half a thought other words',
      revision: 2,
    });
    const about = { title: 'Which way?', taskId: 'one' };
    await ask('keepDraft', { body: { key: 'item/q1', text: 'left', base: 0, about } });
    await ask('keepDraft', { body: { key: 'item/q1', text: '', base: 1, about } });
    expect(await ask('listDrafts', {})).toEqual([
      { key: 'item/q1', text: '', revision: 2, about },
      { key: 'chat', text: 'half a thought other words', revision: 2, about: null },
    ]);
  });

  test('of the inbox', async () => {
    await seedItem(database.db, 'one', 'q1', 'question', 'Which?', ['a', 'b']);
    await seedItem(database.db, 'one', 'f1', 'failure', 'It failed.');
    await ask('noteSeen', { id: 'q1', body: { what: 'shown' } });
    await ask('noteNotNeeded', { id: 'q1' });
    await ask('snooze', { id: 'q1', body: { minutes: 0 } });
    await ask('noteTaskLooked', { id: 't1', body: { seen: new Date().toISOString() } });
    expect(await ask('listInbox', {})).toHaveLength(2);
    await ask('countWaiting', {});
    await ask('decide', { id: 'q1', body: { decision: 'answer', text: 'a', answerId: 'x' } });
  });

  test('of tasks and runs, however they ended', async () => {
    const outcomes: RunOutcome[] = [
      { kind: 'completed', summary: 'done' },
      { kind: 'asked', itemId: 'q1', itemIds: ['q1'] },
      { kind: 'limit', reason: 'turns' },
      { kind: 'wait', reason: 'usage', untilMs: 1 },
      { kind: 'retry', reason: 'overloaded', backoffMs: 10 },
      { kind: 'interrupted', reason: 'stopped' },
      { kind: 'failed', reason: 'api', detail: 'no' },
    ];
    let runId = '';
    for (const [i, outcome] of outcomes.entries()) {
      runId = await ensureRun(database.db, {
        ownerId: OWNER,
        taskId: 'one',
        n: i + 1,
        phase: 'implement',
        prompt: () => 'go',
        model: 'm',
      });
      await endRun(database.db, runId, (await openEpoch(database.db, runId)).run.epoch, outcome);
    }
    await appendOutput(database.db, runId, 0, Buffer.from('{"type":"x"}\n'));
    await appendOnce(
      database.db,
      [
        ciJudged.new({
          taskId: 'one',
          actor: 'test',
          key: { names: 'test' },
          payload: {
            sha: 'a',
            verdict: 'red',
            outcome: 'red',
            round: 1,
            passed: 1,
            failed: 1,
            pending: 0,
            failures: [],
          },
        }),
      ],
      OWNER,
    );
    expect(await ask('listTasks', {})).toHaveLength(2);
    expect(await ask('listTasks', { query: { state: 'done' } })).toEqual([]);
    expect(((await ask<'getTask'>('getTask', { id: 'one' })) as { runs: unknown[] }).runs).toHaveLength(
      outcomes.length,
    );
    await ask('listEvents', { id: 'one' });
    expect(await ask('getEvidence', { id: 'one' })).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ text: 'CI: 1 of 2 passed', tone: 'bad' })]),
      risks: [],
      files: 0,
      unseen: null,
    });
    await ask('readOutput', { id: runId, query: { from: 2 } });
    await ask('steerTask', { id: 'one', body: { text: 'faster' } });
    await ask('setBudget', { id: 'one', body: { budgetCents: 700 } });
    await ask('setPriority', { id: 'one', body: { priority: 'high' } });
    await ask('setBlockers', { id: 'one', body: { blockedBy: [] } });
    await ask('listQueued', {});
    const { id: tokenId } = (await ask('createToken', { body: { name: 'CI', scope: 'read' } })) as {
      id: string;
    };
    await ask('listTokens', {});
    await ask('revokeToken', { id: tokenId });
    await ask('restoreToken', { id: tokenId });
    await ask('changeModel', { id: 'one', body: { model: 'claude-sonnet-5-5' } });
    const running = await ensureRun(database.db, {
      ownerId: OWNER,
      taskId: 'one',
      n: 20,
      phase: 'fix_ci',
      prompt: () => 'go',
      model: 'm',
    });
    await openEpoch(database.db, running);
    await ask('pauseTask', { id: 'one' });
    expect(await ask('pauseAll', { body: { via: 'cli' } })).toMatchObject({ via: 'cli', agents: 1 });
    expect(await ask('getPause', {})).toMatchObject({ via: 'cli' });
    expect(await ask('resumeAll', { body: {} })).toMatchObject({ since: null });
  });

  test('of a review', async () => {
    const comment = (id: string): object => ({ id, path: 'a.ts', line: 3, text: 'why?' });
    await ask('addComment', { id: 'one', body: comment('c1') as never });
    await ask('addComment', { id: 'one', body: comment('c2') as never });
    await ask('editComment', { id: 'c1', body: { text: 'why not?' } });
    await ask('dropComment', { id: 'c2' });
    await appendOnce(
      database.db,
      [reviewSubmitted.new({ taskId: 'one', actor: 'test', payload: { ids: ['c1'] } })],
      OWNER,
    );
    await ask('resolveComment', { id: 'c1', body: { resolved: true } });
    await appendOnce(
      database.db,
      [
        reviewPassedOver.new({
          taskId: 'one',
          actor: 'mainloop',
          payload: { id: 'one-talk1', author: 'mona', why: 'thanks', text: 'Thanks', words: 'w' },
        }),
      ],
      OWNER,
    );
    await ask('takeComment', { id: 'one-talk1' });
    expect(await ask('listComments', { id: 'one' })).toHaveLength(1);
    await withTx(database.db, (tx) =>
      insertPush(tx, {
        id: 'p1',
        ownerId: OWNER,
        taskId: 'one',
        runId: 'r',
        branch: 'x',
        oldSha: 'a',
        newSha: 'b',
        diff: '',
        delta: '',
      }),
    );
    await ask('noteLooked', { id: 'one', body: { pushId: 'p1' } });
    await ask('cancelTask', { id: 'one' });
  });

  test('of projects and settings', async () => {
    await ask('listProjects', {});
    await ask('initProject', { id: 'pr-1', body: {} });
    await ask('changeProject', { id: 'pr-1', body: { maxRuns: 2 } });
    await ask('changeSettings', { body: { quietHours: { from: '22:00', to: '07:00', timeZone: 'UTC' } } });
    await ask('getSettings', {});
    const tried = { project: 'pr-1', rules: { neverPaths: ['infra/*'] } };
    expect(await ask('tryGuardrails', { body: tried })).toMatchObject({ stopped: [], partly: 0 });
    const parameters = [{ name: 'package', kind: 'text' as const }];
    await ask('saveSkill', { body: { name: 'bump', prompt: 'Bring {{package}} up.', parameters } });
    expect(await ask('listSkills', {})).toMatchObject([{ name: 'bump', parameters, project: null }]);
    await ask('runSkill', { name: 'bump', body: { given: 'left-pad', projectId: 'pr-1' } });
    await ask('askCycle', {});
    expect(await ask('getCycle', {})).toMatchObject({ everyMinutes: 5, lastAt: null, cycles: [] });
    const plan = {
      skill: 'bump',
      given: { package: 'x' },
      projectId: 'pr-1',
      cron: '0 9 * * *',
      zone: 'UTC',
    };
    const planned = (await ask('saveRecurring', { body: plan })) as { id: string };
    expect(await ask('listRecurring', {})).toMatchObject([{ skill: 'bump', projectId: 'pr-1', came: [] }]);
    await ask('pauseRecurring', { id: planned.id, body: { paused: true } });
    await ask('seeRecurring', { id: planned.id });
    await ask('removeRecurring', { id: planned.id });
    const text =
      'name: red\nwhen: ci.verdict\nwhere: { field: verdict, equals: red }\nactions: [{ do: notify, title: x }]';
    expect(await ask('tryAutomation', { body: { text } })).toMatchObject({ times: expect.any(Number) });
    const automation = (await ask('saveAutomation', { body: { text } })) as { id: string };
    expect(await ask('listAutomations', {})).toMatchObject([{ name: 'red', paused: false, came: [] }]);
    await ask('whyAutomation', { id: automation.id, body: { seq: 1 } });
    await ask('pauseAutomation', { id: automation.id, body: { paused: true } });
    await ask('removeAutomation', { id: automation.id });
    const repository = { id: 'pr-1', name: 'acme/api', repo: 'acme/api', folder: '' };
    await noteRuleFiles(database.db, OWNER, repository, [{ path: '.mainloop/automations/red.yaml', text }]);
    const listed = (await ask('listAutomationFiles', {})) as { digest: string }[];
    expect(listed).toMatchObject([{ name: 'red', state: 'waits' }]);
    await ask('approveAutomation', { body: { digest: listed[0]!.digest } });
    await ask('removeSkill', { name: 'bump' });
    await ask('changeSettings', { body: { weekBudgetCents: 2_000 } });
    expect(await ask('listLimits', {})).toContainEqual({
      projectId: null,
      of: 'all agents',
      limits: { day: null, week: 2_000, month: null },
      spent: { day: 0, week: 0, month: 0 },
    });
    await seedProject(database.db, 'pr-gone', 'acme/gone');
    await ask('removeProject', { id: 'pr-gone' });
    expect(((await ask('listProjects', {})) as { id: string }[]).map((p) => p.id)).not.toContain('pr-gone');
    const added = ask('addProject', { body: { source: 'demo/other' } });
    // The worker's part: what it is asked stands in the outbox, and what it says in the log.
    let asked: { id: string } | null = null;
    while (asked === null)
      asked = await one<{ id: string }>(
        database.db,
        "select payload->>'projectId' as id from outbox where payload ? 'source'",
        [],
      );
    await seedProject(database.db, asked.id, 'demo/other');
    await added;
  });

  test('of what agents learn', async () => {
    await ask('addLearning', { body: { rule: 'Round half to even.', why: 'Bankers do.', path: '*.ts' } });
    const [learning] = (await ask('listLearnings', {})) as { id: string }[];
    await ask('decideLearning', { id: learning!.id, body: { decision: 'edit', rule: 'Round half up.' } });
    await ask('listLearnings', {});
    await ask('mineReviews', { id: 'pr-1' });
  });

  test('of devices', async () => {
    const bearer = { port: signedIn.port, headers: { authorization: `Bearer ${TOKEN}` } };
    await ask('getSignIn', {});
    expect(await ask('getSignIn', {}, { port: signedIn.port })).toMatchObject({
      needed: true,
      signedIn: false,
      code: 'signed_out',
    });
    const { person } = await ask<'getSignIn'>('getSignIn', {});
    const askFor = async (whom: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${open.port}/api/drafts`, { headers: { 'mainloop-person': whom } }))
        .status;
    expect([await askFor(String(person)), await askFor('somebody')]).toEqual([200, 412]);
    await ask('linkDevice', {}, bearer);
    await database.db.query("insert into auth_users (id, name, email) values ('u1', 'me', 'me@example.com')");
    await database.db.query(
      "insert into auth_sessions (id, token, user_id, user_agent, expires_at) values ('s1', 'x', 'u1', 'curl', now() + interval '1 hour')",
    );
    expect(await ask('listDevices', {}, bearer)).toHaveLength(1);
    await ask('signOut', { id: 's1' }, bearer);
    await ask('getPushKey', {});
    const keys = { p256dh: 'p'.repeat(87), auth: 'a'.repeat(22) };
    const { id } = await ask<'tellDevice'>('tellDevice', {
      body: { endpoint: 'http://127.0.0.1:9/x', keys, label: 'phone' },
    });
    expect(await ask('listToldDevices', {})).toHaveLength(1);
    await ask('forgetDevice', { id });
  });

  test('of what machines ask', async () => {
    await ask('getHealth', {});
    await ask('checkUp', {});
    await ask('getMetrics', {});
    const signature = `sha256=${createHmac('sha256', SECRET).update('{}').digest('hex')}`;
    const headers = {
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': signature,
    };
    await ask('takeWebhook', { body: undefined }, { raw: '{}', headers });
  });

  test('and no route of the table was left out, but the stream, which never ends', () => {
    expect([...seen, 'stream'].toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });
});

test('the pages of what the api offers are there with their files, and closed where people sign in', async () => {
  const at = (port: number, where: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${where}`);
  expect(await (await at(open.port, '/docs')).text()).toContain('swagger-ui');
  expect((await at(open.port, '/docs/swagger-ui.css')).headers.get('content-type')).toContain('text/css');
  expect(await (await at(open.port, '/docs-json')).json()).toEqual(JSON.parse(JSON.stringify(openApi())));
  expect((await at(open.port, '/docsy')).status).toBe(404);
  for (const where of ['/docs', '/docs/swagger-ui.css', '/docs-json'])
    expect([where, (await at(signedIn.port, where)).status]).toEqual([where, 401]);
});

describe('what is refused has a code of the list, and the status and sentence that belong to it', () => {
  const refused = async (
    method: string,
    path: string,
    body?: string,
    port = open.port,
  ): Promise<{ code: string; error: string }> => {
    const res = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    const answer = Problem.strict().parse(await res.json());
    expect(res.status).toBe(REFUSALS[answer.code].status);
    return answer;
  };
  const named = Object.entries(ROUTES as Record<string, Route>);

  test.each(
    named.filter(
      ([, route]) => route.path.includes('{id}') && route.body === undefined && route.refusals.length > 0,
    ),
  )('%s of something that is not there', async (_, route) => {
    const { code } = await refused(route.method, route.path.replace('{id}', 'none'));
    expect([...route.refusals]).toContain(code);
  });

  // Postgres stores no such characters; it is not away for that.
  const isAnswered = async (method: string, path: string, body: string | undefined): Promise<void> => {
    const res = await fetch(`http://127.0.0.1:${open.port}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    expect([res.status < 500, await res.text()]).toEqual([true, expect.not.stringContaining('not_ready')]);
  };
  test.each(named.filter(([, route]) => route.path.includes('{id}')))(
    '%s of what nothing can be called',
    async (_, route) => {
      for (const id of ['%00', 'one%00', 'x'.repeat(5_000)])
        await isAnswered(
          route.method,
          route.path.replace('{id}', id),
          route.body === undefined ? undefined : '{}',
        );
    },
  );
  test.each([
    ['POST', '/api/memory/pins', { text: 'a\0b\ud800' }],
    ['PATCH', '/api/settings', { insights: '\0' }],
    ['PATCH', '/api/settings', { insights: '\ud800' }],
    ['POST', '/api/learnings', { rule: '\0', projectId: '\0' }],
    ['POST', '/api/drafts', { key: 'task/\0', text: '\ud800{', base: 0 }],
    ['POST', '/api/chat', { text: 'a\0', clientId: '\0' }],
  ])('%s %s with words that no database stores: %j', (method, path, body) =>
    isAnswered(method, path, JSON.stringify(body)),
  );

  test.each([
    ['POST', '/api/chat', '{"text":', 'no_json'],
    ['POST', '/api/chat', '{"text":" "}', 'invalid'],
    ['GET', '/api/tasks?state=finished', undefined, 'invalid'],
    ['GET', '/api/tasks?state=done&state=ci', undefined, 'invalid'],
    ['GET', '/api/nothing', undefined, 'no_route'],
    ['POST', '/api/inbox/none', '{"decision":"answer","text":"a"}', 'no_item'],
    ['POST', '/api/tasks/none/say', '{"text":"a"}', 'no_task'],
    ['POST', '/api/devices/links', undefined, 'no_sign_in'],
    ['POST', '/api/webhooks/github', '{}', 'wrong_signature'],
  ] as const)('%s %s %s: %s', async (method, path, body, code) => {
    const answer = await refused(method, path, body);
    expect(answer.code).toBe(code);
    if (code !== 'invalid' && code !== 'no_route') expect(answer.error).toBe(refusal(code).sentence);
  });

  test('a folder that another project of the same repository is', async () => {
    for (const [id, folder] of [
      ['pr-a', 'a'],
      ['pr-b', 'b'],
    ] as const) {
      const payload = {
        id,
        name: `acme/mono/${folder}`,
        repo: 'acme/mono',
        folder,
        defaultBranch: 'main',
        remoteUrl: 'http://127.0.0.1:1/x.git',
      };
      await appendOnce(
        database.db,
        [projectAdded.new({ actor: 'test', payload: { ...payload, localPath: null } })],
        OWNER,
      );
    }
    const { code, error } = await refused(
      'PATCH',
      '/api/projects/pr-a/settings',
      JSON.stringify({ folder: 'b' }),
    );
    expect([code, error]).toEqual([
      'project_there',
      'b is a project already, or was one: add it again and it is back.',
    ]);
    expect(
      (await refused('PATCH', '/api/projects/pr-a/settings', JSON.stringify({ folder: '../b' }))).code,
    ).toBe('invalid');
    await ask('changeProject', { id: 'pr-a', body: { folder: 'c' } });
    const listed: { name: string }[] = await ask('listProjects', {});
    expect(listed.map((p) => p.name)).toEqual(expect.arrayContaining(['acme/mono/c', 'acme/mono/b']));
  });

  test('without a sign-in', async () => {
    expect((await refused('GET', '/api/inbox', undefined, signedIn.port)).code).toBe('signed_out');
    expect(COMMON_REFUSALS).toContain('signed_out');
  });
});

test('the controllers have the routes of the table, no more and no fewer', async () => {
  class Everything {}
  Module({
    controllers: CONTROLLERS,
    providers: [AUTH, CONFIG, DB, FINDER, GUARD, HUB, MODEL, TURNS].map((provide) => ({
      provide,
      useValue: {},
    })),
  })(Everything);
  const app = await NestFactory.create(Everything, { logger: false });
  await app.init();
  const { router } = app.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  };
  const routed = router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((m) => `${m.toUpperCase()} ${route.path}`) : [],
  );
  await app.close();
  const table = Object.values(ROUTES).map((r) => `${r.method} ${r.path.replace(/\{(\w+)\}/g, ':$1')}`);
  expect(routed.toSorted()).toEqual(table.toSorted());
});
