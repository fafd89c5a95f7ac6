import { expect, test } from '@jest/globals';
import { taskStateChanged } from '../../events/tasks.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedOne } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import {
  claimDelivery,
  findEffect,
  findLatestDiff,
  hasPushed,
  insertIntent,
  insertPush,
  listOnLines,
  updateDone,
  type EffectRow,
} from './effects.ts';
import { appendOnce } from '../log.ts';
import { listWaitingRepos } from './look-again.ts';
import { withTx } from '../pool.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});

test('the forge: pushes, effects, webhooks, and who waits for it', async () => {
  expect([await findLatestDiff(database.db, 'one'), await hasPushed(database.db, 'one', 'new')]).toEqual([
    '',
    false,
  ]);
  const push = {
    id: 'p1',
    ownerId: OWNER,
    taskId: 'one',
    runId,
    branch: 'b',
    oldSha: 'old',
    newSha: 'new',
    diff: 'the diff',
    delta: 'the delta',
  };
  await withTx(database.db, (tx) => insertPush(tx, push));
  expect([await findLatestDiff(database.db, 'one'), await hasPushed(database.db, 'one', 'new')]).toEqual([
    'the diff',
    true,
  ]);
  const { rows } = await database.db.query('select old_sha, new_sha, state, delta from pushes');
  expect(rows).toEqual([{ old_sha: 'old', new_sha: 'new', state: 'forwarded', delta: 'the delta' }]);
  const key = 'one/comment-c1';
  expect(await findEffect(database.db, key)).toBeNull();
  await insertIntent(database.db, key, 'one');
  await insertIntent(database.db, key, 'one');
  expect(await findEffect(database.db, key)).toEqual({
    state: 'intent',
    result: null,
  } satisfies EffectRow<object>);
  await updateDone(database.db, key, { id: 9, line: true });
  expect(await findEffect(database.db, key)).toEqual({ state: 'done', result: { id: 9, line: true } });
  expect(await listOnLines(database.db, 'one', ['c1', 'c2'])).toEqual(new Set(['c1']));
  expect([
    await withTx(database.db, (tx) => claimDelivery(tx, 'd')),
    await withTx(database.db, (tx) => claimDelivery(tx, 'd')),
  ]).toEqual([true, false]);
  await appendOnce(
    database.db,
    [
      taskStateChanged.new({
        taskId: 'one',
        actor: 'x',
        payload: { state: 'ci', phase: 'ci', status: { is: 'plain' } },
      }),
    ],
    OWNER,
  );
  expect(await listWaitingRepos(database.db)).toEqual([{ repo: 'demo/tally', base: 'main' }]);
});
