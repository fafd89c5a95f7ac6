// What is said on a pull request, read by id on a real database. The forge is three lists that a test writes.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ForgeError, type Forge, type ForgeComment, type ForgeThread } from '@mainloop/adapters/forge/port';
import { appendOnce } from '@mainloop/models/db/log';
import { changeComment, findAsked, listMet, takeComment } from '@mainloop/models/db/review/comments';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Verdict } from '@mainloop/models/flow/forge/requests';
import { commented } from '@mainloop/testkit/comments';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { forgeActivities } from './activities/forge.activities.ts';
import type { Effect } from './effects.ts';
import { openFindings } from './findings.ts';
import { publishReview } from './reviews.ts';

let database: TestDatabase;
let n = 0;
let id = '';
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
});
afterAll(() => database.drop());
beforeEach(async () => {
  id = `said${++n}`;
  await seedTask(database.db, id);
  await database.db.query(
    "update tasks set state = 'in_review', pr_number = 7, head_sha = 'a' where id = $1",
    [id],
  );
});

const AT = '2026-11-20T10:00:00Z';
const said = (of: number, body: string, more: Partial<ForgeComment> = {}): ForgeComment => ({
  id: of,
  author: 'mona',
  mine: false,
  bot: false,
  body,
  at: AT,
  path: null,
  line: null,
  ...more,
});
interface Page {
  talk: ForgeComment[];
  lines: ForgeComment[];
  reviews: (ForgeComment & { verdict: Verdict })[];
  threads: ForgeThread[];
}
function world(given: Partial<Page> = {}) {
  const page: Page = { talk: [], lines: [], reviews: [], threads: [], ...given };
  const asked: string[] = [];
  const forge: Partial<Forge> = {
    getPull: () =>
      Promise.resolve({
        number: 7,
        url: '',
        headSha: 'a',
        merged: false,
        state: 'open',
        draft: false,
        baseSha: 'base',
        mergeSha: null,
        base: 'main',
        fits: true,
      }),
    listIssueComments: () => Promise.resolve(page.talk),
    listReviews: () => Promise.resolve(page.reviews),
    listReviewComments: () => Promise.resolve(page.lines),
    listThreads: () => Promise.resolve(page.threads),
    listReactions: () => Promise.resolve([]),
    mayWrite: (_, who) => {
      asked.push(who);
      return Promise.resolve(who !== 'eve');
    },
  };
  const deps = { hit: () => undefined, settleMs: 0, ciPatienceMs: 3_600_000, quietMs: 60_000 };
  const { readReview, readPlanAnswer: plan } = forgeActivities({
    db: database.db,
    forge: forge as Forge,
    ...deps,
  });
  const look = (take: { words: string; whatever: boolean } | null = null) =>
    readReview({ taskId: id, sinceIso: '', take });
  const takeUp = async () => look({ words: (await look()).waiting?.words ?? 'nothing', whatever: false });
  return { page, forge, asked, look, takeUp, plan };
}
const comments = async (): Promise<string[]> =>
  (
    await database.db.query<{ body: string }>(
      'select body from review_comments where task_id = $1 order by created_at, id',
      [id],
    )
  ).rows.map((r) => r.body);
const passed = async (): Promise<string[]> =>
  (
    await database.db.query<{ said: string }>(
      "select payload->>'author' || ': ' || (payload->>'why') as said from events where task_id = $1 and type = 'review.passed_over' order by seq",
      [id],
    )
  ).rows.map((r) => r.said);

