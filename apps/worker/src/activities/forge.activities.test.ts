// What CI is asked about, on a real database. The forge is a pull request and its checks.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ForgeError, MergeRefused, type Forge, type PullInfo } from '@mainloop/adapters/forge/port';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { appendOnce } from '@mainloop/models/db/log';
import { agentShowed } from '@mainloop/models/events/runs';
import { ACTIONS, type CheckRun } from '@mainloop/models/flow/ci';
import { OWNER } from '@mainloop/models/flow/ids';
import { mergeRefusal } from '@mainloop/models/flow/merging';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { forgeActivities } from './forge.activities.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'pushed');
  await database.db.query(
    "update tasks set state = 'ci', pr_number = 7, head_sha = 'second' where id = 'pushed'",
  );
  for (const [sha, ago] of [
    ['first', 2],
    ['second', 1],
  ] as const)
    await database.db.query(
      `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
       values ($1, 'you', 'pushed', 'r', 'b', '', $1, 'forwarded', '', '', now() - $2 * interval '1 minute')`,
      [sha, ago],
    );
});
afterAll(() => database.drop());

const CHECKS: ReadonlyMap<string, string> = new Map([
  ['first', 'failure'],
  ['second', 'success'],
  ['a colleague', 'failure'],
]);
const DEPS = { hit: () => undefined, settleMs: 0, ciPatienceMs: 3_600_000, quietMs: 60_000 };
const pull = (headSha: string, more: Partial<PullInfo> = {}): PullInfo => ({
  number: 7,
  url: 'https://forge/7',
  headSha,
  merged: false,
  state: 'open',
  draft: true,
  mergeSha: null,
  fits: true,
  ...more,
});
const run = (conclusion: string | null, more: Partial<CheckRun> = {}): CheckRun => ({
  id: 1,
  app: ACTIONS,
  appId: 1,
  suite: 1,
  workflow: 'a.yml on push',
  name: 'test',
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  url: null,
  summary: '',
  notHere: false,
  startedAt: '2026-11-20T10:00:00Z',
  completedAt: '2026-11-20T10:01:00Z',
  ...more,
});
/** A forge where a pull request stands at a commit, with the checks that each commit has. */
function forgeAt(
  at: PullInfo,
  checks: (sha: string) => readonly CheckRun[],
  more: Partial<Forge> = {},
): ReturnType<typeof forgeActivities> {
  const forge: Partial<Forge> = {
    getPull: () => Promise.resolve(at),
    listChecks: (_, sha) =>
      Promise.resolve({ checks: checks(sha), suites: [], statuses: [], required: [], unreadable: [] }),
    jobLog: () => Promise.resolve(''),
    mergeMethods: () => Promise.resolve(null),
    listCommits: () =>
      Promise.resolve([{ sha: 'a colleague', title: 'add evil.ts', author: 'mona', isMerge: false }]),
    readDiff: () => Promise.resolve(''),
    listIssueComments: () => Promise.resolve([]),
    listReviews: () => Promise.resolve([]),
    listReviewComments: () => Promise.resolve([]),
    listThreads: () => Promise.resolve([]),
    readIssueTemplates: () => Promise.resolve([]),
    ...more,
  };
  return forgeActivities({ db: database.db, forge: forge as Forge, ...DEPS });
}
const all = (sha: string): CheckRun[] => [run(CHECKS.get(sha) ?? null)];

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
  const activities = forgeAt(pull('a colleague'), () => [run('failure', { name: 'unit' })], { jobLog });
  for (const round of [0, 1]) {
    const { told } = await activities.readCi({ taskId: 'pushed', round });
    expect(told).toMatchObject({ ask: null, red: '"unit (a.yml)" is red: Error: 1 is not 2.' });
  }
  expect(logs).toBe(1);
  // A repair that pushed nothing is the last; one that met the same failure in another commit too.
  expect((await activities.readCi({ taskId: 'pushed', round: 1, redSha: 'a colleague' })).told.ask).toMatch(
    /^"unit \(a\.yml\)" is still red, and the repair/,
  );
  const same = forgeAt(pull('another'), () => [run('failure', { name: 'unit' })], { jobLog });
  expect((await same.readCi({ taskId: 'pushed', round: 1, redSha: 'a colleague' })).told.ask).toMatch(
    /^"unit \(a\.yml\)" failed again in the same way/,
  );
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

