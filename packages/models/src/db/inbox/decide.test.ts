import { describe, expect, test } from '@jest/globals';
import { branchPushed } from '../../events/forge.ts';
import { inboxClosed, inboxOpened } from '../../events/inbox.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { openQuestion, seedProject, seedTask } from '@mainloop/testkit/seed';
import fc from 'fast-check';
import { VIAS } from '../../flow/events.ts';
import { OWNER } from '../../flow/ids.ts';
import { addDevice, dueNotifications, openItems } from '../devices/push.ts';
import { cancelTask, decide, noteAttention, noteTaskLooked, waitsForCi } from './decide.ts';
import { listOpenItems } from './items.ts';
import { appendOnce } from '../log.ts';
import { many, one } from '../pool.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

test('answers to one item from four surfaces, in any interleaving, each maybe sent twice: exactly one counts', async () => {
  const taskId = await seedTask(database.db, 'surfaces');
  let n = 0;
  const tries = fc.array(
    fc.record({
      via: fc.constantFrom('app' as const, 'push' as const, 'cli' as const, 'github' as const),
      twice: fc.boolean(),
      waitMs: fc.nat(4),
    }),
    { minLength: 2, maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(tries, async (list) => {
      const id = `any-${n++}`;
      await appendOnce(database.db, [openQuestion(taskId, id)], OWNER);
      const results = await Promise.all(
        list.flatMap((x, k) =>
          (x.twice ? [0, 1] : [0]).map(async (again) => {
            await new Promise((r) => setTimeout(r, x.waitMs + again));
            const result = await decide(database.db, {
              ownerId: OWNER,
              itemId: id,
              decision: 'answer',
              text: `${k}`,
              via: x.via,
              by: 'you',
              answerId: `${id}-${k}`,
            });
            return { k, ...result };
          }),
        ),
      );
      const winners = new Set(results.filter((r) => r.ok).map((r) => r.k));
      expect(winners.size).toBe(1);
      const row = await one<{ answer: { text: string } }>(
        database.db,
        'select answer from inbox_items where id = $1',
        [id],
      );
      expect(row!.answer.text).toBe(String([...winners][0]));
      for (const result of results)
        if (!result.ok) expect(result.sentence).toMatch(/^Already answered by you/);
      const counted = await many(
        database.db,
        "select 1 from events where type = 'inbox.answered' and payload->>'id' = $1",
        [id],
      );
      const signals = await many(database.db, "select 1 from outbox where payload->>'itemId' = $1", [id]);
      expect([counted.length, signals.length]).toEqual([1, 1]);
    }),
    { numRuns: 40 },
  );
});

describe('decisions', () => {
  test('for any interleaving of four surfaces exactly one answer counts', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(['app', 'cli', 'chat', 'github'] as const, { minLength: 2 }),
        fc.array(fc.nat(6), { minLength: 4, maxLength: 4 }),
        async (vias, delays) => {
          const task = await seedTask(database.db, `t-race${++n}`);
          const id = `${task}-q`;
          await appendOnce(database.db, [openQuestion(task, id)], OWNER);
          const results = await Promise.all(
            vias.map(async (via, i) => {
              await new Promise((r) => setTimeout(r, delays[i]));
              return decide(database.db, {
                ownerId: OWNER,
                itemId: id,
                decision: 'answer',
                text: via,
                via,
                by: via,
              });
            }),
          );
          expect(results.filter((r) => r.ok)).toHaveLength(1);
          const item = await one<{ answer: { text: string }; answered_via: string }>(
            database.db,
            'select answer, answered_via from inbox_items where id = $1',
            [id],
          );
          expect(item!.answer.text).toBe(vias[results.findIndex((r) => r.ok)]);
          for (const result of results)
            if (!result.ok) expect(result.sentence).toContain(`Already answered by ${item!.answered_via}`);
          expect(
            await many(
              database.db,
              "select 1 from outbox where kind = 'signal' and payload->>'itemId' = $1",
              [id],
            ),
          ).toHaveLength(1);
        },
      ),
      { numRuns: 12 },
    );
  });
  test('a decision that does not fit is refused with what would', async () => {
    const task = await seedTask(database.db, 't-fit');
    await appendOnce(database.db, [openQuestion(task, 't-fit-q')], OWNER);
    const d = (decision: 'approve' | 'answer', text = '', itemId = 't-fit-q') =>
      decide(database.db, { ownerId: OWNER, itemId, decision, text, via: 'app', by: 'you' });
    expect(await d('approve')).toMatchObject({ code: 'wrong_decision', sentence: 'This takes answer.' });
    expect(await d('answer', '  ')).toMatchObject({ code: 'nothing_said' });
    expect(await d('answer', 'x', 'nothing')).toMatchObject({ code: 'no_item' });
  });
  test.each<['gate' | 'failure', string]>([
    ['gate', 'Anything'],
    [
      'failure',
      'This repository has no CI, so nothing has checked the change. Retry goes on to review without checks: look closely.',
    ],
  ])(
    'nothing is let through at a %s from where it is not shown, and what was is named by us',
    async (kind, title) => {
      const task = await seedTask(database.db, `t-${kind}`);
      const code = kind === 'failure' ? { errorCode: 'gate' as const } : {};
      const payload = {
        id: `${task}-f1`,
        kind,
        title,
        body: 'a.test.ts: 2 tests removed',
        options: [],
        ...code,
      };
      await appendOnce(database.db, [inboxOpened.new({ taskId: task, actor: 'worker', payload })], OWNER);
      const decision = kind === 'gate' ? 'allow' : 'retry';
      const d = (via: 'push' | 'chat' | 'app') =>
        decide(database.db, {
          ownerId: OWNER,
          itemId: payload.id,
          decision,
          text: 'nothing to see here',
          via,
          by: 'you',
        });
      for (const via of ['push', 'chat'] as const)
        expect(await d(via)).toMatchObject({ ok: false, sentence: expect.stringMatching(/^Open it first/) });
      expect(await d('app')).toMatchObject({ ok: true });
      const [item] = await many<{ answer: { text: string } }>(
        database.db,
        'select answer from inbox_items where id = $1',
        [payload.id],
      );
      expect(item!.answer.text).toBe(kind === 'gate' ? 'a.test.ts: 2 tests removed' : 'nothing to see here');
    },
  );
  test.each(VIAS)('what could not be shown whole is allowed by nobody: %s', async (via) => {
    const task = await seedTask(database.db, `whole-${via}`);
    const held = async (id: string, mayAllow: boolean): Promise<unknown> => {
      const payload = {
        id: `${task}-${id}`,
        kind: 'ci_files' as const,
        title: 'CI files',
        body: 'CI runs these.',
        options: [],
        held: { diff: '+a', mayAllow },
      };
      await appendOnce(database.db, [inboxOpened.new({ taskId: task, actor: 'gateway', payload })], OWNER);
      return decide(database.db, {
        ownerId: OWNER,
        itemId: payload.id,
        decision: 'allow',
        text: '',
        via,
        by: 'you',
      });
    };
    expect(await held('cut', false)).toMatchObject({ ok: false });
    const [item] = await many(database.db, 'select state from inbox_items where id = $1', [`${task}-cut`]);
    expect(item).toEqual({ state: 'open' });
    if (via === 'app') expect(await held('whole', true)).toMatchObject({ ok: true });
  });
  test('a merge that would carry an agent’s acting words over is refused, and as one commit it goes', async () => {
    await seedTask(database.db, 'acts');
    const pushed = (pushId: string, acting: object) =>
      appendOnce(
        database.db,
        [
          branchPushed.new({
            taskId: 'acts',
            actor: 'agent',
            payload: {
              pushId,
              branch: 'b',
              sha: pushId,
              commits: [],
              files: 1,
              additions: 1,
              deletions: 0,
              ...acting,
            },
          }),
        ],
        OWNER,
      );
    const review = {
      id: 'acts-review',
      kind: 'review' as const,
      title: 'Ready for review',
      body: '',
      options: [],
    };
    await appendOnce(
      database.db,
      [inboxOpened.new({ taskId: 'acts', actor: 'mainloop', payload: review })],
      OWNER,
    );
    const answer = (method: 'squash' | 'rebase' | 'merge') =>
      decide(database.db, {
        ownerId: OWNER,
        itemId: 'acts-review',
        decision: 'merge',
        text: '',
        via: 'app',
        by: 'you',
        method,
      });
    for (const [pushId, acting] of [
      ['of an older version', {}],
      ['acting', { acting: ['1234567 says “fixes #12”'] }],
    ] as const) {
      await pushed(pushId, acting);
      for (const method of ['rebase', 'merge'] as const)
        expect([pushId, await answer(method)]).toEqual([
          pushId,
          expect.objectContaining({ ok: false, code: 'acting_commits' }),
        ]);
    }
    expect(await answer('squash')).toEqual({ ok: true, taskId: 'acts' });

    // The newest push counts: the agent has put it right.
    await pushed('put right', { acting: [] });
    await appendOnce(
      database.db,
      [inboxOpened.new({ taskId: 'acts', actor: 'mainloop', payload: { ...review, id: 'acts-again' } })],
      OWNER,
    );
    expect(
      await decide(database.db, {
        ownerId: OWNER,
        itemId: 'acts-again',
        decision: 'merge',
        text: '',
        via: 'app',
        by: 'you',
        method: 'rebase',
      }),
    ).toEqual({
      ok: true,
      taskId: 'acts',
    });
  });

  test('cancel twice is one cancel', async () => {
    const task = await seedTask(database.db, 't-cancel');
    for (let i = 0; i < 3; i++)
      expect((await cancelTask(database.db, { ownerId: OWNER, taskId: task, by: 'you' })).ok).toBe(true);
    expect(
      await many(database.db, "select 1 from outbox where payload->>'id' = 'cancel-t-cancel'"),
    ).toHaveLength(1);
  });
});

