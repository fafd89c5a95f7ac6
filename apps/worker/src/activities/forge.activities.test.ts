// What CI is asked about, on a real database. The forge is a pull request and its checks.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Forge, PullInfo } from '@mainloop/adapters/forge/port';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { forgeActivities } from './forge.activities.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await freshDatabase();
  await seedProject(t.db);
  await seedTask(t.db, 'pushed');
  await t.db.query("update tasks set state = 'ci', pr_number = 7, head_sha = 'second' where id = 'pushed'");
  for (const [sha, ago] of [
    ['first', 2],
    ['second', 1],
  ] as const)
    await t.db.query(
      `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
       values ($1, 'you', 'pushed', 'r', 'b', '', $1, 'forwarded', '', '', now() - $2 * interval '1 minute')`,
      [sha, ago],
    );
});
afterAll(() => t.drop());

const CHECKS: ReadonlyMap<string, string> = new Map([
  ['first', 'failure'],
  ['second', 'success'],
  ['a colleague', 'failure'],
]);
test.each([
  ['second', 'second', 'green'],
  // The red of the push before was repaired by this one.
  ['first', 'second', 'green'],
  ['a colleague', 'a colleague', 'red'],
])('where the forge says that the head is "%s", CI is asked about "%s": %s', async (headSha, asked, verdict) => {
  const forge = {
    getPull: () => Promise.resolve({ number: 7, headSha, merged: false, state: 'open' } as PullInfo),
    listChecks: (_: string, sha: string) =>
      Promise.resolve({ checks: [{ id: 1, name: 'test', status: 'completed', conclusion: CHECKS.get(sha) ?? null, url: null }], statuses: [] }),
  } as unknown as Forge;
  const activities = forgeActivities({ db: t.db, forge, hit: () => undefined, settleMs: 0 });
  expect(await activities.readCi({ taskId: 'pushed', round: 0 })).toMatchObject({ sha: asked, verdict });
});

test.each([
  ['second', 'second'],
  // GitHub itself compares what is merged with what is there.
  ['first', 'second'],
])('where the forge shows "%s", what the person was shown is merged: "%s"', async (headSha, asked) => {
  const merged: string[] = [];
  const forge = {
    getPull: () => Promise.resolve({ number: 7, headSha, merged: false, state: 'open' } as PullInfo),
    ensureMerged: (_: string, __: number, sha: string) => {
      merged.push(sha);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    },
  } as unknown as Forge;
  await forgeActivities({ db: t.db, forge, hit: () => undefined, settleMs: 0 }).merge({ taskId: 'pushed' });
  expect(merged).toEqual([asked]);
});

test('what somebody has pushed since is not merged unseen, and the person is told', async () => {
  const forge = {
    getPull: () => Promise.resolve({ number: 7, headSha: 'a colleague', merged: false, state: 'open' } as PullInfo),
    ensureMerged: () => Promise.reject(new Error('merged unseen')),
  } as unknown as Forge;
  const merge = forgeActivities({ db: t.db, forge, hit: () => undefined, settleMs: 0 }).merge({ taskId: 'pushed' });
  await expect(merge).rejects.toThrow(/^Somebody else has pushed a colle to the pull request/);
  await expect(merge).rejects.toMatchObject({ kind: 'rejected' });
});

test('whatever the task is called, what is merged has a message of ours that sets nothing off', async () => {
  await seedTask(t.db, 'named');
  await t.db.query(
    "update tasks set state = 'in_review', pr_number = 8, head_sha = 'h', title = 'Fixes #12 for @everybody [skip ci]' where id = 'named'",
  );
  const messages: { title: string; body: string }[] = [];
  const forge = {
    getPull: () => Promise.resolve({ number: 8, headSha: 'h', merged: false, state: 'open' } as PullInfo),
    ensureMerged: (...[, , , , message]: Parameters<Forge['ensureMerged']>) => {
      messages.push(message);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    },
  } as unknown as Forge;
  await forgeActivities({ db: t.db, forge, hit: () => undefined, settleMs: 0 }).merge({ taskId: 'named' });
  const [{ title, body }] = messages as [{ title: string; body: string }];
  expect(title.replaceAll('\u2060', '')).toBe('Fixes #12 for @everybody [skip ci] (#8)');
  expect(title).not.toMatch(/fixes #|@[a-z]|\[skip/i);
  expect(body).toBe('Asked for, reviewed and merged in mainloop.');
});
