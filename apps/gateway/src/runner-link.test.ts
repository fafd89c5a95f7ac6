// The limits of a run, with the requests side by side: what counts is what stands in the log, whoever asked first.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HOLDS } from '@mainloop/models/contracts/runner';
import { openWord } from '@mainloop/models/db/listen';
import { appendOnce } from '@mainloop/models/db/log';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { decide } from '@mainloop/models/db/inbox/decide';
import { many, one } from '@mainloop/models/db/pool';
import { endRun } from '@mainloop/models/db/runs/endings';
import { ensureRun, getRun } from '@mainloop/models/db/runs/runs';
import { findRunByToken, openEpoch } from '@mainloop/models/db/runs/epochs';
import { reviewCommented } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import { OUTPUT_LIMITS } from '@mainloop/models/flow/limits';
import { PICTURES } from '@mainloop/models/flow/pictures.fixture';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused, sendJson } from './http.ts';
import { noteRefused } from './pushes.ts';
import { runnerLink } from './runner-link.ts';

let database: TestDatabase;
let server: http.Server;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  server = http.createServer((req, res) => {
    void (async () => {
      const run = (await findRunByToken(database.db, req.headers.authorization!.slice(7)))!;
      await runnerLink(database.db, openWord().listener, req, res, new URL(req.url!, 'http://gateway'), run, {
        packages: { npmReplaces: 'npmjs', goNoSumDb: '' },
        permissionPatienceMs: 1_000,
      });
    })().catch((err: Error) =>
      sendJson(res, err instanceof Refused ? err.status : 500, { error: err.message }),
    );
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
});
afterAll(async () => {
  server.close();
  await database.drop();
});

async function liveRun(taskId: string): Promise<{ id: string; token: string }> {
  await seedTask(database.db, taskId);
  const id = await ensureRun(database.db, {
    ownerId: OWNER,
    taskId,
    n: 1,
    phase: 'implement',
    prompt: () => 'x',
    model: 'm',
  });
  return { id, token: (await openEpoch(database.db, id)).token };
}

const post = async (
  token: string,
  path: string,
  body: unknown,
  more: Record<string, string> = {},
): Promise<{ status: number; error?: string }> => {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as { error?: string }) };
};
const times = <T>(n: number, f: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => f(i)));
const countOf = async (taskId: string, type: string): Promise<number> =>
  (await one<{ n: number }>(
    database.db,
    'select count(*)::int as n from events where task_id = $1 and type = $2',
    [taskId, type],
  ))!.n;

test('50 questions at once: five reach the reader, each with an id of its own, and the others hear why', async () => {
  const { token } = await liveRun('asks');
  const answers = await times(50, (i) => post(token, '/talk/ask', { question: `Question ${i}?` }));
  const items = await many<{ id: string }>(
    database.db,
    "select id from inbox_items where task_id = 'asks' order by id",
  );
  expect(items.map((i) => i.id)).toEqual([0, 1, 2, 3, 4].map((n) => `asks-r1-q${n}`));
  expect(answers.filter((a) => a.status === 200)).toHaveLength(5);
  expect(new Set(answers.filter((a) => a.status === 429).map((a) => a.error))).toEqual(
    new Set(['This run has had its 5 questions. Go on without.']),
  );
});

test('words at once: no more than a minute holds', async () => {
  const { token } = await liveRun('says');
  const answers = await times(80, (i) => post(token, '/talk/say', { text: `word ${i}` }));
  expect(await countOf('says', 'agent.said')).toBe(60);
  expect(answers.filter((a) => a.status === 429).map((a) => a.error)).toEqual(
    Array.from({ length: 20 }, () => 'More than 60 events in one minute. Wait a minute.'),
  );
});

test('requests for permission at once: twenty are open, not more', async () => {
  const { token } = await liveRun('leave');
  const answers = await times(50, (i) =>
    post(token, '/run/permission', { requestId: `p${i}`, tool: 'Bash', input: { command: `make ${i}` } }),
  );
  expect(answers.filter((a) => a.status === 200)).toHaveLength(20);
  expect(
    (await many(database.db, "select 1 from inbox_items where task_id = 'leave' and state = 'open'")).length,
  ).toBe(20);
});

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

