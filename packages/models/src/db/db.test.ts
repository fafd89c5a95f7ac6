import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { messageSaid } from '../events/conversation.ts';
import { branchPushed } from '../events/forge.ts';
import { inboxClosed, inboxOpened } from '../events/inbox.ts';
import { costMetered } from '../events/money.ts';
import { projectSettings } from '../events/projects.ts';
import { planWritten, taskEnded } from '../events/tasks.ts';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { schemaSql } from '@mainloop/testkit/schema';
import { DRAFT, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import fc from 'fast-check';
import { OWNER } from '../flow/ids.ts';
import type { RunOutcome } from '../flow/outcomes.ts';
import { cancelTask, decide } from './inbox/decide.ts';
import { append, appendOnce, eventsAfter } from './log.ts';
import { many, one, withTx } from './pool.ts';
import { PROJECTIONS } from './project.ts';
import { confirm, decline, digestOf, propose } from './conversation/proposals.ts';
import { openRead } from './read.ts';
import { checkRebuild, rebuild } from './rebuild.ts';
import { appendOutput, readOutput } from './runs/output.ts';
import { endRun } from './runs/endings.ts';
import { ensureRun } from './runs/runs.ts';
import { findRunByToken, openEpoch, renewLease } from './runs/epochs.ts';
import { takeSlot } from './runs/slots.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());

const note = (id: string) =>
  messageSaid.new({ actor: 'x', payload: { id, role: 'note', text: id, turnId: null } });
const question = (taskId: string, id: string, of: { runId?: string; questionNo?: number } = {}) =>
  inboxOpened.new({
    taskId,
    actor: 'agent',
    payload: { id, kind: 'question', title: 'Which?', body: '', options: [], ...of },
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
      await appendOnce(database.db, [question(taskId, id)], OWNER);
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

describe('the log', () => {
  test('a reader at "seq > cursor" misses nothing while many write', async () => {
    const seen: number[] = [];
    let cursor = (await eventsAfter(database.db, OWNER, 0)).upTo;
    let writing = true;
    const reader = (async () => {
      for (let last = false; ;) {
        const { events: fresh } = await eventsAfter(database.db, OWNER, cursor, 7);
        for (const event of fresh) seen.push((cursor = event.seq));
        if (fresh.length === 0 && last) return;
        last = !writing && fresh.length === 0;
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async (_, w) => {
        for (let i = 0; i < 25; i++)
          await withTx(database.db, async (tx) => {
            await append(tx, [note(`w${w}-${i}`)], OWNER);
            await tx.query('select pg_sleep(random() / 500)');
          });
      }),
    );
    writing = false;
    await reader;
    expect(seen).toHaveLength(200);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('the same thing happens once', async () => {
    const e = messageSaid.byPerson({
      actor: 'x',
      payload: { id: 'once', role: 'note', text: '', turnId: null },
    });
    expect(await appendOnce(database.db, [e], OWNER)).toHaveLength(1);
    expect(await appendOnce(database.db, [e], OWNER)).toHaveLength(0);
  });

  test('keeps no character that hides: what is read, confirmed and told to the agent is one text', async () => {
    const [hidden, spelt] = ['do it\u202e\u{e0041}\r', 'do it[U+202E][U+E0041][CR]'];
    await seedTask(database.db, 'hides');
    await appendOnce(
      database.db,
      [
        planWritten.new({
          taskId: 'hides',
          actor: 'agent',
          key: { runId: 'hides' },
          payload: { revision: 1, markdown: hidden },
        }),
      ],
      OWNER,
    );
    expect(await one(database.db, "select plan from tasks where id = 'hides'")).toEqual({ plan: spelt });
    const id = await withTx(database.db, (tx) =>
      propose(tx, OWNER, 'hides', null, { ...DRAFT, prompt: hidden }, new Date(Date.now() + 60_000)),
    );
    const shown = (await one<{ prompt: string; digest: string }>(
      database.db,
      'select prompt, digest from proposals where id = $1',
      [id],
    ))!;
    expect(shown.prompt).toBe(spelt);
    // The fingerprint is of what is shown.
    expect(shown.digest).toBe(digestOf({ ...DRAFT, prompt: spelt }));
    const started = await confirm(database.db, OWNER, id, { digest: shown.digest }, 'you');
    expect(
      await one(database.db, 'select prompt from tasks where id = $1', [started.ok ? started.taskId : '']),
    ).toEqual({ prompt: spelt });
  });

  test('nobody changes the past', async () => {
    await expect(database.db.query("update events set actor = 'me'")).rejects.toThrow('append-only');
    await expect(database.db.query('delete from events')).rejects.toThrow('append-only');
  });

  test('an event and its projection are one: neither is there without the other', async () => {
    await expect(
      withTx(database.db, async (tx) => {
        await append(tx, [note('lost')], OWNER);
        throw new Error('killed here');
      }),
    ).rejects.toThrow('killed here');
    expect(await one(database.db, "select 1 from messages where id = 'lost'")).toBeNull();
    expect(await one(database.db, "select 1 from events where payload->>'id' = 'lost'")).toBeNull();
  });
});

describe('proposals', () => {
  test('a double tap makes one task', async () => {
    const proposal = await seedProposal(database.db, 'double');
    const both = await Promise.all(
      [1, 2, 3].map(() => confirm(database.db, OWNER, proposal.id, { digest: proposal.digest }, 'you')),
    );
    expect(new Set(both.map((r) => (r.ok ? r.taskId : r.code))).size).toBe(1);
    expect(
      await many(database.db, "select 1 from outbox where kind = 'start' and payload->>'taskId' = $1", [
        both[0]!.ok ? both[0]!.taskId : '',
      ]),
    ).toHaveLength(1);
  });
  test('what was not shown is not started', async () => {
    const proposal = await seedProposal(database.db, 'altered');
    expect(await confirm(database.db, OWNER, proposal.id, { digest: 'f'.repeat(32) }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_altered',
    });
    const elsewhere = await seedProposal(database.db, 'elsewhere');
    const moved = (projectId: string) =>
      confirm(database.db, OWNER, elsewhere.id, { digest: elsewhere.digest, edits: { projectId } }, 'you');
    expect(await moved('pr-none')).toMatchObject({ ok: false, code: 'no_project' });
    await seedProject(database.db, 'pr-other', 'demo/other');
    const there = await moved('pr-other');
    expect(there).toMatchObject({ ok: true });
    expect(
      (await database.db.query('select project_id from tasks where id = $1', [there.ok ? there.taskId : '']))
        .rows,
    ).toEqual([{ project_id: 'pr-other' }]);
  });
  test('expired and declined ones are refused', async () => {
    const old = await seedProposal(database.db, 'old', -1);
    expect(await confirm(database.db, OWNER, old.id, { digest: old.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_expired',
    });
    const no = await seedProposal(database.db, 'no');
    expect(await decline(database.db, OWNER, no.id, 'you')).toBe('declined');
    expect(await confirm(database.db, OWNER, no.id, { digest: no.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'proposal_declined',
    });
    expect(await confirm(database.db, 'somebody-else', old.id, { digest: old.digest }, 'you')).toMatchObject({
      ok: false,
      code: 'no_proposal',
    });
  });
  test('a turn that is said again proposes once', async () => {
    await seedProposal(database.db, 'turn-1/0');
    await seedProposal(database.db, 'turn-1/0', 60_000, { ...DRAFT, title: 'Said differently' });
    expect(
      await many(database.db, "select id from proposals where title in ('Said differently')"),
    ).toHaveLength(0);
  });
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
          await appendOnce(database.db, [question(task, id)], OWNER);
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
    await appendOnce(database.db, [question(task, 't-fit-q')], OWNER);
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

describe('runs', () => {
  const run = async (task: string, n = 1): Promise<string> =>
    ensureRun(database.db, {
      ownerId: OWNER,
      taskId: task,
      n,
      phase: 'implement',
      prompt: (said, freshSession) => [freshSession ? 'new session' : 'p', ...said].join('\n'),
      model: 'claude-opus-5-5',
    });

  test('a newer epoch locks the older one out', async () => {
    const id = await run(await seedTask(database.db, 't-epoch'));
    const first = await openEpoch(database.db, id);
    expect((await findRunByToken(database.db, first.token))?.id).toBe(id);
    const second = await openEpoch(database.db, id);
    expect(await findRunByToken(database.db, first.token)).toBeNull();
    expect(await renewLease(database.db, id, first.run.epoch)).toBe(false);
    expect(await renewLease(database.db, id, second.run.epoch)).toBe(true);
    expect(await endRun(database.db, id, first.run.epoch, { kind: 'completed', summary: 'old' })).toBe(
      'stale',
    );
    expect(await endRun(database.db, id, second.run.epoch, { kind: 'completed', summary: 'new' })).toBe(
      'ended',
    );
    expect(await endRun(database.db, id, second.run.epoch, { kind: 'completed', summary: 'again' })).toBe(
      'stale',
    );
    expect(await findRunByToken(database.db, second.token)).toBeNull();
    await expect(openEpoch(database.db, id)).rejects.toThrow('has ended');
  });

  test('a session that grew too long is never resumed: the next run has a new one, and those after it go on with that', async () => {
    const task = await seedTask(database.db, 't-spent');
    const ended = async (n: number, outcome: RunOutcome) => {
      const id = await run(task, n);
      await endRun(database.db, id, (await openEpoch(database.db, id)).run.epoch, outcome);
      return (await one<{ session_id: string; resume: boolean; prompt: string }>(
        database.db,
        'select session_id, resume, prompt from runs where id = $1',
        [id],
      ))!;
    };
    const first = await ended(1, { kind: 'completed', summary: 'read' });
    const spent = await ended(2, { kind: 'failed', reason: 'context', detail: 'prompt is too long' });
    // Killed at once: its session is new, but it is not the spent one.
    const fresh = await ended(3, { kind: 'interrupted', reason: 'killed' });
    const after = await ended(4, { kind: 'failed', reason: 'execution', detail: 'x' });
    const last = await ended(5, { kind: 'completed', summary: 'done' });
    expect([first, spent, fresh, after, last].map((r) => [r.resume, r.prompt])).toEqual([
      [false, 'p'],
      [true, 'p'],
      [false, 'new session'],
      [true, 'p'],
      [true, 'p'],
    ]);
    expect(spent.session_id).toBe(first.session_id);
    expect(fresh.session_id).not.toBe(spent.session_id);
    expect([after.session_id, last.session_id]).toEqual([fresh.session_id, fresh.session_id]);
  });

  test('output arrives once, in order, whatever is sent again', async () => {
    const id = await run(await seedTask(database.db, 't-out'));
    expect(await appendOutput(database.db, id, 0, Buffer.from('hello '))).toBe(6);
    expect(await appendOutput(database.db, id, 0, Buffer.from('hello '))).toBe(6);
    expect(await appendOutput(database.db, id, 3, Buffer.from('lo world'))).toBe(11);
    expect(await appendOutput(database.db, id, 99, Buffer.from('gap'))).toBe(11);
    expect((await readOutput(database.db, id, 2)).data.toString()).toBe('llo world');
  });

  test('a question that was asked ends the run as asked', async () => {
    const task = await seedTask(database.db, 't-asks');
    const id = await run(task);
    const { run: row } = await openEpoch(database.db, id);
    await appendOnce(
      database.db,
      [2, 10].map((questionNo) => question(task, `${id}-q${questionNo}`, { runId: id, questionNo })),
      OWNER,
    );
    await endRun(database.db, id, row.epoch, { kind: 'completed', summary: 'I asked' });
    const outcome = async (): Promise<object> =>
      (await one<{ outcome: object }>(database.db, 'select outcome from runs where id = $1', [id]))!.outcome;
    expect(await outcome()).toEqual({
      kind: 'asked',
      itemId: `${id}-q10`,
      itemIds: [`${id}-q2`, `${id}-q10`],
    });
    // An answer that is quicker than the end of the run must not turn "I asked" into the result.
    const quick = await run(task, 2);
    const { run: r2 } = await openEpoch(database.db, quick);
    await appendOnce(database.db, [question(task, `${quick}-q0`, { runId: quick, questionNo: 0 })], OWNER);
    await decide(database.db, {
      ownerId: OWNER,
      itemId: `${quick}-q0`,
      decision: 'answer',
      text: 'yes',
      via: 'app',
      by: 'you',
    });
    await endRun(database.db, quick, r2.epoch, { kind: 'completed', summary: 'I asked' });
    expect(
      (await one<{ outcome: { kind: string } }>(database.db, 'select outcome from runs where id = $1', [
        quick,
      ]))!.outcome.kind,
    ).toBe('asked');
  });

  test('the cap holds and slots are given in order', async () => {
    await database.db.query("update runs set state = 'ended'");
    const ids: string[] = [];
    for (let i = 0; i < 6; i++) ids.push(await run(await seedTask(database.db, `t-cap${i}`)));
    const take = (id: string) => takeSlot(database.db, id, { all: 2, ofProject: () => 10 });
    expect((await take(ids[3]!)).got).toBe(false);
    const got = await Promise.all(ids.map(take));
    expect(got.filter((g) => g.got)).toHaveLength(2);
    expect(got.slice(0, 2).every((g) => g.got)).toBe(true);
    await database.db.query("update runs set state = 'ended' where id = $1", [ids[0]]);
    expect((await take(ids[3]!)).got).toBe(false);
    expect((await take(ids[2]!)).got).toBe(true);
  });

  test('a run that waits for permission gives its slot to the next, and is over the cap at most until that one ends', async () => {
    await database.db.query("update runs set state = 'ended'");
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(await run(await seedTask(database.db, `t-leave${i}`)));
    const take = async (n: number): Promise<boolean> =>
      (await takeSlot(database.db, ids[n]!, { all: 1, ofProject: () => 10 })).got;
    const { run: first } = await openEpoch(database.db, ids[0]!);
    await database.db.query("update runs set state = 'running' where id = $1", [first.id]);
    expect(await take(1)).toBe(false);
    await appendOnce(
      database.db,
      [
        inboxOpened.new({
          taskId: 't-leave0',
          actor: 'agent',
          payload: {
            id: 't-leave0-p',
            kind: 'permission',
            runId: ids[0]!,
            title: 'ls',
            body: '',
            options: [],
          },
        }),
      ],
      OWNER,
    );
    expect(await take(1)).toBe(true);
    // Two have a sandbox now, and a third would be too many.
    expect(await take(2)).toBe(false);
    await appendOnce(
      database.db,
      [inboxClosed.new({ taskId: 't-leave0', actor: 'x', payload: { id: 't-leave0-p', why: 'Answered.' } })],
      OWNER,
    );
    await database.db.query("update runs set state = 'ended' where id = $1", [ids[1]!]);
    expect(await take(2)).toBe(false);
    await database.db.query("update runs set state = 'ended' where id = $1", [ids[0]!]);
    expect(await take(2)).toBe(true);
    await database.db.query("update runs set state = 'ended'");
  });
});

test('everything that people see can be rebuilt from the log', async () => {
  await appendOnce(
    database.db,
    [
      projectSettings.new({ actor: 'you', payload: { id: 'pr-1', settings: { budgetCents: 300 } } }),
      planWritten.new({
        taskId: 't-cancel',
        actor: 'agent',
        key: { runId: 't-cancel-r1' },
        payload: { revision: 1, markdown: '## Plan' },
      }),
      costMetered.new({
        taskId: 't-cancel',
        actor: 'gateway',
        key: { callId: 'c1' },
        payload: { runId: null, model: 'm', microusd: 1234, inputTokens: 1, outputTokens: 1 },
      }),
      inboxOpened.new({
        taskId: 't-cancel',
        actor: 'x',
        payload: { id: 'f1', kind: 'failure', title: 'It broke.', body: 'how', options: [] },
      }),
      taskEnded.new({ taskId: 't-fit', actor: 'x', payload: { state: 'done', how: 'merged', left: '' } }),
    ],
    OWNER,
  );
  const dump = async (): Promise<unknown[]> =>
    Promise.all(
      Object.entries(PROJECTIONS).map(([n, key]) =>
        many(database.db, `select * from ${n} order by ${key.join(', ')}`),
      ),
    );
  const before = await dump();
  // After all that the tests above did.
  expect(await checkRebuild(database.db)).toMatchObject({ wrong: [], wrongRows: 0, unreadable: [] });
  const count = await rebuild(database.db);
  expect(count).toBeGreaterThan(100);
  expect(await dump()).toEqual(before);
});

test('the page reads with a role that may only read', async () => {
  const url = new URL(database.url);
  url.username = 'mainloop_web';
  const read = openRead(url.href);
  try {
    const inbox = await read.inbox();
    expect(inbox.failed.map((f) => f.id)).toContain('t-cancel');
    expect(inbox.needsYou.every((i) => i.kind !== 'failure')).toBe(true);
    expect((await read.task('t-cancel'))?.plan).toBe('## Plan');
    expect(await read.task('nothing')).toBeNull();
  } finally {
    await read.close();
  }
  const c = await withTx(database.db, async (tx) => {
    await tx.query('set local role mainloop_web');
    return tx.query('insert into messages select * from messages').then(
      () => 'wrote',
      (e: Error) => e.message,
    );
  }).catch((e: Error) => e.message);
  expect(c).toMatch(/permission denied|aborted/);
});

test('schema.prisma and the migrations say the same', async () => {
  const look = async (schema: string): Promise<string[]> =>
    [
      ...(
        await many<{ line: string }>(
          database.db,
          `select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
           from information_schema.columns where table_schema = $1 and table_name <> '_prisma_migrations'`,
          [schema],
        )
      ).map((r) => r.line),
      // Partial indexes and those over an expression are nothing that schema.prisma can say.
      ...(
        await many<{ line: string }>(
          database.db,
          "select indexdef as line from pg_indexes where schemaname = $1 and tablename <> '_prisma_migrations' and indexdef not like '% WHERE %' and indexdef not like '%words_of(%'",
          [schema],
        )
      ).map((r) => r.line),
    ]
      .map((l) => l.replaceAll(`${schema}.`, '').replaceAll(`'${schema}`, "'"))
      .sort();
  const script = (await schemaSql(database.url)).replace(/CREATE SCHEMA[^;]*;/, '');
  await withTx(database.db, async (tx) => {
    await tx.query('create schema wanted');
    await tx.query('set local search_path to wanted');
    await tx.query(script.replaceAll('"public".', ''));
  });
  const wanted = await look('wanted');
  expect(wanted.length).toBeGreaterThan(100);
  expect((await look('public')).filter((l) => !l.includes('events_owner_seq'))).toEqual(wanted);
});
