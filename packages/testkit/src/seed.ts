// Rows that tests start from.
import { append, appendOnce } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { digestOf, propose, type ProposalDraft } from '@mainloop/models/db/conversation/proposals';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { inboxOpened } from '@mainloop/models/events/inbox';
import type { Payloads } from '@mainloop/models/events/registry';
import { projectAdded } from '@mainloop/models/events/projects';
import { taskConfirmed } from '@mainloop/models/events/tasks';
import type { ItemKind } from '@mainloop/models/flow/events';
import { OWNER, taskBranch } from '@mainloop/models/flow/ids';

export async function seedProject(
  db: Db,
  id = 'pr-1',
  repo = 'demo/tally',
  remoteUrl = `http://127.0.0.1:1/${repo}.git`,
): Promise<string> {
  await appendOnce(
    db,
    [
      projectAdded.new({
        actor: 'test',
        payload: { id, name: repo, repo, defaultBranch: 'main', remoteUrl, localPath: null },
      }),
    ],
    OWNER,
  );
  return id;
}

export const DRAFT: ProposalDraft = {
  projectId: 'pr-1',
  title: 'Keep the odd cent',
  prompt: 'No cent may be lost.',
  model: 'claude-opus-5-5',
  budgetCents: 500,
  skipPlan: false,
};

export async function seedProposal(
  db: Db,
  key: string,
  expiresInMs = 3_600_000,
  draft: ProposalDraft = DRAFT,
): Promise<{ id: string; digest: string }> {
  const id = await withTx(db, (tx) =>
    propose(tx, OWNER, key, null, draft, new Date(Date.now() + expiresInMs)),
  );
  return { id, digest: digestOf(draft) };
}

export async function seedTask(db: Db, taskId: string, budgetCents = 500): Promise<string> {
  await withTx(db, (tx) =>
    append(
      tx,
      [
        taskConfirmed.unproposed({
          taskId,
          actor: 'test',
          payload: {
            proposalId: null,
            projectId: 'pr-1',
            title: `Task ${taskId}`,
            prompt: 'do it',
            model: 'claude-opus-5-5',
            budgetCents,
            skipPlan: false,
            branch: taskBranch(taskId, 'x'),
          },
        }),
      ],
      OWNER,
    ),
  );
  return taskId;
}

/**
 * A run that waits for its slot.
 * @param n its number among those of the task
 * @returns its id. Its prompt says whether a new session had to begin, and what was said to the task meanwhile
 */
export const seedRun = (db: Db, taskId: string, n = 1): Promise<string> =>
  ensureRun(db, {
    ownerId: OWNER,
    taskId,
    n,
    phase: 'implement',
    prompt: ({ said, told }, isFresh) => [isFresh ? 'new session' : 'p', ...said, ...told].join('\n'),
    model: 'claude-opus-5-5',
  });

/**
 * A project with the task `one`, which has a run that waits for its slot.
 * @returns the id of the run
 */
export async function seedOne(db: Db): Promise<string> {
  await seedProject(db);
  return seedRun(db, await seedTask(db, 'one'));
}

/** A task with two pushes, `first` and `second`, whose CI runs. */
export async function seedPushed(db: Db): Promise<void> {
  await seedProject(db);
  await seedTask(db, 'pushed');
  await db.query("update tasks set state = 'ci', pr_number = 7, head_sha = 'second' where id = 'pushed'");
  for (const [sha, ago] of [
    ['first', 2],
    ['second', 1],
  ] as const)
    await db.query(
      `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta, created_at)
       values ($1, 'you', 'pushed', 'r', 'b', '', $1, 'forwarded', '', '', now() - $2 * interval '1 minute')`,
      [sha, ago],
    );
}

/**
 * That an agent asked something, for the log; nothing is written yet.
 * @param id of the item
 * @param of the run that asked, and the number of the question in it
 */
export const openQuestion = (taskId: string, id: string, of: { runId?: string; questionNo?: number } = {}) =>
  inboxOpened.new({
    taskId,
    actor: 'agent',
    payload: { id, kind: 'question', title: 'Which?', body: '', options: [], ...of },
  });

type ItemCodes = Pick<Payloads['inbox.opened'], 'runId' | 'questionNo' | 'errorCode' | 'titleIsWhole'>;

/** An item that waits for the person. */
export async function seedItem(
  db: Db,
  taskId: string,
  id: string,
  kind: ItemKind,
  title: string,
  options: string[] = [],
  codes: ItemCodes = {},
): Promise<string> {
  await appendOnce(
    db,
    [
      inboxOpened.new({
        taskId,
        actor: 'test',
        payload: { id, kind, title, body: '', options: options.map((label) => ({ label })), ...codes },
      }),
    ],
    OWNER,
  );
  return id;
}

/**
 * Lets a test have the inbox to itself: nothing of an earlier one is open or running in it, and nothing is begun, for
 * words that come from the server while it types would stand in its field, too.
 */
export async function emptyInbox(db: Db): Promise<void> {
  await db.query('delete from drafts');
  await db.query("update inbox_items set state = 'closed' where state = 'open'");
  await db.query("update proposals set state = 'declined' where state = 'open'");
  await db.query(
    "update tasks set state = 'cancelled', ended_at = now() - interval '2 days', failure = null where ended_at is null",
  );
}
