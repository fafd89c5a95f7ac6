import { expect, test } from '@jest/globals';
import { baselineRecorded, evidenceRecorded } from '../../events/runs.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedOne } from '@mainloop/testkit/seed';
import { OWNER } from '../../flow/ids.ts';
import { findBaseline, findEvidence, listRedChecks } from './evidence.ts';
import { appendOnce, hasEvent } from '../log.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});

test('of the checks that the repository names only those are red that ran to a bad end on exactly this commit', async () => {
  const ran = { runId, ms: 5, tail: 'a.ts: error', sha: 'red', clean: true };
  const said = [
    { ...ran, what: 'lint', command: 'lint', exitCode: 1 },
    { ...ran, what: 'diagnostics', command: 'tsc', exitCode: 127 },
    { ...ran, what: 'tests', command: 'test', exitCode: null },
    { ...ran, what: 'verify', command: 'make', exitCode: 1 },
  ] as const;
  const tell = (epoch: number, payload: (typeof said)[number] & { clean: boolean; sha: string }) =>
    evidenceRecorded.new({ taskId: 'one', actor: 'runner', key: { epoch }, payload });
  await appendOnce(
    database.db,
    said.map((e) => tell(41, e)),
    OWNER,
  );
  expect(await listRedChecks(database.db, 'one', 'red')).toEqual([
    { what: 'lint', command: 'lint', tail: 'a.ts: error' },
  ]);
  expect(await listRedChecks(database.db, 'one', 'another')).toEqual([]);
  // With files beside it that are in no commit it says nothing, and what is green by now is red no more.
  await appendOnce(
    database.db,
    [tell(42, { ...said[0], sha: 'dirty', clean: false }), tell(43, { ...said[0], exitCode: 0 } as never)],
    OWNER,
  );
  expect([
    await listRedChecks(database.db, 'one', 'dirty'),
    await listRedChecks(database.db, 'one', 'red'),
  ]).toEqual([[], []]);
  // What was red before the change is not the change's.
  await appendOnce(database.db, [tell(44, { ...said[0], sha: 'old', redBefore: true } as never)], OWNER);
  expect(await listRedChecks(database.db, 'one', 'old')).toEqual([]);
});

test('how a check ended before a change is known to every task of its project, by commit, check and command', async () => {
  const baseline = { what: 'lint', command: 'lint', exitCode: 1, tail: 'a.ts: error', sha: 'base' } as const;
  await appendOnce(
    database.db,
    [baselineRecorded.new({ taskId: 'one', actor: 'runner', payload: { ...baseline, runId } })],
    OWNER,
  );
  const project = (
    await database.db.query<{ project_id: string }>("select project_id from tasks where id = 'one'")
  ).rows[0]!.project_id;
  expect(await findBaseline(database.db, project, baseline)).toMatchObject(baseline);
  for (const other of [{ sha: 'another' }, { what: 'tests' as const }, { command: 'lint --fix' }])
    expect(await findBaseline(database.db, project, { ...baseline, ...other })).toBeNull();
  expect(await findBaseline(database.db, 'another', baseline)).toBeNull();
});

test('evidence of a commit counts only for what was checked, and for a clean tree', async () => {
  const evidence = {
    runId,
    what: 'verify' as const,
    command: 'make test',
    exitCode: 0,
    ms: 5,
    tail: '',
    sha: 'abc',
    clean: true,
  };
  await appendOnce(
    database.db,
    [
      evidenceRecorded.new({ taskId: 'one', actor: 'runner', key: { epoch: 1 }, payload: evidence }),
      evidenceRecorded.new({
        taskId: 'one',
        actor: 'runner',
        key: { epoch: 2 },
        payload: { ...evidence, exitCode: 1, clean: false },
      }),
    ],
    OWNER,
  );
  expect(await findEvidence(database.db, 'one', 'abc', 'verify')).toEqual(evidence);
  expect([
    await findEvidence(database.db, 'one', 'abc', 'lint'),
    await findEvidence(database.db, 'one', 'other', 'verify'),
  ]).toEqual([null, null]);
  expect([
    await hasEvent(database.db, `evidence/${runId}/1/verify`),
    await hasEvent(database.db, `evidence/${runId}/3/verify`),
  ]).toEqual([true, false]);
});
