import { describe, expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed, seedTask } from '@mainloop/testkit/seed';
import { all, forgeOf, pull } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

describe('a pull request that was closed', () => {
  test('who closed it is told once for each time, and what is opened again is told too', async () => {
    const readClosing = () => Promise.resolve({ by: 'mona', atIso: '2026-11-20T10:00:00Z' });
    await seedTask(database.db, 'shut');
    await database.db.query(
      "update tasks set state = 'in_review', pr_number = 7, head_sha = 'h' where id = 'shut'",
    );
    const closed = forgeAt(pull('h', { state: 'closed' }), all, { readClosing });
    for (const _ of [1, 2])
      expect(await closed.readPull({ taskId: 'shut' })).toEqual({
        state: 'closed',
        by: 'mona',
        atIso: '2026-11-20T10:00:00Z',
      });
    const asked: number[] = [];
    const open = forgeAt(pull('h'), all, {
      ensureReopened: (_, n) => (asked.push(n), Promise.resolve('updated')),
    });
    for (const _ of [1, 2])
      expect(await open.readPull({ taskId: 'shut', closedAtIso: '2026-11-20T10:00:00Z' })).toEqual({
        state: 'open',
        by: '',
        atIso: '',
      });
    await forgeAt(pull('h', { state: 'closed' }), all, {
      readClosing: () => Promise.resolve({ by: '', atIso: '2026-11-20T11:00:00Z' }),
    }).readPull({
      taskId: 'shut',
    });
    expect(await open.ensureReopened({ taskId: 'shut', closedAtIso: '2026-11-20T11:00:00Z' })).toEqual({
      did: 'reopened',
    });
    const gone = forgeAt(pull('h'), all, {
      ensureReopened: () => Promise.reject(new ForgeError('rejected', 'The branch has been deleted.')),
    });
    expect(await gone.ensureReopened({ taskId: 'shut', closedAtIso: 'x' })).toEqual({
      did: 'refused',
      sentence: 'The branch has been deleted.',
    });
    const { rows } = await database.db.query(
      "select type, payload->>'by' as by from events where task_id = 'shut' and type like 'pr.%' order by seq",
    );
    expect(rows).toEqual([
      { type: 'pr.closed', by: 'mona' },
      { type: 'pr.reopened', by: null },
      { type: 'pr.closed', by: null },
      { type: 'pr.reopened', by: null },
    ]);
    expect(asked).toEqual([7]);
  });
});
