// Before an agent starts: is its repository still there, under which name, and may anything be changed in it? Afterwards it would have been paid for.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { append, decideAndAppend } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { isNameTaken } from '@mainloop/models/db/projects/projects';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { projectRenamed } from '@mainloop/models/events/projects';

/**
 * @returns the task, with the name that its repository has now
 * @throws ForgeError `not_found` when it is gone, `rejected` when it is archived: one sentence each
 */
export async function ensureNamed(
  { db, forge }: { readonly db: Db; readonly forge: Pick<Forge, 'findNow'> },
  t: TaskRow,
): Promise<TaskRow> {
  if (t.localPath !== null) return t;
  const now = await forge.findNow(t.repo);
  if (now.isArchived)
    throw new ForgeError(
      'rejected',
      `${now.full} is archived, so nothing can be pushed to it. Unarchive it on GitHub, then Retry.`,
    );
  // Another case is no other name.
  if (now.full.toLowerCase() === t.repo.toLowerCase()) return t;
  await decideAndAppend(db, async (tx) => {
    // It may be on the list under its new name as well: then both go on, and the forge leads from the old one to the new.
    if (await isNameTaken(tx, t.ownerId, t.projectId, { repo: now.full })) return;
    const payload = {
      id: t.projectId,
      before: t.repo,
      repo: now.full,
      remoteUrl: now.cloneUrl,
      defaultBranch: now.defaultBranch,
    };
    await append(tx, [projectRenamed.new({ taskId: t.id, actor: 'mainloop', payload })], t.ownerId);
  });
  return getTask(db, t.id);
}
