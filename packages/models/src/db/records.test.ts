// What each statement gives, on a real database: the compiler believes the type that stands beside a
// statement, so a test has to look.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { messageSaid } from '../events/conversation.ts';
import { reviewPublished, reviewReplied, reviewSubmitted } from '../events/review.ts';
import { agentSaid, baselineRecorded, evidenceRecorded } from '../events/runs.ts';
import { taskStateChanged } from '../events/tasks.ts';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedItem, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import type { Message, Proposal } from '../contracts/conversation.ts';
import type { Item } from '../contracts/inbox.ts';
import type { Project } from '../contracts/projects.ts';
import type { Comment } from '../contracts/review.ts';
import type { Run } from '../contracts/runs.ts';
import type { TaskDetail } from '../contracts/tasks.ts';
import { OWNER } from '../flow/ids.ts';
import { deleteCheckpoint, findCheckpoint, saveCheckpoint } from './runs/checkpoints.ts';
import {
  claimTurn,
  insertTurn,
  listFiles,
  listMessages,
  listThread,
  updateDraft,
  updateTurnDone,
  type ThreadMessage,
  type Turn,
} from './conversation/thread.ts';
import { decide } from './inbox/decide.ts';
import { deleteSession, findFirstUser, hasUsers, listSessions, type SessionRow } from './devices/sessions.ts';
import { findBaseline, findEvidence, listRedChecks } from './runs/evidence.ts';
import {
  claimDelivery,
  findEffect,
  findLatestDiff,
  hasPushed,
  insertIntent,
  insertPush,
  listOnLines,
  saveThread,
  updateDone,
  type EffectRow,
} from './forge/effects.ts';
import { count, countTasks, ping, type Counts } from './health/health.ts';
import {
  findDecision,
  findFailure,
  findItem,
  findQuestion,
  hasOpenQuestion,
  listForgeAnswers,
  listItemsOfTask,
  listOpenItems,
  listOpenOfTask,
  type AnsweredItem,
  type OpenItem,
  type QuestionRow,
} from './inbox/items.ts';
import { claimLock } from './locks.ts';
import { appendOnce, hasEvent, toOutbox } from './log.ts';
import { listUnsent, postpone, updateSent, wasSent, type OutboxRow } from './outbox.ts';
import { listWaitingRepos } from './forge/pokes.ts';
import { withTx } from './pool.ts';
import {
  findAnyProject,
  findProject,
  findProjectOf,
  hasProject,
  listProjectNames,
  listProjects,
  type ProjectName,
} from './projects/projects.ts';
import { listOpenProposals } from './conversation/proposals.ts';
import { addDevice, deleteDevice, hasDevices } from './devices/push.ts';
import {
  draftComment,
  isOpenComment,
  listComments,
  listReplies,
  listThreads,
  listUnpublished,
  type ReplyRow,
  type ThreadRow,
} from './review/comments.ts';
import {
  findOutcome,
  hasRun,
  lastNumber,
  listActive,
  listCompleted,
  listRuns,
  listSilent,
  listUnended,
  type SilentRun,
} from './runs/lists.ts';
import { endRun } from './runs/endings.ts';
import { ensureRun } from './runs/runs.ts';
import { openEpoch, renewLease } from './runs/epochs.ts';
import {
  findOwner,
  findState,
  findTask,
  findTaskToTell,
  getTask,
  isLive,
  listFacts,
  listOpenFacts,
  listSaid,
  listTasks,
  type TaskFact,
  type TaskRow,
  type TaskToTell,
} from './tasks/tasks.ts';

let database: TestDatabase;
let runId: string;
beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db);
  await seedTask(database.db, 'one');
  runId = await ensureRun(database.db, {
    ownerId: OWNER,
    taskId: 'one',
    n: 1,
    phase: 'implement',
    prompt: () => 'go',
    model: 'm',
  });
  await openEpoch(database.db, runId);
  await renewLease(database.db, runId, 1);
  await database.db.query("update runs set started_at = now() - interval '1 minute' where id = $1", [runId]);
});
afterAll(() => database.drop());

/** What a row has to have: every name that its type says, so that one that is left out does not compile. */
type Names<T> = Record<keyof T, true>;
function expectNames<T extends object>(row: T | null | undefined, names: Names<T>): void {
  expect(row).not.toBeNull();
  expect(Object.keys(row!).toSorted()).toEqual(Object.keys(names).toSorted());
  expect(Object.values(row!)).not.toContain(undefined);
}

