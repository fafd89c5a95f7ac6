import { expect, test } from '@jest/globals';
import { agentSaid } from '../../events/runs.ts';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { expectNames, type Names } from '@mainloop/testkit/names';
import { seedOne } from '@mainloop/testkit/seed';
import type { TaskDetail } from '../../contracts/tasks.ts';
import { OWNER } from '../../flow/ids.ts';
import { appendOnce } from '../log.ts';
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
} from './tasks.ts';

let runId: string;
const database = databaseOfFile(async (db) => {
  runId = await seedOne(db);
});

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
  priority: true,
  blockedBy: true,
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
  projectId: true,
  project: true,
} as const;

const FACT: Names<TaskFact> = {
  id: true,
  projectId: true,
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
    priority: true,
    createdAt: true,
    workflow: true,
  });
  await expect(getTask(q, 'none')).rejects.toThrow('there is no task none');
  const [summary] = await listTasks(q, OWNER, null);
  expectNames(summary, SUMMARY);
  expect(await listTasks(q, OWNER, 'done')).toEqual([]);
  expectNames<Omit<TaskDetail, 'items' | 'runs' | 'collisions' | 'knows'>>(await findTask(q, OWNER, 'one'), {
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
