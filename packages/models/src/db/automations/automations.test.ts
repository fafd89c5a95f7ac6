// Automations on a real Postgres: what happens comes once, whoever looks and wherever it is ended, and what a
// dry run says is what comes.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { SaveSkill } from '../../contracts/skills.ts';
import { taskModelChanged, taskSteered } from '../../events/tasks.ts';
import { OWNER } from '../../flow/ids.ts';
import { decline, listOpenProposals } from '../conversation/proposals.ts';
import { removeSkill, saveSkill } from '../conversation/skills.ts';
import { decide } from '../inbox/decide.ts';
import { listOpenItems } from '../inbox/items.ts';
import { appendOnce, lastSeq } from '../log.ts';
import { many, one } from '../pool.ts';
import { checkRebuild } from '../rebuild.ts';
import { pauseAll, resumeAll } from '../runs/pause.ts';
import { actAtOnce, actOn, failFiring, type OwnedFiring } from './acting.ts';
import {
  listAutomations,
  pauseAutomation,
  removeAutomation,
  saveAutomation,
  tryAutomation,
  whyAutomation,
} from './automations.ts';
import { AT_ONCE_MS, judgeLog } from './judging.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', 'acme/api');
  await seedTask(database.db, 't-1');
});
afterAll(() => database.drop());

/** Something happens: something is said to a task. @returns its number in the log */
async function happens(text = 'x', times = 1): Promise<number> {
  for (let at = 0; at < times; at++)
    await appendOnce(
      database.db,
      [taskSteered.new({ taskId: 't-1', actor: 'you', payload: { text } })],
      OWNER,
    );
  return lastSeq(database.db, OWNER);
}
const rule = (more = '', then = '[{ do: notify, title: "Saw {{text}} in {{task.title}}" }]'): string =>
  `name: a-rule\nwhen: task.steered\n${more}\nactions: ${then}`;
async function saved(text: string): Promise<string> {
  const kept = await saveAutomation(database.db, OWNER, text);
  if (!kept.ok) throw new Error(kept.sentence);
  return kept.id;
}
const judgeAll = async (): Promise<void> => {
  while ((await judgeLog(database.db, OWNER)).mayBeMore);
};
/** What waits to be done, as its workflow is started with it. */
const fired = async (): Promise<(OwnedFiring & { dueMs: number })[]> =>
  (
    await many<{ payload: OwnedFiring & { dueMs: number } }>(
      database.db,
      "select payload from outbox where name = 'automationWorkflow' and sent_at is null order by id",
    )
  ).map(({ payload }) => payload);
/** A rule that wakes comes of another model for this task, and is done twice. */
async function wakes(task: string): Promise<void> {
  const then = '[{ do: wake, text: "Look at {{model}}." }]';
  await saved(rule('cooldown: 1h', then).replace('task.steered', 'task.model_changed'));
  const about = { taskId: task, actor: 'you', payload: { model: 'x' } };
  await appendOnce(database.db, [taskModelChanged.new(about)], OWNER);
  await judgeAll();
  const [firing] = await fired();
  for (let again = 0; again < 2; again++)
    expect(await actOn(database.db, firing!)).toMatchObject({ is: 'done' });
}
const toldTo = async (task: string): Promise<string[]> =>
  (
    await many<{ text: string }>(
      database.db,
      "select payload->>'text' as text from events where type = 'task.steered' and task_id = $1 order by seq",
      [task],
    )
  ).map(({ text }) => text);
const list = () => listAutomations(database.db, OWNER);
const titles = async (): Promise<string[]> =>
  (await listOpenItems(database.db, OWNER)).map(({ title }) => title);

