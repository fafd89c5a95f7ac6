// What an agent says, asks, replies and learns: kept once, and in clean words.
import { expect, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { many, one } from '@mainloop/models/db/pool';
import { endRun } from '@mainloop/models/db/runs/endings';
import { findRunByToken, openEpoch } from '@mainloop/models/db/runs/epochs';
import { ensureRun, getRun } from '@mainloop/models/db/runs/runs';
import { OWNER } from '@mainloop/models/flow/ids';
import { inboxAnswered } from '@mainloop/models/events/inbox';
import { reviewSecondLooked } from '@mainloop/models/events/review';
import { commented } from '@mainloop/testkit/comments';
import { database, useRunnerLink, liveRun, post, times, countOf } from '@mainloop/testkit/runner-link';

useRunnerLink();

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
  const commentId = `${taskId}-c`;
  await appendOnce(database.db, [commented(taskId, commentId)], OWNER);
  const tell = async (as: string): Promise<number[]> => [
    (await post(as, '/talk/say', { text: 'I begin.' })).status,
    (await post(as, '/talk/ask', { question: 'Which one?\nLook closely.', options: [{ label: 'A' }] }))
      .status,
    (await post(as, '/talk/reply', { id: commentId, text: 'Because.' })).status,
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

test('a second look finds things at their places, each once; another agent finds nothing', async () => {
  const { id, token } = await liveRun('looked', 'second_look');
  const found = { weight: 'must', text: 'The last cent is lost.', at: './src/split.ts:7' };
  expect(await post(token, '/talk/find', found)).toEqual({
    status: 200,
    say: 'Found: its author works on it.',
  });
  // The answer was lost on its way.
  expect(await post(token, '/talk/find', found, { 'x-mainloop-again': 'yes' })).toMatchObject({
    status: 200,
  });
  expect(await post(token, '/talk/find', { weight: 'note', text: 'It is slow.' })).toEqual({
    status: 200,
    say: 'Noted.',
  });
  expect(await post(token, '/talk/find', { weight: 'fatal', text: 'x' })).not.toMatchObject({ status: 200 });
  const kept = await many<object>(
    database.db,
    "select path, line, body, author, via, weight, state from review_comments where task_id = 'looked' order by created_at, id",
  );
  const of = { author: 'agent', via: 'look', state: 'open' };
  expect(kept).toEqual([
    { ...of, path: 'src/split.ts', line: 7, body: 'The last cent is lost.', weight: 'must' },
    { ...of, path: null, line: null, body: 'It is slow.', weight: 'note' },
  ]);
  const [event] = await many<{ runId: string }>(
    database.db,
    "select payload->>'runId' as \"runId\" from events where task_id = 'looked' and type = 'review.commented' limit 1",
  );
  expect(event).toEqual({ runId: id });
  const looked = (n: number) =>
    reviewSecondLooked.new({
      taskId: 'looked',
      actor: 'mainloop',
      payload: { runId: `r${n}`, sha: `c${n}`, must: 1, should: 0, note: 0 },
    });
  await appendOnce(database.db, [looked(1), looked(2)], OWNER);
  expect(await post(token, '/talk/find', { weight: 'must', text: 'It is still lost.' })).toEqual({
    status: 200,
    say: expect.stringContaining('Found: the person who decides'),
  });
  const changes = { id: 'i', decision: 'changes', text: 'Shorter.', via: 'app', by: 'you' } as const;
  await appendOnce(
    database.db,
    [inboxAnswered.new({ taskId: 'looked', actor: 'you', payload: changes })],
    OWNER,
  );
  expect(await post(token, '/talk/find', { weight: 'must', text: 'Nor is the first.' })).toEqual({
    status: 200,
    say: 'Found: its author works on it.',
  });
  const author = await liveRun('finds');
  expect(await post(author.token, '/talk/find', found)).toMatchObject({
    status: 403,
    error: expect.stringContaining('Only a second look'),
  });
  expect(await countOf('finds', 'review.commented')).toBe(0);
});

test('a second look answers no comment, of the reader or of its own', async () => {
  const { token } = await liveRun('answers-nothing', 'second_look');
  await appendOnce(database.db, [commented('answers-nothing', 'of-the-reader')], OWNER);
  await post(token, '/talk/find', { weight: 'must', text: 'The last cent is lost.' });
  const there = await many<{ id: string }>(
    database.db,
    "select id from review_comments where task_id = 'answers-nothing'",
  );
  expect(there).toHaveLength(2);
  for (const { id } of there)
    expect(await post(token, '/talk/reply', { id, text: 'All is well.' })).toMatchObject({
      status: 403,
      error: expect.stringContaining('answers no comment'),
    });
  expect(await countOf('answers-nothing', 'review.replied')).toBe(0);
});
