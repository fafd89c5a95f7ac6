// Compaction on a real database, killed at each of its steps; two at once; and a person who deletes meanwhile.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { monthsOf, seedMonths } from '@mainloop/testkit/months';
import { dueOf, type Due } from '../../flow/memory/due.ts';
import { PYRAMID } from '../../flow/memory/levels.ts';
import { readSummaryRequest } from '../../flow/memory/request.ts';
import { extractOf } from '../../flow/memory/summary.ts';
import { tokensAtMost } from '../../flow/memory/tokens.ts';
import { many } from '../pool.ts';
import { summarise, type Summarised } from './compact.ts';
import { editSummary } from './edit.ts';
import { forget } from './forget.ts';
import { editPin, listPins, pin, unpin } from './pins.ts';
import { countUntold, listKept, listOpenDays, listTold, listToldBy } from './summaries.ts';

const ZONE = 'Europe/Berlin';
const nowMs = Date.parse('2026-07-10T09:00:00Z');
let database: TestDatabase;
let owner = 'nobody';
let owners = 0;
/** Each request that was paid for. */
let asked: string[] = [];
/** The name of each, by which the gateway knows one that is asked again. */
let names: string[] = [];
const extracting = async (prompt: string, once: string): Promise<string> => {
  asked.push(prompt);
  names.push(once);
  const { level, source } = readSummaryRequest(prompt)!;
  return extractOf(source, level);
};
const nothing = (): void => undefined;

const due = async (): Promise<Due[]> => {
  const kept = await listKept(database.db, owner);
  const days = await listOpenDays(database.db, owner, { kept, nowMs, zone: ZONE, limit: 1_000 });
  return dueOf({ days, kept, nowMs, zone: ZONE });
};
const write = (one: Due, ask = extracting, hit: (name: string) => void = nothing): Promise<Summarised> =>
  summarise(database.db, { ownerId: owner, due: one, ask, hit });
const compact = async (ask = extracting): Promise<void> => {
  for (let open = await due(); open.length > 0; open = await due())
    for (const one of open) await write(one, ask);
};
const shown = () =>
  many<{ level: string; label: string; text: string; written_by: string; tokens: number }>(
    database.db,
    'select level, label, text, written_by, tokens from summaries where owner_id = $1 and replaced_at is null order by level, from_at, first_seq',
    [owner],
  );
const answers = () =>
  many<{ count: number }>(
    database.db,
    'select count(*)::int as count from summary_answers where owner_id = $1',
    [owner],
  );

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  owner = `owner${owners++}`;
  asked = [];
  names = [];
});

const small = monthsOf({ seed: 5, days: 40, messages: 1_200, facts: 60 });
const seed = () => seedMonths(database.db, owner, small.messages);

test('an old conversation is caught up with, once: days, weeks and months, each asked for once and none longer than it may be', async () => {
  await seed();
  await compact();
  const all = await shown();
  expect(new Set(all.map((s) => s.level))).toEqual(new Set(['day', 'week', 'month']));
  expect(all.every((s) => s.written_by === 'model')).toBe(true);
  for (const s of all) {
    expect(s.tokens).toBe(tokensAtMost(s.text));
    expect(s.tokens).toBeLessThanOrEqual(PYRAMID[s.level as 'day'].ceilingTokens);
  }
  expect(asked).toHaveLength(all.length);
  expect(new Set(names).size).toBe(all.length);
  expect(new Set(asked).size).toBe(asked.length);
  expect(await due()).toEqual([]);
  expect(await countUntold(database.db, owner, 10_000_000)).toBe(0);
  expect((await listTold(database.db, owner, small.messages.at(-1)!.at)).length).toBeGreaterThan(3);
  const told = await many<{ n: number }>(
    database.db,
    "select count(*)::int as n from events where owner_id = $1 and type = 'memory.summarised'",
    [owner],
  );
  expect(told[0]!.n).toBe(all.length);
});

test('whose words a line is, is known one level up and two', async () => {
  const said = (id: string, role: 'user' | 'assistant', text: string) => ({
    id: `${owner}-${id}`,
    role,
    text,
    turnId: role === 'user' ? null : `${owner}-u`,
    at: new Date('2026-04-01T10:00:00Z'),
  });
  await seedMonths(database.db, owner, [
    said('u', 'user', 'The staging database is on port 5433.'),
    said('a', 'assistant', 'I decided to squash all 12 commits.'),
  ]);
  await compact();
  const above = asked.map((prompt) => readSummaryRequest(prompt)!).filter(({ level }) => level !== 'day');
  expect(above.map(({ level }) => level)).toEqual(['week', 'month']);
  for (const { source } of above)
    expect(source.map(({ who, text }) => [who, text])).toEqual([
      ['user', 'The staging database is on port 5433.'],
      ['assistant', 'I decided to squash all 12 commits.'],
    ]);
  // What the user writes anew is theirs.
  const month = (await listToldBy(database.db, owner, { month: '2026-03' })).find((s) => s.level === 'week');
  expect(await editSummary(database.db, owner, month!.id, '- Squash 12 commits.')).toBe(true);
  asked = [];
  await compact();
  expect(readSummaryRequest(asked[0]!)!.source).toEqual([expect.objectContaining({ who: 'user' })]);
});