beforeEach(async () => {
  for (const { id } of await list()) await removeAutomation(database.db, OWNER, id);
  for (const { id } of await listOpenItems(database.db, OWNER))
    await decide(database.db, {
      ownerId: OWNER,
      itemId: id,
      decision: 'seen',
      text: '',
      via: 'app',
      by: 'you',
    });
  for (const { id } of await listOpenProposals(database.db, OWNER))
    await decline(database.db, OWNER, id, 'you');
  await judgeAll();
  await database.db.query('delete from outbox');
  const skill = { name: 'look', prompt: 'Look at {{what}}.', parameters: [{ name: 'what', kind: 'text' }] };
  await saveSkill(database.db, OWNER, SaveSkill.parse({ ...skill, projectId: 'pr-1', budgetCents: 300 }));
});

test('what happens comes once, whoever looks, and is done once, whoever does it', async () => {
  await happens();
  const id = await saved(rule());
  const seq = await happens('the diff');
  await Promise.all(Array.from({ length: 6 }, judgeAll));
  await judgeAll();
  const all = await fired();
  expect(all).toMatchObject([{ id, version: 1, seq }]);
  await Promise.all(Array.from({ length: 6 }, () => actOn(database.db, all[0]!)));
  expect(await titles()).toEqual(['Saw the diff in Task t-1']);
  expect(await list()).toMatchObject([{ id, paused: false, came: [{ seq, state: 'done' }] }]);
});

test('one that is ended before it has written down how far it came begins there again', async () => {
  await saved(rule());
  await happens('x', 5);
  // The last statement of its transaction fails: nothing of that try may stay.
  const fails = "create function fails() returns trigger language plpgsql as $$ begin raise 'gone'; end $$";
  await database.db.query(fails);
  await database.db.query(
    'create trigger fails before insert or update on settings for each row execute function fails()',
  );
  for (let at = 0; at < 4; at++) await expect(judgeLog(database.db, OWNER)).rejects.toThrow('gone');
  await database.db.query('drop function fails cascade');
  expect(await fired()).toEqual([]);
  await judgeAll();
  expect(await fired()).toHaveLength(5);
});

test('what is due is done at once, and needs no workflow any more', async () => {
  await saved(rule());
  const seqs = [await happens('one'), await happens('two')];
  const { due } = await judgeLog(database.db, OWNER);
  expect(due.map(({ seq }) => seq)).toEqual(seqs);
  await actAtOnce(database.db, due);
  expect(await titles()).toEqual(['Saw one in Task t-1', 'Saw two in Task t-1']);
  expect(await fired()).toEqual([]);
  // One that was being started in that moment finds nothing to do.
  expect(await actOn(database.db, due[0]!)).toEqual({ is: 'done', deeds: [] });
  expect(await titles()).toHaveLength(2);
});

test('of what is due at once, what does not work is undone alone', async () => {
  const then = '[{ do: notify, title: "first of {{text}}" }, { do: skill, skill: look, given: { what: x } }]';
  await saved(rule('', then));
  await saved(rule().replace('a-rule', 'b-rule'));
  await happens('one');
  const { due } = await judgeLog(database.db, OWNER);
  await removeSkill(database.db, OWNER, 'look');
  await actAtOnce(database.db, due);
  expect((await titles()).toSorted()).toEqual([
    'Saw one in Task t-1',
    'a-rule is paused: what it does did not work.',
  ]);
  expect(await fired()).toEqual([]);
  expect((await list()).map(({ came }) => came[0]?.state).toSorted()).toEqual(['done', 'failed']);
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
});

/** How long each workflow waits before it starts, in order. */
const startsAfterMs = async (): Promise<number[]> =>
  (
    await many<{ ms: number }>(
      database.db,
      `select (extract(epoch from next_at - created_at) * 1000)::float8 as ms from outbox
       where name = 'automationWorkflow' order by id`,
    )
  ).map(({ ms }) => ms);

test('one that waits for its turn, or has to go out, has its workflow at once', async () => {
  await saved(rule('perDay: 1', '[{ do: notify, title: x }, { do: label, label: look }]'));
  const seq = await happens('x', 2);
  const { due } = await judgeLog(database.db, OWNER);
  expect(due).toMatchObject([{ seq: seq - 1 }]);
  expect(await startsAfterMs()).toEqual([0, 0]);
  await actAtOnce(database.db, due);
  // What stays inside is done; the label is left to its workflow.
  expect(await titles()).toEqual(['x']);
  expect(await fired()).toMatchObject([{ seq: seq - 1 }, { seq }]);
});

