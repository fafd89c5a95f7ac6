// What a task workflow does to the forge. Every effect: intent row first, a marker in the body, a look before a second try.
import { ForgeError, isRetryable, MergeRefused, type Forge, type PullInfo } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/inbox/decide';
import { resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { findEvidence, listRedChecks } from '@mainloop/models/db/runs/evidence';
import { findActing, findLatestDiff, hasPushed } from '@mainloop/models/db/forge/effects';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { listCompleted, type CompletedRun } from '@mainloop/models/db/runs/lists';
import { listForgeAnswers } from '@mainloop/models/db/inbox/items';
import { getTask, listSaid, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import {
  forgeUnreadable,
  issueEnsured,
  pullRequestClosed,
  pullRequestEnsured,
  pullRequestMerged,
  pullRequestReady,
  pullRequestReopened,
  pullRequestTakenBack,
} from '@mainloop/models/events/forge';
import type { NewEvent } from '@mainloop/models/events/registry';
import { findAsked } from '@mainloop/models/db/review/comments';
import { wordOf, type CiWord } from '@mainloop/models/flow/ci';
import type { CiTold, RedCheck, Verified } from '@mainloop/models/flow/ci-told';
import { planAnswer } from '@mainloop/models/flow/requests';
import { weakenedTests } from '@mainloop/models/flow/weakened-tests';
import type { Waiting } from '@mainloop/models/flow/gathering';
import { agentLine, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge-text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import { dollars } from '@mainloop/models/flow/pricing';
import type { Hit } from '@mainloop/doors/failpoints';
import { wayRefused } from '@mainloop/models/flow/merge-messages';
import { sayConflict } from '@mainloop/models/flow/conflicts';
import { nextWay, wayToMerge } from '@mainloop/models/flow/merging';
import { cleanTitle } from '@mainloop/models/flow/text';
import type { MergeMethod } from '@mainloop/models/flow/workflow';
import { lookAtChecks } from '../checks.ts';
import { effects } from '../effects.ts';
import { openFindings } from '../findings.ts';
import { ensureShown, headOf } from '../heads.ts';
import { hearComments, publishReview, syncThreads, takeUp } from '../reviews.ts';
import { answerIdOf, commentIdOf, ensureQuestion, readAnswer } from '../questions.ts';
import { evidenceLines, verdictOf } from '../evidence.ts';

export interface ForgeDeps {
  readonly db: Db;
  readonly forge: Forge;
  readonly hit: Hit;
  readonly settleMs: number;
  /** How long a check may be pending before the person is told, in milliseconds. */
  readonly ciPatienceMs: number;
  /** How long nobody may have written before comments are taken up, in milliseconds. */
  readonly quietMs: number;
}

interface NotAsShown {
  readonly did: 'moved' | 'red';
  readonly sentence: string;
}
/** What came of a merge that a person decided upon. */
export type Merged =
  | { readonly did: 'merged' | 'queued' }
  /** The commit that was looked at is not the one that is there, or its checks turned red: nothing was merged. */
  | NotAsShown
  | { readonly did: 'conflicts'; readonly sentence: string }
  | { readonly did: 'refused'; readonly sentence: string };

export const forgeActivities = ({ db, forge, hit, settleMs, ciPatienceMs, quietMs }: ForgeDeps) => {
  const log = (t: TaskRow, make: (about: { readonly taskId: string; readonly actor: string }) => NewEvent): Promise<unknown> =>
    withTx(db, (tx) => append(tx, [make({ taskId: t.id, actor: 'mainloop' })], t.ownerId));

  const effect = effects({ db, hit, settleMs });
  const pullOf = (t: TaskRow): Promise<PullInfo | null> => (t.prNumber === null ? Promise.resolve(null) : forge.getPull(t.repo, t.prNumber));
  const checksOf = { db, forge, effect, patienceMs: ciPatienceMs };

  /** @returns why what was offered for review is not what would be merged; null when it is */
  const notAsShown = async (t: TaskRow, pr: PullInfo, shown: string): Promise<NotAsShown | null> => {
    const head = await headOf(db, pr, t);
    await ensureShown({ db, forge }, t, head);
    if (head !== shown) return { did: 'moved', sentence: await whoPushed(t, pr, head) };
    const { verdict, told } = await lookAtChecks(checksOf, t, { sha: head, pull: pr, round: 0, redSha: null });
    return verdict.outcome.is === 'red' ? { did: 'red', sentence: `CI failed after all: ${told.red}` } : null;
  };
  const tellClosed = async (t: TaskRow, number: number): Promise<{ by: string; atIso: string }> => {
    const closing = await forge.readClosing(t.repo, number);
    const { by, atIso } = closing;
    await log(t, (about) => pullRequestClosed.new({ ...about, key: { at: atIso }, payload: { number, ...(by === '' ? {} : { by }) } }));
    return closing;
  };
  const tellReopened = (t: TaskRow, number: number, closedAt: string): Promise<unknown> =>
    log(t, (about) => pullRequestReopened.new({ ...about, key: { closedAt }, payload: { number } }));
  const whoPushed = async (t: TaskRow, pr: PullInfo, head: string): Promise<string> => {
    const commit = (await forge.listCommits(t.repo, pr.number)).find((c) => c.sha === head);
    const what = commit === undefined ? head.slice(0, 7) : `${head.slice(0, 7)} "${cleanTitle(commit.title, 80)}"`;
    return `${cleanTitle(commit?.author ?? '', 60) || 'Somebody'} pushed ${what} to the pull request after it was offered, so it is not merged. It is looked at anew.`;
  };

  /** @returns `at`: when it was last changed, by the forge's clock */
  const writeIssue = async (t: TaskRow): Promise<{ number: number; at?: string }> => {
    const m = marker(t.id, 'plan');
    const made = await effect(t, { kind: 'issue' }, () =>
      forge.ensureIssue({ repo: t.repo, marker: m, title: agentLine(t.title), body: issueBody(t), known: null }),
    );
    const now = await forge.ensureIssue({ repo: t.repo, marker: m, title: agentLine(t.title), body: issueBody(t), known: made.number });
    const outcome = t.planRevision > 1 ? now.outcome : 'created';
    await log(t, (about) =>
      issueEnsured.new({ ...about, key: { planRevision: t.planRevision }, payload: { number: made.number, url: made.url, outcome } }),
    );
    return { number: made.number, at: now.at };
  };
  /** Without issues the plan stays in the app, and the story says so once. */
  const ensureIssue = async (i: { taskId: string }): Promise<{ number: number | null; at?: string }> => {
    const t = await getTask(db, i.taskId);
    try {
      return await writeIssue(t);
    } catch (err) {
      if (!(err instanceof ForgeError) || err.kind !== 'disabled') throw err;
      await log(t, (about) => forgeUnreadable.new({ ...about, key: { repo: t.repo }, payload: { sentence: NO_ISSUES } }));
      return { number: null };
    }
  };

  return {
    ensureIssue,

    /** Approval on GitHub: a reaction or a comment of somebody who may write. Postgres first: it becomes a decision like any other. */
    async readPlanAnswer(i: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      if (t.issueNumber === null) return;
      const say = (author: string, decision: 'approve' | 'revise', text: string, answerId?: string) =>
        decide(db, { ownerId: t.ownerId, itemId: i.itemId, decision, text, via: 'github', by: author, answerId });
      const page = (await forge.listIssueComments(t.repo, t.issueNumber)).filter((c) => !isOurComment(c));
      const lastId = Math.max(0, ...(await listForgeAnswers(db, t.id)).map((id) => (id === null ? 0 : commentIdOf(id))));
      // Nobody is asked about while there is nothing to hear.
      if (planAnswer(page, i.sinceIso, lastId) !== null) {
        const may = new Map<string, boolean>();
        for (const author of new Set(page.filter((c) => c.id > lastId).map((c) => c.author))) may.set(author, await forge.mayWrite(t.repo, author));
        const said = page.filter((c) => may.get(c.author) === true);
        const answer = planAnswer(said, i.sinceIso, lastId);
        if (answer !== null) return void (await say(answer.author, answer.decision, answer.text, answerIdOf(answer.id)));
      }
      for (const r of await forge.listReactions(t.repo, t.issueNumber)) {
        if (r.at < i.sinceIso || !['+1', 'rocket', 'hooray', 'heart'].includes(r.content) || !(await forge.mayWrite(t.repo, r.author))) continue;
        await say(r.author, 'approve', '');
        return;
      }
    },

    /** A question of the plan is asked on its issue, which may not be there yet. */
    async ensureQuestion(i: { taskId: string; itemId: string }): Promise<void> {
      let t = await getTask(db, i.taskId);
      if (t.phase === 'plan' && t.issueNumber === null) {
        await ensureIssue(i);
        t = await getTask(db, i.taskId);
      }
      await ensureQuestion({ db, forge, effect }, t, i.itemId);
    },

    async readAnswer(i: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      await readAnswer(db, forge, await getTask(db, i.taskId), i.itemId, i.sinceIso);
    },

    async ensureDraftPr(i: { taskId: string }): Promise<{ number: number }> {
      const t = await getTask(db, i.taskId);
      const asked = ours`${agentQuote(t.prompt, 2_000)}\n\n---\nmainloop works on this. It turns ready for review when CI is green.`;
      const body = t.issueNumber === null ? asked : ours`Closes #${t.issueNumber}\n\n${asked}`;
      const pr = await effect(t, { kind: 'pr' }, () =>
        forge.ensureDraftPr({ repo: t.repo, marker: marker(t.id, 'pr'), title: agentLine(t.title), body, head: t.branch, base: t.defaultBranch }),
      );
      await log(t, (about) => pullRequestEnsured.new({ ...about, payload: { number: pr.number, url: pr.url, outcome: pr.outcome } }));
      return { number: pr.number };
    },

    async hasPushed(i: { taskId: string }): Promise<boolean> {
      return (await getTask(db, i.taskId)).headSha !== null;
    },

    /** What the agent said and what it answered to the review, on the pull request: the narration a colleague would leave. */
    async narrate(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      if (t.prNumber === null) return;
      for (const s of (await listSaid(db, t.id)).toReversed())
        await effect(t, { kind: 'say', of: s.seq }, () =>
          forge.ensureComment({ repo: t.repo, number: t.prNumber!, marker: marker(t.id, `say-${s.seq}`), body: agentQuote(s.text) }),
        );
      await publishReview({ db, forge, effect }, t);
    },

    /** @param i `redSha`: the commit that the last repair was about */
    async readCi(i: { taskId: string; round: number; redSha?: string | null }): Promise<{
      verdict: CiWord;
      sha: string;
      weakened: string[];
      verified: Verified;
      told: CiTold;
      red: RedCheck[];
      fits: boolean | null;
      base: string;
    }> {
      const t = await getTask(db, i.taskId);
      const pull = await pullOf(t);
      const sha = await headOf(db, pull, t);
      await ensureShown({ db, forge }, t, sha);
      const { verdict, told } = await lookAtChecks(checksOf, t, { sha, pull, round: i.round, redSha: i.redSha ?? null });
      if (told.pull === 'merged') await log(t, (about) => pullRequestMerged.new({ ...about, payload: { number: t.prNumber!, sha: pull!.mergeSha } }));
      return {
        verdict: wordOf(verdict.outcome),
        sha,
        weakened: weakenedTests(await findLatestDiff(db, t.id)).slice(0, 10),
        verified: verdictOf(await findEvidence(db, t.id, sha, 'verify')),
        told,
        red: await listRedChecks(db, t.id, sha),
        // What the forge says of another commit than this one counts for that one.
        fits: pull?.headSha === sha ? pull.fits : null,
        base: t.defaultBranch,
      };
    },

    async ensureReady(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      hit('forge.ready.before');
      await forge.ensureReady(t.repo, t.prNumber!);
      hit('forge.ready.after');
      await log(t, (about) => pullRequestReady.new({ ...about, payload: { number: t.prNumber! } }));
    },

    /** Takes the "ready" back; a repository without drafts leaves it as it is. */
    async ensureDraft(i: { taskId: string; why: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      const pull = await pullOf(t);
      if (pull === null || pull.merged) return;
      hit('forge.draft.before');
      await forge.ensureDraft(t.repo, pull.number).catch((err: unknown) => {
        // Not to be had, or not by this token: what counts is that it is offered no more.
        if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      });
      hit('forge.draft.after');
      await log(t, (about) => pullRequestTakenBack.new({ ...about, key: { sha: pull.headSha }, payload: { number: pull.number, why: i.why } }));
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
      const lines = commits.slice(ours + 1).map((c) => `- \`${c.sha.slice(0, 7)}\` ${inline(c.title)} (${inline(c.author)})`);
      const [said, more] = [lines.slice(-10), lines.length > 10 ? `\n- and ${lines.length - 10} more before these` : ''];
      return {
        body: `Not by the agent, and part of the change that is shown:\n\n${said.join('\n')}${more}`,
      };
    },

    async ensureSummary(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      const runs = await listCompleted(db, t.id);
      const m = marker(t.id, 'summary');
      const sha = t.headSha ?? '';
      const checks = await Promise.all((['diagnostics', 'lint', 'tests'] as const).map((what) => findEvidence(db, t.id, sha, what)));
      const body = summaryBody(
        t,
        runs,
        evidenceLines(
          t,
          await findEvidence(db, t.id, sha, 'verify'),
          checks.filter((c) => c !== null),
        ),
      );
      const comment = { repo: t.repo, number: t.prNumber!, marker: m, body };
      let now = false;
      const { id } = await effect(t, { kind: 'summary' }, () => {
        now = true;
        return forge.ensureComment(comment);
      });
      // Made in an earlier round, it tells of that one only.
      if (!now) await forge.ensureComment({ ...comment, known: id });
    },

    /**
     * @param i `shown`: the commit that was offered for review; older tasks do not say it. `take`: what was gathered is taken up if nothing was
     *   said since, or, `whatever`, with all that was; null: it is only gathered. Older tasks do not say it, and take up what there is
     * @returns `comments`: how many are taken up; `waiting`: what is not yet; `again`: why it is not to be merged as it was offered;
     *   `conflictsWith`: the base that it conflicts with; `rounds`: after how many the person decides, and what is open then
     */
    async readReview(i: {
      taskId: string;
      sinceIso: string;
      shown?: string | undefined;
      take?: { readonly words: string; readonly whatever: boolean } | null;
    }): Promise<{
      state: 'open' | 'merged' | 'closed';
      comments: number;
      newestIso: string;
      author: string;
      waiting?: Waiting;
      again?: string;
      conflictsWith?: string;
      rounds?: { readonly most: number; readonly open: string };
    }> {
      const t = await getTask(db, i.taskId);
      const pr = await forge.getPull(t.repo, t.prNumber!);
      if (pr.merged) {
        await log(t, (about) => pullRequestMerged.new({ ...about, payload: { number: pr.number, sha: pr.mergeSha } }));
        return { state: 'merged', comments: 0, newestIso: i.sinceIso, author: '' };
      }
      if (pr.state === 'closed') {
        await tellClosed(t, pr.number);
        return { state: 'closed', comments: 0, newestIso: i.sinceIso, author: '' };
      }
      // A try that was cut off may have taken them up.
      const before = i.take == null ? null : await findAsked(db, t.id, i.take.words);
      const heard = await hearComments(db, forge, t);
      const { words, atOnce, waiting } = heard;
      const newest = waiting.at(-1);
      const takes = before === null && newest !== undefined && (i.take === undefined || i.take?.whatever === true || i.take?.words === words);
      if (takes) await takeUp(db, t, heard, i.take?.words ?? words);
      await syncThreads(db, forge, t);
      const taken = before ?? (takes ? { author: newest.author, comments: waiting.length } : null);
      const again = i.shown === undefined ? null : await notAsShown(t, pr, i.shown);
      return {
        state: 'open',
        comments: taken?.comments ?? 0,
        newestIso: newest?.at ?? i.sinceIso,
        author: taken?.author ?? '',
        ...(taken !== null || newest === undefined ? {} : { waiting: { comments: waiting.length, author: newest.author, words, atOnce, quietMs } }),
        ...(again === null ? {} : { again: again.sentence }),
        ...(pr.fits === false ? { conflictsWith: t.defaultBranch } : {}),
        ...(taken === null ? {} : { rounds: { most: resolveProjectSettings(t.settings).reviewRounds, open: await openFindings(db, t.id) } }),
      };
    },

    /**
     * Merges what the person was shown, and nothing that has come to the branch since.
     * @param i `shown`: the commit that they decided upon. Tasks from before it was told go by the agent's last push, and what is refused is thrown.
     */
    async merge(i: { taskId: string; method?: string | undefined; shown?: string | undefined }): Promise<Merged> {
      const t = await getTask(db, i.taskId);
      hit('forge.merge.before');
      const pr = await forge.getPull(t.repo, t.prNumber!);
      const head = i.shown ?? (await headOf(db, pr, t));
      const again = i.shown === undefined || pr.merged ? null : await notAsShown(t, pr, i.shown);
      if (again !== null) return again;
      if (i.shown === undefined && !pr.merged && head !== t.headSha)
        throw new ForgeError(
          'rejected',
          `Somebody else has pushed ${head.slice(0, 7)} to the pull request, and it was not shown here. Look at it on GitHub and merge it there, then Retry.`,
        );
      const allowed = pr.merged ? null : await forge.mergeMethods(t.repo);
      const way = wayToMerge(i.method, allowed);
      if ('sentence' in way) return refused(i.shown, way.sentence);
      // The repository's own way may bring the agent's messages over where the person chose none.
      const acting = await findActing(db, t.id);
      const words = wayRefused(way.method, acting);
      if (words !== null) return refused(i.shown, words);
      const message = { title: ours`${agentLine(t.title)} (#${t.prNumber!})`, body: ours`Asked for, reviewed and merged in mainloop.` };
      try {
        const next = (tried: readonly MergeMethod[]): MergeMethod | null => {
          const other = nextWay(i.method, allowed, tried);
          return other === null || wayRefused(other, acting) !== null ? null : other;
        };
        const m = await firstAllowed(way.method, next, (method) => forge.ensureMerged(t.repo, t.prNumber!, head, method, message));
        hit('forge.merge.after');
        await log(t, (about) => pullRequestMerged.new({ ...about, payload: { number: t.prNumber!, sha: m.sha } }));
        return { did: 'merged' };
      } catch (err) {
        if (!(err instanceof MergeRefused) || i.shown === undefined) throw err;
        if (err.why === 'conflicts') return { did: 'conflicts', sentence: sayConflict(t.defaultBranch) };
        if (err.why === 'head_moved') return { did: 'moved', sentence: err.message };
        if (err.why !== 'queue') return { did: 'refused', sentence: err.message };
        // How a queue merges is not told.
        const queued = wayRefused('merge', acting);
        if (queued !== null) return { did: 'refused', sentence: queued };
        await forge.ensureQueued(t.repo, t.prNumber!, head);
        return { did: 'queued' };
      }
    },

    /**
     * Whether it is open, and who closed it when.
     * @param i `closedAtIso`: when it was closed, by an earlier look
     */
    async readPull(i: { taskId: string; closedAtIso?: string }): Promise<{ state: 'open' | 'closed' | 'merged'; by: string; atIso: string }> {
      const t = await getTask(db, i.taskId);
      const pr = await forge.getPull(t.repo, t.prNumber!);
      if (pr.merged) {
        await log(t, (about) => pullRequestMerged.new({ ...about, payload: { number: pr.number, sha: pr.mergeSha } }));
        return { state: 'merged', by: '', atIso: '' };
      }
      if (pr.state === 'closed') return { state: 'closed', ...(await tellClosed(t, pr.number)) };
      if (i.closedAtIso !== undefined) await tellReopened(t, pr.number, i.closedAtIso);
      return { state: 'open', by: '', atIso: '' };
    },

    /** Opens it again. What the forge refuses is said in its words. */
    async ensureReopened(i: { taskId: string; closedAtIso: string }): Promise<{ did: 'reopened' } | { did: 'refused'; sentence: string }> {
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
      hit('forge.clean.after');
    },
  };
};

/** @param next the way after those that the forge has refused; null when none is left, and then the last refusal counts */
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

/** For tasks that wait for an answer as they were, a refusal is an error whose Retry tries again. */
function refused(shown: string | undefined, sentence: string): Merged {
  if (shown === undefined) throw new ForgeError('rejected', sentence);
  return { did: 'refused', sentence };
}

/** Words from outside within a line of Markdown. */
const inline = (words: string): string => cleanTitle(words, 100).replace(/[\\`*_[\]<>()#|!~]/g, '\\$&');

const NO_ISSUES = 'This repository has no issues, so the plan is only here.';

function issueBody(t: TaskRow): ForgeText {
  const asked = agentQuote(t.prompt, 4_000);
  if (t.plan === null) return ours`${asked}\n\n_Claude is reading the code; the plan appears here._`;
  return ours`${asked}\n\nThe agent's plan:\n\n${agentQuote(t.plan)}\n\n---\nPlan revision ${t.planRevision}. Approve it in mainloop, with a 👍 here, or by a comment "approved". Any other comment is worked into the plan.`;
}

const PHASES: ReadonlyMap<string, ForgeText> = new Map([
  ['implement', ours`The change`],
  ['fix_ci', ours`CI repair`],
  ['address_review', ours`Review`],
]);
function summaryBody(t: TaskRow, runs: readonly CompletedRun[], evidence: ForgeText): ForgeText {
  const parts = runs.map((r) => ours`**${PHASES.get(r.phase) ?? agentLine(r.phase)}.**\n\n${agentQuote(r.outcome.summary, 3_000)}`);
  return ours`### Ready for review\n\n${joined(parts, '\n\n')}\n\n${evidence} Cost so far: ${agentLine(dollars(t.costMicrousd))}.`;
}