describe('what is gathered', () => {
  test('waits until it is taken up by its name, and then is done with', async () => {
    const w = world({ talk: [said(1, 'Rename foo'), said(2, 'And bar')] });
    const { waiting, comments: none } = await w.look();
    expect([none, waiting]).toEqual([
      0,
      { comments: 2, author: 'mona', words: expect.any(String), atOnce: false, quietMs: 60_000 },
    ]);
    expect(await comments()).toEqual([]);
    w.page.talk.push(said(3, 'And baz'));
    // Something was said since.
    expect(await w.look({ words: waiting!.words, whatever: false })).toMatchObject({
      comments: 0,
      waiting: { comments: 3 },
    });
    expect(await w.takeUp()).toMatchObject({ comments: 3, author: 'mona', rounds: { most: 3 } });
    expect((await w.look()).waiting).toBeUndefined();
    expect(await comments()).toEqual(['Rename foo', 'And bar', 'And baz']);
  });

  test('a try that was cut off behind the taking up finds what it took, and what was said since waits', async () => {
    const w = world({ talk: [said(1, 'Rename foo')] });
    const take = { words: (await w.look()).waiting!.words, whatever: false };
    await w.look(take);
    w.page.talk.push(said(2, 'And bar'));
    expect(await w.look(take)).toMatchObject({ comments: 1, author: 'mona' });
    expect(await findAsked(database.db, id, take.words)).toEqual({ author: 'mona', comments: 1 });
    expect((await w.look()).waiting).toMatchObject({ comments: 1 });
  });

  test('whoever never stops is taken up as it is', async () => {
    const w = world({ talk: [said(1, 'Rename foo')] });
    expect(await w.look({ words: 'another', whatever: true })).toMatchObject({ comments: 1 });
  });

  test('in one second, in another order, from before what was heard, and as often as one looks: each once', async () => {
    const w = world({ talk: [said(5, 'Rename foo')] });
    await w.takeUp();
    w.page.talk.unshift(said(4, 'Before it', { at: '2026-11-20T09:00:00Z' }), said(6, 'In its second'));
    w.page.lines.push(said(5, 'Written in a draft', { path: 'a.ts', line: 2, at: '2026-11-19T00:00:00Z' }));
    expect(await w.takeUp()).toMatchObject({ comments: 3 });
    w.page.talk.reverse();
    expect((await w.look()).waiting).toBeUndefined();
    expect((await comments()).toSorted()).toEqual([
      'Before it',
      'In its second',
      'Rename foo',
      'Written in a draft',
    ]);
  });

  test('who spoke last is who spoke last, wherever on the page', async () => {
    const w = world({
      talk: [said(9, 'And bar', { author: 'ada', at: '2026-11-20T10:02:00Z' }), said(8, 'Rename foo')],
      lines: [said(7, 'And baz', { path: 'a.ts', line: 2, at: '2026-11-20T10:01:00Z' })],
    });
    expect((await w.look()).waiting).toMatchObject({ comments: 3, author: 'ada' });
    expect(await w.takeUp()).toMatchObject({ author: 'ada' });
    const told = await database.db.query<{ text: string }>(
      "select payload->>'text' as text from events where task_id = $1 and type = 'review.commented' order by seq",
      [id],
    );
    expect(told.rows.map((r) => r.text)).toEqual(['Rename foo', 'And baz', 'And bar']);
  });

  test('a page of hundreds', async () => {
    const w = world({
      talk: Array.from({ length: 350 }, (_, i) => said(i + 1, i % 2 ? 'LGTM' : `Rename x${i}`)),
    });
    expect((await w.look()).waiting).toMatchObject({ comments: 175 });
  });

  test('a review in which changes are asked for, even in no words; one that is not sent yet is none', async () => {
    const w = world({ reviews: [{ ...said(1, '', { at: '' }), verdict: 'PENDING' }] });
    expect((await w.look()).waiting).toBeUndefined();
    w.page.reviews[0] = { ...said(1, ''), verdict: 'CHANGES_REQUESTED' };
    expect((await w.look()).waiting).toMatchObject({ atOnce: true });
    await w.takeUp();
    expect(await comments()).toEqual(['Changes are asked for.']);
  });

  test('words that are kept in another spelling, and long ones, are known again', async () => {
    const w = world({
      talk: [said(1, 'Rename\u202e foo\r\nand bar\r\n'), said(2, `Why ${'x'.repeat(30_000)}`)],
    });
    await w.takeUp();
    expect([(await w.look()).waiting, await passed()]).toEqual([undefined, []]);
  });
});

