// One look at a change that waits to be merged, and what is done about it. Which is decided in flow/forge/train.ts;
// the order is that of the log.
import { MergeRefused, type PullInfo } from '@mainloop/adapters/forge/port';
import { findPushedAt } from '@mainloop/models/db/forge/effects';
import { findPlace, joinTrain, leaveTrain } from '@mainloop/models/db/forge/train';
import { decideAndAppend } from '@mainloop/models/db/log';
import { isAllPaused } from '@mainloop/models/db/runs/pause';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { sayConflict } from '@mainloop/models/flow/forge/conflicts';
import type { CiReport } from '@mainloop/models/flow/ci/report';
import type { CiOutcome, CiVerdict } from '@mainloop/models/flow/ci/verdict';
import { cleanTitle } from '@mainloop/models/flow/text';
import { isSameChange, trainStep, type AtTrain, type TrainEnd } from '@mainloop/models/flow/forge/train';
import { readVerdict, lookAtChecks } from '../../checks.ts';
import { ensureShown, headOf } from '../../heads.ts';
import { readComments } from '../../reviews.ts';
import { whoPushed } from './as-shown.ts';
import type { ForgeContext } from './context.ts';
import { mergeActivities } from './merge.ts';

interface Ride {
  readonly taskId: string;
  /** The item in which it was approved. */
  readonly itemId: string;
}
interface StepAsked extends Ride {
  readonly method?: string | undefined;
  /** The commit that the person looked at. */
  readonly shown: string;
  /** The newest head that was seen to be what was looked at, with the base merged into it. */
  readonly head: string;
  /** Whether checks had said that it is good. */
  readonly isChecked: boolean;
  readonly updates: number;
  readonly graceMs: number;
  /** Absent in workflows that make way for a conflict. */
  readonly keepsPlace?: boolean;
}
export type TrainLook =
  /** `head`: where the branch stands. `place`: 1 when none is before it. */
  | { readonly did: 'wait'; readonly head: string; readonly place: number; readonly base: string }
  /** `keeps`: it is in the train still. */
  | { readonly did: TrainEnd; readonly sentence: string; readonly keeps?: boolean };

const OUT: TrainLook = {
  did: 'out',
  sentence: 'It does not wait to be merged any more. Merge it to put it at the end of those that do.',
};

const OTHER_CHANGE = 'The change is another one since the base was merged into it.';

/**
 * The train of a repository, as far as one task of it sees it.
 * @returns activities; each takes one object with a `taskId`
 */