test('a worker that is ended before it acts has left it to a workflow, which starts soon', async () => {
  await saved(rule());
  const seq = await happens();
  const { due } = await judgeLog(database.db, OWNER);
  const ends = (): never => {
    throw new Error('ended');
  };
  await expect(actAtOnce(database.db, due, ends)).rejects.toThrow('ended');
  expect(await fired()).toMatchObject([{ seq }]);
  const [ms] = await startsAfterMs();
  expect(ms).toBeGreaterThanOrEqual(AT_ONCE_MS);
  expect(ms).toBeLessThan(5_000);
});

test('what is held is not done at once either, and has its workflow', async () => {
  await saved(rule());
  await pauseAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
  await happens('x', 2);
  const { due } = await judgeLog(database.db, OWNER);
  await actAtOnce(database.db, due);
  await resumeAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
  expect(await fired()).toHaveLength(2);
  expect(await titles()).not.toContain('Saw x in Task t-1');
});

test('a dry run says what has come', async () => {
  const text = rule('where: { field: text, glob: "y*" }\ncount: { times: 3, within: 1h }\nper: task.id');
  const id = await saved(text);
  const sinceSeq = await lastSeq(database.db, OWNER);
  for (let at = 0; at < 20; at++) await happens(at % 3 === 0 ? 'x' : `y${at}`);
  await judgeAll();
  const came = (await fired()).map(({ seq }) => seq);
  expect(came).toHaveLength(4);
  // What was before the rule is not like it, so the whole day gives the same.
  const dry = await tryAutomation(database.db, OWNER, { text, days: 1 });
  expect(dry).toMatchObject({ ok: true, times: 4, isWhole: true });
  expect(dry.ok && dry.came.map(({ seq }) => seq)).toEqual(came);
  expect(sinceSeq).toBeLessThan(came[0]!);
  for (const seq of came)
    expect(await whyAutomation(database.db, OWNER, { id, seq })).toMatchObject({ came: true });
  const other = await whyAutomation(database.db, OWNER, { id, seq: came[0]! - 1 });
  expect(other).toMatchObject({ came: false });
  expect(await whyAutomation(database.db, OWNER, { id, seq: sinceSeq })).toMatchObject({
    came: false,
    says: 'It waits for task.steered, and this was automation.saved.',
  });
});

test('why it did not come, condition by condition', async () => {
  const id = await saved(
    rule('where: { all: [{ field: text, equals: a }, { not: { field: project, glob: "acme/*" } }] }'),
  );
  const seq = await happens('b');
  expect(await whyAutomation(database.db, OWNER, { id, seq })).toEqual({
    ok: true,
    came: false,
    says: 'It did not come: the event is not like that.',
    lines: [
      'no: all of',
      '  no: text is “a”; it is “b”',
      '  no: not',
      '    yes: project is like “acme/*”; it is “acme/api”',
    ],
  });
});

test('at its limit the next waits a day, and is not dropped', async () => {
  await saved(rule('perDay: 1'));
  await happens('x', 3);
  await judgeAll();
  const dues = (await fired()).map(({ dueMs }) => dueMs);
  expect(dues.map((due) => Math.round((due - dues[0]!) / 3_600_000))).toEqual([0, 24, 48]);
});