test('an agent keeps what it learned, is given nothing that nobody approved, and is told with ids what was', async () => {
  const { token } = await liveRun('learns');
  expect(
    await post(token, '/talk/learned', { rule: 'Round half to even in src/split.ts.', why: 'Bankers do.' }),
  ).toEqual({
    status: 200,
    say: 'Kept. The reader is asked about it when it comes up again.',
  });
  const about = { text: 'I round the split in src/split.ts' };
  expect(await post(token, '/talk/about', about)).toMatchObject({
    say: 'Nothing was learned about that yet.',
  });
  expect(await post(token, '/talk/confess', { rule: 'I trusted 10.0.0.7.' })).toMatchObject({ status: 422 });
  const id = (await one<{ id: string }>(database.db, "update learnings set state = 'approved' returning id"))!
    .id;
  expect(await post(token, '/talk/about', about)).toMatchObject({
    say: expect.stringContaining(`[${id}] Round half to even in src/split.ts. Why: Bankers do.`),
  });
  const given = await many<{ ids: string[] }>(
    database.db,
    "select payload->'ids' as ids from events where task_id = 'learns' and type = 'learning.given' order by seq",
  );
  expect(given.map((g) => g.ids)).toEqual([[], [id]]);
  const more = await times(40, (i) =>
    post(token, '/talk/learned', { rule: `Another rule about topic${i} and place${i}` }),
  );
  expect(more.filter((a) => a.status === 429)).toHaveLength(21);
});

test('refused pushes at once: the story has ten of them', async () => {
  const { token } = await liveRun('pushes');
  const run = (await findRunByToken(database.db, token))!;
  await times(50, () => noteRefused(database.db, run, 'refs/heads/main', 'not your branch'));
  expect(await countOf('pushes', 'push.refused')).toBe(10);
});

test.each([
  ['started again under the next epoch', async (id: string) => (await openEpoch(database.db, id)).token],
  [
    'lost, and taken up by the next run',
    async (id: string) => {
      const run = (await getRun(database.db, id))!;
      await endRun(database.db, id, run.epoch, { kind: 'interrupted', reason: 'killed' });
      const next = {
        ownerId: OWNER,
        taskId: run.task_id,
        n: 2,
        phase: 'implement' as const,
        prompt: () => 'x',
        model: 'm',
      };
      return (await openEpoch(database.db, await ensureRun(database.db, next))).token;
    },
  ],
])('an agent that is %s says, asks and replies the same again: nobody hears it twice', async (how, again) => {
  const taskId = `again-${how.slice(0, 4)}`;
  const { id, token } = await liveRun(taskId);
  const comment = {
    id: `${taskId}-c`,
    path: null,
    side: 'new',
    startLine: null,
    line: null,
    sha: null,
    quote: '',
    text: 'Why?',
  } as const;
  await appendOnce(
    database.db,
    [
      reviewCommented.new({
        taskId,
        actor: 'you',
        payload: { ...comment, author: 'you', via: 'app', state: 'open', forgeId: null },
      }),
    ],
    OWNER,
  );
  const tell = async (as: string): Promise<number[]> => [
    (await post(as, '/talk/say', { text: 'I begin.' })).status,
    (await post(as, '/talk/ask', { question: 'Which one?\nLook closely.', options: [{ label: 'A' }] }))
      .status,
    (await post(as, '/talk/reply', { id: comment.id, text: 'Because.' })).status,
  ];
  expect(await tell(token)).toEqual([200, 200, 200]);
  const second = await again(id);
  expect(await tell(second)).toEqual([200, 200, 200]);
  expect(
    await Promise.all(['agent.said', 'inbox.opened', 'review.replied'].map((type) => countOf(taskId, type))),
  ).toEqual([1, 1, 1]);
  // What is new is heard, and the question that was asked before the loss is the one the task waits for.
  expect((await post(second, '/talk/say', { text: 'I go on.' })).status).toBe(200);
  expect(await countOf(taskId, 'agent.said')).toBe(2);
  const run = (await findRunByToken(database.db, second))!;
  await endRun(database.db, run.id, run.epoch, { kind: 'completed', summary: 'I asked.' });
  expect((await getRun(database.db, run.id))!.outcome).toEqual({
    kind: 'asked',
    itemId: `${id}-q0`,
    itemIds: [`${id}-q0`],
  });
});

test('an agent that was not lost may say the same thing twice', async () => {
  const { token } = await liveRun('twice');
  for (const _ of [1, 2]) expect((await post(token, '/talk/say', { text: 'Still at it.' })).status).toBe(200);
  expect(await countOf('twice', 'agent.said')).toBe(2);
});

const print = async (
  token: string,
  offset: number,
  chunk: Buffer,
): Promise<{ status: number; next?: number; error?: string }> => {
  const response = await fetch(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/run/output?offset=${offset}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new Uint8Array(chunk),
    },
  );
  return { status: response.status, ...((await response.json()) as { next?: number; error?: string }) };
};
const kept = async (id: string): Promise<number> =>
  (await one<{ n: number }>(
    database.db,
    'select coalesce(sum(length(chunk)), 0)::int as n from run_output where run_id = $1',
    [id],
  ))!.n;

