// The issue of a plan, as the repository would have it.
import { expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed, seedTask } from '@mainloop/testkit/seed';
import { all, forgeOf, pull } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

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

test.each([
  ['not_found', 4],
  ['disabled', 6],
] as const)(
  "a plan's issue that is gone (%s) is told once, and the plan is decided here",
  async (kind, number) => {
    const id = `gone-${kind.replace('_', '-')}`;
    await seedTask(database.db, id);
    await database.db.query('update tasks set issue_number = $2 where id = $1', [id, number]);
    const activities = forgeAt(pull('h'), all, {
      listIssueComments: () => Promise.reject(new ForgeError(kind, 'gone')),
    });
    for (const _ of [1, 2]) await activities.readPlanAnswer({ taskId: id, itemId: 'i', sinceIso: '' });
    const { rows } = await database.db.query(
      "select payload->>'sentence' as says from events where task_id = $1 and type = 'forge.unreadable'",
      [id],
    );
    expect(rows).toEqual([
      { says: expect.stringContaining(`The plan's issue #${number} is gone from GitHub`) },
    ]);
    const away = forgeAt(pull('h'), all, {
      listIssueComments: () => Promise.reject(new ForgeError('unavailable', 'away')),
    });
    await expect(away.readPlanAnswer({ taskId: id, itemId: 'i', sinceIso: '' })).rejects.toThrow('away');
  },
);

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