const SUMMARY = {
  id: true,
  title: true,
  state: true,
  phase: true,
  statusLine: true,
  waitingFor: true,
  endedHow: true,
  model: true,
  budgetCents: true,
  costMicrousd: true,
  branch: true,
  headSha: true,
  issueNumber: true,
  issueUrl: true,
  prNumber: true,
  prUrl: true,
  planRevision: true,
  failure: true,
  ci: true,
  activeRunId: true,
  createdAt: true,
  updatedAt: true,
  endedAt: true,
  project: true,
} as const;
const FACT: Names<TaskFact> = {
  id: true,
  title: true,
  repo: true,
  state: true,
  statusLine: true,
  ci: true,
  waitingFor: true,
  endedHow: true,
};

test('a task, as the worker, the api and the chat read it', async () => {
  const q = database.db;
  expectNames<TaskRow>(await getTask(q, 'one'), {
    id: true,
    ownerId: true,
    projectId: true,
    title: true,
    prompt: true,
    model: true,
    skipPlan: true,
    state: true,
    phase: true,
    statusLine: true,
    issueNumber: true,
    prNumber: true,
    branch: true,
    headSha: true,
    ci: true,
    plan: true,
    planRevision: true,
    costMicrousd: true,
    repo: true,
    defaultBranch: true,
    remoteUrl: true,
    localPath: true,
    settings: true,
    attachments: true,
  });
  await expect(getTask(q, 'none')).rejects.toThrow('there is no task none');
  const [summary] = await listTasks(q, OWNER, null);
  expectNames(summary, SUMMARY);
  expect(await listTasks(q, OWNER, 'done')).toEqual([]);
  expectNames<Omit<TaskDetail, 'items' | 'runs'>>(await findTask(q, OWNER, 'one'), {
    ...SUMMARY,
    prompt: true,
    plan: true,
  });
  expect(await findTask(q, 'somebody else', 'one')).toBeNull();
  expectNames<TaskToTell>(await findTaskToTell(q, OWNER, 'one'), {
    id: true,
    title: true,
    projectId: true,
    model: true,
    budgetCents: true,
    endedAt: true,
  });
  const [fact] = await listOpenFacts(q, OWNER);
  expectNames(fact, FACT);
  const [withCost] = await listFacts(q, OWNER);
  expectNames(withCost, { ...FACT, costMicrousd: true });
  expect([await findOwner(q, 'one'), await findOwner(q, 'none')]).toEqual([OWNER, null]);
  expect([await findState(q, 'one'), await findState(q, 'none')]).toEqual([summary!.state, null]);
  expect([await isLive(q, 'one'), await isLive(q, 'none')]).toEqual([true, false]);
  await appendOnce(
    q,
    [agentSaid.new({ taskId: 'one', actor: 'agent', payload: { runId, text: 'Half of it is there.' } })],
    OWNER,
  );
  expect(await listSaid(q, 'one')).toEqual([{ seq: expect.any(Number), text: 'Half of it is there.' }]);
});

test('a project', async () => {
  const [row] = await listProjects(database.db, OWNER);
  expectNames<Project>(row, {
    id: true,
    name: true,
    repo: true,
    defaultBranch: true,
    remoteUrl: true,
    localPath: true,
    settings: true,
    createdAt: true,
  });
  const [name] = await listProjectNames(database.db, OWNER);
  expectNames<ProjectName>(name, { id: true, name: true });
  expect(await findProject(database.db, OWNER, 'pr-1')).toEqual({ settings: row!.settings });
  expect(await findProjectOf(database.db, OWNER, 'Demo/Tally')).toEqual({
    id: 'pr-1',
    settings: row!.settings,
  });
  expect([
    await findAnyProject(database.db, 'demo/tally'),
    await findAnyProject(database.db, 'demo/none'),
  ]).toEqual([{ settings: row!.settings }, null]);
  expect([
    await hasProject(database.db, OWNER, 'pr-1'),
    await hasProject(database.db, 'somebody else', 'pr-1'),
  ]).toEqual([true, false]);
});

