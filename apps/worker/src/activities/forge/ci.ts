// What the checks of the newest commit say.
import { findEvidence, listRedChecks } from '@mainloop/models/db/runs/evidence';
import { findLatestDiff } from '@mainloop/models/db/forge/effects';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { wordOf, type CiWord } from '@mainloop/models/flow/ci/verdict';
import type { CiReport, RedCheck, Verified } from '@mainloop/models/flow/ci/report';
import { weakenedTests } from '@mainloop/models/flow/review/weakened-tests';
import { lookAtChecks } from '../../checks.ts';
import { ensureShown, headOf } from '../../heads.ts';
import { verdictOf } from '../../evidence.ts';
import type { ForgeContext } from './context.ts';

/**
 * The checks of a task, read anew.
 * @returns activities; each takes one object with a `taskId`
 */
export const ciActivities = ({ db, forge, pullOf, checks, tellMerged }: ForgeContext) => ({
  /** @param input `redSha`: the commit that the last repair was about */
  async readCi(input: { taskId: string; round: number; redSha?: string | null }): Promise<{
    verdict: CiWord;
    sha: string;
    weakened: string[];
    verified: Verified;
    told: CiReport;
    red: RedCheck[];
    fits: boolean | null;
    base: string;
  }> {
    const task = await getTask(db, input.taskId);
    const pull = await pullOf(task);
    const sha = await headOf(db, pull, task);
    await ensureShown({ db, forge }, task, sha);
    const { verdict, told } = await lookAtChecks(checks, task, {
      sha,
      pull,
      round: input.round,
      redSha: input.redSha ?? null,
    });
    if (told.pull === 'merged') await tellMerged(task, task.prNumber!, pull!.mergeSha);
    return {
      verdict: wordOf(verdict.outcome),
      sha,
      weakened: weakenedTests(await findLatestDiff(db, task.id)).slice(0, 10),
      verified: verdictOf(await findEvidence(db, task.id, sha, 'verify')),
      told,
      red: await listRedChecks(db, task.id, sha),
      // What the forge says of another commit than this one counts for that one.
      fits: pull?.headSha === sha ? pull.fits : null,
      base: task.defaultBranch,
    };
  },
});
