// The phases of a cycle, on a real database. Temporal and the sandboxes are lists.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { getClock } from '@mainloop/models/db/cycle/clock';
import { askCycle, readCycle } from '@mainloop/models/db/cycle/cycles';
import { appendOnce } from '@mainloop/models/db/log';
import { many } from '@mainloop/models/db/pool';
import { saveSettings } from '@mainloop/models/db/projects/settings';
import { taskEnded } from '@mainloop/models/events/tasks';
import { OWNER, taskWorkflowId } from '@mainloop/models/flow/ids';
import { TELL_AFTER_MS, WAKE_AFTER_MS } from '@mainloop/models/flow/cycle/stuck';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { cycleActivities } from './cycle.activities.ts';

const file = databaseOfFile(async (db) => {
  await seedProject(db);
  // Whatever the hour is, no campfire comes into it.
  await saveSettings(db, OWNER, { campfireAt: null });
});
const running = new Set<string>();
let places: string[] = [];
const released: string[] = [];
let isAway = false;
const asked: string[] = [];
const phases = () =>
  cycleActivities({
    db: file.db,
    hit: () => undefined,
    sandbox: {
      list: () => (isAway ? Promise.reject(new Error('The cluster is away.')) : Promise.resolve(places)),
      release: (taskId) => {
        released.push(taskId);
        places = places.filter((id) => id !== taskId);
        return Promise.resolve();
      },
    },
    workflows: {
      count: () => Promise.resolve(running.size),
      running: () => Promise.resolve(running),
      isGone: (id) => {
        asked.push(id);
        return Promise.resolve(!running.has(id));
      },
    },
  });

let cycles = 0;
/** One cycle as the workflow goes through it; each phase `times` times, as after a kill. */
async function cycle(times = 1): Promise<readonly string[]> {
  const of = { ownerId: OWNER, startedMs: Date.now() };
  const again = async <T>(phase: () => Promise<T>): Promise<T> => {
    let answer = await phase();
    for (let n = 1; n < times; n++) answer = await phase();
    return answer;
  };
  const { gatherCycle, triageCycle, narrateCycle, tendCycle, endCycle } = phases();
  const gathered = await again(() => gatherCycle(of));
  const triaged = await again(() => triageCycle(of));
  const narrated = await again(() => narrateCycle({ ...of, stuck: triaged.stuck }));
  const tended = await again(() => tendCycle({ ...of, ...triaged }));
  const id = `c${cycles++}`;
  const { reason, missed, seq } = gathered;
  const reports = [gathered.report, triaged.report, narrated.report, tended];
  const said = [...gathered.said, ...narrated.said];
  await again(() => endCycle({ ...of, id, reason, missed, seq, phases: reports, said }));
  return said;
}
const shown = async () => (await readCycle(file.db, OWNER, new Date())).cycles;
const items = () =>
  many<{ about: string; state: string; title: string }>(
    file.db,
    "select about, state, title from inbox_items where kind = 'stuck' order by created_at, id",
  );
const silentFor = (id: string, ms: number): Promise<unknown> =>
  file.db.query(`update tasks set updated_at = now() - $2 * interval '1 millisecond' where id = $1`, [
    id,
    ms,
  ]);
const events = async (): Promise<number> =>
  Number((await many<{ n: number }>(file.db, 'select count(*) as n from events'))[0]!.n);
/** All rows of all tables, as text. */
async function everyRow(): Promise<string[]> {
  const all = await many<{ table: string }>(
    file.db,
    "select table_name as table from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  const found = await Promise.all(
    all.map(({ table }) =>
      many<{ row: string }>(file.db, `select '${table} ' || to_jsonb(t)::text as row from "${table}" t`),
    ),
  );
  return found.flat().map(({ row }) => row);
}
const endOf = (taskId: string) =>
  taskEnded.new({ taskId, actor: 'mainloop', payload: { state: 'cancelled', how: 'cancelled', left: '' } });

beforeEach(async () => {
  running.clear();
  asked.length = 0;
  released.length = 0;
  places = [];
  isAway = false;
  await file.db.query(
    'delete from inbox_items; delete from outbox; delete from tasks; delete from proposals',
  );
  await cycle();
});

describe('a cycle', () => {
  test('with nothing to do writes one row, and no event', async () => {
    const before = await events();
    const { quiet } = await getClock(file.db, OWNER);
    const rowsBefore = new Set(await everyRow());
    const shownBefore = await shown();
    await cycle(2);
    expect((await everyRow()).filter((row) => !rowsBefore.has(row))).toHaveLength(1);
    expect(await events()).toBe(before);
    expect((await getClock(file.db, OWNER)).quiet).toBe(quiet + 1);
    expect(await shown()).toEqual(shownBefore);
    expect(asked).toEqual([]);
  });

  test('tells what happened since the last, and the next does not tell it again', async () => {
    await seedTask(file.db, 'one');
    running.add(taskWorkflowId('one'));
    expect(await cycle(2)).toEqual(['A task began.']);
    expect(await cycle()).toEqual([]);
    const [newest] = await shown();
    expect(newest).toMatchObject({ reason: 'clock', said: ['A task began.'] });
    expect(newest!.phases.map(({ phase }) => phase)).toEqual(['gather', 'triage', 'narrate', 'tend']);
    expect(newest!.phases[0]!.did).toEqual({ events: 1 });
  });

  test('that the person asked for says so, and counts the quiet ones before it', async () => {
    await cycle();
    const { quiet } = await getClock(file.db, OWNER);
    await askCycle(file.db, OWNER);
    await cycle();
    expect((await shown())[0]).toMatchObject({ reason: 'asked', said: [], quietBefore: quiet });
    expect((await getClock(file.db, OWNER)).quiet).toBe(0);
  });

  test('that comes late makes up for those that did not, once', async () => {
    const clock = await getClock(file.db, OWNER);
    await file.db.query("update settings set value = $1 where key = 'cycle'", [
      JSON.stringify({ ...clock, endedMs: clock.endedMs - 31 * 60_000 }),
    ]);
    expect(await readCycle(file.db, OWNER, new Date(clock.endedMs))).toMatchObject({ isLate: true });
    await cycle();
    expect((await shown())[0]).toMatchObject({ reason: 'missed', missed: 5 });
    const before = await events();
    await cycle();
    expect(await events()).toBe(before);
  });
});

