// Before an agent starts: is its repository still there, under which name, and may anything be changed in it?
// Afterwards it would have been paid for.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { append, decideAndAppend } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { isNameTaken } from '@mainloop/models/db/projects/projects';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { projectAdded, projectRenamed } from '@mainloop/models/events/projects';

/**
 * @returns the task, with the names that its repository and that one's default branch have now
 * @throws ForgeError `not_found` when it is gone, `rejected` when it is archived: one sentence each
 */
export async function ensureNamed(
  { db, forge }: { readonly db: Db; readonly forge: Pick<Forge, 'findNow'> },
  task: TaskRow,
): Promise<TaskRow> {
  if (task.localPath !== null) return task;
  const now = await forge.findNow(task.repo);
  if (now.isArchived)
    throw new ForgeError(
      'rejected',
      `${now.full} is archived, so nothing can be pushed to it. Unarchive it on GitHub, then Retry.`,
    );
  // Another case is no other name.
  if (now.full.toLowerCase() === task.repo.toLowerCase()) {
    if (now.defaultBranch === task.defaultBranch) return task;
    const { projectId: id, repo, remoteUrl, localPath } = task;
    const payload = { id, name: repo, repo, defaultBranch: now.defaultBranch, remoteUrl, localPath };
    await withTx(db, (tx) => append(tx, [projectAdded.new({ actor: 'worker', payload })], task.ownerId));
    return getTask(db, task.id);
  }
  await decideAndAppend(db, async (tx) => {
    // It may be on the list under its new name as well: then both go on, and the forge leads from the old one
    // to the new.
    if (await isNameTaken(tx, task.ownerId, task.projectId, { repo: now.full })) return;
    const payload = {
      id: task.projectId,
      before: task.repo,
      repo: now.full,
      remoteUrl: now.cloneUrl,
      defaultBranch: now.defaultBranch,
    };
    await append(tx, [projectRenamed.new({ taskId: task.id, actor: 'mainloop', payload })], task.ownerId);
  });
  return getTask(db, task.id);
}
