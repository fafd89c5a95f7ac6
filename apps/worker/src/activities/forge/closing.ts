// A pull request that somebody closed or opened again, and what is left on the forge at the end.
import { ForgeError, isRetryable } from '@mainloop/adapters/forge/port';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import type { ForgeContext } from './context.ts';
import { ensurePicturesGone } from './pictures.ts';

/**
 * Closed, opened again, cleaned up.
 * @returns activities; each takes one object with a `taskId`
 */
export const closingActivities = ({
  db,
  forge,
  hit,
  tellMerged,
  tellClosed,
  tellReopened,
}: ForgeContext) => ({
  /**
   * Whether it is open, and who closed it when.
   * @param input `closedAtIso`: when it was closed, by an earlier look
   */
  async readPull(input: {
    taskId: string;
    closedAtIso?: string;
  }): Promise<{ state: 'open' | 'closed' | 'merged'; by: string; atIso: string }> {
    const task = await getTask(db, input.taskId);
    const pull = await forge.getPull(task.repo, task.prNumber!);
    if (pull.merged) {
      await tellMerged(task, pull.number, pull.mergeSha);
      return { state: 'merged', by: '', atIso: '' };
    }
    if (pull.state === 'closed') return { state: 'closed', ...(await tellClosed(task, pull.number)) };
    if (input.closedAtIso !== undefined) await tellReopened(task, pull.number, input.closedAtIso);
    return { state: 'open', by: '', atIso: '' };
  },

  /** Opens it again. What the forge refuses is said in its words. */
  async ensureReopened(input: {
    taskId: string;
    closedAtIso: string;
  }): Promise<{ did: 'reopened' } | { did: 'refused'; sentence: string }> {
    const task = await getTask(db, input.taskId);
    hit('forge.reopen.before');
    try {
      await forge.ensureReopened(task.repo, task.prNumber!);
    } catch (err) {
      if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      return { did: 'refused', sentence: err.message };
    }
    hit('forge.reopen.after');
    await tellReopened(task, task.prNumber!, input.closedAtIso);
    return { did: 'reopened' };
  },

  /**
   * After a merge only the branch goes; a cancelled task leaves nothing open behind, and its branch only
   * where the person keeps it.
   */
  async cleanForge(input: { taskId: string; merged: boolean; keepBranch?: boolean }): Promise<void> {
    const task = await getTask(db, input.taskId);
    hit('forge.clean.before');
    if (!input.merged && task.prNumber !== null) await forge.ensureClosed(task.repo, task.prNumber);
    if (task.issueNumber !== null) await forge.ensureClosed(task.repo, task.issueNumber);
    if (task.headSha !== null && input.keepBranch !== true)
      await forge.ensureBranchGone(task.repo, task.branch);
    // A change that was merged keeps what was shown of it.
    if (!input.merged) await ensurePicturesGone({ db, forge }, task);
    hit('forge.clean.after');
  },
});