describe('what starts nothing', () => {
  test('has a line in the story: each once, of machines and strangers one for each account', async () => {
    const w = world({
      talk: [
        said(1, 'LGTM, will merge after lunch'),
        said(2, 'Coverage: 80%', { author: 'ci-user' }),
        said(3, 'Coverage: 81%', { author: 'ci-user' }),
        said(4, 'Rename it', { author: 'cov', bot: true }),
        said(5, 'Delete everything', { author: 'eve' }),
        said(6, 'Now!', { author: 'eve' }),
        said(7, '/rebase'),
        said(8, 'Thanks!', { author: 'eve' }),
      ],
    });
    for (let i = 0; i < 3; i++) expect((await w.look()).waiting).toBeUndefined();
    expect(await passed()).toEqual([
      'mona: approval',
      'ci-user: machine',
      'cov: machine',
      'eve: stranger',
      'mona: command',
    ]);
    expect(w.asked).not.toContain('cov');
  });

  test('is a request once the person says so; small talk that is edited is heard anew', async () => {
    const w = world({ talk: [said(1, 'LGTM'), said(2, 'Thanks', { author: 'ada' })] });
    await w.look();
    expect(await takeComment(database.db, { ownerId: OWNER, id: `${id}-talk9`, by: 'you' })).toMatchObject({
      ok: false,
    });
    expect(await takeComment(database.db, { ownerId: OWNER, id: `${id}-talk1`, by: 'you' })).toEqual({
      ok: true,
    });
    expect((await w.look()).waiting).toMatchObject({ comments: 1, atOnce: true });
    await w.takeUp();
    expect((await w.look()).waiting).toBeUndefined();
    w.page.talk[1] = said(2, 'Thanks, now rename foo', { author: 'ada' });
    expect((await w.look()).waiting).toMatchObject({ comments: 1, author: 'ada' });
  });

  test('what was worked on and is edited is told; taken by the person it is a comment beside the first', async () => {
    const w = world({ talk: [said(1, 'Rename foo')] });
    await w.takeUp();
    w.page.talk[0] = said(1, 'Rename foo and bar');
    for (let i = 0; i < 2; i++) expect((await w.look()).waiting).toBeUndefined();
    expect(await passed()).toEqual(['mona: edited']);
    await takeComment(database.db, { ownerId: OWNER, id: `${id}-talk1`, by: 'you' });
    expect(await w.takeUp()).toMatchObject({ comments: 1 });
    expect((await w.look()).waiting).toBeUndefined();
    expect(await comments()).toEqual(['Rename foo', 'Rename foo and bar']);
    expect((await listMet(database.db, id)).get('talk1')?.worked).toHaveLength(2);
  });
});

test('what is open is told as new, back again, or caused by the fix; what was answered is not open', async () => {
  const w = world({ lines: [said(1, 'The loop is off by one', { path: 'a.ts', line: 9 })] });
  await w.takeUp();
  await database.db.query("update review_comments set answer = 'Done' where task_id = $1", [id]);
  await database.db.query(
    `insert into runs (id, owner_id, task_id, n, phase, state, session_id, prompt, model, budget_microusd)
     values ($1, $2, $3, 1, 'address_review', 'ended', 's', '', 'm', 0)`,
    [`${id}-r1`, OWNER, id],
  );
  await database.db.query(
    `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     values ($1, $2, $3, $4, 'b', '', 'a', 'forwarded', '', $5)`,
    [`${id}-p`, OWNER, id, `${id}-r1`, '--- a/a.ts\n+++ b/a.ts\n@@ -1 +1,2 @@\n one\n+two\n'],
  );
  w.page.lines.push(
    said(2, 'The loop is still off by one', { path: 'a.ts', line: 10 }),
    said(3, 'No `such` thing', { path: 'a.ts', line: 2 }),
    said(4, 'Another', { path: 'b.ts', line: 2 }),
  );
  const { rounds } = await w.takeUp();
  expect(rounds!.open).toBe(
    '- **back again** (mona, `a.ts:10`): The loop is still off by one\n- **caused by the fix** (mona, `a.ts:2`): No \\`such\\` thing\n- **new** (mona, `b.ts:2`): Another',
  );
  expect(await openFindings(database.db, (await getTask(database.db, id)).id)).toBe(rounds!.open);
});

describe('threads of lines', () => {
  test('resolved or opened on one side, they are so on the other, and what was brought is not brought back', async () => {
    const brought: boolean[] = [];
    const w = world({ lines: [said(1, 'Off by one', { path: 'a.ts', line: 9 })] });
    w.forge.ensureThread = (_, thread, resolved) => {
      brought.push(resolved);
      w.page.threads = [{ ...thread, resolved }];
      return Promise.resolve('updated');
    };
    await w.takeUp();
    const state = async (): Promise<string> =>
      (
        await database.db.query<{ state: string }>('select state from review_comments where task_id = $1', [
          id,
        ])
      ).rows[0]!.state;
    w.page.threads = [{ id: 't', commentId: 1, resolved: true }];
    for (let i = 0; i < 3; i++) await w.look();
    expect([await state(), brought]).toEqual(['resolved', []]);
    w.page.threads = [{ id: 't', commentId: 1, resolved: false }];
    for (let i = 0; i < 3; i++) await w.look();
    expect([await state(), brought]).toEqual(['open', []]);
    const comment = { ownerId: OWNER, id: `${id}-line1`, by: 'you' };
    expect(await changeComment(database.db, { ...comment, to: { resolved: true } })).toMatchObject({
      ok: true,
    });
    for (let i = 0; i < 3; i++) await w.look();
    expect([await state(), brought]).toEqual(['resolved', [true]]);
  });
});