test('a skill is proposed, or started by itself for no more than its owner allowed', async () => {
  const act = async (cents: string): Promise<void> => {
    await saved(rule('', `[{ do: skill, skill: look, given: { what: "{{text}}" }${cents} }]`));
    await happens('{{task.title}}');
    await judgeAll();
    await actOn(database.db, (await fired()).at(-1)!);
  };
  await act('');
  expect(await listOpenProposals(database.db, OWNER)).toMatchObject([
    { title: '/look {{task.title}}', prompt: 'Look at {{task.title}}.', budgetCents: 300 },
  ]);
  // One that starts by itself may not wait for what happens in tasks.
  await expect(act(', startCents: 120')).rejects.toThrow('This would trigger itself');
  const text =
    'name: b-rule\nwhen: skill.removed\nactions: [{ do: skill, skill: look, given: { what: x }, startCents: 120 }]';
  await saved(text);
  await saveSkill(database.db, OWNER, SaveSkill.parse({ name: 'other', prompt: 'x' }));
  await removeSkill(database.db, OWNER, 'other');
  await judgeAll();
  await actOn(database.db, (await fired()).at(-1)!);
  const [newest] = await many(
    database.db,
    'select budget_cents, title from tasks order by created_at desc limit 1',
  );
  expect(newest).toEqual({ budget_cents: 120, title: '/look x' });
});

test('what does not work pauses the rule and says so, and nothing of it is done', async () => {
  const then = '[{ do: notify, title: first }, { do: skill, skill: look, given: { what: x } }]';
  const id = await saved(rule('', then));
  await happens('x', 2);
  await judgeAll();
  await removeSkill(database.db, OWNER, 'look');
  const [first, second] = await fired();
  expect(await actOn(database.db, first!)).toMatchObject({ is: 'failed' });
  expect(await titles()).toEqual(['a-rule is paused: what it does did not work.']);
  expect(await list()).toMatchObject([
    {
      id,
      paused: true,
      problem: expect.stringContaining('There is no skill called look.'),
      came: [{}, { state: 'failed' }],
    },
  ]);
  // What waits is left out, and nothing new comes.
  expect(await actOn(database.db, second!)).toEqual({ is: 'left_out' });
  await happens();
  await judgeAll();
  expect(await fired()).toEqual([]);
  await failFiring(database.db, first!, 'Again.');
  expect(await titles()).toHaveLength(1);
  // Asked again by a worker that was ended before it could tell, it has failed as before.
  expect(await actOn(database.db, first!)).toEqual({ is: 'left_out' });
  expect(await list()).toMatchObject([{ came: [{ state: 'left_out' }, { state: 'failed' }] }]);
});

test('a webhook is told again under the same id, as JSON whatever the event says', async () => {
  await saved(rule('', '[{ do: webhook, url: "https://example.com/hook", text: "Saw {{text}}" }]'));
  await happens('"}\n{');
  await judgeAll();
  const [firing] = await fired();
  const acted = await actOn(database.db, firing!);
  expect(await actOn(database.db, firing!)).toEqual(acted);
  const [deed] = acted.is === 'done' ? acted.deeds : [];
  expect(deed).toMatchObject({
    is: 'webhook',
    id: `${firing!.id}/1/${firing!.seq}/0`,
    url: 'https://example.com/hook',
  });
  expect(JSON.parse(deed?.is === 'webhook' ? deed.body : '')).toMatchObject({
    automation: 'a-rule',
    text: 'Saw "} {',
    event: { type: 'task.steered', taskId: 't-1', project: 'acme/api' },
  });
});

test('what goes to the page of a task is told again as the same, and nothing in an event sets anything off there', async () => {
  const then =
    '[{ do: comment, text: "/retest: {{text}}" }, { do: label, label: look }, { do: unlabel, label: new }]';
  await saved(rule('', then));
  await happens('@mona\n/merge fixes #1');
  await judgeAll();
  const [firing] = await fired();
  const acted = await actOn(database.db, firing!);
  expect(await actOn(database.db, firing!)).toEqual(acted);
  const deeds = acted.is === 'done' ? acted.deeds : [];
  const id = (at: number): string => `${firing!.id}/1/${firing!.seq}/${at}`;
  expect(deeds).toMatchObject([
    { id: id(0), is: 'comment', taskId: 't-1' },
    { id: id(1), is: 'label', taskId: 't-1', label: 'look', isOn: true },
    { id: id(2), is: 'label', taskId: 't-1', label: 'new', isOn: false },
  ]);
  const [comment] = deeds;
  // The rule's own words are the person's, and stay as they are.
  expect(comment?.is === 'comment' ? comment.text : '').toMatch(
    /^\/retest: @\u2060mona \/merge f\u2060ixes #1$/,
  );
});

