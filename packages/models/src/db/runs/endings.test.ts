import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { openQuestion, seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import { tokenActor, YOU } from '../../flow/actors.ts';
import { OWNER } from '../../flow/ids.ts';
import { actingAs } from '../acting.ts';
import { decide } from '../inbox/decide.ts';
import { appendOnce } from '../log.ts';
import { one } from '../pool.ts';
import { pause } from './commands.ts';
import { endRun } from './endings.ts';
import { openEpoch } from './epochs.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('a question that was asked ends the run as asked', async () => {
  const task = await seedTask(database.db, 't-asks');
  const id = await seedRun(database.db, task);
  const { run: row } = await openEpoch(database.db, id);
  await appendOnce(
    database.db,
    [2, 10].map((questionNo) => openQuestion(task, `${id}-q${questionNo}`, { runId: id, questionNo })),
    OWNER,
  );
  await endRun(database.db, id, row.epoch, { kind: 'completed', summary: 'I asked' });
  const outcome = async (): Promise<object> =>
    (await one<{ outcome: object }>(database.db, 'select outcome from runs where id = $1', [id]))!.outcome;
  expect(await outcome()).toEqual({
    kind: 'asked',
    itemId: `${id}-q10`,
    itemIds: [`${id}-q2`, `${id}-q10`],
  });
  // An answer that is quicker than the end of the run must not turn "I asked" into the result.
  const quick = await seedRun(database.db, task, 2);
  const { run: r2 } = await openEpoch(database.db, quick);
  await appendOnce(database.db, [openQuestion(task, `${quick}-q0`, { runId: quick, questionNo: 0 })], OWNER);
  await decide(database.db, {
    ownerId: OWNER,
    itemId: `${quick}-q0`,
    decision: 'answer',
    text: 'yes',
    via: 'app',
    by: 'you',
  });
  await endRun(database.db, quick, r2.epoch, { kind: 'completed', summary: 'I asked' });
  expect(
    (await one<{ outcome: { kind: string } }>(database.db, 'select outcome from runs where id = $1', [
      quick,
    ]))!.outcome.kind,
  ).toBe('asked');
});

test.each([
  ['the person', YOU, {}],
  ['a program', tokenActor('my editor'), { by: 'token:my editor' }],
])('a run that %s stopped says so, whatever its runner says', async (_, actor, by) => {
  const task = await seedTask(database.db, `t-stopped-${actor}`);
  const id = await seedRun(database.db, task);
  const { run: started } = await openEpoch(database.db, id);
  await actingAs(actor, () => pause(database.db, { ownerId: OWNER, taskId: task }));
  await endRun(database.db, id, started.epoch, { kind: 'interrupted', reason: 'stopped', by: 'somebody' });
  const kept = await one<{ outcome: object }>(database.db, 'select outcome from runs where id = $1', [id]);
  expect(kept!.outcome).toEqual({ kind: 'interrupted', reason: 'stopped', ...by });
});
