// What others say about the pull request, and what they push to it.
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { hasPushed } from '@mainloop/models/db/forge/effects';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { findAsked } from '@mainloop/models/db/review/comments';
import type { Waiting } from '@mainloop/models/flow/forge/gathering';
import { cleanTitle } from '@mainloop/models/flow/text';
import { openFindings } from '../../findings.ts';
import { ensureShown, headOf } from '../../heads.ts';
import { readComments, syncThreads, takeUp } from '../../reviews.ts';
import { notAsShown } from './as-shown.ts';
import type { ForgeContext } from './context.ts';

/** Words from outside within a line of Markdown. */
const inline = (words: string): string => cleanTitle(words, 100).replace(/[\\`*_[\]<>()#|!~]/g, '\\$&');

/**
 * The review of a task, read anew.
 * @returns activities; each takes one object with a `taskId`
 */
export const reviewActivities = ({
  db,
  forge,
  checks,
  quietMs,
  pullOf,
  tellMerged,
  tellClosed,
}: ForgeContext) => ({
  /**
   * @param input `shown`: the commit that was offered for review; older tasks do not say it. `take`: what was gathered is taken up if nothing was
   *   said since, or, `whatever`, with all that was; null: it is only gathered. Older tasks do not say it, and take up what there is. `queued`:
   *   it stood in the merge queue
   * @returns `comments`: how many are taken up; `waiting`: what is not yet; `again`: why it is not to be merged as it was offered;
   *   `conflictsWith`: the base that it conflicts with; `rounds`: after how many the person decides, and what is open then
   */
  async readReview(input: {
    taskId: string;
    sinceIso: string;
    shown?: string | undefined;
    take?: { readonly words: string; readonly whatever: boolean } | null;
    queued?: boolean;
  }): Promise<{
    state: 'open' | 'merged' | 'closed';
    comments: number;
    newestIso: string;
    author: string;
    /** When, as the forge says. */
    closedAtIso?: string;
    waiting?: Waiting;
    again?: string;
    conflictsWith?: string;
    leftQueue?: boolean;
    rounds?: { readonly most: number; readonly open: string };
  }> {
    const task = await getTask(db, input.taskId);
    const pull = await forge.getPull(task.repo, task.prNumber!);
    if (pull.merged) {
      await tellMerged(task, pull.number, pull.mergeSha);
      return { state: 'merged', comments: 0, newestIso: input.sinceIso, author: '' };
    }
    if (pull.state === 'closed') {
      const { atIso } = await tellClosed(task, pull.number);
      return { state: 'closed', comments: 0, newestIso: input.sinceIso, author: '', closedAtIso: atIso };
    }
    // A try that was cut off may have taken them up.
    const before = input.take == null ? null : await findAsked(db, task.id, input.take.words);
    const comments = await readComments(db, forge, task);
    const { words, atOnce, waiting } = comments;
    const newest = waiting.at(-1);
    const takes =
      before === null &&
      newest !== undefined &&
      (input.take === undefined || input.take?.whatever === true || input.take?.words === words);
    if (takes) await takeUp(db, task, comments, input.take?.words ?? words);
    // Of a conflict the agent has to know soon, and whatever else there is will be looked at anew after it.
    const fits = pull.fits !== false || input.queued === true;
    if (fits) await syncThreads(db, forge, task);
    const taken = before ?? (takes ? { author: newest.author, comments: waiting.length } : null);
    const again =
      input.shown === undefined || !fits
        ? null
        : await notAsShown({ db, forge, checks }, task, pull, input.shown);
    return {
      state: 'open',
      comments: taken?.comments ?? 0,
      newestIso: newest?.at ?? input.sinceIso,
      author: taken?.author ?? '',
      ...(taken !== null || newest === undefined
        ? {}
        : { waiting: { comments: waiting.length, author: newest.author, words, atOnce, quietMs } }),
      ...(again === null ? {} : { again: again.sentence }),
      ...(input.queued === true && !(await forge.isQueued(task.repo, pull.number))
        ? { leftQueue: true }
        : {}),
      ...(pull.fits === false ? { conflictsWith: task.defaultBranch } : {}),
      ...(taken === null
        ? {}
        : {
            rounds: {
              most: resolveProjectSettings(task.settings).reviewRounds,
              open: await openFindings(db, task.id),
            },
          }),
    };
  },

  /** @returns what others have pushed since the agent, as lines of Markdown; '' when nobody has */
  async readOthers(input: { taskId: string }): Promise<{ body: string }> {
    const task = await getTask(db, input.taskId);
    const pull = await pullOf(task);
    const head = await headOf(db, pull, task);
    if (pull === null || task.headSha === null || head === task.headSha) return { body: '' };
    await ensureShown({ db, forge }, task, head);
    if (await hasPushed(db, task.id, head))
      return {
        body: `Somebody set the branch back to \`${head.slice(0, 7)}\`, which Claude had pushed before. The change is shown as it stands there.`,
      };
    const commits = await forge.listCommits(task.repo, pull.number);
    const ours = commits.findLastIndex((c) => c.sha === task.headSha);
    const lines = commits
      .slice(ours + 1)
      .map((c) => `- \`${c.sha.slice(0, 7)}\` ${inline(c.title)} (${inline(c.author)})`);
    const [said, more] = [
      lines.slice(-10),
      lines.length > 10 ? `\n- and ${lines.length - 10} more before these` : '',
    ];
    return {
      body: `Not by the agent, and part of the change that is shown:\n\n${said.join('\n')}${more}`,
    };
  },
});