export const trainActivities = (context: ForgeContext) => {
  const { db, forge, hit, checks, tellMerged } = context;
  const { merge } = mergeActivities(context);
  const leave = async (task: TaskRow, { itemId }: Ride, how: TrainEnd, why = ''): Promise<TrainLook> => {
    await decideAndAppend(db, (tx) => leaveTrain(tx, task.ownerId, { taskId: task.id, itemId, how, why }));
    return { did: how, sentence: why };
  };
  /** Whether a head is the commit that was looked at, and besides it only merges of what the base has. */
  const isUpdateOf = async (task: TaskRow, shown: string, head: string): Promise<boolean> => {
    const commits = await forge.listCommits(task.repo, task.prNumber!);
    const since = commits.slice(commits.findIndex((c) => c.sha === shown) + 1);
    if (since.length === commits.length || since.at(-1)?.sha !== head || !since.every((c) => c.isMerge))
      return false;
    const [one, other] = [
      await forge.readDiff(task.repo, task.defaultBranch, shown),
      await forge.readDiff(task.repo, task.defaultBranch, head),
    ];
    return one !== null && one !== '' && other !== null && isSameChange(one, other);
  };

  const bringsOnlyBase = async (task: TaskRow, shown: string, head: string): Promise<boolean> => {
    const [came, had] = [
      await forge.readDiff(task.repo, shown, head),
      await forge.readDiff(task.repo, shown, task.defaultBranch),
    ];
    return came !== null && had !== null && isSameChange(came, had);
  };

  return {
    /**
     * Takes a change into the train. Asking again changes nothing.
     * @returns whether its checks are green, so that those of the two together will count
     */
    async joinTrain(ride: Ride & { shown: string }): Promise<{ isChecked: boolean }> {
      const task = await getTask(db, ride.taskId);
      const { outcome } = await readVerdict({ db, forge }, task, ride.shown);
      await decideAndAppend(db, (tx) =>
        joinTrain(tx, task.ownerId, { taskId: task.id, itemId: ride.itemId, sha: ride.shown }),
      );
      return { isChecked: outcome.is !== 'nothing_ran' && outcome.is !== 'not_run_here' };
    },

    /** Something went wrong that no step expected: those behind it go on. */
    async leaveTrain(ride: Ride & { why: string }): Promise<void> {
      await leave(await getTask(db, ride.taskId), ride, 'refused', ride.why);
    },

    /**
     * Whether what the agent made of an approved change is still that change, with the base merged into it: to
     * the base it brings what was approved, and to what was approved it brings what the base has, no line
     * elsewhere. Where it is not, or that can't be told, it gives up the place that it kept.
     */
    async isAsApproved(ride: Ride & { shown: string }): Promise<boolean> {
      const task = await getTask(db, ride.taskId);
      const pull = await forge.getPull(task.repo, task.prNumber!);
      const head = await headOf(db, pull, task);
      if (head === ride.shown) return true;
      if ((await isUpdateOf(task, ride.shown, head)) && (await bringsOnlyBase(task, ride.shown, head)))
        return true;
      await leave(task, ride, 'moved', OTHER_CHANGE);
      return false;
    },

    /** Looks where a change in the train stands, and does the next thing about it. */
    async stepTrain(asked: StepAsked): Promise<TrainLook> {
      const task = await getTask(db, asked.taskId);
      const place = await findPlace(db, asked);
      const pull = await forge.getPull(task.repo, task.prNumber!);
      // One that was cut off may have merged it.
      if (pull.merged) {
        await tellMerged(task, pull.number, pull.mergeSha);
        return leave(task, asked, 'merged');
      }
      if (place === null) return OUT;
      if (pull.state === 'closed')
        return leave(task, asked, 'closed', 'The pull request was closed before it was merged.');
      const head = await headOf(db, pull, task);
      if (head !== asked.shown && head !== asked.head && !(await isUpdateOf(task, asked.shown, head)))
        return leave(task, asked, 'moved', await whoPushed(forge, task, pull, head));
      await ensureShown({ db, forge }, task, head);
      const [asks] = (await readComments(db, forge, task)).waiting;
      if (asks !== undefined)
        return leave(
          task,
          asked,
          'asked',
          `${cleanTitle(asks.author, 60)} wrote on the pull request while it waited to be merged. Look at that first.`,
        );
      // Nothing is merged or brought up to date while everything is paused.
      if (await isAllPaused(db, task.ownerId)) return { did: 'wait', head, place, base: task.defaultBranch };
      const step = trainStep(await at(task, asked, pull, place, head));
      switch (step.do) {
        case 'leave':
          return leave(task, asked, step.how, step.why);
        case 'merge':
          return mergeNow(task, asked, head);
        case 'join':
          return { did: 'conflicts', sentence: step.why, keeps: true };
        case 'update':
          hit('forge.update.before');
          try {
            await forge.ensureUpdated(task.repo, pull.number, head);
          } catch (err) {
            if (err instanceof MergeRefused && err.why === 'conflicts') return conflicts(task, asked);
            throw err;
          }
          hit('forge.update.after');
      }
      return { did: 'wait', head, place, base: task.defaultBranch };
    },
  };

  /** The forge found out only now, when it was to merge the two. */
  async function conflicts(task: TaskRow, asked: StepAsked): Promise<TrainLook> {
    const why = sayConflict(task.defaultBranch);
    return asked.keepsPlace === true
      ? { did: 'conflicts', sentence: why, keeps: true }
      : leave(task, asked, 'conflicts', why);
  }

  /** A queue of the repository's own brings it up to date by itself. */
  async function countBehind(task: TaskRow, head: string): Promise<number> {
    const behind = await forge.countBehind(task.repo, task.defaultBranch, head);
    return behind > 0 && (await forge.hasQueue(task.repo, task.defaultBranch)) ? 0 : behind;
  }

  async function at(
    task: TaskRow,
    asked: StepAsked,
    pull: PullInfo,
    place: number,
    head: string,
  ): Promise<AtTrain> {
    const { verdict, told } = await lookAtChecks(checks, task, { sha: head, pull, round: 0, redSha: null });
    const isUpdated = head !== asked.shown;
    return {
      place,
      base: task.defaultBranch,
      // What the forge says of another commit counts for that one.
      fits: pull.headSha === head ? pull.fits : null,
      behind: place === 1 && (asked.isChecked || isUpdated) ? await countBehind(task, head) : 0,
      isUpdated,
      isChecked: asked.isChecked,
      ci: outcomeOf(verdict, told),
      red: told.red,
      ask: told.ask,
      ageMs: Date.now() - ((await findPushedAt(db, task.id, head))?.getTime() ?? Date.now()),
      graceMs: asked.graceMs,
      updates: asked.updates,
      keepsPlace: asked.keepsPlace === true,
    };
  }

  async function mergeNow(task: TaskRow, asked: StepAsked, head: string): Promise<TrainLook> {
    // It may have been taken out during the look.
    if ((await findPlace(db, asked)) === null) return OUT;
    const merged = await merge({ taskId: asked.taskId, method: asked.method, shown: head });
    if (merged.did === 'conflicts') return conflicts(task, asked);
    return leave(task, asked, merged.did, 'sentence' in merged ? merged.sentence : '');
  }
};

/** What was red before the change is as good as it gets together with its base. */
const outcomeOf = ({ outcome }: CiVerdict, { before }: CiReport): CiOutcome['is'] =>
  before === undefined ? outcome.is : 'green';