test('the conversation and a turn of it', async () => {
  const file = { id: 'f-1', name: 'a.png', mime: 'image/png', size: 3 };
  const [said] = await appendOnce(
    database.db,
    [
      messageSaid.byPerson({
        actor: 'you',
        payload: { id: 'm-1', role: 'user', text: 'Hello', turnId: 'turn-1', attachments: [file] },
      }),
    ],
    OWNER,
  );
  await withTx(database.db, (tx) => insertTurn(tx, OWNER, 'turn-1', said!.seq));
  const [message] = await listMessages(database.db, OWNER);
  expectNames<Message>(message, { id: true, role: true, text: true, turnId: true, seq: true, at: true });
  const [inThread] = await listThread(database.db, OWNER, said!.seq);
  expectNames<ThreadMessage>(inThread, {
    role: true,
    text: true,
    at: true,
    attachments: true,
    turnId: true,
    seq: true,
  });
  expect(await listFiles(database.db, OWNER)).toEqual([file]);
  const turn = await claimTurn(database.db, 'me', 60_000);
  expectNames<Turn>(turn, { id: true, ownerId: true, attempts: true, seq: true });
  expect(await claimTurn(database.db, 'another', 60_000)).toBeNull();
  expect(await updateDraft(database.db, { id: 'turn-1', by: 'another', text: 'x', leaseMs: 1 })).toBe(false);
  expect(await updateDraft(database.db, { id: 'turn-1', by: 'me', text: 'x', leaseMs: 60_000 })).toBe(true);
  expect(await withTx(database.db, (tx) => updateTurnDone(tx, 'turn-1', 'another'))).toBe(false);
  expect(await withTx(database.db, (tx) => updateTurnDone(tx, 'turn-1', 'me'))).toBe(true);
  await seedProposal(database.db, 'any');
  const [proposal] = await listOpenProposals(database.db, OWNER);
  expectNames<Proposal>(proposal, {
    id: true,
    title: true,
    prompt: true,
    model: true,
    budgetCents: true,
    skipPlan: true,
    digest: true,
    state: true,
    expiresAt: true,
    project: true,
    forecast: true,
  });
});

test('an item of the inbox, before and after it is answered', async () => {
  const id = await seedItem(database.db, 'one', `${runId}-q0`, 'question', 'Which?', ['A'], {
    runId,
    questionNo: 0,
  });
  expect([await hasOpenQuestion(database.db, runId), await hasOpenQuestion(database.db, 'none')]).toEqual([
    true,
    false,
  ]);
  const [open] = await listOpenItems(database.db, OWNER);
  const names: Names<Item> = {
    id: true,
    kind: true,
    title: true,
    body: true,
    options: true,
    state: true,
    answer: true,
    answeredVia: true,
    createdAt: true,
    taskId: true,
    taskTitle: true,
    project: true,
    plan: true,
    held: true,
  };
  expectNames(open, names);
  const [ofTask] = await listOpenOfTask(database.db, 'one');
  expectNames<OpenItem>(ofTask, { id: true, kind: true, title: true, options: true });
  expect([await findDecision(database.db, id), await findDecision(database.db, 'none')]).toEqual([
    null,
    null,
  ]);
  await decide(database.db, {
    ownerId: OWNER,
    itemId: id,
    decision: 'answer',
    text: 'A',
    via: 'github',
    by: 'ada',
    answerId: 'github-comment-5',
  });
  expect(await hasOpenQuestion(database.db, runId)).toBe(false);
  expect(await listOpenItems(database.db, OWNER)).toEqual([]);
  const [again] = await listItemsOfTask(database.db, OWNER, 'one');
  expectNames(again, names);
  expect(await findDecision(database.db, id)).toBe('answer');
  expectNames<AnsweredItem>(await findItem(database.db, id), { title: true, kind: true, answer: true });
  const question = await findQuestion(database.db, id);
  expectNames<QuestionRow>(question, {
    id: true,
    state: true,
    title: true,
    body: true,
    options: true,
    multiple: true,
    answer: true,
    answeredBy: true,
    answeredVia: true,
  });
  expect([question!.answeredBy, question!.answeredVia]).toEqual(['ada', 'github']);
  expect(await listForgeAnswers(database.db, 'one')).toEqual(['github-comment-5']);
  expect(await findFailure(database.db, OWNER, 'one')).toBeNull();
  await seedItem(database.db, 'one', 'failed', 'failure', 'It failed.');
  expect(await findFailure(database.db, OWNER, 'one')).toBe('failed');
});

