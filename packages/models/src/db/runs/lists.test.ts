import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { seedOne } from '@mainloop/testkit/seed';
import type { Run } from '../../contracts/runs.ts';
import { OWNER } from '../../flow/ids.ts';
import { deleteCheckpoint, findCheckpoint, saveCheckpoint } from './checkpoints.ts';
import {
  findOutcome,
  hasRun,
  lastNumber,
  listActive,
  listCompleted,
  listRuns,
  listSilent,
  listUnended,
  type SilentRun,
} from './lists.ts';
import { endRun } from './endings.ts';
import { openEpoch, renewLease } from './epochs.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
  await openEpoch(db, runId);
  await renewLease(db, runId, 1);
  await db.query("update runs set started_at = now() - interval '1 minute' where id = $1", [runId]);
});

test('runs, while one works and after it', async () => {
  expect(await listActive(database.db)).toEqual([{ id: runId, taskId: 'one', epoch: 1 }]);
  const [silent] = await listSilent(database.db, 30_000);
  expectNames<SilentRun>(silent, { id: true, taskId: true, ownerId: true, epoch: true, ms: true });
  expect(silent!.ms).toBeGreaterThanOrEqual(60_000);
  expect(await listSilent(database.db, 3_600_000)).toEqual([]);
  expect(await listUnended(database.db, 'one')).toEqual([{ id: runId, epoch: 1, state: 'running' }]);
  expect([await lastNumber(database.db, 'one'), await lastNumber(database.db, 'none')]).toEqual([1, 0]);
  expect([
    await hasRun(database.db, OWNER, runId),
    await hasRun(database.db, 'somebody else', runId),
  ]).toEqual([true, false]);
  expect([await findOutcome(database.db, runId), await findOutcome(database.db, 'none')]).toEqual([
    null,
    null,
  ]);
  const data = Buffer.from('an archive');
  for (const epoch of [1, 2]) await saveCheckpoint(database.db, { taskId: 'one', runId, epoch, data });
  expect(await findCheckpoint(database.db, 'one')).toEqual(data);
  await deleteCheckpoint(database.db, 'one');
  expect(await findCheckpoint(database.db, 'one')).toBeNull();
  // A question was asked in this run, so it ends as one that asked.
  await endRun(database.db, runId, 1, { kind: 'interrupted', reason: 'stopped' });
  expect(await findOutcome(database.db, runId)).toEqual({ kind: 'interrupted', reason: 'stopped' });
  expect([
    await listUnended(database.db, 'one'),
    await listActive(database.db),
    await listCompleted(database.db, 'one'),
  ]).toEqual([[], [], []]);
  const outcome = { kind: 'completed', summary: 'It is done.' } as const;
  await database.db.query('update runs set outcome = $1', [JSON.stringify(outcome)]);
  expect(await listCompleted(database.db, 'one')).toEqual([{ phase: 'implement', outcome }]);
  const [run] = await listRuns(database.db, 'one');
  expectNames<Run>(run, {
    id: true,
    phase: true,
    n: true,
    state: true,
    epoch: true,
    outcome: true,
    costMicrousd: true,
    startedAt: true,
    endedAt: true,
  });
});
