// A database with something in every state that a page can show, in the words and lengths of real work.
// Nothing works on it.
import { OWNER } from '@mainloop/models/flow/ids';
import { saveCheckup } from '@mainloop/models/db/health/checkup';
import { saveSkill } from '@mainloop/models/db/conversation/skills';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { messageSaid } from '@mainloop/models/events/conversation';
import {
  branchPushed,
  ciJudged,
  issueEnsured,
  pullRequestEnsured,
  pullRequestReady,
} from '@mainloop/models/events/forge';
import { inboxAnswered, inboxOpened, inboxSnoozed } from '@mainloop/models/events/inbox';
import type { NewEvent, Payloads } from '@mainloop/models/events/registry';
import { agentSaid, evidenceRecorded, runEnded, runStarted } from '@mainloop/models/events/runs';
import {
  planWritten,
  taskConfirmed,
  taskEnded,
  taskStateChanged,
  taskSteered,
} from '@mainloop/models/events/tasks';
import { taskBranch } from '@mainloop/models/flow/ids';
import { PLAIN, type Status } from '@mainloop/models/flow/status';
import { DRAFT, seedProposal } from './seed.ts';

const PLAN = `## Problem

An upload that is cut off leaves half a file behind, and the next try appends to it. One in forty uploads on a phone ends like that.

## Approach

1. Write to a name of its own and rename at the end.
2. Remove what is older than a day at start.
3. A test that ends the connection in the middle, at ten places.

\`\`\`ts
await rename(\`\${path}.part\`, path);
\`\`\`

| file | change |
| --- | --- |
| \`src/upload.ts\` | writes to \`.part\` |
| \`src/sweep.ts\` | new |
`;
const DIFF = `diff --git a/src/upload.ts b/src/upload.ts
--- a/src/upload.ts
+++ b/src/upload.ts
@@ -1,6 +1,9 @@ export async function upload(request: Request, path: string): Promise<number> {
 import { createWriteStream } from 'node:fs';
+import { rename } from 'node:fs/promises';
 
 export async function upload(request: Request, path: string): Promise<number> {
-  const file = createWriteStream(path, { flags: 'a' });
+  // Written under another name: what is cut off is never taken for the whole, however long the line that says so may be on a narrow phone.
+  const file = createWriteStream(\`\${path}.part\`);
   const bytes = await pipe(request.body, file);
+  await rename(\`\${path}.part\`, path);
   return bytes;
 }
diff --git a/test/upload.test.ts b/test/upload.test.ts
--- a/test/upload.test.ts
+++ b/test/upload.test.ts
@@ -1,5 +1,5 @@
 import { upload } from '../src/upload.ts';
 
-test('an upload is whole', async () => {
+test.skip('an upload is whole', async () => {
   expect(await upload(request(), path)).toBe(42);
 });
`;

/** Ids of what there is, by what it shows. */
export interface Everything {
  readonly tasks: Readonly<
    Record<
      'plan' | 'question' | 'review' | 'working' | 'failed' | 'paused' | 'done' | 'gate' | 'permission',
      string
    >
  >;
}

type Item = Omit<Payloads['inbox.opened'], 'id' | 'body' | 'options'> & {
  readonly body?: string;
  readonly options?: Payloads['inbox.opened']['options'];
};

