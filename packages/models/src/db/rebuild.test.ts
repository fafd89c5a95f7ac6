import { expect, test } from '@jest/globals';
import { commented } from '@mainloop/testkit/comments';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { areaKnown, collisionCleared, collisionFound } from '../events/awareness.ts';
import { messageForgotten, messageSaid } from '../events/conversation.ts';
import {
  branchPushed,
  ciJudged,
  issueEnsured,
  pullRequestEnsured,
  pullRequestReady,
} from '../events/forge.ts';
import { guardrailHit } from '../events/guardrails.ts';
import {
  inboxAnswered,
  inboxClosed,
  inboxNotNeeded,
  inboxOpened,
  inboxSeen,
  inboxSnoozed,
} from '../events/inbox.ts';
import { costMetered } from '../events/money.ts';
import { projectRemoved, projectSettings, projectWorkflow, projectWorkflowGone } from '../events/projects.ts';
import {
  learningDecided,
  learningGiven,
  learningLikened,
  learningLooked,
  learningMined,
  learningMining,
  learningNoted,
} from '../events/learnings.ts';
import type { NewEvent } from '../events/registry.ts';
import {
  reviewCommentEdited,
  reviewCommentRemoved,
  reviewPassedOver,
  reviewTaken,
  reviewLooked,
  reviewPublished,
  reviewReplied,
  reviewResolved,
  reviewSubmitted,
} from '../events/review.ts';
import {
  automationActed,
  automationFailed,
  automationFired,
  automationPaused,
  automationRemoved,
  automationSaved,
} from '../events/automations.ts';
import {
  recurringCame,
  recurringPaused,
  recurringRemoved,
  recurringSaved,
  recurringSeen,
} from '../events/recurring.ts';
import { skillRemoved, skillSaved } from '../events/skills.ts';
import { workPaused, workResumed } from '../events/work.ts';
import { agentSaid, agentShowed, runEnded, runStarted } from '../events/runs.ts';
import {
  planWritten,
  taskBudgetRaised,
  taskEnded,
  taskLooked,
  taskBlockersChanged,
  taskModelChanged,
  taskPriorityChanged,
  taskRetried,
  taskStateChanged,
} from '../events/tasks.ts';
import { OWNER } from '../flow/ids.ts';
import { appendOnce } from './log.ts';
import { many } from './pool.ts';
import { PROJECTIONS } from './project.ts';
import { confirm, decline } from './conversation/proposals.ts';
import { checkRebuild, rebuild } from './rebuild.ts';

const database = databaseOfFile(async (db) => {
  await seedProject(db);
});

const draft = (taskId: string, n: number) =>
  commented(taskId, `${taskId}-c${n}`, {
    path: n % 3 === 0 ? null : `src/${n}.ts`,
    line: n,
    quote: 'é "',
    text: `Why ${n}?`,
    state: 'draft',
  });

const rule = (n: number) => ({ rule: `Rule ${n} é "`, why: n % 2 ? '' : 'w', path: n % 3 ? null : '*.ts' });

/**
 * What may happen to a task, in any order. `n` tells one from another; a few have the same, so that they meet
 * the same rows.
 */