describe('merge', () => {
  const merging = (
    at: PullInfo,
    checks: (sha: string) => readonly CheckRun[],
    ensureMerged: Forge['ensureMerged'],
    more: Partial<Forge> = {},
  ) => forgeAt(at, checks, { ensureMerged, ...more });
  const unseen: Forge['ensureMerged'] = () => Promise.reject(new Error('merged unseen'));
  const green = () => [run('success')];

  test.each([
    ['second', 'second'],
    // GitHub itself compares what is merged with what is there.
    ['first', 'second'],
  ])('where the forge shows "%s", what the person was shown is merged: "%s"', async (headSha, asked) => {
    for (const shown of [undefined, 'second']) {
      const merged: string[] = [];
      const ensureMerged: Forge['ensureMerged'] = (_, __, sha) => {
        merged.push(sha);
        return Promise.resolve({ sha: 'm', outcome: 'updated' });
      };
      expect(await merging(pull(headSha), green, ensureMerged).merge({ taskId: 'pushed', shown })).toEqual({
        did: 'merged',
      });
      expect(merged).toEqual([asked]);
    }
  });

  test('what somebody has pushed since is not merged unseen, and the person is told', async () => {
    const activities = merging(pull('a colleague'), green, unseen);
    const sentence =
      'mona pushed a colle "add evil.ts" to the pull request after it was offered, so it is not merged. It is looked at anew.';
    expect(await activities.merge({ taskId: 'pushed', shown: 'second' })).toEqual({ did: 'moved', sentence });
    expect(await activities.readReview({ taskId: 'pushed', sinceIso: '', shown: 'second' })).toMatchObject({
      state: 'open',
      again: sentence,
    });
    const old = activities.merge({ taskId: 'pushed' });
    await expect(old).rejects.toThrow(/^Somebody else has pushed a colle to the pull request/);
    await expect(old).rejects.toMatchObject({ kind: 'rejected' });
  });

  test('what turned red since it was offered is not merged', async () => {
    const activities = merging(pull('second'), () => [run('failure', { name: 'late' })], unseen);
    const said = { did: 'red', sentence: 'CI failed after all: "late (a.yml)" is red.' };
    expect(await activities.merge({ taskId: 'pushed', shown: 'second' })).toEqual(said);
    expect(await activities.readReview({ taskId: 'pushed', sinceIso: '', shown: 'second' })).toMatchObject({
      again: said.sentence,
    });
  });

  test.each([
    ['Head branch was modified. Review and try the merge again.', 'moved'],
    ['At least 1 approving review is required by reviewers with write access.', 'refused'],
    ['Changes must be made through the merge queue', 'queued'],
    ['Pull Request is not mergeable', 'conflicts'],
  ])('the forge says "%s": %s', async (said, did) => {
    const queued: string[] = [];
    const ensureQueued: Forge['ensureQueued'] = (_, __, sha) => {
      queued.push(sha);
      return Promise.resolve('updated');
    };
    const refuse: Forge['ensureMerged'] = () => Promise.reject(new MergeRefused(mergeRefusal(said), said));
    expect(
      await merging(pull('second'), green, refuse, { ensureQueued }).merge({
        taskId: 'pushed',
        shown: 'second',
      }),
    ).toMatchObject({ did });
    expect(queued).toEqual(did === 'queued' ? ['second'] : []);
    await expect(merging(pull('second'), green, refuse).merge({ taskId: 'pushed' })).rejects.toMatchObject({
      kind: 'rejected',
    });
  });

  test('a way to merge that the repository does not allow is not tried, and without one an allowed one is', async () => {
    const used: string[] = [];
    const ensureMerged: Forge['ensureMerged'] = (_, __, ___, method) => {
      used.push(method);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    };
    const activities = merging(pull('second'), green, ensureMerged, {
      mergeMethods: () => Promise.resolve(['rebase']),
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: 'squash' })).toMatchObject({
      did: 'refused',
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: '' })).toEqual({
      did: 'merged',
    });
    expect(used).toEqual(['rebase']);
  });

  test('a way that a ruleset forbids though the settings allow it: another is taken where none was chosen, and is not where one was', async () => {
    const used: string[] = [];
    const said = 'Merge method squash merging is not allowed on this repository';
    const ensureMerged: Forge['ensureMerged'] = (_, __, ___, method) => {
      used.push(method);
      return method === 'squash'
        ? Promise.reject(new MergeRefused(mergeRefusal(said), said))
        : Promise.resolve({ sha: 'm', outcome: 'updated' });
    };
    const activities = merging(pull('second'), green, ensureMerged, {
      mergeMethods: () => Promise.resolve(['squash', 'rebase']),
    });
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: 'squash' })).toMatchObject({
      did: 'refused',
    });
    expect(used).toEqual(['squash']);
    expect(await activities.merge({ taskId: 'pushed', shown: 'second', method: '' })).toEqual({
      did: 'merged',
    });
    expect(used).toEqual(['squash', 'squash', 'rebase']);
  });
});

