// The limits of a run, with the requests side by side: what counts is what stands in the log, whoever asked first.
import { expect, test } from '@jest/globals';
import { many, one } from '@mainloop/models/db/pool';
import { findRunByToken } from '@mainloop/models/db/runs/epochs';
import { OUTPUT_LIMITS } from '@mainloop/models/flow/runs/limits';
import { noteRefused } from './pushes.ts';
import { database, useRunnerLink, urlOf, liveRun, post, times, countOf } from '@mainloop/testkit/runner-link';

useRunnerLink();

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

test('refused pushes at once: the story has ten of them', async () => {
  const { token } = await liveRun('pushes');
  const run = (await findRunByToken(database.db, token))!;
  await times(50, () => noteRefused(database.db, run, 'refs/heads/main', 'not your branch'));
  expect(await countOf('pushes', 'push.refused')).toBe(10);
});

const print = async (
  token: string,
  offset: number,
  chunk: Buffer,
): Promise<{ status: number; next?: number; error?: string }> => {
  const response = await fetch(urlOf(`/run/output?offset=${offset}`), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new Uint8Array(chunk),
  });
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