describe('an item that is about no task', () => {
  const standing = (id: string, kind: 'campfire' | 'recurring' | 'workflow', about: string) =>
    inboxOpened.new({
      actor: 'mainloop',
      payload: { id, kind, title: 'The day', body: 'Two learnings.', options: [], about },
    });
  const seen = (itemId: string, decision: 'seen' | 'approve' = 'seen') =>
    decide(database.db, {
      ownerId: OWNER,
      itemId,
      decision,
      text: '',
      via: 'cli',
      by: 'you',
      answerId: itemId,
    });

  test('waits for the person, is let go of once, and tells no workflow', async () => {
    const before = await openItems(database.db, OWNER);
    const signals = await one<{ n: number }>(database.db, 'select count(*)::int as n from outbox');
    await appendOnce(database.db, [standing('fire-1', 'campfire', '2026-11-27')], OWNER);
    expect(await openItems(database.db, OWNER)).toBe(before + 1);
    expect((await listOpenItems(database.db, OWNER)).find((item) => item.id === 'fire-1')).toMatchObject({
      kind: 'campfire',
      taskId: null,
      about: '2026-11-27',
      taskTitle: null,
      project: null,
    });
    // Nothing of it is approved by the way.
    expect(await seen('fire-1', 'approve')).toMatchObject({ ok: false, code: 'wrong_decision' });
    expect(await seen('fire-1')).toEqual({ ok: true, taskId: null });
    expect(await seen('fire-1')).toEqual({ ok: true, taskId: null });
    expect(await openItems(database.db, OWNER)).toBe(before);
    expect(await one(database.db, 'select count(*)::int as n from outbox')).toEqual(signals);
  });

  test('a file that can not be used is seen, and nothing else', async () => {
    await appendOnce(database.db, [standing('wf-1', 'workflow', 'pr-1')], OWNER);
    expect(await seen('wf-1', 'approve')).toMatchObject({ ok: false, code: 'wrong_decision' });
    expect(await seen('wf-1')).toEqual({ ok: true, taskId: null });
  });

  test('is told to devices, put off and noted as any other', async () => {
    const device = { endpoint: 'https://push.example/1', keys: { p256dh: 'p', auth: 'a' }, label: 'Phone' };
    await addDevice(database.db, OWNER, device);
    await appendOnce(database.db, [standing('alarm-1', 'recurring', 'rc-1')], OWNER);
    const due = await dueNotifications(database.db, { ownerId: OWNER, kinds: ['recurring'], quiet: false });
    expect(due.map((d) => d.item)).toEqual([
      expect.objectContaining({ id: 'alarm-1', kind: 'recurring', task: null, body: 'Two learnings.' }),
    ]);
    const note = { ownerId: OWNER, itemId: 'alarm-1', by: 'you' };
    const waiting = await openItems(database.db, OWNER);
    await noteAttention(database.db, { ...note, note: { what: 'shown', via: 'app' } });
    await noteAttention(database.db, {
      ...note,
      note: { until: new Date(Date.now() + 3_600_000), untilCi: false },
    });
    expect(await openItems(database.db, OWNER)).toBe(waiting - 1);
    expect(await waitsForCi(database.db, { ownerId: OWNER, itemId: 'alarm-1' })).toBe(false);
  });

  test('a question is never without its task', async () => {
    const orphan = inboxOpened.new({
      actor: 'agent',
      payload: { id: 'orphan', kind: 'question', title: 'Which?', body: '', options: [] },
    });
    await expect(appendOnce(database.db, [orphan], OWNER)).rejects.toThrow('about no task');
  });
});

