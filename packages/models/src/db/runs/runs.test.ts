import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedRun, seedTask } from '@mainloop/testkit/seed';
import type { RunOutcome } from '../../flow/runs/outcomes.ts';
import { one } from '../pool.ts';
import { endRun } from './endings.ts';
import type { Phase } from '../../flow/states.ts';
import { OWNER } from '../../flow/ids.ts';
import { openEpoch } from './epochs.ts';
import { ensureRun } from './runs.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('a session that grew too long is never resumed: the next run has a new one, and those after it go on with that', async () => {
  const task = await seedTask(database.db, 't-spent');
  const ended = async (n: number, outcome: RunOutcome) => {
    const id = await seedRun(database.db, task, n);
    await endRun(database.db, id, (await openEpoch(database.db, id)).run.epoch, outcome);
    return (await one<{ session_id: string; resume: boolean; prompt: string }>(
      database.db,
      'select session_id, resume, prompt from runs where id = $1',
      [id],
    ))!;
  };
  const first = await ended(1, { kind: 'completed', summary: 'read' });
  const spent = await ended(2, { kind: 'failed', reason: 'context', detail: 'prompt is too long' });
  // Killed at once: its session is new, but it is not the spent one.
  const fresh = await ended(3, { kind: 'interrupted', reason: 'killed' });
  const after = await ended(4, { kind: 'failed', reason: 'execution', detail: 'x' });
  const last = await ended(5, { kind: 'completed', summary: 'done' });
  expect([first, spent, fresh, after, last].map((r) => [r.resume, r.prompt])).toEqual([
    [false, 'p'],
    [true, 'p'],
    [false, 'new session'],
    [true, 'p'],
    [true, 'p'],
  ]);
  expect(spent.session_id).toBe(first.session_id);
  expect(fresh.session_id).not.toBe(spent.session_id);
  expect([after.session_id, last.session_id]).toEqual([fresh.session_id, fresh.session_id]);
});

test('a second look has a session of its own each time, and the author goes on in theirs', async () => {
  const task = await seedTask(database.db, 't-looked');
  const run = async (n: number, phase: Phase, outcome: RunOutcome) => {
    const id = await ensureRun(database.db, {
      ownerId: OWNER,
      taskId: task,
      n,
      phase,
      prompt: ({ said }) => said.join(),
      model: 'm',
    });
    const { epoch } = (await openEpoch(database.db, id)).run;
    await endRun(database.db, id, epoch, outcome);
    return (await one<{ session_id: string; resume: boolean; prompt: string }>(
      database.db,
      'select session_id, resume, prompt from runs where id = $1',
      [id],
    ))!;
  };
  const done = { kind: 'completed', summary: 'done' } as const;
  const written = await run(1, 'implement', done);
  const cutOff = await run(2, 'second_look', { kind: 'interrupted', reason: 'killed' });
  const look = await run(3, 'second_look', done);
  const author = await run(4, 'address_review', done);
  const again = await run(5, 'second_look', done);
  expect([written, cutOff, look, author, again].map((r) => r.resume)).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
  expect(look.session_id).toBe(cutOff.session_id);
  expect(author.session_id).toBe(written.session_id);
  expect(new Set([written, look, again].map((r) => r.session_id)).size).toBe(3);
});