test('the review', async () => {
  const place = { path: 'a.ts', side: 'new' as const, startLine: null, line: 3 };
  await draftComment(database.db, {
    ownerId: OWNER,
    taskId: 'one',
    by: 'you',
    comment: { id: 'c1', ...place, quote: '', text: 'Why?' },
  });
  const [draft] = await listComments(database.db, OWNER, 'one');
  expectNames<Comment>(draft, {
    id: true,
    path: true,
    side: true,
    startLine: true,
    line: true,
    sha: true,
    quote: true,
    body: true,
    author: true,
    via: true,
    state: true,
    answer: true,
    answeredAt: true,
    createdAt: true,
  });
  expect([
    await isOpenComment(database.db, 'one', 'c1'),
    (await listUnpublished(database.db, 'one')).length,
  ]).toEqual([false, 0]);
  await appendOnce(
    database.db,
    [reviewSubmitted.new({ taskId: 'one', actor: 'you', payload: { ids: ['c1'] } })],
    OWNER,
  );
  expect([
    await isOpenComment(database.db, 'one', 'c1'),
    (await listUnpublished(database.db, 'one')).length,
  ]).toEqual([true, 1]);
  await appendOnce(
    database.db,
    [
      reviewPublished.new({ taskId: 'one', actor: 'mainloop', payload: { id: 'c1', forgeId: 9 } }),
      reviewReplied.new({ taskId: 'one', actor: 'agent', payload: { id: 'c1', text: 'Because.', runId } }),
    ],
    OWNER,
  );
  const [reply] = await listReplies(database.db, 'one');
  expectNames<ReplyRow>(reply, {
    seq: true,
    id: true,
    text: true,
    path: true,
    body: true,
    forgeId: true,
    via: true,
  });
  const [thread] = await listThreads(database.db, 'one');
  expectNames<ThreadRow>(thread, { id: true, state: true, forgeId: true, agreed: true });
  expect([thread!.forgeId, thread!.agreed]).toEqual([9, null]);
  await saveThread(database.db, 'one', 'c1', true);
  expect((await listThreads(database.db, 'one'))[0]!.agreed).toBe(true);
});

test('the forge: pushes, effects, webhooks, and who waits for it', async () => {
  expect([await findLatestDiff(database.db, 'one'), await hasPushed(database.db, 'one', 'new')]).toEqual([
    '',
    false,
  ]);
  const push = {
    id: 'p1',
    ownerId: OWNER,
    taskId: 'one',
    runId,
    branch: 'b',
    oldSha: 'old',
    newSha: 'new',
    diff: 'the diff',
    delta: 'the delta',
  };
  await withTx(database.db, (tx) => insertPush(tx, push));
  expect([await findLatestDiff(database.db, 'one'), await hasPushed(database.db, 'one', 'new')]).toEqual([
    'the diff',
    true,
  ]);
  const { rows } = await database.db.query('select old_sha, new_sha, state, delta from pushes');
  expect(rows).toEqual([{ old_sha: 'old', new_sha: 'new', state: 'forwarded', delta: 'the delta' }]);
  const key = 'one/comment-c1';
  expect(await findEffect(database.db, key)).toBeNull();
  await insertIntent(database.db, key, 'one');
  await insertIntent(database.db, key, 'one');
  expect(await findEffect(database.db, key)).toEqual({
    state: 'intent',
    result: null,
  } satisfies EffectRow<object>);
  await updateDone(database.db, key, { id: 9, line: true });
  expect(await findEffect(database.db, key)).toEqual({ state: 'done', result: { id: 9, line: true } });
  expect(await listOnLines(database.db, 'one', ['c1', 'c2'])).toEqual(new Set(['c1']));
  expect([
    await withTx(database.db, (tx) => claimDelivery(tx, 'd')),
    await withTx(database.db, (tx) => claimDelivery(tx, 'd')),
  ]).toEqual([true, false]);
  await appendOnce(
    database.db,
    [
      taskStateChanged.new({
        taskId: 'one',
        actor: 'x',
        payload: { state: 'ci', phase: 'ci', status: { is: 'plain' } },
      }),
    ],
    OWNER,
  );
  expect(await listWaitingRepos(database.db)).toEqual([{ repo: 'demo/tally', base: 'main' }]);
});