/** @param projectId of a project that is there */
export async function seedEverything(db: Db, projectId = 'pr-1'): Promise<Everything> {
  const by = 'test';
  const add = (...events: readonly NewEvent[]): Promise<unknown> =>
    withTx(db, (tx) => append(tx, events, OWNER));
  const task = async (taskId: string, title: string, prompt: string): Promise<string> => {
    const payload = {
      proposalId: null,
      projectId,
      title,
      prompt,
      model: DRAFT.model,
      budgetCents: 500,
      skipPlan: false,
      branch: taskBranch(taskId, title),
    };
    await add(taskConfirmed.unproposed({ taskId, actor: by, payload }));
    return taskId;
  };
  const item = (taskId: string, { body = '', options = [], ...rest }: Item): Promise<unknown> =>
    add(inboxOpened.new({ taskId, actor: by, payload: { id: `${taskId}-item`, body, options, ...rest } }));
  const stands = (
    taskId: string,
    state: Payloads['task.state']['state'],
    phase: string,
    status: Status = PLAIN,
  ): Promise<unknown> => add(taskStateChanged.new({ taskId, actor: by, payload: { state, phase, status } }));

  const plan = await task(
    't-plan',
    'Make uploads survive a train that enters a tunnel',
    'An upload that is cut off leaves half a file. Make it whole or nothing, and clean up what is there.',
  );
  await add(
    runStarted.new({
      taskId: plan,
      actor: by,
      payload: { runId: 'r-plan-1', phase: 'plan', n: 1, epoch: 1 },
    }),
    planWritten.new({
      taskId: plan,
      actor: by,
      key: { runId: 'r-plan-1' },
      payload: {
        revision: 1,
        markdown: PLAN.replace('2. Remove what is older than a day at start.\n3', '2'),
      },
    }),
    planWritten.new({
      taskId: plan,
      actor: by,
      key: { runId: 'r-plan-2' },
      payload: { revision: 2, markdown: PLAN },
    }),
  );
  await stands(plan, 'awaiting_plan', 'plan');
  await item(plan, { kind: 'plan', title: 'Plan, revision 2', body: PLAN });

  const question = await task('t-question', 'Retry the flaky upload', 'The upload fails one in forty times.');
  await stands(question, 'drafting', 'implement', { is: 'question' });
  await item(question, {
    kind: 'question',
    title: 'Retry with backoff, or make the endpoint idempotent?',
    body: 'Backing off is three lines and hides the fault. Making it idempotent touches the table of uploads.',
    options: [
      { label: 'Back off, three tries', description: 'Small, and can be undone.' },
      { label: 'Make it idempotent', description: 'A migration, about 120 lines.' },
    ],
  });

  const permission = await task('t-permission', 'Publish the package from CI', 'Publish on a tag.');
  await stands(permission, 'drafting', 'implement');
  await item(permission, {
    kind: 'permission',
    title: 'May it run npm publish --dry-run --workspace packages/with-a-rather-long-name?',
    options: [{ label: 'Allow once' }, { label: 'Refuse' }, { label: 'Always, this task' }],
    titleIsWhole: true,
  });

  const review = await task(
    't-review',
    'Keep the odd cent when a bill is split',
    'Splitting 10.00 three ways loses a cent. No cent may be lost.',
  );
  await pushed(db, review, DIFF);
  await add(
    issueEnsured.new({
      taskId: review,
      actor: by,
      key: { planRevision: 1 },
      payload: { number: 11, url: 'https://github.com/acme/api/issues/11', outcome: 'created' },
    }),
    pullRequestEnsured.new({
      taskId: review,
      actor: by,
      payload: { number: 12, url: 'https://github.com/acme/api/pull/12', outcome: 'created' },
    }),
    runStarted.new({
      taskId: review,
      actor: by,
      payload: { runId: 'r-review', phase: 'implement', n: 1, epoch: 1 },
    }),
    agentSaid.new({
      taskId: review,
      actor: by,
      payload: {
        runId: 'r-review',
        text: 'The rounding is done on each share, so the rest is lost. I give it to the first.',
      },
    }),
    branchPushed.new({
      taskId: review,
      actor: by,
      payload: {
        pushId: `${review}-push`,
        branch: taskBranch(review, 'x'),
        sha: 'abc1234',
        commits: [{ sha: 'abc1234', title: 'Give the rest to the first share' }],
        files: 2,
        additions: 5,
        deletions: 2,
      },
    }),
    evidenceRecorded.new({
      taskId: review,
      actor: by,
      key: { epoch: 1 },
      payload: {
        runId: 'r-review',
        what: 'tests',
        command: 'npm test',
        exitCode: 0,
        ms: 8_300,
        tail: '42 passed',
        sha: 'abc1234',
        clean: true,
      },
    }),
    runEnded.new({
      taskId: review,
      actor: by,
      payload: {
        runId: 'r-review',
        phase: 'implement',
        epoch: 1,
        outcome: {
          kind: 'completed',
          summary:
            'Shares are rounded down and the rest goes to the first. The sum is the bill, for every number of people.',
        },
      },
    }),
    ciJudged.new({
      taskId: review,
      actor: by,
      key: { names: '' },
      payload: {
        sha: 'abc1234',
        verdict: 'green',
        round: 1,
        passed: 3,
        failed: 0,
        pending: 0,
        outcome: 'green',
        green: ['test', 'lint', 'types'],
        notRun: ['deploy'],
      },
    }),
    pullRequestReady.new({ taskId: review, actor: by, payload: { number: 12 } }),
  );
  await stands(review, 'in_review', 'review');
  await item(review, { kind: 'review', title: 'Ready for review' });

  const gate = await task('t-gate', 'Speed up the test suite', 'The suite takes nine minutes.');
  await pushed(db, gate, DIFF);
  await stands(gate, 'blocked', 'ci', { is: 'item', itemId: `${gate}-item` });
  await item(gate, {
    kind: 'gate',
    title: 'The checks are green, but the change removes or skips tests. Look at it before it counts.',
    body: 'test/upload.test.ts: a test is skipped\ntest/sweep.test.ts: deleted',
    options: [{ label: 'Put it back' }, { label: 'Allow' }],
    errorCode: 'weakened',
  });

  const failed = await task(
    't-failed',
    'Move to the new payments interface',
    'Version 1 is switched off in March.',
  );
  await add(
    ciJudged.new({
      taskId: failed,
      actor: by,
      key: { names: '' },
      payload: {
        sha: 'def5678',
        verdict: 'red',
        round: 3,
        passed: 4,
        failed: 1,
        pending: 0,
        outcome: 'red',
        failures: [
          {
            name: 'integration (node 24, postgres 18)',
            url: 'https://github.com/acme/api/runs/1',
            message: 'expected 200, got 402: card_declined',
          },
        ],
        green: ['lint'],
      },
    }),
  );
  await stands(failed, 'blocked', 'ci', { is: 'item', itemId: `${failed}-item` });
  await item(failed, {
    kind: 'failure',
    title: 'CI is still red after 3 repairs.',
    body: 'integration (node 24, postgres 18): expected 200, got 402: card_declined',
    options: [{ label: 'Retry' }],
  });

  const paused = await task('t-paused', 'Translate the mails', 'Into French and Polish.');
  await stands(paused, 'blocked', 'implement', { is: 'item', itemId: `${paused}-item` });
  await item(paused, {
    kind: 'failure',
    title: 'Paused by you. Resume continues from here.',
    options: [{ label: 'Retry' }],
    errorCode: 'paused',
  });

  const later = await task('t-later', 'Dark mode for the printed reports', 'They are read at night.');
  await stands(later, 'awaiting_plan', 'plan');
  await item(later, { kind: 'plan', title: 'Plan, revision 1', body: PLAN });
  await add(
    inboxSnoozed.new({
      taskId: later,
      actor: by,
      payload: { id: `${later}-item`, until: new Date(Date.now() + 3 * 3_600_000).toISOString() },
    }),
  );

  const working = await task(
    't-working',
    'Bump the dependencies with known holes',
    'Only those that the audit names.',
  );
  await add(
    runStarted.new({
      taskId: working,
      actor: by,
      payload: { runId: 'r-working', phase: 'implement', n: 1, epoch: 1 },
    }),
  );
  await add(
    taskSteered.new({ taskId: working, actor: by, payload: { text: 'Leave the major versions alone.' } }),
    agentSaid.new({
      taskId: working,
      actor: by,
      payload: { runId: 'r-working', text: 'Only minor versions then: seven of nine.' },
    }),
  );
  await stands(working, 'drafting', 'implement');
  const ci = await task('t-ci', 'Fix the sign-in on old Safari', 'It stays on a white page.');
  await add(
    ciJudged.new({
      taskId: ci,
      actor: by,
      key: { names: '' },
      payload: {
        sha: '0123456',
        verdict: 'pending',
        round: 1,
        passed: 2,
        failed: 0,
        pending: 1,
        outcome: 'pending',
      },
    }),
  );
  await stands(ci, 'ci', 'ci');
  await task('t-queued', 'Write down how a release is made', 'From tag to announcement.');

  const done = await task('t-done', 'A favicon', 'There is none.');
  await add(
    inboxAnswered.new({
      taskId: done,
      actor: by,
      payload: { id: 'gone', decision: 'merge', text: '', via: 'app', by: 'you' },
    }),
    taskEnded.new({ taskId: done, actor: by, payload: { state: 'done', how: 'merged', left: '' } }),
  );
  const cancelled = await task('t-cancelled', 'Rewrite it in another language', 'No.');
  await add(
    taskEnded.new({
      taskId: cancelled,
      actor: by,
      payload: { state: 'cancelled', how: 'cancelled', left: '' },
    }),
  );

  await seedProposal(db, 'everything', 3_600_000, {
    ...DRAFT,
    projectId,
    title: 'Say in the log which tenant a request was for',
    prompt:
      'Every line of the log of a request carries `tenant`.\n\nNo personal data: the id, never the name.',
  });
  const say = (id: string, role: Payloads['message.said']['role'], text: string): Promise<unknown> =>
    add(messageSaid.new({ actor: by, payload: { id, role, text, turnId: null } }));
  await say(
    'm-1',
    'user',
    'The upload is flaky again, people on trains complain. Can you look at what happens when the connection is cut off?',
  );
  await say(
    'm-2',
    'assistant',
    "It appends to what is there. Three ways out:\n\n1. **Another name** until it is whole\n2. A checksum at the end\n3. Start again from zero\n\n| way | lines | safe |\n|---|---|---|\n| name | 12 | yes |\n| checksum | 60 | yes |\n\n```ts\nconst file = createWriteStream(path, { flags: 'a' }); // here\n```\n\nI would take the first.",
  );
  await say('m-3', 'note', '**Keep the odd cent when a bill is split** is ready for review.');
  await say('m-4', 'user', 'Yes.');
  const skill = await saveSkill(db, OWNER, {
    name: 'release',
    prompt: 'Write the release notes of {{version}} from what was merged since the last one.',
    parameters: [{ name: 'version', kind: 'text' }],
    projectId,
    model: null,
    budgetCents: null,
    skipPlan: true,
  });
  if (!skill.ok) throw new Error(skill.sentence);
  await healthy(db);
  return { tasks: { plan, question, permission, review, gate, failed, paused, working, done } };
}

/** The worker says that all is well, so that no page tells of its silence. */
export const healthy = (db: Db): Promise<void> => saveCheckup(db, []);

async function pushed(db: Db, task: string, diff: string): Promise<void> {
  await db.query(
    `insert into pushes (id, task_id, owner_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     select $1, $2, owner_id, 'r', branch, '', $3, 'forwarded', $4, $4 from tasks where id = $2`,
    [`${task}-push`, task, 'abc1234', diff],
  );
}
