// Rules fade with what they stand on, on a real database and in the role of the worker. The forge is lists of a test.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ForgeError, type ForgeComment } from '@mainloop/adapters/forge/port';
import {
  addLearning,
  decideLearning,
  listApproved,
  listLearnings,
} from '@mainloop/models/db/learnings/learnings';
import { learnFromLog } from '@mainloop/models/db/learnings/signals';
import { appendOnce } from '@mainloop/models/db/log';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { whyFaded } from '@mainloop/models/flow/learnings/fading';
import { commented } from '@mainloop/testkit/comments';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { fadeRules } from './fading.ts';

let worker: Db;
const database = databaseOfFile(async (db) => {
  await seedProject(db);
  await seedTask(db, 'one');
  await seedTask(db, 'two');
});
beforeAll(() => {
  const url = new URL(database.url);
  url.username = 'mainloop_worker';
  worker = openPool(url.href, 'test', 2);
});
beforeEach(async () => {
  await database.db.query('delete from learnings');
  await database.db.query('update tasks set pr_number = 7');
});
afterAll(() => worker?.end());

/** What is there on the forge. */
const seen = { files: [] as string[], isWhole: true, talk: [] as number[], isAway: false };
beforeEach(() => void Object.assign(seen, { files: [], isWhole: true, talk: [], isAway: false }));
const comment = (id: number): ForgeComment => ({
  id,
  author: 'mona',
  mine: false,
  bot: false,
  body: '',
  at: '2026-11-20T10:00:00Z',
  path: null,
  line: null,
});
const answered = async <T>(list: T): Promise<T> => {
  if (seen.isAway) throw new ForgeError('unavailable', 'away');
  return list;
};
const look = (): Promise<void> =>
  fadeRules(
    worker,
    {
      listFiles: () =>
        answered({ files: seen.files.map((path) => ({ path, sizeBytes: 1 })), isWhole: seen.isWhole }),
      listReviews: () => answered([]),
      listReviewComments: () => answered([]),
      listIssueComments: () => answered(seen.talk.map(comment)),
    },
    OWNER,
    0,
  );
const given = async () => (await listApproved(database.db, OWNER, 'pr-1')).map(({ rule }) => rule).toSorted();
const faded = async () =>
  (await listLearnings(database.db, OWNER)).flatMap((l) => {
    const why = whyFaded(l);
    return why === null ? [] : [[l.rule, why]];
  });

test('a rule about files that are gone is given to nobody, says so, and comes back with them', async () => {
  const rule = { why: '', projectId: 'pr-1' };
  await addLearning(database.db, OWNER, { ...rule, rule: 'Columns in snake_case.', path: '*.sql' }, 'you');
  await addLearning(database.db, OWNER, { ...rule, rule: 'Units in names.', path: null }, 'you');
  await addLearning(database.db, OWNER, { ...rule, rule: 'Numbers of fields stay.', path: '*.proto' }, 'you');
  await addLearning(
    database.db,
    OWNER,
    { ...rule, rule: 'All alike.', path: '*.sql', projectId: null },
    'you',
  );
  const all = ['All alike.', 'Columns in snake_case.', 'Numbers of fields stay.', 'Units in names.'];
  seen.files = ['db/one.sql'];
  await look();
  seen.files = ['src/a.ts'];
  seen.isWhole = false;
  await look();
  seen.isWhole = true;
  seen.isAway = true;
  await look();
  expect(await given()).toEqual(all);
  seen.isAway = false;
  await look();
  await look();
  // Of what was never there none is gone.
  expect(await faded()).toEqual([['Columns in snake_case.', 'files']]);
  expect(await given()).toEqual(all.filter((words) => words !== 'Columns in snake_case.'));
  const events = await database.db.query("select 1 from events where type = 'learning.looked'");
  expect(events.rowCount).toBe(2);
  seen.files = ['db/two.sql'];
  await look();
  expect(await faded()).toEqual([]);
  expect(await given()).toEqual(all);
});

/** Somebody says it on the pull request, the worker learns from it. */
async function say(taskId: string, forgeId: number, text: string): Promise<void> {
  const said = commented(taskId, `${taskId}-talk${forgeId}`, {
    text,
    author: 'mona',
    via: 'github',
    forgeId,
  });
  await appendOnce(database.db, [said], OWNER);
  while (await learnFromLog(worker, OWNER));
}
const approve = async (decision: 'approve' | 'edit' = 'approve') =>
  decideLearning(
    database.db,
    { ownerId: OWNER, id: (await listLearnings(database.db, OWNER))[0]!.id, decision, by: 'you' },
    {},
  );

test('a rule whose comments were deleted fades, until somebody stands for it', async () => {
  await say('one', 1, 'Money is rounded half to even.');
  await say('two', 2, 'Money is rounded half to even!');
  await approve();
  seen.talk = [2];
  await look();
  expect(await faded()).toEqual([]);
  seen.talk = [];
  seen.isAway = true;
  await look();
  expect(await faded()).toEqual([]);
  seen.isAway = false;
  await look();
  expect(await faded()).toEqual([['Money is rounded half to even.', 'comments']]);
  expect(await given()).toEqual([]);
  // The user's own word for it stands on no comment.
  await approve('edit');
  await look();
  expect(await given()).toEqual(['Money is rounded half to even.']);
});

test('what an agent said too does not fade with a comment', async () => {
  await say('one', 11, 'Split the odd cent by weight.');
  await database.db.query('update learnings set said_in = said_in || $1::jsonb', ['[null]']);
  await approve();
  await look();
  expect(await faded()).toEqual([]);
});