test('what others have pushed since the agent is named, and nothing in it is markup', async () => {
  const listCommits = () =>
    Promise.resolve([
      { sha: 'second', title: 'ours', author: 'bot', isMerge: false },
      { sha: 'a colleague', title: 'add [evil](http://x) <b>', author: 'mona', isMerge: false },
    ]);
  expect(
    (await forgeAt(pull('a colleague'), all, { listCommits }).readOthers({ taskId: 'pushed' })).body,
  ).toContain('- `a colle` add \\[evil\\]\\(http://x\\) \\<b\\> (mona)');
  expect(await forgeAt(pull('second'), all, { listCommits }).readOthers({ taskId: 'pushed' })).toEqual({
    body: '',
  });
});

test('a "ready" is taken back, and a repository without drafts is no obstacle', async () => {
  const ensureDraft = () => Promise.reject(new ForgeError('rejected', 'no drafts here'));
  await forgeAt(pull('second', { draft: false }), all, { ensureDraft }).ensureDraft({
    taskId: 'pushed',
    why: 'CI failed after all.',
  });
  const { rows } = await database.db.query("select payload from events where type = 'pr.taken_back'");
  expect(rows).toEqual([{ payload: { number: 7, why: 'CI failed after all.' } }]);
  const away = () => Promise.reject(new ForgeError('unavailable', 'later'));
  await expect(
    forgeAt(pull('second'), all, { ensureDraft: away }).ensureDraft({ taskId: 'pushed', why: '' }),
  ).rejects.toThrow('later');
});