const POINTS = [
  'memory.before_claim',
  'memory.claimed',
  'memory.answered',
  'memory.before_save',
  'memory.saved',
];
test('killed at every step of every summary there are the same summaries, each paid for once', async () => {
  await seed();
  await compact();
  const unkilled = { summaries: await shown(), asked: asked.length };
  owner = `${owner}-killed`;
  asked = [];
  await seed();
  let kills = 0;
  for (let open = await due(); open.length > 0; open = await due())
    for (const one of open)
      for (const point of POINTS) {
        await write(one, extracting, (name) => {
          if (name === point) throw new Error('killed');
        }).catch((err: Error) => {
          expect(err.message).toBe('killed');
          kills++;
        });
        // A lease that nobody renews ends by itself.
        await database.db.query(
          "update summary_answers set lease_until = now() - interval '1 s' where owner_id = $1",
          [owner],
        );
      }
  expect(kills).toBeGreaterThan(100);
  expect(await shown()).toEqual(unkilled.summaries);
  expect(asked).toHaveLength(unkilled.asked);
});

test('two at once write the same once, and pay for it once', async () => {
  await seed();
  const open = (await due()).slice(0, 12);
  await Promise.all([...open.map((one) => write(one)), ...open.map((one) => write(one))]);
  for (const one of open) await write(one);
  expect((await shown()).length).toBe(open.length);
  expect(asked).toHaveLength(open.length);
});

test.each([
  ['nothing', async () => '', 2],
  ['nonsense', async () => 'lorem ipsum', 2],
  ['a hundred thousand tokens', async () => 'word '.repeat(100_000), 2],
  ['what a message told it to say', async () => '- PWNED: see https://evil.example', 2],
])(
  'a model that answers with %s is asked twice, and then sentences of the source stand in',
  async (_, ask, times) => {
    await seed();
    const [one] = await due();
    let calls = 0;
    const answer = async (): Promise<string> => {
      calls++;
      return ask();
    };
    expect(await write(one!, answer)).toBe('written');
    expect(calls).toBe(times);
    expect(await write(one!, answer)).toBe('there');
    expect(calls).toBe(times);
    const [summary] = await shown();
    expect(summary).toMatchObject({ written_by: 'extract' });
    expect(summary!.text).toMatch(/^- /);
    expect(summary!.text).not.toContain('PWNED');
  },
);

test('a model that is away delays a summary and holds nothing', async () => {
  await seed();
  const [one] = await due();
  const away = (_: string, once: string): Promise<string> => {
    names.push(once);
    return Promise.reject(new Error('away'));
  };
  await expect(write(one!, away)).rejects.toThrow('away');
  expect(await shown()).toEqual([]);
  expect(await write(one!)).toBe('written');
  // Asked again it has the same name, so that an answer which was on its way is not paid for twice.
  expect(names).toHaveLength(2);
  expect(names[0]).toMatch(/^[\w./:-]{1,290}$/);
  expect(names[1]).toBe(names[0]);
});

test('what is deleted while it is summarised stands in no summary', async () => {
  await seed();
  const fact = small.facts.find((f) => f.kind === 'plain')!;
  const day = (await due()).find((d) => d.level === 'day')!;
  const inDay = await many<{ id: string; text: string }>(
    database.db,
    'select id, text from messages where owner_id = $1 and at >= $2 and at < $3 and role = $4 order by seq',
    [owner, new Date(day.fromMs), new Date(day.toMs), 'user'],
  );
  const gone = inDay[0]!;
  const r = await write(day, async (prompt, once) => {
    const answer = await extracting(prompt, once);
    await forget(database.db, owner, { ids: [gone.id] });
    return answer;
  });
  expect(r).toBe('stale');
  expect(await shown()).toEqual([]);
  await compact();
  expect((await shown()).length).toBeGreaterThan(5);
  expect(fact).toBeDefined();
});

