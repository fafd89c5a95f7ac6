// What CI is asked about, on a real database. The forge is a pull request and its checks.
import { expect, test } from '@jest/globals';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed } from '@mainloop/testkit/seed';
import { all, forgeOf, pull, run } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

test.each([
  ['second', 'second', 'green'],
  // The red of the push before was repaired by this one.
  ['first', 'second', 'green'],
  ['a colleague', 'a colleague', 'red'],
])(
  'where the forge says that the head is "%s", CI is asked about "%s": %s',
  async (headSha, asked, verdict) => {
    expect(await forgeAt(pull(headSha), all).readCi({ taskId: 'pushed', round: 0 })).toMatchObject({
      sha: asked,
      verdict,
    });
  },
);

test('how a commit failed is told by name, from its log, which is read once', async () => {
  let logs = 0;
  const jobLog = () => {
    logs++;
    return Promise.resolve('2026-11-20T10:00:00.0Z noise\n2026-11-20T10:00:00.0Z Error: 1 is not 2');
  };
  const checks = (sha: string) => [run(sha === 'base' ? 'success' : 'failure', { name: 'unit' })];
  const activities = forgeAt(pull('a colleague'), checks, { jobLog });
  for (const round of [0, 1]) {
    const { told } = await activities.readCi({ taskId: 'pushed', round });
    expect(told).toMatchObject({ ask: null, red: '"unit (a.yml)" is red: Error: 1 is not 2.' });
  }
  expect(logs).toBe(1);
  // A repair that pushed nothing is the last; one that met the same failure in another commit too.
  expect((await activities.readCi({ taskId: 'pushed', round: 1, redSha: 'a colleague' })).told.ask).toMatch(
    /^"unit \(a\.yml\)" is still red, and the repair/,
  );
  const same = forgeAt(pull('another'), checks, { jobLog });
  expect((await same.readCi({ taskId: 'pushed', round: 1, redSha: 'a colleague' })).told.ask).toMatch(
    /^"unit \(a\.yml\)" failed again in the same way/,
  );
});

test('what was red in the same way on the commit that the change is from is told, and is no news at the review', async () => {
  const logs = new Map([
    [1, 'Error: 1 is not 2'],
    [2, 'Error: 1 is not 2'],
    [3, 'Error: 3 is not 4'],
  ]);
  const jobLog = (_: string, job: number) => Promise.resolve(logs.get(job) ?? '');
  const from = (base: number | null) =>
    forgeAt(
      pull('on red'),
      (sha) => [sha === 'base' ? run(base === null ? null : 'failure', { id: base ?? 9 }) : run('failure')],
      { jobLog },
    );
  const before = async (base: number | null): Promise<string | undefined> =>
    (await from(base).readCi({ taskId: 'pushed', round: 0 })).told.before;
  expect(await before(2)).toBe(
    '"test (a.yml)" was red before this change, and is red in the same way on base, which it is from: Error: 1 is not 2.',
  );
  // Red in another way, or not ended there: nobody can say that it was.
  expect([await before(3), await before(null)]).toEqual([undefined, undefined]);
  const asked = { taskId: 'pushed', sinceIso: '', shown: 'on red' };
  expect(await from(2).readReview(asked)).not.toHaveProperty('again');
  expect(await from(3).readReview(asked)).toMatchObject({
    again: expect.stringMatching(/^CI failed after all/),
  });
});

test('what never ran to its end is run again once, costs no repair, and then the person is asked', async () => {
  const asked: string[] = [];
  const ensureRerun = (_: string, sha: string) => {
    asked.push(sha);
    return Promise.resolve({ asked: 1 });
  };
  const activities = forgeAt(pull('cut'), () => [run('cancelled')], { ensureRerun });
  for (const round of [0, 0])
    expect(await activities.readCi({ taskId: 'pushed', round })).toMatchObject({
      verdict: 'pending',
      told: { ask: null },
    });
  expect(asked).toEqual(['cut']);
  const long = { asked: 1, atMs: Date.now() - 10 * 60_000 };
  await database.db.query("update forge_effects set result = $1 where key = 'pushed/rerun-cut'", [
    JSON.stringify(long),
  ]);
  expect((await activities.readCi({ taskId: 'pushed', round: 0 })).told.ask).toContain(
    'running it once more did not help',
  );
  const closed = forgeAt(pull('lost'), () => [run('cancelled')], {
    ensureRerun: () => Promise.resolve({ asked: 0 }),
  });
  expect((await closed.readCi({ taskId: 'pushed', round: 0 })).told.ask).toContain(
    'it could not be run again from here',
  );
  expect(asked).toEqual(['cut']);
});

test('a pull request that is closed while CI runs asks before anything is spent, and one that is merged is done', async () => {
  const failing = () => [run('failure')];
  const closed = await forgeAt(pull('second', { state: 'closed' }), failing).readCi({
    taskId: 'pushed',
    round: 0,
  });
  expect(closed.told.ask).toMatch(/^The pull request was closed/);
  const merged = await forgeAt(pull('second', { state: 'closed', merged: true }), failing).readCi({
    taskId: 'pushed',
    round: 0,
  });
  expect(merged.told.pull).toBe('merged');
});

test('what the token may not read is told once', async () => {
  const listChecks = () =>
    Promise.resolve({ checks: [], suites: [], statuses: [], required: [], unreadable: ['rules'] });
  for (const round of [0, 1])
    await forgeAt(pull('second'), all, { listChecks }).readCi({ taskId: 'pushed', round });
  const { rows } = await database.db.query("select payload from events where type = 'forge.unreadable'");
  expect(rows).toEqual([
    { payload: { sentence: 'The token may not read the rules of this repository, so they do not count.' } },
  ]);
});

test.each([
  [true, true],
  [false, false],
  [null, null],
])(
  'whether the newest commit fits its base is told as the forge tells it (%s), and of another commit nothing',
  async (fits, told) => {
    expect(await forgeAt(pull('second', { fits }), all).readCi({ taskId: 'pushed', round: 0 })).toMatchObject(
      { fits: told, base: 'main' },
    );
    expect(await forgeAt(pull('first', { fits }), all).readCi({ taskId: 'pushed', round: 0 })).toMatchObject({
      sha: 'second',
      fits: null,
    });
    const review = await forgeAt(pull('second', { fits }), all).readReview({
      taskId: 'pushed',
      sinceIso: '',
      shown: 'second',
    });
    expect(review.conflictsWith).toBe(fits === false ? 'main' : undefined);
  },
);