describe('a task that is stuck', () => {
  test('because its workflow is gone is told of once, until it has ended', async () => {
    await seedTask(file.db, 'gone');
    await seedTask(file.db, 'fresh');
    await seedTask(file.db, 'well');
    await silentFor('gone', 3 * 60_000);
    await silentFor('well', 3 * 60_000);
    running.add(taskWorkflowId('well'));
    const title = '“Task gone” is stuck: nothing goes on with it.';
    expect(await cycle(3)).toContain(title);
    expect(await cycle()).toEqual([]);
    expect(await items()).toEqual([{ about: 'gone', state: 'open', title }]);
    // Only what the list of all that run lacks is asked about.
    expect(new Set(asked)).toEqual(new Set([taskWorkflowId('gone')]));
    await file.db.query("update inbox_items set state = 'closed', answered_at = now() where kind = 'stuck'");
    await cycle();
    expect(await items()).toEqual([{ about: 'gone', state: 'closed', title }]);
    await file.db.query("update inbox_items set state = 'open', answered_at = null where kind = 'stuck'");
    await appendOnce(file.db, [endOf('gone')], OWNER);
    await cycle();
    expect((await items()).map(({ state }) => state)).toEqual(['closed']);
  });

  test('because it says nothing is woken once, then told of once, and let go of when it goes on', async () => {
    await seedTask(file.db, 'silent');
    running.add(taskWorkflowId('silent'));
    await file.db.query("update tasks set state = 'drafting' where id = 'silent'");
    const pokes = () => many(file.db, "select workflow_id, name from outbox where name = 'poke'");
    await silentFor('silent', WAKE_AFTER_MS + 60_000);
    await cycle(2);
    await cycle();
    expect(await pokes()).toEqual([{ workflow_id: 'task/silent', name: 'poke' }]);
    expect(await items()).toEqual([]);
    const [told] = await shown();
    expect(told!.phases.find(({ phase }) => phase === 'triage')!.did).toEqual({ stuck: 1 });
    await silentFor('silent', TELL_AFTER_MS + 60_000);
    const title = '“Task silent” says that it works, and nothing happens.';
    expect(await cycle(2)).toEqual([title]);
    expect(await cycle()).toEqual([]);
    expect(await items()).toEqual([{ about: 'silent', state: 'open', title }]);
    await silentFor('silent', 0);
    await cycle(2);
    expect((await items()).map(({ state }) => state)).toEqual(['closed']);
    const why = await many(
      file.db,
      "select payload->>'why' as why from events where type = 'inbox.closed' order by seq desc limit 1",
    );
    expect(why).toEqual([{ why: 'It goes on.' }]);
  });

  test('is not told of while something of it waits for the person', async () => {
    await seedTask(file.db, 'asks');
    running.add(taskWorkflowId('asks'));
    await file.db.query("update tasks set state = 'drafting' where id = 'asks'");
    await file.db.query(
      `insert into inbox_items (id, owner_id, task_id, kind, title, body, state, created_at)
       values ('q', $1, 'asks', 'question', 'Which?', '', 'open', now())`,
      [OWNER],
    );
    await silentFor('asks', TELL_AFTER_MS);
    expect(await cycle()).toEqual(['A task began.']);
    expect(await items()).toEqual([]);
  });
});

test('what nobody said yes to in time has expired, and it is written down once', async () => {
  await seedProposal(file.db, 'late', -1_000);
  const { id } = await seedProposal(file.db, 'open');
  await cycle(2);
  const states = await many(file.db, 'select id, state from proposals order by expires_at');
  expect(states.map(({ state }) => state)).toEqual(['expired', 'open']);
  expect(states[1]!.id).toBe(id);
  const told = await many(file.db, "select 1 from events where type = 'proposal.expired'");
  expect(told).toHaveLength(1);
});

test('what was put off is back is told once', async () => {
  await file.db.query(
    `insert into inbox_items (id, owner_id, task_id, kind, title, body, state, created_at, snoozed_until)
     values ('later', $1, 'x', 'question', 'Which?', '', 'open', now(), clock_timestamp())`,
    [OWNER],
  );
  await file.db.query(`update settings set value = value || '{"endedMs": 0}' where key = 'cycle'`);
  expect(await cycle()).toEqual(['One thing that you put off is back.']);
  expect(await cycle()).toEqual([]);
});

test('sandboxes without a task are removed, and one that fails does not keep the rest', async () => {
  await seedTask(file.db, 'live');
  running.add(taskWorkflowId('live'));
  places = ['live', 'nobody'];
  await cycle();
  expect(released).toEqual(['nobody']);
  expect((await shown())[0]!.phases.at(-1)).toMatchObject({ did: { orphans: 1 }, trouble: '' });
  isAway = true;
  await seedProposal(file.db, 'later', -1_000);
  await cycle();
  expect((await shown())[0]!.phases.at(-1)).toMatchObject({
    did: { expired: 1 },
    trouble: 'orphans: The cluster is away.',
  });
});