test('runs, while one works and after it', async () => {
  expect(await listActive(database.db)).toEqual([{ id: runId, taskId: 'one', epoch: 1 }]);
  const [silent] = await listSilent(database.db, 30_000);
  expectNames<SilentRun>(silent, { id: true, taskId: true, ownerId: true, epoch: true, ms: true });
  expect(silent!.ms).toBeGreaterThanOrEqual(60_000);
  expect(await listSilent(database.db, 3_600_000)).toEqual([]);
  expect(await listUnended(database.db, 'one')).toEqual([{ id: runId, epoch: 1, state: 'running' }]);
  expect([await lastNumber(database.db, 'one'), await lastNumber(database.db, 'none')]).toEqual([1, 0]);
  expect([
    await hasRun(database.db, OWNER, runId),
    await hasRun(database.db, 'somebody else', runId),
  ]).toEqual([true, false]);
  expect([await findOutcome(database.db, runId), await findOutcome(database.db, 'none')]).toEqual([
    null,
    null,
  ]);
  const data = Buffer.from('an archive');
  for (const epoch of [1, 2]) await saveCheckpoint(database.db, { taskId: 'one', runId, epoch, data });
  expect(await findCheckpoint(database.db, 'one')).toEqual(data);
  await deleteCheckpoint(database.db, 'one');
  expect(await findCheckpoint(database.db, 'one')).toBeNull();
  // A question was asked in this run, so it ends as one that asked.
  await endRun(database.db, runId, 1, { kind: 'interrupted', reason: 'stopped' });
  expect(await findOutcome(database.db, runId)).toEqual({ kind: 'interrupted', reason: 'stopped' });
  expect([
    await listUnended(database.db, 'one'),
    await listActive(database.db),
    await listCompleted(database.db, 'one'),
  ]).toEqual([[], [], []]);
  const outcome = { kind: 'completed', summary: 'It is done.' } as const;
  await database.db.query('update runs set outcome = $1', [JSON.stringify(outcome)]);
  expect(await listCompleted(database.db, 'one')).toEqual([{ phase: 'implement', outcome }]);
  const [run] = await listRuns(database.db, 'one');
  expectNames<Run>(run, {
    id: true,
    phase: true,
    n: true,
    state: true,
    epoch: true,
    outcome: true,
    costMicrousd: true,
    startedAt: true,
    endedAt: true,
  });
});

test('of the checks that the repository names only those are red that ran to a bad end on exactly this commit', async () => {
  const ran = { runId, ms: 5, tail: 'a.ts: error', sha: 'red', clean: true };
  const said = [
    { ...ran, what: 'lint', command: 'lint', exitCode: 1 },
    { ...ran, what: 'diagnostics', command: 'tsc', exitCode: 127 },
    { ...ran, what: 'tests', command: 'test', exitCode: null },
    { ...ran, what: 'verify', command: 'make', exitCode: 1 },
  ] as const;
  const tell = (epoch: number, payload: (typeof said)[number] & { clean: boolean; sha: string }) =>
    evidenceRecorded.new({ taskId: 'one', actor: 'runner', key: { epoch }, payload });
  await appendOnce(
    database.db,
    said.map((e) => tell(41, e)),
    OWNER,
  );
  expect(await listRedChecks(database.db, 'one', 'red')).toEqual([
    { what: 'lint', command: 'lint', tail: 'a.ts: error' },
  ]);
  expect(await listRedChecks(database.db, 'one', 'another')).toEqual([]);
  // With files beside it that are in no commit it says nothing, and what is green by now is red no more.
  await appendOnce(
    database.db,
    [tell(42, { ...said[0], sha: 'dirty', clean: false }), tell(43, { ...said[0], exitCode: 0 } as never)],
    OWNER,
  );
  expect([
    await listRedChecks(database.db, 'one', 'dirty'),
    await listRedChecks(database.db, 'one', 'red'),
  ]).toEqual([[], []]);
  // What was red before the change is not the change's.
  await appendOnce(database.db, [tell(44, { ...said[0], sha: 'old', redBefore: true } as never)], OWNER);
  expect(await listRedChecks(database.db, 'one', 'old')).toEqual([]);
});

test('how a check ended before a change is known to every task of its project, by commit, check and command', async () => {
  const baseline = { what: 'lint', command: 'lint', exitCode: 1, tail: 'a.ts: error', sha: 'base' } as const;
  await appendOnce(
    database.db,
    [baselineRecorded.new({ taskId: 'one', actor: 'runner', payload: { ...baseline, runId } })],
    OWNER,
  );
  const project = (
    await database.db.query<{ project_id: string }>("select project_id from tasks where id = 'one'")
  ).rows[0]!.project_id;
  expect(await findBaseline(database.db, project, baseline)).toMatchObject(baseline);
  for (const other of [{ sha: 'another' }, { what: 'tests' as const }, { command: 'lint --fix' }])
    expect(await findBaseline(database.db, project, { ...baseline, ...other })).toBeNull();
  expect(await findBaseline(database.db, 'another', baseline)).toBeNull();
});