test.each([
  ['failure', 'retry', '', true],
  ['plan', 'revise', 'Look at x.', false],
  ['review', 'changes', 'Look at x.', false],
] as const)('a task that waits with a %s is woken', async (kind, decision, text, isTold) => {
  const task = await seedTask(database.db, `waits-${kind}`);
  await seedItem(database.db, task, `${task}-item`, kind, 'It waits');
  await wakes(task);
  const item = await one(database.db, 'select state, answer, answered_via from inbox_items where id = $1', [
    `${task}-item`,
  ]);
  expect(item).toMatchObject({ state: 'answered', answered_via: 'automation', answer: { decision, text } });
  const signals = await many(
    database.db,
    "select payload->>'kind' as kind from outbox where kind = 'signal' and workflow_id = $1",
    [`task/${task}`],
  );
  expect(signals).toEqual([{ kind: decision }]);
  expect(await toldTo(task)).toEqual(isTold ? ['Look at x.'] : []);
});

test.each(['question', 'permission', 'gate', 'pr_closed'] as const)(
  'what a %s asks stays the decision of the person: its task is only told',
  async (kind) => {
    const task = await seedTask(database.db, `asks-${kind}`);
    await seedItem(database.db, task, `${task}-item`, kind, 'It asks');
    await wakes(task);
    const item = await one(database.db, 'select state from inbox_items where id = $1', [`${task}-item`]);
    expect(item).toEqual({ state: 'open' });
    expect(await toldTo(task)).toEqual(['Look at x.']);
  },
);

test('while everything is paused nothing is done, and nothing is lost', async () => {
  await saved(
    rule('', '[{ do: notify, title: Held }, { do: webhook, url: "https://example.com/hook", text: x }]'),
  );
  await pauseAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
  await happens();
  await judgeAll();
  const [firing] = await fired();
  expect(await actOn(database.db, firing!)).toEqual({ is: 'held' });
  expect(await titles()).not.toContain('Held');
  expect(await list()).toMatchObject([{ came: [{ state: 'waits' }] }]);
  await resumeAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
  expect(await actOn(database.db, firing!)).toMatchObject({ is: 'done', deeds: [{ is: 'webhook' }] });
  expect(await titles()).toContain('Held');
  // What has still to go out waits as well.
  await pauseAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
  expect(await actOn(database.db, firing!)).toEqual({ is: 'held' });
  await resumeAll(database.db, { ownerId: OWNER, via: 'app', by: 'you' });
});

test('a change is a new version that knows nothing of the one before; a pause makes up for nothing', async () => {
  const id = await saved(rule('count: { times: 2, within: 1h }'));
  await happens();
  await judgeAll();
  expect(await saved(rule('count: { times: 2, within: 2h }'))).toBe(id);
  await happens();
  await judgeAll();
  expect(await fired()).toEqual([]);
  await happens();
  await judgeAll();
  expect(await fired()).toMatchObject([{ version: 2 }]);
  await pauseAutomation(database.db, OWNER, id, true);
  await happens('x', 4);
  await judgeAll();
  await pauseAutomation(database.db, OWNER, id, false);
  await judgeAll();
  expect(await fired()).toHaveLength(1);
});

test.each([
  [rule('', '[{ do: skill, skill: none }]'), 'There is no skill called none.'],
  [rule('', '[{ do: skill, skill: look, project: no/where }]'), 'There is no project called no/where.'],
  [rule('where: { field: colour, equals: red }'), 'task.steered has no field colour.'],
])('%# is refused in a sentence, and nothing is kept', async (text, says) => {
  const kept = await saveAutomation(database.db, OWNER, text);
  expect(kept.ok ? '' : kept.sentence).toContain(says);
  expect(await list()).toEqual([]);
});

test('what is there is made from the log', async () => {
  await saved(rule());
  await happens();
  await judgeAll();
  for (const firing of await fired()) await actOn(database.db, firing);
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
});
