import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce, lastSeq } from '@mainloop/models/db/log';
import { messageSaid } from '@mainloop/models/events/conversation';
import type { LoggedEvent } from '@mainloop/models/events/registry';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { Hub } from './hub.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
let n = 0;
const say = () =>
  appendOnce(
    database.db,
    [messageSaid.new({ actor: 'x', payload: { id: `m${++n}`, role: 'note', text: '', turnId: null } })],
    OWNER,
  );

test('a reader that moves between two replicas, across a restart, sees every event once and in order', async () => {
  let one = new Hub(database.db, database.url);
  const two = new Hub(database.db, database.url);
  await Promise.all([one.start(), two.start()]);
  const seen: number[] = [];
  let cursor = 0;
  let writing = true;
  const writer = (async () => {
    for (let i = 0; i < 300; i++) await say();
    writing = false;
  })();
  for (let turn = 0; writing || turn < 2; turn++) {
    if (turn === 4) {
      await one.stop();
      one = new Hub(database.db, database.url);
      await one.start();
    }
    const hub = turn % 2 === 0 ? one : two;
    const leave = await hub.join(cursor, (item) => {
      if (item.seq !== undefined) seen.push((cursor = item.seq));
    });
    await new Promise((r) => setTimeout(r, 37));
    leave();
  }
  await writer;
  const leave = await one.join(cursor, (item) => {
    if (item.seq !== undefined) seen.push((cursor = item.seq));
  });
  leave();
  expect(seen).toHaveLength(300);
  expect(new Set(seen).size).toBe(300);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(one.readers).toBe(0);
  await Promise.all([one.stop(), two.stop()]);
});

test('whoever waits for an event gets it, be it from before or to come, or hears that none came; nobody stays', async () => {
  const hub = new Hub(database.db, database.url);
  await hub.start();
  const from = await lastSeq(database.db, 'owner');
  const idOf = (wanted: string) => (event: LoggedEvent) =>
    event.type === 'message.said' && event.payload.id === wanted ? event.payload.id : null;
  await say();
  expect(await hub.waitFor(from, idOf(`m${n}`), 120_000)).toBe(`m${n}`);
  const coming = hub.waitFor(from, idOf(`m${n + 2}`), 120_000);
  await say();
  await say();
  expect(await coming).toBe(`m${n}`);
  expect(await hub.waitFor(await lastSeq(database.db, 'owner'), idOf(`m${n}`), 50)).toBeNull();
  expect(hub.readers).toBe(0);
  await hub.stop();
});