test('output that comes too fast is told to come again, and comes through later', async () => {
  const { id, token } = await liveRun('prints');
  await database.db.query('insert into run_output (run_id, "offset", chunk) values ($1, 0, $2)', [
    id,
    Buffer.alloc(OUTPUT_LIMITS.atOnce - 10),
  ]);
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  await database.db.query("update runs set started_at = now() + interval '1 hour' where id = $1", [id]);
  expect(await print(token, OUTPUT_LIMITS.atOnce - 10, chunk)).toEqual({
    status: 503,
    error: 'This run prints too fast. Send it again in a moment.',
  });
  expect(await kept(id)).toBe(OUTPUT_LIMITS.atOnce - 10);
  await database.db.query("update runs set started_at = now() - interval '1 minute' where id = $1", [id]);
  expect((await print(token, OUTPUT_LIMITS.atOnce - 10, chunk)).status).toBe(200);
  expect(await kept(id)).toBe(OUTPUT_LIMITS.atOnce - 10 + chunk.length);
});

test('of a run that has printed all it may nothing more is kept, and it goes on', async () => {
  const { id, token } = await liveRun('talks');
  // Where it begins does not matter to the sum; what lies before is not made.
  await database.db.query('insert into run_output (run_id, "offset", chunk) values ($1, $2, $3)', [
    id,
    OUTPUT_LIMITS.aRun - 20,
    Buffer.alloc(10),
  ]);
  await database.db.query("update runs set started_at = now() - interval '1 day' where id = $1", [id]);
  const [from, chunk] = [OUTPUT_LIMITS.aRun - 10, Buffer.alloc(1000, 'x')];
  expect(await print(token, from, chunk)).toEqual({ status: 200, next: OUTPUT_LIMITS.aRun });
  expect(await print(token, OUTPUT_LIMITS.aRun, chunk)).toEqual({
    status: 200,
    next: OUTPUT_LIMITS.aRun + 1000,
  });
  expect(await print(token, OUTPUT_LIMITS.aRun + 1000, chunk)).toEqual({
    status: 200,
    next: OUTPUT_LIMITS.aRun + 2000,
  });
  expect(await kept(id)).toBe(20);
});

test('what hides in an agent’s words is spelt out before anybody reads them, and who does its work anew is still not heard twice', async () => {
  const { id, token: first } = await liveRun('hides');
  let token = first;
  const words = 'a\u202eb\u{e0041}\rc\u001b[2J';
  const said = 'a[U+202E]b[U+E0041][CR]c[U+001B][2J';
  const ask = {
    question: `Which?\n${words}`,
    options: [{ label: 'a\u202e', description: 'b\u{e0041}' }],
    multiple: false,
  };
  const tell = async (): Promise<number[]> => [
    (await post(token, '/talk/say', { text: words })).status,
    (await post(token, '/talk/ask', ask)).status,
  ];
  expect(await tell()).toEqual([200, 200]);
  token = (await openEpoch(database.db, id)).token;
  expect(await tell()).toEqual([200, 200]);
  expect(
    await many(
      database.db,
      "select payload->>'text' as text from events where task_id = 'hides' and type = 'agent.said'",
    ),
  ).toEqual([{ text: said }]);
  expect(
    await many(database.db, "select title, body, options from inbox_items where task_id = 'hides'"),
  ).toEqual([{ title: 'Which?', body: said, options: [{ label: 'a', description: 'b' }] }]);
  const other = await liveRun('hides-in-its-plan');
  expect(
    (await post(other.token, '/run/result', { outcome: { kind: 'completed', summary: words }, outputEnd: 0 }))
      .status,
  ).toBe(200);
  expect((await getRun(database.db, other.id))!.outcome).toEqual({ kind: 'completed', summary: said });
});

test('an agent recommends one option, or several where several may be right; what it does not recommend is not said to be', async () => {
  const { token } = await liveRun('recommends');
  const options = [{ label: 'A' }, { label: 'B', recommended: true }, { label: 'C', recommended: false }];
  expect((await post(token, '/talk/ask', { question: 'One?', options })).status).toBe(200);
  const two = [
    { label: 'A', recommended: true },
    { label: 'B', recommended: true },
  ];
  expect((await post(token, '/talk/ask', { question: 'Two?', options: two })).status).toBe(400);
  expect(
    (await post(token, '/talk/ask', { question: 'Several?', options: two, multiple: true })).status,
  ).toBe(200);
  expect(
    await many(
      database.db,
      "select title, options from inbox_items where task_id = 'recommends' order by created_at, id",
    ),
  ).toEqual([
    { title: 'One?', options: [{ label: 'A' }, { label: 'B', recommended: true }, { label: 'C' }] },
    { title: 'Several?', options: two },
  ]);
});

