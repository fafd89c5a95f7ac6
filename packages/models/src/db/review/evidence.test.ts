// What a change is judged by, on a real Postgres.
import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedOne } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { findEvidence } from './evidence.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});
const found = () => findEvidence(database.db, OWNER, 'one');
const push = (id: string, minute: number): Promise<unknown> =>
  database.db.query(
    `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, created_at)
     values ($1, $2, 'one', $3, 'b', 'old', $1, 'pushed', $4, $5)`,
    [id, OWNER, runId, `the change as of ${id}`, `2026-11-01T10:0${minute}:00Z`],
  );
const comment = (id: string, weight: string | null, more: object): Promise<unknown> => {
  const { via, state, answer } = { via: 'look', state: 'open', answer: null, ...more };
  return database.db.query(
    `insert into review_comments (id, owner_id, task_id, path, side, line, quote, body, author, via, weight, state, answer, created_at)
     values ($1, $2, 'one', 'a.ts', 'new', 1, '', 'b', 'x', $3, $4, $5, $6, now())`,
    [id, OWNER, via, weight, state, answer],
  );
};

test('is empty before there is a change, and nobody else has it', async () => {
  expect(await found()).toEqual({
    prompt: expect.any(String),
    events: [],
    lookOpen: { must: 0, should: 0, note: 0 },
    newest: null,
    unseen: null,
  });
  expect(await findEvidence(database.db, OWNER, 'none')).toBeNull();
  expect(await findEvidence(database.db, 'another', 'one')).toBeNull();
});

test('is of the newest push, says how many came since it was looked at, and counts what is open', async () => {
  for (const [n, id] of ['p2', 'p0', 'p1'].entries()) await push(id, n);
  expect(await found()).toMatchObject({ newest: { id: 'p1', diff: 'the change as of p1' }, unseen: null });
  await database.db.query("update tasks set looked_push = 'p2' where id = 'one'");
  expect(await found()).toMatchObject({ unseen: 2 });
  await comment('c1', 'must', {});
  await comment('c2', 'should', { answer: 'Done.' });
  await comment('c3', 'note', { state: 'resolved' });
  await comment('c4', null, { via: 'app' });
  expect((await found())?.lookOpen).toEqual({ must: 1, should: 0, note: 0 });
});