test('whatever the task is called, what is merged has a message of ours that sets nothing off', async () => {
  await seedTask(database.db, 'named');
  await database.db.query(
    "update tasks set state = 'in_review', pr_number = 8, head_sha = 'h', title = 'Fixes #12 for @everybody [skip ci]' where id = 'named'",
  );
  const messages: { title: string; body: string }[] = [];
  const forge = {
    getPull: () => Promise.resolve({ number: 8, headSha: 'h', merged: false, state: 'open' } as PullInfo),
    mergeMethods: () => Promise.resolve(null),
    ensureMerged: (...[, , , , message]: Parameters<Forge['ensureMerged']>) => {
      messages.push(message);
      return Promise.resolve({ sha: 'm', outcome: 'updated' });
    },
  } as unknown as Forge;
  await forgeActivities({
    db: database.db,
    forge,
    hit: () => undefined,
    settleMs: 0,
    ciPatienceMs: 60_000,
    quietMs: 60_000,
  }).merge({ taskId: 'named' });
  const [{ title, body }] = messages as [{ title: string; body: string }];
  expect(title.replaceAll('\u2060', '')).toBe('Fixes #12 for @everybody [skip ci] (#8)');
  expect(title).not.toMatch(/fixes #|@[a-z]|\[skip/i);
  expect(body).toBe('Asked for, reviewed and merged in mainloop.');
});

describe('the change that is shown', () => {
  const shown = async (): Promise<{ new_sha: string; state: string; diff: string; delta: string }[]> =>
    (
      await database.db.query(
        "select new_sha, state, diff, delta from pushes where task_id = 'moved' order by created_at, id",
      )
    ).rows;
  const readDiff: Forge['readDiff'] = (_, from, to) => Promise.resolve(`diff of ${from} to ${to}`);
  const at = (headSha: string, more: Partial<Forge> = {}) =>
    forgeAt(pull(headSha), () => [run('success')], { readDiff, ...more });
  beforeAll(async () => {
    await seedTask(database.db, 'moved');
    await database.db.query(
      "update tasks set state = 'ci', pr_number = 7, head_sha = 'ours' where id = 'moved'",
    );
    for (const [sha, ago] of [
      ['before', 20],
      ['ours', 10],
    ] as const)
      await database.db.query(
        `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
         values ($1, 'you', 'moved', 'r', 'b', '', $1, 'forwarded', 'agent', '', now() - $2 * interval '1 minute')`,
        [sha, ago],
      );
  });

  test("is the branch's real head: a colleague's commit, once, and what the agent pushed when it is set back", async () => {
    for (const _ of [1, 2]) await at('a colleague').readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).slice(2)).toEqual([
      {
        new_sha: 'a colleague',
        state: 'seen',
        diff: 'diff of main to a colleague',
        delta: 'diff of ours to a colleague',
      },
    ]);
    // It stays somebody else's.
    expect((await at('a colleague').readOthers({ taskId: 'moved' })).body).toMatch(
      /^Not by the agent, and part of the change that is shown:/,
    );
    expect(
      await at('a colleague').readReview({ taskId: 'moved', sinceIso: '', shown: 'ours' }),
    ).toMatchObject({
      again: expect.stringMatching(/^mona/),
    });
    // Set back to the agent's own.
    expect(await at('ours').readReview({ taskId: 'moved', sinceIso: '', shown: 'ours' })).not.toHaveProperty(
      'again',
    );
    expect((await shown()).map((p) => p.new_sha)).toEqual(['before', 'ours', 'a colleague', 'ours']);
    // To one before it, and forth again.
    expect(await at('before').readCi({ taskId: 'moved', round: 0 })).toMatchObject({ sha: 'before' });
    expect(await at('before').readOthers({ taskId: 'moved' })).toEqual({
      body: expect.stringMatching(/^Somebody set the branch back to `before`/),
    });
    await at('ours').readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).map((p) => p.new_sha)).toEqual([
      'before',
      'ours',
      'a colleague',
      'ours',
      'before',
      'ours',
    ]);
  });

  test('too large for the forge, it says so; and a forge that is away is asked again', async () => {
    await at('large', { readDiff: () => Promise.resolve(null) }).readCi({ taskId: 'moved', round: 0 });
    expect((await shown()).at(-1)).toMatchObject({ new_sha: 'large', diff: expect.stringMatching(/^… /) });
    const away = () => Promise.reject(new ForgeError('unavailable', 'later'));
    await expect(at('next', { readDiff: away }).readCi({ taskId: 'moved', round: 0 })).rejects.toThrow(
      'later',
    );
    expect((await shown()).at(-1)).toMatchObject({ new_sha: 'large' });
  });

  test('a task that has pushed nothing shows nothing of others', async () => {
    await seedTask(database.db, 'unpushed');
    await database.db.query("update tasks set state = 'ci', pr_number = 7 where id = 'unpushed'");
    await at('a colleague').readCi({ taskId: 'unpushed', round: 0 });
    expect((await database.db.query("select id from pushes where task_id = 'unpushed'")).rows).toEqual([]);
  });
});

describe('a pull request that was closed', () => {
  test('who closed it is told once for each time, and what is opened again is told too', async () => {
    const readClosing = () => Promise.resolve({ by: 'mona', atIso: '2026-11-20T10:00:00Z' });
    await seedTask(database.db, 'shut');
    await database.db.query(
      "update tasks set state = 'in_review', pr_number = 7, head_sha = 'h' where id = 'shut'",
    );
    const closed = forgeAt(pull('h', { state: 'closed' }), all, { readClosing });
    for (const _ of [1, 2])
      expect(await closed.readPull({ taskId: 'shut' })).toEqual({
        state: 'closed',
        by: 'mona',
        atIso: '2026-11-20T10:00:00Z',
      });
    const asked: number[] = [];
    const open = forgeAt(pull('h'), all, {
      ensureReopened: (_, n) => (asked.push(n), Promise.resolve('updated')),
    });
    for (const _ of [1, 2])
      expect(await open.readPull({ taskId: 'shut', closedAtIso: '2026-11-20T10:00:00Z' })).toEqual({
        state: 'open',
        by: '',
        atIso: '',
      });
    await forgeAt(pull('h', { state: 'closed' }), all, {
      readClosing: () => Promise.resolve({ by: '', atIso: '2026-11-20T11:00:00Z' }),
    }).readPull({
      taskId: 'shut',
    });
    expect(await open.ensureReopened({ taskId: 'shut', closedAtIso: '2026-11-20T11:00:00Z' })).toEqual({
      did: 'reopened',
    });
    const gone = forgeAt(pull('h'), all, {
      ensureReopened: () => Promise.reject(new ForgeError('rejected', 'The branch has been deleted.')),
    });
    expect(await gone.ensureReopened({ taskId: 'shut', closedAtIso: 'x' })).toEqual({
      did: 'refused',
      sentence: 'The branch has been deleted.',
    });
    const { rows } = await database.db.query(
      "select type, payload->>'by' as by from events where task_id = 'shut' and type like 'pr.%' order by seq",
    );
    expect(rows).toEqual([
      { type: 'pr.closed', by: 'mona' },
      { type: 'pr.reopened', by: null },
      { type: 'pr.closed', by: null },
      { type: 'pr.reopened', by: null },
    ]);
    expect(asked).toEqual([7]);
  });
});