const HAPPENINGS: Readonly<Record<string, (taskId: string, n: number) => NewEvent>> = {
  said: (taskId, n) =>
    messageSaid.new({
      taskId,
      actor: 'x',
      payload: { id: `${taskId}-m${n}-${fresh()}`, role: 'note', text: `${n}`, turnId: null },
    }),
  forgotten: (taskId, n) =>
    messageForgotten.new({ actor: 'you', payload: { ids: [`${taskId}-m${n}-f${made}`] } }),
  collision: (taskId, n) =>
    n % 3
      ? collisionFound.new({
          taskId,
          actor: 'mainloop',
          payload: {
            otherId: `t${n % 2}`,
            sha: 'a',
            otherSha: 'b',
            files: [{ path: `é ${n}`, how: 'changed', lines: [[1, n]], theirs: [] }],
            more: n,
            isNews: n % 2 === 0,
          },
        })
      : collisionCleared.new({ taskId, actor: 'mainloop', payload: { otherId: `t${n % 2}`, why: 'apart' } }),
  area: (taskId, n) =>
    areaKnown.new({ taskId, actor: 'mainloop', payload: { sha: `${n}`, people: ['Ada'], tasks: [] } }),
  settings: (_, n) =>
    projectSettings.new({
      actor: 'you',
      payload: { id: 'pr-1', settings: { budgetCents: n, [`k${n}`]: [n, { deep: null }] } },
    }),
  workflow: (_, n) =>
    n % 5 === 0
      ? projectWorkflowGone.new({ actor: 'mainloop', payload: { id: 'pr-1' } })
      : projectWorkflow.new({
          actor: 'mainloop',
          payload: {
            id: 'pr-1',
            digest: `${n}`,
            file: n % 2 ? JSON.stringify({ given: { 'agent.max_turns': n }, template: '' }) : null,
            problem: n % 2 ? '' : 'Line 1, column 1: No.',
          },
        }),
  unlisted: () => projectRemoved.new({ actor: 'you', payload: { id: 'pr-1' } }),
  skill: (_, n) =>
    n % 3
      ? skillSaved.new({
          actor: 'you',
          payload: {
            id: `sk${n}`,
            name: `skill-${n}`,
            prompt: `${n}`,
            parameters: [{ name: 'a', kind: 'choice', choices: ['x'] }],
            projectId: n % 2 ? 'pr-1' : null,
            model: null,
            budgetCents: n,
            skipPlan: n % 2 === 0,
          },
        })
      : skillRemoved.new({ actor: 'you', payload: { id: `sk${n + 1}` } }),
  planned: (_, n) =>
    n % 4
      ? recurringSaved.new({
          actor: 'you',
          payload: {
            id: `rc${n % 5}`,
            skill: `skill-${n}`,
            given: { a: `${n}` },
            projectId: n % 2 ? 'pr-1' : null,
            cron: `${n % 60} 9 * * *`,
            zone: 'Europe/Berlin',
            startCents: n % 3 ? null : n + 1,
          },
        })
      : recurringRemoved.new({ actor: 'you', payload: { id: `rc${(n + 1) % 5}` } }),
  plans: (_, n) =>
    n % 2
      ? recurringPaused.new({ actor: 'you', payload: { id: `rc${n % 5}`, paused: n % 3 === 0 } })
      : recurringSeen.new({ actor: 'you', payload: { id: `rc${n % 5}` } }),
  came: (_, n) =>
    recurringCame.new({
      actor: 'mainloop',
      payload: {
        id: `rc${n % 5}`,
        due: new Date(n * 60_000).toISOString(),
        outcome: n % 2 ? 'proposed' : 'refused',
        proposalId: n % 2 ? `p${n}` : null,
        sentence: n % 2 ? '' : `${n}`,
        missed: n,
        alarm: n % 3 ? '' : `${n}`,
      },
    }),
  ruled: (_, n) =>
    n % 4
      ? automationSaved.new({
          actor: 'you',
          payload: {
            id: `au${n % 5}`,
            name: `rule-${n % 5}`,
            version: n,
            rule: JSON.stringify({ name: `${n}` }),
          },
        })
      : automationRemoved.new({ actor: 'you', payload: { id: `au${(n + 1) % 5}` } }),
  rules: (_, n) =>
    n % 2
      ? automationPaused.new({ actor: 'you', payload: { id: `au${n % 5}`, paused: n % 3 === 0 } })
      : automationFailed.new({
          actor: 'mainloop',
          payload: { id: `au${n % 5}`, version: n, seq: n % 7, sentence: `${n}` },
        }),
  fires: (_, n) =>
    n % 2
      ? automationFired.new({
          actor: 'mainloop',
          payload: { id: `au${n % 5}`, version: n % 3, seq: n % 7, due: new Date(n * 60_000).toISOString() },
        })
      : automationActed.new({
          actor: 'mainloop',
          payload: { id: `au${n % 5}`, version: n % 3, seq: n % 7, outcome: n % 3 ? 'done' : 'left_out' },
        }),
  pause: (_, n) =>
    n % 2
      ? workPaused.new({ actor: 'you', payload: { via: n % 3 ? 'app' : 'cli' } })
      : workResumed.new({ actor: 'you', payload: { via: 'app' } }),
  state: (taskId, n) =>
    taskStateChanged.new({
      taskId,
      actor: 'x',
      payload: {
        state: n % 2 ? 'ci' : 'drafting',
        phase: 'ci',
        status: n % 3 ? { is: 'conflict', base: `${n}` } : { is: 'words', words: `${n}` },
      },
    }),
  budget: (taskId, n) => taskBudgetRaised.new({ taskId, actor: 'you', payload: { budgetCents: n } }),
  glance: (taskId, n) =>
    taskLooked.new({
      taskId,
      actor: 'you',
      payload: { seen: new Date(Date.UTC(2026, 0, 1 + n)).toISOString() },
    }),
  model: (taskId, n) => taskModelChanged.new({ taskId, actor: 'you', payload: { model: `m${n}` } }),
  priority: (taskId, n) =>
    taskPriorityChanged.new({ taskId, actor: 'you', payload: { priority: n % 2 ? 'urgent' : 'low' } }),
  blockers: (taskId, n) =>
    taskBlockersChanged.new({ taskId, actor: 'you', payload: { blockedBy: n % 2 ? [`t-${n}`] : [] } }),
  plan: (taskId, n) =>
    planWritten.new({
      taskId,
      actor: 'agent',
      key: { runId: `${taskId}-r${n}` },
      payload: { revision: n, markdown: `# ${n}` },
    }),
  started: (taskId, n) =>
    runStarted.new({
      taskId,
      actor: 'x',
      payload: { runId: `${taskId}-r${n}`, phase: 'implement', n, epoch: 1 },
    }),
  ended: (taskId, n) =>
    runEnded.new({
      taskId,
      actor: 'agent',
      payload: {
        runId: `${taskId}-r${n}`,
        phase: 'implement',
        epoch: 1,
        outcome: { kind: 'limit', reason: 'turns' },
      },
    }),
  showed: (taskId, n) =>
    agentShowed.new({
      taskId,
      actor: 'agent',
      payload: {
        runId: 'r',
        id: `f-${n}`,
        caption: `${n}`,
        mime: 'image/png',
        width: n,
        height: 1,
        sha256: 'ab',
      },
    }),
  agent: (taskId, n) =>
    agentSaid.new({ taskId, actor: 'agent', payload: { runId: 'r', text: `I do ${n}.` } }),
  issue: (taskId, n) =>
    issueEnsured.new({
      taskId,
      actor: 'x',
      key: { planRevision: n },
      payload: { number: n, url: `http://forge/${n}`, outcome: 'created' },
    }),
  pr: (taskId, n) =>
    pullRequestEnsured.new({
      taskId,
      actor: 'x',
      payload: { number: n, url: 'http://forge/2', outcome: 'created' },
    }),
  ready: (taskId, n) => pullRequestReady.new({ taskId, actor: 'x', payload: { number: n } }),
  pushed: (taskId, n) =>
    branchPushed.new({
      taskId,
      actor: 'agent',
      payload: {
        pushId: `p${n}`,
        branch: 'b',
        sha: `sha${n}`,
        commits: [],
        files: 1,
        additions: 1,
        deletions: 0,
      },
    }),
  guarded: (taskId, n) =>
    guardrailHit.new({
      taskId,
      actor: 'gateway',
      payload: {
        runId: 'r',
        verdict: 'never',
        hits: [{ rule: 'path', outcome: 'never', from: 'all', says: 'infra/*', what: `infra/${n}` }],
        sentence: 'no',
      },
    }),
  ci: (taskId, n) =>
    ciJudged.new({
      taskId,
      actor: 'x',
      key: { names: '' },
      payload: {
        sha: `sha${n}`,
        verdict: 'green',
        outcome: 'green',
        round: 1,
        passed: n,
        failed: 0,
        pending: 0,
      },
    }),
  cost: (taskId, n) =>
    costMetered.new({
      taskId: n === 0 ? null : taskId,
      actor: 'gateway',
      key: { callId: fresh() },
      payload: { runId: null, model: `m${n % 2}`, microusd: n * 1000, inputTokens: n, outputTokens: 1 },
    }),
  opened: (taskId, n) => {
    const kind = (['question', 'permission', 'failure'] as const)[n % 3]!;
    return inboxOpened.new({
      taskId,
      actor: 'x',
      payload: { id: `${taskId}-i${n}`, kind, title: 'T', body: 'B', options: [{ label: 'A' }] },
    });
  },
  stood: (taskId, n) =>
    inboxOpened.new({
      actor: 'x',
      payload: {
        id: `${taskId}-i${n}`,
        kind: n % 2 === 0 ? 'campfire' : 'recurring',
        title: 'T',
        body: 'B',
        options: [],
        about: `d${n}`,
      },
    }),
  answered: (taskId, n) =>
    inboxAnswered.new({
      taskId,
      actor: 'you',
      payload: { id: `${taskId}-i${n}`, decision: 'answer', text: 'yes', via: 'app', by: 'you', taps: n },
    }),
  retried: (taskId, n) => taskRetried.new({ taskId, actor: 'you', payload: { itemId: `${taskId}-i${n}` } }),
  seen: (taskId, n) =>
    inboxSeen.new({
      taskId,
      actor: 'you',
      payload: { id: `${taskId}-i${n}`, what: n % 2 ? 'shown' : 'opened', via: 'app' },
    }),
  snoozed: (taskId, n) =>
    inboxSnoozed.new({
      taskId,
      actor: 'you',
      payload: { id: `${taskId}-i${n}`, until: new Date(n).toISOString() },
    }),
  notNeeded: (taskId, n) => inboxNotNeeded.new({ taskId, actor: 'you', payload: { id: `${taskId}-i${n}` } }),
  closed: (taskId, n) =>
    inboxClosed.new({ taskId, actor: 'x', payload: { id: `${taskId}-i${n}`, why: 'late' } }),
  commented: draft,
  edited: (taskId, n) =>
    reviewCommentEdited.new({ taskId, actor: 'you', payload: { id: `${taskId}-c${n}`, text: 'Else?' } }),
  removed: (taskId, n) =>
    reviewCommentRemoved.new({ taskId, actor: 'you', payload: { id: `${taskId}-c${n}` } }),
  submitted: (taskId, n) =>
    reviewSubmitted.new({ taskId, actor: 'you', payload: { ids: [`${taskId}-c${n}`, `${taskId}-c0`] } }),
  published: (taskId, n) =>
    reviewPublished.new({ taskId, actor: 'x', payload: { id: `${taskId}-c${n}`, forgeId: n } }),
  replied: (taskId, n) =>
    reviewReplied.new({
      taskId,
      actor: 'agent',
      payload: { id: `${taskId}-c${n}`, text: 'So.', runId: 'r' },
    }),
  resolved: (taskId, n) =>
    reviewResolved.new({ taskId, actor: 'you', payload: { id: `${taskId}-c${n}`, resolved: n % 2 === 0 } }),
  looked: (taskId, n) => reviewLooked.new({ taskId, actor: 'you', payload: { pushId: `p${n}` } }),
  passedOver: (taskId, n) =>
    reviewPassedOver.new({
      taskId,
      actor: 'x',
      payload: { id: `${taskId}-talk${n}`, author: 'mona', why: 'thanks', text: 'Thanks!', words: 'w' },
    }),
  taken: (taskId, n) =>
    reviewTaken.new({ taskId, actor: 'you', payload: { id: `${taskId}-talk${n}`, words: 'w' } }),
  learned: (taskId, n) =>
    learningNoted.new({
      taskId,
      actor: 'agent',
      payload: {
        id: `${taskId}-l${fresh()}`,
        ...rule(n),
        source: n % 2 ? 'learned' : 'person',
        author: 'agent',
        projectId: null,
        runId: 'r',
        like: null,
      },
    }),
  learnedAgain: (taskId, n) =>
    learningNoted.new({
      taskId,
      actor: 'agent',
      payload: {
        id: `${taskId}-l${fresh()}`,
        ...rule(n),
        source: 'confessed',
        author: 'agent',
        projectId: null,
        runId: 'r',
        like: `${taskId}-lf${made - 1}`,
        commentId: `${taskId}-c${n}`,
      },
    }),
  taught: (taskId, n) =>
    learningNoted.ofSignal({
      taskId,
      actor: 'mona',
      key: { from: fresh() },
      payload: {
        id: `${taskId}-l${fresh()}`,
        ...rule(n),
        source: 'review',
        author: 'mona',
        projectId: null,
        runId: null,
        like: null,
        isWord: n % 2 === 0,
      },
    }),
  decided: (taskId, n) =>
    learningDecided.new({
      actor: 'you',
      payload: {
        id: `${taskId}-lf${made - (n % 3)}`,
        decision: (['approve', 'reject', 'retire', 'edit'] as const)[n % 4]!,
        ...rule(n + 1),
      },
    }),
  given: (taskId, n) =>
    learningGiven.new({
      taskId,
      actor: 'agent',
      payload: { runId: `r${n}`, ids: [`${taskId}-l${n}`], asked: n % 2 ? 'x' : null },
    }),
  likened: (taskId) =>
    learningLikened.new({
      actor: 'mainloop',
      payload: { id: `${taskId}-lf${made}`, to: `${taskId}-lf${made - 1}`, by: 'meaning' },
    }),
  sameOrApart: (taskId, n) =>
    learningDecided.new({
      actor: 'you',
      payload: {
        id: `${taskId}-lf${made}`,
        decision: n % 2 ? 'same' : 'apart',
        ...rule(n),
        to: `${taskId}-lf${made - 1}`,
      },
    }),
  toAll: (taskId, n) =>
    learningDecided.new({
      actor: 'you',
      payload: { id: `${taskId}-lf${made}`, decision: n % 2 ? 'always' : 'sometimes', ...rule(n) },
    }),
  mining: () => learningMining.new({ actor: 'you', payload: { id: `w${made}`, projectId: 'pr-1' } }),
  mined: (_, n) =>
    learningMined.new({
      actor: 'mainloop',
      payload: {
        id: `w${made - (n % 2)}`,
        projectId: 'pr-1',
        read: n,
        kept: n,
        again: 0,
        sentence: n % 2 ? 'No.' : null,
      },
    }),
  lookedFor: (taskId, n) =>
    learningLooked.new({
      actor: 'mainloop',
      payload: {
        id: `${taskId}-lf${made - (n % 3)}`,
        of: n % 2 ? 'files' : 'comments',
        are: n % 3 ? 'gone' : 'there',
      },
    }),
  named: (taskId, n) =>
    agentSaid.new({
      taskId,
      actor: 'agent',
      payload: { runId: `r${n}`, text: `Went by Lnamed${n}.` },
    }),
  over: (taskId) =>
    taskEnded.new({ taskId, actor: 'x', payload: { state: 'done', how: 'merged', left: '' } }),
};
let made = 0;
const fresh = (): string => `f${++made}`;