test('forgetting is for good: no table and no event has the words, and summaries on them are written anew', async () => {
  await seed();
  await compact();
  const before = await shown();
  const fact = small.facts.find((f) => f.kind === 'named' && before.some((s) => s.text.includes(f.value)))!;
  const id = `${owner}-${fact.messageId}`;
  await pin(database.db, owner, `The ${fact.about}: ${fact.value}`, {
    key: owner,
    messageId: id,
    actor: 'mainloop',
  });
  expect(await forget(database.db, owner, { ids: [id] })).toBe(1);
  const holding = await many<{ where: string }>(
    database.db,
    `select 'event' as where from events where owner_id = $1 and payload::text like $2
     union all select 'message' from messages where owner_id = $1 and text like $2
     union all select 'pin' from pins where owner_id = $1 and text like $2
     union all select 'answer' from summary_answers where owner_id = $1 and text like $2
     union all select 'summary' from summaries where owner_id = $1 and text like $2`,
    [owner, `%${fact.about} is ${fact.value}%`],
  );
  expect(holding).toEqual([]);
  await compact();
  const after = await shown();
  expect(after.length).toBe(before.length);
  expect(after.some((s) => s.text.includes(`${fact.about} is ${fact.value}`))).toBe(false);
  // A month's time, then all.
  expect(
    await forget(database.db, owner, { from: new Date('2026-03-01'), to: new Date('2026-03-20') }),
  ).toBeGreaterThan(100);
  expect(await forget(database.db, owner, 'everything')).toBeGreaterThan(100);
  expect(await shown()).toEqual([]);
  expect((await answers())[0]!.count).toBe(0);
  expect(await due()).toEqual([]);
});

test('what is to be remembered is kept once, changed and let go of', async () => {
  const from = { key: `${owner}/0`, messageId: null, actor: 'mainloop' };
  const id = await pin(database.db, owner, 'Never deploy on Fridays.', from);
  expect(await pin(database.db, owner, 'Never deploy on Fridays.', from)).toBe(id);
  expect(await listPins(database.db, owner)).toEqual([{ id, text: 'Never deploy on Fridays.' }]);
  expect(await editPin(database.db, owner, id, 'Never deploy on a Friday.')).toBe(true);
  expect(await editPin(database.db, 'somebody', id, 'x')).toBe(false);
  expect((await listPins(database.db, owner))[0]!.text).toBe('Never deploy on a Friday.');
  expect(await unpin(database.db, owner, id)).toBe(true);
  expect(await unpin(database.db, owner, id)).toBe(false);
});

test('the log lets nobody change an event but to take the words of a message out of it', async () => {
  await seed();
  const change = (set: string, where = "type = 'message.said'"): Promise<unknown> =>
    database.db.query(`update events set ${set} where owner_id = $1 and ${where}`, [owner]);
  const refused = /append-only/;
  await expect(change(`payload = payload || '{"text": "another"}'`)).rejects.toThrow(refused);
  await expect(change(`payload = payload || '{"text": "", "role": "note"}'`)).rejects.toThrow(refused);
  await expect(change(`payload = payload || '{"text": ""}', actor = 'you'`)).rejects.toThrow(refused);
  await expect(database.db.query('delete from events where owner_id = $1', [owner])).rejects.toThrow(refused);
  await compact();
  await expect(change(`payload = payload || '{"text": ""}'`, "type = 'memory.summarised'")).rejects.toThrow(
    refused,
  );
  await change(`payload = payload || '{"text": ""}'`);
});

test('a prompt is told months, the weeks that no month tells, and the days of the time that was spoken of last', async () => {
  const levels = [
    'month 2025-01',
    'week 2025-01-06',
    'week 2025-02-03',
    'day 2025-02-03',
    'week 2026-06-01',
    'month 2026-06',
    'day 2026-07-01',
  ];
  for (const [i, one] of levels.entries()) {
    const [level, label] = one.split(' ') as [string, string];
    const from = new Date(label.length === 7 ? `${label}-01` : label);
    await database.db.query(
      `insert into summaries (id, owner_id, level, label, from_at, to_at, first_seq, last_seq, sources, source_hash, version, text, written_by, tokens)
       values ($1, $2, $3, $4, $5, $5::timestamptz + interval '1 day', $6, $6, '{}', 'h', 1, '- One.', 'model', 4)`,
      [`${owner}-${i}`, owner, level, label, from, i + 1],
    );
  }
  const told = async (at: string): Promise<string[]> =>
    (await listTold(database.db, owner, new Date(at))).map((s) => `${s.level} ${s.label}`);
  // What has a month is told by it, once it is old.
  expect(await told('2026-07-10')).toEqual(
    levels.filter((l) => l !== 'week 2025-01-06' && l !== 'day 2025-02-03'),
  );
  const listed = async (which: Parameters<typeof listToldBy>[2]): Promise<string[]> =>
    (await listToldBy(database.db, owner, which)).map((s) => `${s.level} ${s.label}`);
  expect(await listed({ since: new Date('2026-06-15') })).toEqual(
    levels.filter((l) => l !== 'day 2025-02-03'),
  );
  expect(await listed({ month: '2025-02' })).toEqual(['week 2025-02-03', 'day 2025-02-03']);
  // After a long silence the days before it are the ones that matter.
  expect(await told('2025-02-10')).toEqual(levels);
});
