// What a runner is given, who may speak as one, and what waits for permission.
import { expect, test } from '@jest/globals';
import { HOLDS } from '@mainloop/models/contracts/runner';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { decide } from '@mainloop/models/db/inbox/decide';
import { many, one } from '@mainloop/models/db/pool';
import { saveSettings } from '@mainloop/models/db/projects/settings';
import { openEpoch } from '@mainloop/models/db/runs/epochs';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { OWNER } from '@mainloop/models/flow/ids';
import { database, useRunnerLink, urlOf, liveRun, post, countOf } from '@mainloop/testkit/runner-link';
import { seedProject } from '@mainloop/testkit/seed';

useRunnerLink();

test('who waits for permission is told in which item; the run that goes on with the answer is allowed the same once', async () => {
  const first = await liveRun('parked');
  const request = (command: string) => ({ requestId: command, tool: 'Bash', input: { command } });
  const asked = await post(first.token, '/run/permission', request('touch one'));
  expect(asked).toEqual({ status: 200, itemId: expect.stringMatching(/^parked-r1-p/) });
  const { itemId } = asked as unknown as { itemId: string };
  const outcome = { kind: 'asked', itemId, itemIds: [itemId], permission: true };
  await post(first.token, '/run/result', { outcome, outputEnd: 0 });
  await decide(database.db, { ownerId: OWNER, itemId, decision: 'allow', text: '', via: 'app', by: 'you' });
  const id = await ensureRun(database.db, {
    ownerId: OWNER,
    taskId: 'parked',
    n: 2,
    phase: 'implement',
    prompt: () => 'x',
    model: 'm',
  });
  const { token } = await openEpoch(database.db, id);
  expect(await post(token, '/run/permission', request('touch two'))).toMatchObject({
    itemId: expect.any(String),
  });
  expect(await post(token, '/run/permission', request('touch one'))).toEqual({ status: 200, itemId: null });
  expect(
    await many(
      database.db,
      "select payload->>'requestId' as q, payload->>'allow' as allow from run_commands where run_id = $1",
      [id],
    ),
  ).toEqual([{ q: 'touch one', allow: 'true' }]);
  expect(await post(token, '/run/permission', { ...request('touch one'), requestId: 'again' })).toMatchObject(
    {
      itemId: expect.any(String),
    },
  );
});

const GREEN = {
  what: 'verify',
  command: 'npm test',
  exitCode: 0,
  ms: 10,
  tail: 'all green',
  sha: 'abc',
  clean: true,
};
const claim = async (token: string, holder: string): Promise<number> => {
  const at = urlOf('/run/spec');
  return (await fetch(at, { headers: { authorization: `Bearer ${token}`, 'x-mainloop-holder': holder } }))
    .status;
};

test('an agent that has the token records no evidence and ends no run: only who claimed the run does', async () => {
  const { id, token } = await liveRun('forges');
  const holder = `${HOLDS}the-runner-alone-knows`;
  expect(await claim(token, holder)).toBe(200);
  const done = { outcome: { kind: 'completed', summary: 'All is well.' }, outputEnd: 0 };
  for (const guess of [
    {},
    { 'x-mainloop-holder': '' },
    { 'x-mainloop-holder': HOLDS },
    { 'x-mainloop-holder': `${HOLDS}a-guess` },
  ] as Record<string, string>[]) {
    expect(await claim(token, guess['x-mainloop-holder'] ?? '')).toBe(401);
    for (const [path, body] of [
      ['/run/evidence', GREEN],
      ['/run/result', done],
      ['/run/heartbeat', { afterCommand: 0, delivered: [1] }],
      ['/run/permission', { requestId: 'p', tool: 'Bash', input: {} }],
    ] as const)
      expect({ path, ...(await post(token, path, body, guess)) }).toEqual({
        path,
        status: 403,
        error: expect.stringContaining('Only the runner'),
      });
  }
  expect(await countOf('forges', 'evidence.recorded')).toBe(0);
  // What stands in the database is of no use to whoever reads it.
  const stored = (await one<{ holder: string }>(database.db, 'select holder from runs where id = $1', [id]))!
    .holder;
  expect(await claim(token, stored)).toBe(401);
  expect((await post(token, '/run/evidence', GREEN, { 'x-mainloop-holder': stored })).status).toBe(403);
  // What the agent may say it still says, and the runner records.
  expect((await post(token, '/talk/say', { text: 'Still here.' })).status).toBe(200);
  expect((await post(token, '/run/evidence', GREEN, { 'x-mainloop-holder': holder })).status).toBe(200);
  expect(await countOf('forges', 'evidence.recorded')).toBe(1);
  expect((await post(token, '/run/result', done, { 'x-mainloop-holder': holder })).status).toBe(200);
});

test('a runner from before the update ends its run, and what it would record counts for nothing', async () => {
  const { token } = await liveRun('old');
  expect(await claim(token, 'a-plain-name')).toBe(200);
  expect((await post(token, '/run/evidence', GREEN)).status).toBe(403);
  expect((await post(token, '/run/evidence', GREEN, { 'x-mainloop-holder': 'a-plain-name' })).status).toBe(
    403,
  );
  expect(
    (await post(token, '/run/result', { outcome: { kind: 'completed', summary: 'Done.' }, outputEnd: 0 }))
      .status,
  ).toBe(200);
});