test('evidence of a commit counts only for what was checked, and for a clean tree', async () => {
  const evidence = {
    runId,
    what: 'verify' as const,
    command: 'make test',
    exitCode: 0,
    ms: 5,
    tail: '',
    sha: 'abc',
    clean: true,
  };
  await appendOnce(
    database.db,
    [
      evidenceRecorded.new({ taskId: 'one', actor: 'runner', key: { epoch: 1 }, payload: evidence }),
      evidenceRecorded.new({
        taskId: 'one',
        actor: 'runner',
        key: { epoch: 2 },
        payload: { ...evidence, exitCode: 1, clean: false },
      }),
    ],
    OWNER,
  );
  expect(await findEvidence(database.db, 'one', 'abc', 'verify')).toEqual(evidence);
  expect([
    await findEvidence(database.db, 'one', 'abc', 'lint'),
    await findEvidence(database.db, 'one', 'other', 'verify'),
  ]).toEqual([null, null]);
  expect([
    await hasEvent(database.db, `evidence/${runId}/1/verify`),
    await hasEvent(database.db, `evidence/${runId}/3/verify`),
  ]).toEqual([true, false]);
});

test('the outbox, in order', async () => {
  await database.db.query('delete from outbox');
  for (const name of ['first', 'second'])
    await withTx(database.db, (tx) =>
      toOutbox(tx, { kind: 'signal', workflowId: 'task/one', name, payload: { name } }),
    );
  const rows = await withTx(database.db, (tx) => listUnsent(tx));
  expect(rows.map((r) => r.name)).toEqual(['first', 'second']);
  expectNames<OutboxRow>(rows[0], { id: true, kind: true, workflowId: true, name: true, payload: true });
  expect(await wasSent(database.db, 'task/one')).toBe(false);
  await withTx(database.db, (tx) => updateSent(tx, rows[0]!.id, null));
  expect(await wasSent(database.db, 'task/one')).toBe(true);
  await withTx(database.db, (tx) => postpone(tx, 'task/one', 'away'));
  expect(await withTx(database.db, (tx) => listUnsent(tx))).toEqual([]);
  const kept = await database.db.query(
    'select name, error, attempts, sent_at is null as waits from outbox order by id',
  );
  expect(kept.rows).toEqual([
    { name: 'first', error: null, attempts: 1, waits: false },
    { name: 'second', error: 'away', attempts: 1, waits: true },
  ]);
});

test('devices, counts, and a lock that one has at a time', async () => {
  expect([
    await findFirstUser(database.db),
    await hasUsers(database.db),
    await hasDevices(database.db),
  ]).toEqual([null, false, false]);
  await database.db.query("insert into auth_users (id, name, email) values ('u1', 'Owner', 'a@b.invalid')");
  await database.db.query(
    "insert into auth_sessions (id, expires_at, token, user_id) values ('s1', now() + interval '1 day', 'x', 'u1')",
  );
  expect([await findFirstUser(database.db), await hasUsers(database.db)]).toEqual(['u1', true]);
  const [session] = await listSessions(database.db);
  expectNames<SessionRow>(session, {
    id: true,
    token: true,
    userAgent: true,
    createdAt: true,
    updatedAt: true,
  });
  expect([await deleteSession(database.db, 's1'), await deleteSession(database.db, 's1')]).toEqual([
    true,
    false,
  ]);
  const { id } = await addDevice(database.db, OWNER, {
    endpoint: 'https://push.invalid/1',
    keys: { p256dh: 'a', auth: 'b' },
    label: 'Phone',
  });
  expect(await hasDevices(database.db)).toBe(true);
  await deleteDevice(database.db, id);
  expect(await hasDevices(database.db)).toBe(false);
  await ping(database.db);
  expect(await countTasks(database.db)).toEqual([{ state: 'ci', n: 1 }]);
  const counts = await count(database.db);
  expectNames<Counts>(counts, { unsent: true, lag: true, runs: true, cost: true, open: true });
  expect(Object.values(counts).every((n) => typeof n === 'number')).toBe(true);
  await withTx(database.db, async (mine) => {
    expect(await claimLock(mine, 'relay')).toBe(true);
    expect(await withTx(database.db, (another) => claimLock(another, 'relay'))).toBe(false);
    expect(await withTx(database.db, (another) => claimLock(another, 'notices'))).toBe(true);
  });
});