test('a repository without issues: the plan stays in the app, nobody is stopped, and it is said once', async () => {
  await seedTask(database.db, 'no-issues');
  const ensureIssue = () =>
    Promise.reject(new ForgeError('disabled', 'Issues has been disabled in this repository.'));
  const activities = forgeAt(pull('h'), all, { ensureIssue });
  for (const _ of [1, 2])
    expect(await activities.ensureIssue({ taskId: 'no-issues' })).toEqual({ number: null });
  await activities.readPlanAnswer({ taskId: 'no-issues', itemId: 'i', sinceIso: '' });
  const { rows } = await database.db.query(
    "select payload->>'sentence' as says from events where task_id = 'no-issues' and type = 'forge.unreadable'",
  );
  expect(rows).toEqual([{ says: 'This repository has no issues, so the plan is only here.' }]);
});

test("the plan's issue is as the repository's own form for such a thing has it, in each of its revisions", async () => {
  await seedTask(database.db, 'formed');
  await database.db.query(
    "update tasks set title = 'Keep the lost cent', prompt = 'It is lost.' where id = 'formed'",
  );
  const form =
    'name: Bug\ntitle: "[Bug]: "\nbody: [{type: textarea, attributes: {label: What happened?}}, {type: input, attributes: {label: Version}}]';
  const wrote: { title: string; body: string }[] = [];
  const activities = forgeAt(pull('h'), all, {
    readIssueTemplates: () => Promise.resolve([{ name: 'bug.yml', text: form }]),
    ensureIssue: (input) => {
      wrote.push(input);
      return Promise.resolve({ number: 3, url: 'http://x/3', outcome: 'created', at: '' });
    },
  });
  await activities.ensureIssue({ taskId: 'formed' });
  await database.db.query("update tasks set plan = 'Round last.', plan_revision = 1 where id = 'formed'");
  await activities.ensureIssue({ taskId: 'formed' });
  const begins = '### What happened?\n\n> It is lost.\n\n### Version\n\n_No response_\n\n';
  expect(wrote.map((w) => [w.title, w.body.startsWith(begins)])).toEqual(
    wrote.map(() => ['[Bug]: Keep the lost cent', true]),
  );
  expect(wrote.at(-1)!.body).toMatch(/The agent's plan:\n\n> Round last\.[^]*Plan revision 1\./);
});

test('what a form asks for besides is set when the issue is made, and what the forge did not take is said once for all tasks', async () => {
  const form = 'name: Bug\nlabels: [bug, triage]\nassignees: [mona]\ntype: Bug\nbody: []';
  const given: [number | null, unknown][] = [];
  const activities = forgeAt(pull('h'), all, {
    readIssueTemplates: () => Promise.resolve([{ name: 'bug.yml', text: form }]),
    ensureIssue: (input) => {
      given.push([input.known, input.fields]);
      const unset = input.known === null ? { unset: { labels: ['triage'], assignees: [], type: 'Bug' } } : {};
      return Promise.resolve({ number: 3, url: 'http://x/3', outcome: 'created', at: '', ...unset });
    },
  });
  for (const id of ['labelled', 'labelled-too']) {
    await seedTask(database.db, id);
    await database.db.query("update tasks set title = 'Fix the crash' where id = $1", [id]);
    for (const _ of [1, 2]) await activities.ensureIssue({ taskId: id });
  }
  const fields = { labels: ['bug', 'triage'], assignees: ['mona'], type: 'Bug' };
  // Once each: what people change later stays as they changed it.
  expect(given.filter(([known]) => known === null)).toEqual([
    [null, fields],
    [null, fields],
  ]);
  const { rows } = await database.db.query(
    "select payload->>'sentence' as says from events where task_id like 'labelled%' and type = 'forge.unreadable'",
  );
  expect(rows).toEqual([{ says: expect.stringContaining('(label triage; type Bug)') }]);
});

describe('pictures of an agent', () => {
  const told: { body: string }[] = [];
  const ensureComment = (comment: { body: string }) => {
    told.push(comment);
    return Promise.resolve({ id: 1, outcome: 'created' as const });
  };
  const bytes: string[] = [];
  const ensureFiles: Forge['ensureFiles'] = async (input) => {
    for (const file of input.files)
      bytes.push(`${input.ref}/${file.path} ${Buffer.from(await file.read()).toString()}`);
    return {
      urls: input.files.map((f) => `https://forge/o/r/blob/abc/${f.path}?raw=true`),
      outcome: 'created',
    };
  };
  const showed = async (taskId: string, caption: string): Promise<void> => {
    const kept = await keepAttachment(database.db, OWNER, {
      name: 'picture-1.png',
      mime: 'image/png',
      data: Buffer.from(`bytes of ${caption}`),
    });
    const picture = {
      id: kept.id,
      caption,
      mime: 'image/png',
      width: 12,
      height: 7,
      sha256: 'ab'.repeat(32),
    } as const;
    await appendOnce(
      database.db,
      [agentShowed.new({ taskId, actor: 'agent', payload: { runId: 'r', ...picture } })],
      OWNER,
    );
  };
  const task = async (id: string): Promise<string> => {
    await seedTask(database.db, id);
    await database.db.query("update tasks set state = 'ci', pr_number = 7, head_sha = 'h' where id = $1", [
      id,
    ]);
    return id;
  };
  const kept = async (taskId: string): Promise<number> =>
    (
      await database.db.query(
        "select a.id from attachments a join events e on e.payload->>'id' = a.id where e.task_id = $1 and e.type = 'agent.showed'",
        [taskId],
      )
    ).rows.length;

  test('stand in the summary, by an address of the forge, and a caption sets nothing off', async () => {
    const taskId = await task('pictured');
    await showed(taskId, 'The list](x), cc @mona ![');
    await forgeAt(pull('h'), all, { ensureComment, ensureFiles }).ensureSummary({ taskId });
    expect(bytes).toEqual([
      `mainloop/pictures/pictured/${'ab'.repeat(10)}.png bytes of The list](x), cc @mona ![`,
    ]);
    expect(told.at(-1)!.body).toContain(`](https://forge/o/r/blob/abc/${'ab'.repeat(10)}.png?raw=true)`);
    expect(told.at(-1)!.body).not.toContain('@mona');
  });

  test('where the forge takes no files, the captions stand there; where it is away, it is asked again', async () => {
    const taskId = await task('captioned');
    await showed(taskId, 'After the change');
    const says = (err: ForgeError) =>
      forgeAt(pull('h'), all, { ensureComment, ensureFiles: () => Promise.reject(err) }).ensureSummary({
        taskId,
      });
    await says(new ForgeError('forbidden', 'no'));
    expect(told.at(-1)!.body).toContain('In mainloop there are pictures of it:\n\n> After the change');
    await expect(says(new ForgeError('unavailable', 'later'))).rejects.toThrow('later');
  });

  test('go with a task that is cancelled, and stay with one that was merged', async () => {
    const gone: string[] = [];
    const forge = { ensureClosed: () => Promise.resolve('updated'), ensureBranchGone: () => Promise.resolve('updated'), ensureRefGone: (_, ref) => (gone.push(ref), Promise.resolve('updated')) } satisfies Partial<Forge>; // prettier-ignore
    for (const [id, merged] of [
      ['kept-pictures', true],
      ['gone-pictures', false],
    ] as const) {
      // prettier-ignore
      await showed(await task(id), 'x');
      for (const _ of [1, 2]) await forgeAt(pull('h'), all, forge).cleanForge({ taskId: id, merged });
    }
    expect([await kept('kept-pictures'), await kept('gone-pictures')]).toEqual([1, 0]);
    expect(new Set(gone)).toEqual(new Set(['mainloop/pictures/gone-pictures']));
  });
});
