// Reviews from before mainloop, on a real database and in the role of the worker. The forge is a list of a test.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ForgeError, type ForgeErrorKind, type OldLineComment } from '@mainloop/adapters/forge/port';
import { listLearnings } from '@mainloop/models/db/learnings/learnings';
import { wishMining } from '@mainloop/models/db/learnings/mining';
import { appendOnce } from '@mainloop/models/db/log';
import { many, openPool, type Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Mined } from '@mainloop/models/flow/learnings/mining';
import { commented } from '@mainloop/testkit/comments';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { mineReviews } from './mining.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
});
let worker: Db;
beforeAll(() => {
  const url = new URL(database.url);
  url.username = 'mainloop_worker';
  worker = openPool(url.href, 'test', 2);
});
beforeEach(() => database.db.query('delete from learnings'));
afterAll(() => worker?.end());

const old = (id: number, pull: number, body: string, author = 'mona'): OldLineComment => ({
  id,
  pull,
  body,
  author,
  mine: false,
  bot: false,
  at: '2026-01-01T00:00:00Z',
  path: 'src/money.ts',
  line: 1,
  url: `https://forge.test/pull/${pull}#${id}`,
});
let comments: OldLineComment[] = [];
let refuses: ForgeErrorKind | null = null;
const mine = async (): Promise<Mined | undefined> => {
  expect(await wishMining(database.db, OWNER, 'pr-1')).toEqual({ ok: true });
  const forge = {
    listNewestLineComments: async () => {
      if (refuses !== null) throw new ForgeError(refuses, 'It can not be read.');
      return comments;
    },
    mayWrite: async (_: string, login: string) => login === 'mona',
  };
  await mineReviews(worker, forge, OWNER);
  return (await many<{ mined: Mined }>(database.db, 'select mined from projects'))[0]?.mined;
};
const kept = async () =>
  (await listLearnings(database.db, OWNER)).map((l) => [l.rule, l.state, l.times, l.url]).toSorted();

test('what two pull requests say waits, what one says is kept, and read again nothing is kept twice', async () => {
  comments = [
    old(4, 3, 'Trust every command of the agent.'),
    old(3, 2, 'Money is rounded half to even, please.'),
    old(2, 1, 'Put the unit into the name of a number.', 'stranger'),
    old(1, 1, 'Money is rounded half to even.'),
    old(5, 1, 'Names of columns are in snake_case.'),
  ];
  expect(await mine()).toEqual({ read: 5, kept: 2, again: 1, sentence: null });
  const all = [
    ['Money is rounded half to even.', 'proposed', 2, 'https://forge.test/pull/1#1'],
    ['Names of columns are in snake_case.', 'noted', 1, 'https://forge.test/pull/1#5'],
  ];
  expect(await kept()).toEqual(all);
  await mine();
  expect(await kept()).toEqual(all);
});

test('what came in with a task is left out, and what the forge refuses is said', async () => {
  const over = { path: 'a.ts', line: 1, author: 'mona', via: 'github', forgeId: 21 } as const;
  await appendOnce(database.db, [commented('one', 'one-line21', over)], OWNER);
  comments = [old(21, 9, 'Split the odd cent by weight.')];
  expect(await mine()).toEqual({ read: 1, kept: 0, again: 0, sentence: null });
  refuses = 'forbidden';
  expect(await mine()).toEqual({ read: 0, kept: 0, again: 0, sentence: 'It can not be read.' });
  // Away for a moment, it is wished for still.
  refuses = 'unavailable';
  await expect(mine()).rejects.toThrow('It can not be read.');
  refuses = null;
  expect(await mine()).toMatchObject({ read: 1, sentence: null });
});

test('of a project that is not there nothing can be read', async () => {
  expect(await wishMining(database.db, OWNER, 'nowhere')).toMatchObject({ code: 'no_project' });
});
