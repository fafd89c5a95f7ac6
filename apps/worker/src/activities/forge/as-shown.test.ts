import { beforeAll, describe, expect, test } from '@jest/globals';
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed, seedTask } from '@mainloop/testkit/seed';
import { forgeOf, pull, run } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

describe('the change that is shown', () => {
  const shown = async (): Promise<{ new_sha: string; state: string; diff: string; delta: string }[]> =>
    (
      await database.db.query(
        "select new_sha, state, diff, delta from pushes where task_id = 'moved' order by created_at, id",
      )
    ).rows;
  const readDiff: Forge['readDiff'] = (_, from, to) => Promise.resolve(`diff of ${from} to ${to}`);
  const at = (headSha: string, more: Partial<Forge> = {}) =>
    forgeAt(pull(headSha), () => [run('success')], { readDiff, ...more });
  beforeAll(async () => {
    await seedTask(database.db, 'moved');
    await database.db.query(
      "update tasks set state = 'ci', pr_number = 7, head_sha = 'ours' where id = 'moved'",
    );
    for (const [sha, ago] of [
      ['before', 20],
      ['ours', 10],
    ] as const)
      await database.db.query(
        `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
         values ($1, 'you', 'moved', 'r', 'b', '', $1, 'forwarded', 'agent', '', now() - $2 * interval '1 minute')`,
        [sha, ago],
      );
  });

  test("is the branch's real head: a colleague's commit, once, and what the agent pushed when it is set back", async () => {
    for (const _ of [1, 2]) await at('a colleague').readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).slice(2)).toEqual([
      {
        new_sha: 'a colleague',
        state: 'seen',
        diff: 'diff of main to a colleague',
        delta: 'diff of ours to a colleague',
      },
    ]);
    // It stays somebody else's.
    expect((await at('a colleague').readOthers({ taskId: 'moved' })).body).toMatch(
      /^Not by the agent, and part of the change that is shown:/,
    );
    expect(
      await at('a colleague').readReview({ taskId: 'moved', sinceIso: '', shown: 'ours' }),
    ).toMatchObject({
      again: expect.stringMatching(/^mona/),
    });
    // Set back to the agent's own.
    expect(await at('ours').readReview({ taskId: 'moved', sinceIso: '', shown: 'ours' })).not.toHaveProperty(
      'again',
    );
    expect((await shown()).map((p) => p.new_sha)).toEqual(['before', 'ours', 'a colleague', 'ours']);
    // To one before it, and forth again.
    expect(await at('before').readCi({ taskId: 'moved', round: 0 })).toMatchObject({ sha: 'before' });
    expect(await at('before').readOthers({ taskId: 'moved' })).toEqual({
      body: expect.stringMatching(/^Somebody set the branch back to `before`/),
    });
    await at('ours').readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).map((p) => p.new_sha)).toEqual([
      'before',
      'ours',
      'a colleague',
      'ours',
      'before',
      'ours',
    ]);
  });

  test('too large for the forge, it says so; and a forge that is away is asked again', async () => {
    await at('large', { readDiff: () => Promise.resolve(null) }).readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).at(-1)).toMatchObject({ new_sha: 'large', diff: expect.stringMatching(/^… /) });
    const away = () => Promise.reject(new ForgeError('unavailable', 'later'));
    await expect(at('next', { readDiff: away }).readCi({ taskId: 'moved', round: 0 })).rejects.toThrow(
      'later',
    );
    expect((await shown()).at(-1)).toMatchObject({ new_sha: 'large' });
  });

  test('a task that has pushed nothing shows nothing of others', async () => {
    await seedTask(database.db, 'unpushed');
    await database.db.query("update tasks set state = 'ci', pr_number = 7 where id = 'unpushed'");
    await at('a colleague').readCi({ taskId: 'unpushed', round: 0 });
    expect((await database.db.query("select id from pushes where task_id = 'unpushed'")).rows).toEqual([]);
  });
});