const nothingWrong = { wrong: [], wrongRows: 0, unreadable: [] };

test('whatever happened and in which order, the log makes the same again', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(HAPPENINGS)), fc.nat(1), fc.nat(4)), {
    minLength: 20,
    maxLength: 60,
  });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const tasks = [`t${++round}a`, `t${round}b`];
      for (const task of tasks) await seedTask(database.db, task);
      const proposal = await seedProposal(database.db, `round ${round}`);
      if (round % 2 === 0) await decline(database.db, OWNER, proposal.id, 'you');
      else await confirm(database.db, OWNER, proposal.id, { digest: proposal.digest }, 'you');
      await appendOnce(
        database.db,
        list.map(([name, task, n]) => HAPPENINGS[name as keyof typeof HAPPENINGS]!(tasks[task]!, n)),
        OWNER,
      );
      const report = await checkRebuild(database.db);
      expect(report).toMatchObject(nothingWrong);
      expect(report.rows).toBeGreaterThan(round * 3);
    }),
    { numRuns: 6 },
  );
}, 600_000);

const tables = async (): Promise<unknown[]> =>
  Promise.all(
    Object.entries(PROJECTIONS).map(([table, key]) =>
      many(database.db, `select * from ${table} order by ${key.join(', ')}`),
    ),
  );

