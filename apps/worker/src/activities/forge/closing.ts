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
   * @param i `closedAtIso`: when it was closed, by an earlier look
   */
  async readPull(i: {
    taskId: string;
    closedAtIso?: string;
  }): Promise<{ state: 'open' | 'closed' | 'merged'; by: string; atIso: string }> {
    const t = await getTask(db, i.taskId);
    const pr = await forge.getPull(t.repo, t.prNumber!);
    if (pr.merged) {
      await tellMerged(t, pr.number, pr.mergeSha);
      return { state: 'merged', by: '', atIso: '' };
    }
    if (pr.state === 'closed') return { state: 'closed', ...(await tellClosed(t, pr.number)) };
    if (i.closedAtIso !== undefined) await tellReopened(t, pr.number, i.closedAtIso);
    return { state: 'open', by: '', atIso: '' };
  },

  /** Opens it again. What the forge refuses is said in its words. */
  async ensureReopened(i: {
    taskId: string;
    closedAtIso: string;
  }): Promise<{ did: 'reopened' } | { did: 'refused'; sentence: string }> {
    const t = await getTask(db, i.taskId);
    hit('forge.reopen.before');
    try {
      await forge.ensureReopened(t.repo, t.prNumber!);
    } catch (err) {
      if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      return { did: 'refused', sentence: err.message };
    }
    hit('forge.reopen.after');
    await tellReopened(t, t.prNumber!, i.closedAtIso);
    return { did: 'reopened' };
  },

  /** After a merge only the branch goes; a cancelled task leaves nothing open behind, and its branch only where the person keeps it. */
  async cleanForge(i: { taskId: string; merged: boolean; keepBranch?: boolean }): Promise<void> {
    const t = await getTask(db, i.taskId);
    hit('forge.clean.before');
    if (!i.merged && t.prNumber !== null) await forge.ensureClosed(t.repo, t.prNumber);
    if (t.issueNumber !== null) await forge.ensureClosed(t.repo, t.issueNumber);
    if (t.headSha !== null && i.keepBranch !== true) await forge.ensureBranchGone(t.repo, t.branch);
    // A change that was merged keeps what was shown of it.
    if (!i.merged) await ensurePicturesGone({ db, forge }, t);
    hit('forge.clean.after');
  },
});
