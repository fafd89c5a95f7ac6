// Where the branch of a task really stands. What others push to it, or set it back to, is shown as what the
// agent pushed is.
import type { Forge, PullInfo } from '@mainloop/adapters/forge/port';
import { findLastPush, findShown, hasPushed, insertSeen } from '@mainloop/models/db/forge/effects';
import { append, decideAndAppend, freshId } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { branchSeen } from '@mainloop/models/events/forge';
import { CUT_MARK } from '@mainloop/models/flow/review/diff';
import { cleanText, cleanTitle, MAX_DIFF_CHARS } from '@mainloop/models/flow/text';

/** Until then the forge may still tell of the push before ours. */
const HEAD_SETTLE_MS = 2 * 60_000;

/**
 * The commit that CI is asked about. GitHub may tell of a pull request's head a moment late, and then it
 * is a push of ours that another has
 * followed: its red CI was repaired already. Long after our push it is no delay: somebody has set the
 * branch back. What is none of ours
 * somebody else has pushed, and it counts.
 * @param pull null: there is none yet
 * @returns a commit; '' when the task has none
 */
export async function headOf(db: Db, pull: Pick<PullInfo, 'headSha'> | null, task: TaskRow): Promise<string> {
  if (pull === null) return task.headSha ?? '';
  const { headSha } = pull;
  if (task.headSha === null || headSha === task.headSha || !(await hasPushed(db, task.id, headSha)))
    return headSha;
  const last = await findLastPush(db, task.id);
  const isLate = last === null || Date.now() - last.at.getTime() < HEAD_SETTLE_MS;
  return isLate ? task.headSha : headSha;
}

/**
 * Has what the branch holds at `head` shown as the change, if something else is shown. Asking again
 * changes nothing.
 * @param head the commit that the branch is at
 */
export async function ensureShown(
  { db, forge }: { readonly db: Db; readonly forge: Pick<Forge, 'readDiff' | 'listCommits'> },
  task: TaskRow,
  head: string,
): Promise<void> {
  const shown = await findShown(db, task.id);
  // Before the agent's first push nothing of the task is there to be shown.
  if (head === '' || shown === null || shown.sha === head) return;
  const [diff, delta] = [
    await forge.readDiff(task.repo, task.defaultBranch, head),
    await forge.readDiff(task.repo, shown.sha, head),
  ];
  const commit = (await forge.listCommits(task.repo, task.prNumber!)).find((c) => c.sha === head);
  const pushId = freshId();
  await decideAndAppend(db, async (tx) => {
    // The agent may have pushed meanwhile.
    if ((await findShown(tx, task.id))?.pushId !== shown.pushId) return;
    const payload = {
      pushId,
      branch: task.branch,
      sha: head,
      by: cleanTitle(commit?.author ?? '', 60),
      title: cleanTitle(commit?.title ?? '', 200),
    };
    await append(tx, [branchSeen.new({ taskId: task.id, actor: 'mainloop', payload })], task.ownerId);
    const texts = { diff: keep(diff), delta: keep(delta) };
    await insertSeen(tx, {
      id: pushId,
      ownerId: task.ownerId,
      taskId: task.id,
      branch: task.branch,
      oldSha: shown.sha,
      newSha: head,
      ...texts,
    });
  });
}

const TOO_LARGE = `${CUT_MARK} (this change is larger than GitHub shows)`;
function keep(diff: string | null): string {
  if (diff === null) return TOO_LARGE;
  if (diff.length <= MAX_DIFF_CHARS) return cleanText(diff, MAX_DIFF_CHARS);
  return `${cleanText(diff.slice(0, MAX_DIFF_CHARS), MAX_DIFF_CHARS)}\n${CUT_MARK} (the rest of this change is left out: it is larger than ${MAX_DIFF_CHARS / 1_000_000} MB)`;
}