test('what is said again because its answer was lost is there once; without that it is a second word', async () => {
  const { token } = await liveRun('again');
  const AGAIN = { 'x-mainloop-again': 'yes' };
  const ask = { question: 'Which?', options: [], multiple: false };
  // The first try of each may not have arrived at all.
  for (const more of [AGAIN, AGAIN]) {
    expect((await post(token, '/talk/say', { text: 'Half is done.' }, more)).status).toBe(200);
    expect((await post(token, '/talk/ask', ask, more)).status).toBe(200);
  }
  expect([await countOf('again', 'agent.said'), await countOf('again', 'inbox.opened')]).toEqual([1, 1]);
  await post(token, '/talk/say', { text: 'Half is done.' });
  expect(await countOf('again', 'agent.said')).toBe(2);
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
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/run/spec`;
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

const show = async (
  token: string,
  name: keyof typeof PICTURES | Buffer,
  caption: string,
  more: Record<string, string> = {},
) => {
  const bytes = Buffer.isBuffer(name) ? name : Buffer.from(PICTURES[name]!.base64, 'base64');
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/talk/show?caption=${encodeURIComponent(caption)}`;
  const response = await fetch(at, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...more },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, ...((await response.json()) as { error?: string; say?: string }) };
};
const pictures = (taskId: string) =>
  many<{ caption: string; mime: string; width: number; id: string }>(
    database.db,
    "select payload->>'caption' as caption, payload->>'mime' as mime, (payload->>'width')::int as width, payload->>'id' as id from events where task_id = $1 and type = 'agent.showed' order by seq",
    [taskId],
  );

test('a picture is kept without the words in it, and told with its caption', async () => {
  const { token } = await liveRun('shows');
  expect(await show(token, 'png', '  The list\u202e, after  ')).toEqual({ status: 200, say: 'Shown.' });
  expect(await show(token, 'webpMoving', 'It moves')).toEqual({ status: 200, say: 'Shown.' });
  const shown = await pictures('shows');
  expect(shown).toMatchObject([
    { caption: 'The list[U+202E], after', mime: 'image/png', width: 12 },
    { caption: 'It moves', mime: 'image/webp', width: 12 },
  ]);
  const kept = await one<{ name: string; mime: string; data: Buffer; size: number }>(
    database.db,
    'select name, mime, data, size from attachments where id = $1',
    [shown[0]!.id],
  );
  expect(kept).toMatchObject({ name: 'picture-1.png', mime: 'image/png', size: kept!.data.length });
  expect(kept!.data.includes('SECRET')).toBe(false);
});

test.each([
  [
    'an SVG',
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    422,
    /no PNG, JPEG, WebP or GIF/,
  ],
  ['a page', Buffer.from('<html><script>alert(1)</script>'), 422, /no PNG/],
  ['nothing', Buffer.alloc(0), 422, /no PNG/],
  ['half a picture', Buffer.from(PICTURES.png!.base64, 'base64').subarray(0, 60), 422, /cut off or broken/],
  ['more than 5 MiB', Buffer.alloc(5 * 1024 * 1024 + 1), 413, /over 5 MiB/],
])('%s is not shown', async (what, bytes, status, sentence) => {
  const taskId = `shows-${what.replaceAll(' ', '-')}`;
  const { token } = await liveRun(taskId);
  expect(await show(token, bytes, 'x')).toEqual({ status, error: expect.stringMatching(sentence) });
  expect(await pictures(taskId)).toEqual([]);
});

test('40 pictures at once: twelve are kept, in the log and as bytes; one that is sent again because its answer was lost is there once', async () => {
  const { token } = await liveRun('shows-many');
  const before = (await one<{ n: number }>(database.db, 'select count(*)::int as n from attachments'))!.n;
  const answers = await times(40, (i) => show(token, 'png', `Picture ${i}`));
  expect(answers.filter((a) => a.status === 200)).toHaveLength(12);
  expect(answers.find((a) => a.status !== 200)).toEqual({
    status: 429,
    error: 'This run has had its 12 pictures. Go on without.',
  });
  expect(
    (await one<{ n: number }>(database.db, 'select count(*)::int as n from attachments'))!.n - before,
  ).toBe(12);
  const other = await liveRun('shows-again');
  for (const _ of [1, 2])
    expect((await show(other.token, 'png', 'Once', { 'x-mainloop-again': 'yes' })).status).toBe(200);
  expect(await pictures('shows-again')).toHaveLength(1);
});

const get = async (
  token: string,
  path: string,
  holder: string,
): Promise<{ status: number; body: string }> => {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
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
