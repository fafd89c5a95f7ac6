import { describe, expect, test } from '@jest/globals';
import { messageSaid } from '../events/conversation.ts';
import { planWritten } from '../events/tasks.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { DRAFT, seedProject, seedTask } from '@mainloop/testkit/seed';
import { OWNER } from '../flow/ids.ts';
import { append, appendOnce, eventsAfter } from './log.ts';
import { one, withTx } from './pool.ts';
import { confirm, digestOf, propose } from './conversation/proposals.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

const note = (id: string) =>
  messageSaid.new({ actor: 'x', payload: { id, role: 'note', text: id, turnId: null } });

describe('the log', () => {
  test('a reader at "seq > cursor" misses nothing while many write', async () => {
    const seen: number[] = [];
    let cursor = (await eventsAfter(database.db, OWNER, 0)).upTo;
    let writing = true;
    const reader = (async () => {
      for (let last = false; ;) {
        const { events: fresh } = await eventsAfter(database.db, OWNER, cursor, 7);
        for (const event of fresh) seen.push((cursor = event.seq));
        if (fresh.length === 0 && last) return;
        last = !writing && fresh.length === 0;
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; i < 25; i++)
          await withTx(database.db, async (tx) => {
            await append(tx, [note(`w${w}-${i}`)], OWNER);
            await tx.query('select pg_sleep(random() / 500)');
          });
      }),
    );
    writing = false;
    await reader;
    expect(seen).toHaveLength(200);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('the same thing happens once', async () => {
    const e = messageSaid.byPerson({
      actor: 'x',
      payload: { id: 'once', role: 'note', text: '', turnId: null },
    });
    expect(await appendOnce(database.db, [e], OWNER)).toHaveLength(1);
    expect(await appendOnce(database.db, [e], OWNER)).toHaveLength(0);
  });

  test('keeps no character that hides: what is read, confirmed and told to the agent is one text', async () => {
    const [hidden, spelt] = ['do it\u202e\u{e0041}\r', 'do it[U+202E][U+E0041][CR]'];
    await seedTask(database.db, 'hides');
    await appendOnce(
      database.db,
      [
        planWritten.new({
          taskId: 'hides',
          actor: 'agent',
          key: { runId: 'hides' },
          payload: { revision: 1, markdown: hidden },
        }),
      ],
      OWNER,
    );
    expect(await one(database.db, "select plan from tasks where id = 'hides'")).toEqual({ plan: spelt });
    const id = await withTx(database.db, (tx) =>
      propose(tx, OWNER, 'hides', null, { ...DRAFT, prompt: hidden }, new Date(Date.now() + 60_000)),
    );
    const shown = (await one<{ prompt: string; digest: string }>(
      database.db,
      'select prompt, digest from proposals where id = $1',
      [id],
    ))!;
    expect(shown.prompt).toBe(spelt);
    // The fingerprint is of what is shown.
    expect(shown.digest).toBe(digestOf({ ...DRAFT, prompt: spelt }));
    const started = await confirm(database.db, OWNER, id, { digest: shown.digest }, 'you');
    expect(
      await one(database.db, 'select prompt from tasks where id = $1', [started.ok ? started.taskId : '']),
    ).toEqual({ prompt: spelt });
  });

  test('nobody changes the past', async () => {
    await expect(database.db.query("update events set actor = 'me'")).rejects.toThrow('append-only');
    await expect(database.db.query('delete from events')).rejects.toThrow('append-only');
  });

  test('an event and its projection are one: neither is there without the other', async () => {
    await expect(
      withTx(database.db, async (tx) => {
        await append(tx, [note('lost')], OWNER);
        throw new Error('killed here');
      }),
    ).rejects.toThrow('killed here');
    expect(await one(database.db, "select 1 from messages where id = 'lost'")).toBeNull();
    expect(await one(database.db, "select 1 from events where payload->>'id' = 'lost'")).toBeNull();
  });
});
