// Before an agent starts on a folder of this machine: the commits that its owner made there since.
import { ForgeError } from '@mainloop/adapters/forge/port';
import type { Logger } from '@mainloop/logs/log';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import { projectAdded } from '@mainloop/models/events/projects';
import { divergedWords, swappedWords } from '@mainloop/models/flow/projects/folders';
import type { Importer } from './importer.ts';

/**
 * Nothing to do for a task whose project is no folder, and for one that has pushed already: its base is
 * looked after with its pull request.
 * @returns the branch to start from, as it is called now
 * @throws ForgeError `rejected` when the folder and we each have commits that the other lacks: an agent would
 * start from half of the work
 */
export async function ensureFresh(
  { db, importer, log }: { db: Db; importer: Importer; log: Logger },
  task: TaskRow,
): Promise<string> {
  if (task.localPath === null || task.headSha !== null) return task.defaultBranch;
  let look;
  try {
    look = await importer.look(task.localPath, task.defaultBranch);
  } catch (err) {
    if (!(err instanceof ForgeError) || err.kind !== 'not_found') throw err;
    // It was moved or removed, or its disk is away: what was brought in before is still here.
    log.warn({ err }, 'a folder can not be looked at; the task goes on with what was brought in before');
    return task.defaultBranch;
  }
  // By its name alone it may be one that was renamed on the forge.
  if (look.localPath !== task.localPath && look.full.toLowerCase() !== task.repo.toLowerCase())
    throw new ForgeError('rejected', swappedWords(task.localPath, look.localPath));
  if (look.outcome === 'diverged') throw new ForgeError('rejected', divergedWords(task));
  if (look.branch === task.defaultBranch) return task.defaultBranch;
  const { projectId: id, repo, remoteUrl, localPath } = task;
  await withTx(db, (tx) =>
    append(
      tx,
      [
        projectAdded.new({
          actor: 'worker',
          payload: { id, name: repo, repo, defaultBranch: look.branch, remoteUrl, localPath },
        }),
      ],
      task.ownerId,
    ),
  );
  return look.branch;
}