test('everything that people see can be rebuilt from the log', async () => {
  const before = await tables();
  const count = await rebuild(database.db);
  expect(count).toBeGreaterThan(100);
  expect(await tables()).toEqual(before);
});

test('a check leaves everything as it was, and appends do not wait for it', async () => {
  const before = await tables();
  const tx = await database.db.connect();
  try {
    // Somebody who appends holds the lock and does not let go.
    await tx.query('begin');
    await tx.query('select pg_advisory_xact_lock(7140001)');
    expect(await checkRebuild(database.db)).toMatchObject(nothingWrong);
    await tx.query('rollback');
  } finally {
    tx.release();
  }
  expect(await tables()).toEqual(before);
});

const run = (...args: string[]) => {
  const main = path.join(path.dirname(fileURLToPath(import.meta.url)), 'rebuild-main.ts');
  const owner = new URL(database.url);
  owner.username = 'mainloop_owner';
  const ran = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, DATABASE_URL: owner.href },
  });
  return { status: ran.status, report: ran.stdout === '' ? null : JSON.parse(ran.stdout), error: ran.stderr };
};

test('rows that are not as the log says are named with what differs, and are put right', async () => {
  await seedTask(database.db, 'planted');
  await appendOnce(
    database.db,
    [
      inboxOpened.new({
        taskId: 'planted',
        actor: 'x',
        payload: { id: 'gone', kind: 'plan', title: '', body: '', options: [] },
      }),
    ],
    OWNER,
  );
  expect(run('--check')).toMatchObject({ status: 0, report: { ...nothingWrong, replaced: false } });
  await database.db.query("update tasks set title = 'Another', turns = 5 where id = 'planted'");
  await database.db.query("delete from inbox_items where id = 'gone'");
  await database.db.query("insert into cost_days values ('owner', '2026-01-02', 'pr-1', 'm', 1, 1, 1)");
  const wrong = [
    {
      table: 'tasks',
      key: ['planted'],
      is: 'different',
      columns: [
        { name: 'title', live: 'Another', rebuilt: 'Task planted' },
        { name: 'turns', live: 5, rebuilt: 0 },
      ],
    },
    { table: 'inbox_items', key: ['gone'], is: 'missing', columns: [] },
    { table: 'cost_days', key: ['owner', '2026-01-02', 'pr-1', 'm'], is: 'unfounded', columns: [] },
  ];
  expect(run('--check')).toMatchObject({ status: 1, report: { wrong, wrongRows: 3, unreadable: [] } });
  const home = mkdtempSync('/tmp/mainloop-rebuild-');
  const owner = new URL(database.url);
  owner.username = 'mainloop_owner';
  const command = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../../apps/cli/src/main.ts');
  const said = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', command, 'events', 'rebuild', '--check'],
    {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DATABASE_URL: owner.href, MAINLOOP_HOME: home },
    },
  );
  rmSync(home, { recursive: true, force: true });
  expect(said).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('tasks planted: title is "Another", the log says "Task planted"'),
  });
  // Looking put nothing right.
  expect(await checkRebuild(database.db)).toMatchObject({ wrong, wrongRows: 3 });
  expect(run()).toMatchObject({ status: 0, report: { ...nothingWrong, replaced: true } });
});

