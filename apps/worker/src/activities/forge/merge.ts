// The merge, of exactly what the person was shown.
import { ForgeError, MergeRefused, type PullInfo } from '@mainloop/adapters/forge/port';
import { findActing } from '@mainloop/models/db/forge/effects';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { agentLine, ours } from '@mainloop/models/flow/forge/text';
import { wayRefused } from '@mainloop/models/flow/forge/merge-messages';
import { sayConflict } from '@mainloop/models/flow/forge/conflicts';
import { cleanTitle } from '@mainloop/models/flow/text';
import { nextWay, wayToMerge } from '@mainloop/models/flow/forge/merging';
import type { MergeMethod } from '@mainloop/models/flow/workflow';
import { headOf } from '../../heads.ts';
import { notAsShown, type NotAsShown } from './as-shown.ts';
import type { ForgeContext } from './context.ts';

/** What came of a merge that a person decided upon. */
export type Merged =
  | { readonly did: 'merged' | 'queued' }
  /** The commit that was looked at is not the one that is there, or its checks turned red: nothing was merged. */
  | NotAsShown
  | { readonly did: 'conflicts'; readonly sentence: string }
  | { readonly did: 'refused'; readonly sentence: string };

/**
 * The merge, by whichever way the repository allows.
 * @returns activities; each takes one object with a `taskId`
 */
export const mergeActivities = ({ db, forge, hit, checks, tellMerged }: ForgeContext) => ({
  /**
   * Merges what the person was shown, and nothing that has come to the branch since.
   * @param input `shown`: the commit that they decided upon. Tasks from before it was told go by the agent's
   * last push, and what is refused is thrown.
   */
  async merge(input: {
    taskId: string;
    method?: string | undefined;
    shown?: string | undefined;
  }): Promise<Merged> {
    const task = await getTask(db, input.taskId);
    hit('forge.merge.before');
    const pull = await forge.getPull(task.repo, task.prNumber!);
    const head = input.shown ?? (await headOf(db, pull, task));
    const again =
      input.shown === undefined || pull.merged
        ? null
        : await notAsShown({ db, forge, checks }, task, pull, input.shown);
    if (again !== null) return again;
    if (input.shown === undefined && !pull.merged && head !== task.headSha)
      throw new ForgeError(
        'rejected',
        `Somebody else has pushed ${head.slice(0, 7)} to the pull request, and it was not shown here. Look at it on GitHub and merge it there, then Retry.`,
      );
    const elsewhere = pull.merged ? null : await goesElsewhere(forge, task, pull);
    if (elsewhere !== null) return refused(input.shown, elsewhere);
    const allowed = pull.merged ? null : await forge.mergeMethods(task.repo);
    const way = wayToMerge(input.method, allowed);
    if ('sentence' in way) return refused(input.shown, way.sentence);
    // The repository's own way may bring the agent's messages over where the person chose none.
    const acting = await findActing(db, task.id);
    const words = wayRefused(way.method, acting);
    if (words !== null) return refused(input.shown, words);
    const message = {
      title: ours`${agentLine(task.title)} (#${task.prNumber!})`,
      body: ours`Asked for, reviewed and merged in mainloop.`,
    };
    try {
      const next = (tried: readonly MergeMethod[]): MergeMethod | null => {
        const other = nextWay(input.method, allowed, tried);
        return other === null || wayRefused(other, acting) !== null ? null : other;
      };
      const attempt = await firstAllowed(way.method, next, (method) =>
        forge.ensureMerged(task.repo, task.prNumber!, head, method, message),
      );
      hit('forge.merge.after');
      await tellMerged(task, task.prNumber!, attempt.sha);
      return { did: 'merged' };
    } catch (err) {
      if (!(err instanceof MergeRefused) || input.shown === undefined) throw err;
      if (err.why === 'conflicts') return { did: 'conflicts', sentence: sayConflict(task.defaultBranch) };
      if (err.why === 'head_moved') return { did: 'moved', sentence: err.message };
      if (err.why !== 'queue') return { did: 'refused', sentence: err.message };
      // How a queue merges is not told.
      const queued = wayRefused('merge', acting);
      if (queued !== null) return { did: 'refused', sentence: queued };
      await forge.ensureQueued(task.repo, task.prNumber!, head);
      return { did: 'queued' };
    }
  },
});

/**
 * @param next the way after those that the forge has refused; null when none is left, and then the last
 * refusal counts
 */
async function firstAllowed<T>(
  first: MergeMethod,
  next: (tried: readonly MergeMethod[]) => MergeMethod | null,
  merge: (method: MergeMethod) => Promise<T>,
): Promise<T> {
  const tried: MergeMethod[] = [];
  for (let method = first; ;) {
    try {
      return await merge(method);
    } catch (err) {
      tried.push(method);
      const other = err instanceof MergeRefused && err.why === 'method' ? next(tried) : null;
      if (other === null) throw err;
      method = other;
    }
  }
}

/**
 * @returns why it is not merged: somebody has changed the branch that it goes into, and against that nobody was
 * shown it. null where it goes where it was meant to, also under a new name of the default branch
 */
async function goesElsewhere(
  forge: ForgeContext['forge'],
  task: TaskRow,
  pull: PullInfo,
): Promise<string | null> {
  if (pull.base === task.defaultBranch) return null;
  if (pull.base === (await forge.findNow(task.repo)).defaultBranch) return null;
  const base = cleanTitle(pull.base, 100);
  return `Somebody has changed the base of the pull request to ${base}, and it was shown against ${task.defaultBranch}, so it is not merged. Change it back on GitHub, or merge it there.`;
}

/** For tasks that wait for an answer as they were, a refusal is an error whose Retry tries again. */
function refused(shown: string | undefined, sentence: string): Merged {
  if (shown === undefined) throw new ForgeError('rejected', sentence);
  return { did: 'refused', sentence };
}
