import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { planWritten } from '../events/tasks.ts';
import { OWNER } from '../flow/ids.ts';
import { appendOnce } from './log.ts';
import { withTx } from './pool.ts';
import { openRead } from './read.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
  await seedItem(db, 'one', 'failed', 'failure', 'It broke.');
  await appendOnce(
    db,
    [
      planWritten.new({
        taskId: 'one',
        actor: 'agent',
        key: { runId: 'one-r1' },
        payload: { revision: 1, markdown: '## Plan' },
      }),
    ],
    OWNER,
  );
});

test('the page reads with a role that may only read', async () => {
  const url = new URL(database.url);
  url.username = 'mainloop_web';
  const read = openRead(url.href);
  try {
    const inbox = await read.inbox();
    expect(inbox.failed.map((f) => f.id)).toContain('one');
    expect(inbox.needsYou.every((i) => i.kind !== 'failure')).toBe(true);
    expect((await read.task('one'))?.plan).toBe('## Plan');
    expect(await read.task('nothing')).toBeNull();
  } finally {
    await read.close();
  }
  const refused = await withTx(database.db, async (tx) => {
    await tx.query('set local role mainloop_web');
    return tx.query('insert into messages (id) select id from messages').then(
      () => 'wrote',
      (err: Error) => err.message,
    );
  }).catch((err: Error) => err.message);
  expect(refused).toMatch(/permission denied|aborted/);
});
