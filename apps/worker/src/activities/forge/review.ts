// What others say about the pull request, and what they push to it.
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { hasPushed } from '@mainloop/models/db/forge/effects';
import { getTask } from '@mainloop/models/db/tasks/tasks';
import { findAsked } from '@mainloop/models/db/review/comments';
import type { Waiting } from '@mainloop/models/flow/gathering';
import { cleanTitle } from '@mainloop/models/flow/text';
import { openFindings } from '../../findings.ts';
import { ensureShown, headOf } from '../../heads.ts';
import { hearComments, syncThreads, takeUp } from '../../reviews.ts';
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
   * @param i `shown`: the commit that was offered for review; older tasks do not say it. `take`: what was gathered is taken up if nothing was
   *   said since, or, `whatever`, with all that was; null: it is only gathered. Older tasks do not say it, and take up what there is. `queued`:
   *   it stood in the merge queue
   * @returns `comments`: how many are taken up; `waiting`: what is not yet; `again`: why it is not to be merged as it was offered;
   *   `conflictsWith`: the base that it conflicts with; `rounds`: after how many the person decides, and what is open then
   */
  async readReview(i: {
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
    const t = await getTask(db, i.taskId);
    const pr = await forge.getPull(t.repo, t.prNumber!);
    if (pr.merged) {
      await tellMerged(t, pr.number, pr.mergeSha);
      return { state: 'merged', comments: 0, newestIso: i.sinceIso, author: '' };
    }
    if (pr.state === 'closed') {
      const { atIso } = await tellClosed(t, pr.number);
      return { state: 'closed', comments: 0, newestIso: i.sinceIso, author: '', closedAtIso: atIso };
    }
    // A try that was cut off may have taken them up.
    const before = i.take == null ? null : await findAsked(db, t.id, i.take.words);
    const heard = await hearComments(db, forge, t);
    const { words, atOnce, waiting } = heard;
    const newest = waiting.at(-1);
    const takes =
      before === null &&
      newest !== undefined &&
      (i.take === undefined || i.take?.whatever === true || i.take?.words === words);
    if (takes) await takeUp(db, t, heard, i.take?.words ?? words);
    await syncThreads(db, forge, t);
    const taken = before ?? (takes ? { author: newest.author, comments: waiting.length } : null);
    const again = i.shown === undefined ? null : await notAsShown({ db, forge, checks }, t, pr, i.shown);
    return {
      state: 'open',
      comments: taken?.comments ?? 0,
      newestIso: newest?.at ?? i.sinceIso,
      author: taken?.author ?? '',
      ...(taken !== null || newest === undefined
        ? {}
        : { waiting: { comments: waiting.length, author: newest.author, words, atOnce, quietMs } }),
      ...(again === null ? {} : { again: again.sentence }),
      ...(i.queued === true && !(await forge.isQueued(t.repo, pr.number)) ? { leftQueue: true } : {}),
      ...(pr.fits === false ? { conflictsWith: t.defaultBranch } : {}),
      ...(taken === null
        ? {}
        : {
            rounds: {
              most: resolveProjectSettings(t.settings).reviewRounds,
              open: await openFindings(db, t.id),
            },
          }),
    };
  },

  /** @returns what others have pushed since the agent, as lines of Markdown; '' when nobody has */
  async readOthers(i: { taskId: string }): Promise<{ body: string }> {
    const t = await getTask(db, i.taskId);
    const pull = await pullOf(t);
    const head = await headOf(db, pull, t);
    if (pull === null || t.headSha === null || head === t.headSha) return { body: '' };
    await ensureShown({ db, forge }, t, head);
    if (await hasPushed(db, t.id, head))
      return {
        body: `Somebody set the branch back to \`${head.slice(0, 7)}\`, which Claude had pushed before. The change is shown as it stands there.`,
      };
    const commits = await forge.listCommits(t.repo, pull.number);
    const ours = commits.findLastIndex((c) => c.sha === t.headSha);
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
