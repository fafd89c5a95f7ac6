import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames } from '@mainloop/testkit/names';
import { toOutbox } from './log.ts';
import { listUnsent, postpone, updateSent, wasSent, type OutboxRow } from './outbox.ts';
import { withTx } from './pool.ts';

const database = databaseOfFile();

test('the outbox, in order', async () => {
  await database.db.query('delete from outbox');
  for (const name of ['first', 'second'])
    await withTx(database.db, (tx) =>
      toOutbox(tx, { kind: 'signal', workflowId: 'task/one', name, payload: { name } }),
    );
  const rows = await withTx(database.db, (tx) => listUnsent(tx));
  expect(rows.map((r) => r.name)).toEqual(['first', 'second']);
  expectNames<OutboxRow>(rows[0], { id: true, kind: true, workflowId: true, name: true, payload: true });
  expect(await wasSent(database.db, 'task/one')).toBe(false);
  await withTx(database.db, (tx) => updateSent(tx, rows[0]!.id, null));
  expect(await wasSent(database.db, 'task/one')).toBe(true);
  await withTx(database.db, (tx) => postpone(tx, 'task/one', 'away'));
  expect(await withTx(database.db, (tx) => listUnsent(tx))).toEqual([]);
  const kept = await database.db.query(
    'select name, error, attempts, sent_at is null as waits from outbox order by id',
  );
  expect(kept.rows).toEqual([
    { name: 'first', error: null, attempts: 1, waits: false },
    { name: 'second', error: 'away', attempts: 1, waits: true },
  ]);
});

test('what waits is told in the order in which it was written, whenever it is due', async () => {
  await database.db.query('delete from outbox');
  for (const name of ['first', 'second', 'third'])
    await withTx(database.db, (tx) =>
      toOutbox(tx, { kind: 'signal', workflowId: `task/${name}`, name, payload: {} }),
    );
  await database.db.query(
    "update outbox set next_at = now() - case name when 'first' then 1 when 'second' then 3 else 2 end * interval '1 hour'",
  );
  expect((await withTx(database.db, (tx) => listUnsent(tx))).map((r) => r.name)).toEqual([
    'first',
    'second',
    'third',
  ]);
});