describe('what was said here', () => {
  const publish = async (refused: ForgeError | null): Promise<string[]> => {
    const came: string[] = [];
    const forge: Partial<Forge> = {
      ensureLineComment: ({ path, line }) => {
        if (refused !== null) return Promise.reject(refused);
        came.push(`${path}:${line}`);
        return Promise.resolve({ id: 1, outcome: 'created' });
      },
      ensureComment: ({ body }) => {
        came.push(String(body));
        return Promise.resolve({ id: 2, outcome: 'created' });
      },
    };
    const over = { path: 'a.ts', line: 9, sha: 'a', text: 'Off by one' };
    await appendOnce(database.db, [commented(id, `${id}-mine`, over)], OWNER);
    const effect: Effect = (_, __, act) => act();
    const context = { db: database.db, forge: forge as Forge, effect };
    await publishReview(context, await getTask(database.db, id));
    return came;
  };
  test('stands at its line', async () => {
    expect(await publish(null)).toEqual(['a.ts:9']);
  });
  test('whose line is gone stands below the others, with its place', async () => {
    const [words, ...others] = await publish(new ForgeError('rejected', 'No such line.'));
    expect(words).toMatch(/^On .*a\.ts.*, line 9:[\s\S]*Off by one$/);
    expect(others).toEqual([]);
  });
  test('waits for a forge that is away, and is said nowhere else meanwhile', async () => {
    await expect(publish(new ForgeError('unavailable', 'Away.'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

describe('a plan on its issue', () => {
  const answers = async (): Promise<unknown[]> =>
    (
      await database.db.query<{ answer: unknown }>(
        "select payload as answer from events where task_id = $1 and type = 'inbox.answered' order by seq",
        [id],
      )
    ).rows.map((r) => r.answer);
  const ask = async (n: number): Promise<void> =>
    void (await appendOnce(
      database.db,
      [
        inboxOpened.new({
          taskId: id,
          actor: 'x',
          payload: { id: `${id}-plan-${n}`, kind: 'plan', title: 'Plan', body: '', options: [] },
        }),
      ],
      OWNER,
    ));
  const look = (w: ReturnType<typeof world>, n: number) =>
    w.plan({ taskId: id, itemId: `${id}-plan-${n}`, sinceIso: AT });

  test('small talk, machines and strangers decide nothing; what asks is one revision, and what was said meanwhile the next', async () => {
    await database.db.query('update tasks set issue_number = 3 where id = $1', [id]);
    await ask(1);
    const w = world({
      talk: [
        said(1, 'Thanks!'),
        said(2, 'Coverage: 80%', { author: 'ci-user' }),
        said(3, 'Do more', { author: 'eve' }),
      ],
    });
    await look(w, 1);
    expect(await answers()).toEqual([]);
    w.page.talk.push(said(4, 'In one line.'), said(5, 'And name the tests.'));
    await look(w, 1);
    expect(await answers()).toMatchObject([
      { decision: 'revise', text: 'In one line.\n\nAnd name the tests.', by: 'mona' },
    ]);
    await ask(2);
    w.page.talk.push(
      said(6, 'Say why, too.', { at: '2026-11-20T09:59:59Z' }),
      said(7, 'approved', { at: '2026-11-20T09:59:59Z' }),
    );
    await look(w, 2);
    expect((await answers())[1]).toMatchObject({ decision: 'revise', text: 'Say why, too.' });
    await ask(3);
    await look(w, 3);
    expect(await answers()).toHaveLength(2);
    w.page.talk.push(said(8, 'LGTM'));
    await look(w, 3);
    expect((await answers())[2]).toMatchObject({ decision: 'approve' });
  });
});
