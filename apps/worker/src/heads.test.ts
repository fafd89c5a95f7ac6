// Which commit CI is asked about, and what is shown of what others push, on a real Postgres.
import { expect, test } from '@jest/globals';
import type { Forge } from '@mainloop/adapters/forge/port';
import { many } from '@mainloop/models/db/pool';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { CUT_MARK } from '@mainloop/models/flow/review/diff';
import { MAX_DIFF_CHARS } from '@mainloop/models/flow/text';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { ensureShown, headOf } from './heads.ts';

const database = databaseOfFile((db) => seedProject(db));

/** @param pushes commits that the agent pushed, with how many minutes ago, which may lie ahead; the last one is its head */
async function pushed(taskId: string, ...pushes: [sha: string, minutesAgo: number][]) {
  await seedTask(database.db, taskId);
  for (const [sha, ago] of pushes)
    await database.db.query(
      `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
       select $1, owner_id, id, 'r', branch, '', $2, 'forwarded', '', '', now() - $3 * interval '1 minute'
         from tasks where id = $4`,
      [`${taskId}-${sha}`, sha, ago, taskId],
    );
  await database.db.query('update tasks set head_sha = $2, pr_number = 7 where id = $1', [
    taskId,
    pushes.at(-1)?.[0] ?? null,
  ]);
  return getTask(database.db, taskId);
}

test('before there is a pull request the task says itself where it stands', async () => {
  expect(await headOf(database.db, null, await pushed('none'))).toBe('');
  expect(await headOf(database.db, null, await pushed('ours', ['a', 9]))).toBe('a');
});

test('what somebody else pushed counts at once', async () => {
  const task = await pushed('theirs', ['a', 9], ['b', 0]);
  expect(await headOf(database.db, { headSha: 'c' }, task)).toBe('c');
  expect(await headOf(database.db, { headSha: 'b' }, task)).toBe('b');
});

test('a push of ours that another followed is a delay of the forge right after it, and set back to later', async () => {
  const justNow = await pushed('late', ['a', 90], ['b', -60]);
  expect(await headOf(database.db, { headSha: 'a' }, justNow)).toBe('b');
  const longAgo = await pushed('back', ['a', 90], ['b', 60]);
  expect(await headOf(database.db, { headSha: 'a' }, longAgo)).toBe('a');
});

type Reads = Pick<Forge, 'readDiff' | 'listCommits'>;
const forge = (diff: string | null): Reads & { asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    readDiff: (_, from, to) => {
      asked.push(`${from}..${to}`);
      return Promise.resolve(diff);
    },
    listCommits: () =>
      Promise.resolve([{ sha: 'x', author: 'mona', title: 'By hand \u202e', authoredByUs: false } as never]),
  };
};
const seenOf = (taskId: string) =>
  many<{ old: string; new: string; diff: string; delta: string }>(
    database.db,
    "select old_sha as old, new_sha as new, diff, delta from pushes where task_id = $1 and state = 'seen'",
    [taskId],
  );
const toldOf = (taskId: string) =>
  many<{ by: string; title: string }>(
    database.db,
    "select payload->>'by' as by, payload->>'title' as title from events where task_id = $1 and type = 'branch.seen'",
    [taskId],
  );

test('what others bring to the branch is shown as a push, once, with who brought it', async () => {
  const task = await pushed('shown', ['a', 9]);
  const reads = forge('+one');
  await ensureShown({ db: database.db, forge: reads }, task, 'x');
  await ensureShown({ db: database.db, forge: reads }, task, 'x');
  expect(await seenOf('shown')).toEqual([{ old: 'a', new: 'x', diff: '+one', delta: '+one' }]);
  expect(await toldOf('shown')).toEqual([{ by: 'mona', title: 'By hand' }]);
  // The whole change, and what is new of it.
  expect(reads.asked).toEqual([`${task.defaultBranch}..x`, 'a..x']);
});

test('nothing is shown before the agent pushed, nor what is shown already', async () => {
  const reads = forge('+one');
  await ensureShown({ db: database.db, forge: reads }, await pushed('early'), 'x');
  await ensureShown({ db: database.db, forge: reads }, await pushed('same', ['a', 9]), 'a');
  await ensureShown({ db: database.db, forge: reads }, await pushed('empty', ['a', 9]), '');
  expect([reads.asked, await seenOf('early'), await seenOf('same')]).toEqual([[], [], []]);
});

test('the agent may push while the forge is read: then its push is what is shown', async () => {
  const task = await pushed('raced', ['a', 9]);
  const reads = forge('+one');
  const slow: Reads = {
    ...reads,
    listCommits: async () => {
      await database.db.query(
        `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta)
         select 'raced-c', owner_id, id, 'r', branch, 'a', 'c', 'forwarded', '', '' from tasks where id = 'raced'`,
      );
      return [];
    },
  };
  await ensureShown({ db: database.db, forge: slow }, task, 'x');
  expect([await seenOf('raced'), await toldOf('raced')]).toEqual([[], []]);
});

test('a change that is too large says that some of it is left out', async () => {
  await ensureShown({ db: database.db, forge: forge(null) }, await pushed('huge', ['a', 9]), 'x');
  expect((await seenOf('huge'))[0]!.diff).toBe(`${CUT_MARK} (this change is larger than GitHub shows)`);
  const long = forge('+'.repeat(MAX_DIFF_CHARS + 1));
  await ensureShown({ db: database.db, forge: long }, await pushed('long', ['a', 9]), 'x');
  expect((await seenOf('long'))[0]!.diff.split('\n').at(-1)).toMatch(/the rest of this change is left out/);
});