test('of a hundred and more wrong rows a hundred are named, and the number is right', async () => {
  await database.db.query(
    "insert into cost_days select 'owner', '2026-01-02', 'pr-1', 'm' || n, 1, 1, 1 from generate_series(1, 130) n",
  );
  const report = await checkRebuild(database.db);
  expect([report.wrong.length, report.wrongRows]).toEqual([100, 130]);
  await rebuild(database.db);
  expect(await checkRebuild(database.db)).toMatchObject(nothingWrong);
});

test('rows of the log that can not be read are named, and nothing is replaced while there are any', async () => {
  const [newer] = await many<{ seq: number }>(
    database.db,
    "insert into events (owner_id, type, actor, payload, version) values ('owner', 'agent.said', 'x', '{}', 9), ('owner', 'thing.new', 'x', '{}', null) returning seq",
  );
  await database.db.query("update tasks set title = 'Another' where id = 'planted'");
  const { status, report } = run('--check');
  expect(status).toBe(1);
  expect(report.unreadable).toEqual([
    { seq: newer!.seq, type: 'agent.said', why: 'is of version 9, and this is 1' },
    { seq: newer!.seq + 1, type: 'thing.new', why: 'is no type that is known here' },
  ]);
  const refused = run();
  expect(refused).toMatchObject({ status: 2, report: null });
  expect(refused.error).toContain("Nothing was changed: 2 rows of the log can't be read.");
  expect(await many(database.db, "select title from tasks where id = 'planted'")).toEqual([
    { title: 'Another' },
  ]);
});