test('what a person has seen of a task is no later than what has happened, and never goes back', async () => {
  const taskId = await seedTask(database.db, 'looked');
  await database.db.query(
    "update tasks set updated_at = '2026-03-03T12:00:00Z', looked_at = '2026-03-01' where id = $1",
    [taskId],
  );
  const lookedAt = async (seen: string): Promise<string> => {
    await noteTaskLooked(database.db, { ownerId: OWNER, taskId, seen: new Date(seen), by: 'you' });
    const sql = 'select looked_at as at from tasks where id = $1';
    return (await one<{ at: Date }>(database.db, sql, [taskId]))!.at.toISOString();
  };
  expect(await lookedAt('2026-03-02T00:00:00Z')).toBe('2026-03-02T00:00:00.000Z');
  expect(await lookedAt('2999-01-01T00:00:00Z')).toBe('2026-03-03T12:00:00.000Z');
  expect(await lookedAt('2026-03-02T00:00:00Z')).toBe('2026-03-03T12:00:00.000Z');
});

test.each([
  ['nothing was pushed', null, null, 'planning', false],
  ['it was pushed, and nothing is known yet', 'a1', null, 'ci', true],
  ['its checks are pending', 'a1', 'pending', 'ci', true],
  ['its checks are green', 'a1', 'green', 'ci', false],
  ['it has ended', 'a1', 'pending', 'done', false],
] as const)('whether CI has still to say something: %s', async (_, sha, verdict, state, waits) => {
  const taskId = await seedTask(database.db, `ci-${sha}-${verdict}-${state}`);
  const payload = { id: `q-${taskId}`, kind: 'question' as const, title: 'Which?', body: '', options: [] };
  await appendOnce(database.db, [inboxOpened.new({ taskId, actor: 'agent', payload })], OWNER);
  await database.db.query('update tasks set head_sha = $2, state = $3, ci = $4 where id = $1', [
    taskId,
    sha,
    state,
    verdict === null ? null : JSON.stringify({ verdict }),
  ]);
  expect(await waitsForCi(database.db, { ownerId: OWNER, itemId: `q-${taskId}` })).toBe(waits);
});

test.each([
  ['dana asked for changes on GitHub', 'This is no longer open. dana asked for changes on GitHub.'],
  ['the pull request was closed', 'This is no longer open. The pull request was closed.'],
  ['The task has ended.', 'This is no longer open. The task has ended.'],
])('whoever decides what was closed meanwhile reads what closed it: %s', async (why, sentence) => {
  const taskId = await seedTask(database.db, `closed-${why.length}`);
  const id = `${taskId}-q`;
  await appendOnce(database.db, [openQuestion(taskId, id)], OWNER);
  await appendOnce(
    database.db,
    [inboxClosed.new({ taskId, actor: 'mainloop', payload: { id, why } })],
    OWNER,
  );
  expect(
    await decide(database.db, {
      ownerId: OWNER,
      itemId: id,
      decision: 'answer',
      text: 'yes',
      via: 'app',
      by: 'you',
    }),
  ).toMatchObject({ ok: false, sentence });
});