const get = async (
  token: string,
  path: string,
  holder: string,
): Promise<{ status: number; body: string }> => {
  const response = await fetch(urlOf(path), {
    headers: { authorization: `Bearer ${token}`, 'x-mainloop-holder': holder },
  });
  return { status: response.status, body: await response.text() };
};

test('a run reads the files that came with its task, and none of another', async () => {
  const [mine, other] = await Promise.all(
    ['mine', 'of another task'].map((text) =>
      keepAttachment(database.db, OWNER, { name: 'a.txt', mime: 'text/plain', data: Buffer.from(text) }),
    ),
  );
  const { token } = await liveRun('with-files');
  await database.db.query("update tasks set attachments = $1 where id = 'with-files'", [
    JSON.stringify([mine]),
  ]);
  const holder = `${HOLDS}files`;
  const spec = await get(token, '/run/spec', holder);
  expect(JSON.parse(spec.body)).toMatchObject({ attachments: [{ id: mine!.id, name: 'a.txt' }] });
  expect(await get(token, `/run/attachment?id=${mine!.id}`, holder)).toEqual({ status: 200, body: 'mine' });
  for (const id of [other!.id, '', '__proto__', `${mine!.id}%00`])
    expect((await get(token, `/run/attachment?id=${id}`, holder)).status).toBe(404);
});

test('each agent is told what the user wrote for all of them and for those of its project, and nothing of another', async () => {
  await saveSettings(database.db, OWNER, { insights: 'We write British English.' });
  const { token } = await liveRun('told');
  const { token: elsewhere } = await liveRun('told-elsewhere');
  await seedProject(database.db, 'pr-told', 'acme/told');
  await database.db.query(`update projects set settings = $1 where id = 'pr-told'`, [
    JSON.stringify({ character: 'Short sentences.', insights: 'Run make api.' }),
  ]);
  await database.db.query(`update tasks set project_id = 'pr-told' where id = 'told'`);
  const told = async (of: string, holder: string): Promise<string> =>
    (JSON.parse((await get(of, '/run/spec', holder)).body) as { claudeMd: string }).claudeMd;
  const here = await told(token, `${HOLDS}told`);
  expect(here).toContain('\n## How you work here\n\nShort sentences.\n');
  expect(here).toContain('\n\nWe write British English.\nRun make api.\n');
  const there = await told(elsewhere, `${HOLDS}elsewhere`);
  expect(there).toMatch(/\n\nWe write British English\.\n$/);
  expect(there).not.toMatch(/Short sentences|make api/);
});

test('a run has the hooks of its WORKFLOW.md, and at most the turns that it allows', async () => {
  const { token } = await liveRun('with-file');
  await seedProject(database.db, 'pr-file', 'acme/file');
  await database.db.query(`update tasks set project_id = 'pr-file' where id = 'with-file'`);
  const spec = async (given: object | null): Promise<object> => {
    await database.db.query(`update projects set workflow = $1 where id = 'pr-file'`, [
      given === null ? null : JSON.stringify({ digest: 'd', problem: 'No.', file: { given, template: '' } }),
    ]);
    return JSON.parse((await get(token, '/run/spec', `${HOLDS}file`)).body) as object;
  };
  expect(await spec(null)).toMatchObject({ hooks: null, maxTurns: 200 });
  expect(await spec({})).toMatchObject({ hooks: { timeoutMs: 60_000, beforeRun: null }, maxTurns: 200 });
  const given = { 'hooks.before_run': 'make', 'hooks.timeout_ms': 5, 'agent.max_turns': 7 };
  expect(await spec(given)).toMatchObject({ hooks: { timeoutMs: 5, beforeRun: 'make' }, maxTurns: 7 });
  expect(await spec({ 'agent.max_turns': 9_999 })).toMatchObject({ maxTurns: 200 });
});

test('a run that is started again goes on with its session, also where the first try was to begin a new one', async () => {
  const { id, token } = await liveRun('taken-up');
  const resumes = async (of: string, holder: string): Promise<unknown> =>
    (JSON.parse((await get(of, '/run/spec', holder)).body) as { resume: unknown }).resume;
  expect(await resumes(token, `${HOLDS}one`)).toBe(false);
  const again = await openEpoch(database.db, id);
  expect(await resumes(again.token, `${HOLDS}two`)).toBe(true);
});

test('an agent that is started again asks anew, though it names its request as before', async () => {
  const { id, token } = await liveRun('asks-anew');
  const ask = async (of: string): Promise<unknown> =>
    (
      (await post(of, '/run/permission', {
        requestId: 'r1',
        tool: 'Bash',
        input: { command: 'touch a' },
      })) as {
        itemId?: unknown;
      }
    ).itemId;
  const first = await ask(token);
  const again = await openEpoch(database.db, id);
  const second = await ask(again.token);
  expect(await ask(again.token)).toBe(second);
  const items = await many<{ id: string; state: string }>(
    database.db,
    "select id, state from inbox_items where task_id = 'asks-anew' order by state",
  );
  expect(items).toEqual([
    { id: first, state: 'closed' },
    { id: second, state: 'open' },
  ]);
});
