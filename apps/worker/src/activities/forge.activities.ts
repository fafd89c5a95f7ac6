// What a task workflow does to the forge. Every effect: intent row first, a marker in the body, a look before a second try.
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { decide } from '@mainloop/models/db/decide';
import { findEvidence } from '@mainloop/models/db/evidence';
import { findLatestDiff, hasPushed } from '@mainloop/models/db/forge';
import { append } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { listCompleted, type CompletedRun } from '@mainloop/models/db/run-lists';
import { getTask, listSaid, type TaskRow } from '@mainloop/models/db/tasks';
import { ciVerdict, weakenedTests, type CiVerdict, type Verified } from '@mainloop/models/flow/ci';
import type { EventBody } from '@mainloop/models/flow/events';
import { agentLine, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge-text';
import { isOurComment, marker } from '@mainloop/models/flow/ids';
import { dollars } from '@mainloop/models/flow/pricing';
import { MERGE_METHODS } from '@mainloop/models/flow/workflow';
import type { Hit } from '@mainloop/doors/failpoints';
import { effects } from '../effects.ts';
import { importComments, newComments, publishReview, syncThreads } from '../reviews.ts';
import { ensureQuestion, readAnswer } from '../questions.ts';
import { evidenceLines, verdictOf } from '../evidence.ts';

export interface ForgeDeps {
  readonly db: Db;
  readonly forge: Forge;
  readonly hit: Hit;
  readonly settleMs: number;
}

export const forgeActivities = ({ db, forge, hit, settleMs }: ForgeDeps) => {
  const log = (t: TaskRow, dedupeKey: string, body: EventBody): Promise<unknown> =>
    withTx(db, (tx) => append(tx, [{ ...body, taskId: t.id, actor: 'mainloop', dedupeKey }], t.ownerId));

  const effect = effects({ db, hit, settleMs });

  const ensureIssue = async (i: { taskId: string }): Promise<{ number: number }> => {
    const t = await getTask(db, i.taskId);
    const m = marker(t.id, 'plan');
    const made = await effect(t, 'issue', () =>
      forge.ensureIssue({ repo: t.repo, marker: m, title: agentLine(t.title), body: issueBody(t), known: null }),
    );
    const now = await forge.ensureIssue({ repo: t.repo, marker: m, title: agentLine(t.title), body: issueBody(t), known: made.number });
    await log(t, `issue/${t.id}/${t.planRevision}`, {
      type: 'issue.ensured',
      payload: { number: made.number, url: made.url, outcome: t.planRevision > 1 ? now.outcome : 'created' },
    });
    return { number: made.number };
  };

  return {
    ensureIssue,

    /** Approval on GitHub: a reaction or a comment of somebody who may write. Postgres first: it becomes a decision like any other. */
    async readPlanAnswer(i: { taskId: string; itemId: string; sinceIso: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      if (t.issueNumber === null) return;
      const say = (author: string, decision: 'approve' | 'revise', text: string) =>
        decide(db, { ownerId: t.ownerId, itemId: i.itemId, decision, text, via: 'github', by: author });
      for (const c of await forge.listIssueComments(t.repo, t.issueNumber, i.sinceIso)) {
        if (c.at < i.sinceIso || isOurComment(c) || !(await forge.mayWrite(t.repo, c.author))) continue;
        await say(c.author, APPROVES.test(c.body.trim()) ? 'approve' : 'revise', c.body);
        return;
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
      const pr = await effect(t, 'pr', () =>
        forge.ensureDraftPr({ repo: t.repo, marker: marker(t.id, 'pr'), title: agentLine(t.title), body, head: t.branch, base: t.defaultBranch }),
      );
      await log(t, `pr/${t.id}`, { type: 'pr.ensured', payload: { number: pr.number, url: pr.url, outcome: pr.outcome } });
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
        await effect(t, `say-${s.seq}`, () =>
          forge.ensureComment({ repo: t.repo, number: t.prNumber!, marker: marker(t.id, `say-${s.seq}`), body: agentQuote(s.text) }),
        );
      await publishReview({ db, forge, effect }, t);
    },

    async readCi(i: { taskId: string; round: number }): Promise<{ verdict: CiVerdict; sha: string; weakened: string[]; verified: Verified }> {
      const t = await getTask(db, i.taskId);
      const sha = await headOf(db, forge, t);
      const { checks, statuses } = await forge.listChecks(t.repo, sha);
      const v = ciVerdict(checks, statuses);
      await log(t, `ci/${t.id}/${sha}/${v.verdict}/${v.passed}/${v.failed}/${v.pending}`, {
        type: 'ci.verdict',
        payload: { sha, round: i.round, ...v },
      });
      return {
        verdict: v.verdict,
        sha,
        weakened: weakenedTests(await findLatestDiff(db, t.id)).slice(0, 10),
        verified: verdictOf(await findEvidence(db, t.id, sha, 'verify')),
      };
    },

    async ensureReady(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      hit('forge.ready.before');
      await forge.ensureReady(t.repo, t.prNumber!);
      hit('forge.ready.after');
      await log(t, `ready/${t.id}`, { type: 'pr.ready', payload: { number: t.prNumber! } });
    },

    async ensureSummary(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      const runs = await listCompleted(db, t.id);
      const m = marker(t.id, 'summary');
      const sha = t.headSha ?? '';
      const checks = [await findEvidence(db, t.id, sha, 'diagnostics'), await findEvidence(db, t.id, sha, 'lint')];
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
      const { id } = await effect(t, 'summary', () => {
        now = true;
        return forge.ensureComment(comment);
      });
      // Made in an earlier round, it tells of that one only.
      if (!now) await forge.ensureComment({ ...comment, known: id });
    },

    async readReview(i: {
      taskId: string;
      sinceIso: string;
    }): Promise<{ state: 'open' | 'merged' | 'closed'; comments: number; newestIso: string; author: string }> {
      const t = await getTask(db, i.taskId);
      const pr = await forge.getPull(t.repo, t.prNumber!);
      if (pr.merged) {
        await log(t, `merged/${t.id}`, { type: 'pr.merged', payload: { number: pr.number, sha: pr.mergeSha } });
        return { state: 'merged', comments: 0, newestIso: i.sinceIso, author: '' };
      }
      if (pr.state === 'closed') {
        await log(t, `closed/${t.id}`, { type: 'pr.closed', payload: { number: pr.number } });
        return { state: 'closed', comments: 0, newestIso: i.sinceIso, author: '' };
      }
      const found = await newComments(db, forge, t, i.sinceIso);
      await importComments(db, t, found);
      await syncThreads(db, forge, t);
      const newest = found.at(-1);
      if (newest)
        await log(t, `review/${t.id}/${newest.at}`, { type: 'review.asked_changes', payload: { author: newest.author, comments: found.length } });
      return { state: 'open', comments: found.length, newestIso: newest?.at ?? i.sinceIso, author: newest?.author ?? '' };
    },

    /** Merges what the person was shown, and nothing that has come to the branch since. */
    async merge(i: { taskId: string; method?: string | undefined }): Promise<void> {
      const t = await getTask(db, i.taskId);
      hit('forge.merge.before');
      const pr = await forge.getPull(t.repo, t.prNumber!);
      const head = await headOf(db, forge, t);
      if (!pr.merged && head !== t.headSha)
        throw new ForgeError(
          'rejected',
          `Somebody else has pushed ${head.slice(0, 7)} to the pull request, and it was not shown here. Look at it on GitHub and merge it there, then Retry.`,
        );
      const method = MERGE_METHODS.find((x) => x === i.method) ?? MERGE_METHODS[0];
      const m = await forge.ensureMerged(t.repo, t.prNumber!, head, method, {
        title: ours`${agentLine(t.title)} (#${t.prNumber!})`,
        body: ours`Asked for, reviewed and merged in mainloop.`,
      });
      hit('forge.merge.after');
      await log(t, `merged/${t.id}`, { type: 'pr.merged', payload: { number: t.prNumber!, sha: m.sha } });
    },

    /** After a merge only the branch goes; a cancelled task leaves nothing open behind. */
    async cleanForge(i: { taskId: string; merged: boolean }): Promise<void> {
      const t = await getTask(db, i.taskId);
      hit('forge.clean.before');
      if (!i.merged && t.prNumber !== null) await forge.ensureClosed(t.repo, t.prNumber);
      if (t.issueNumber !== null) await forge.ensureClosed(t.repo, t.issueNumber);
      if (t.headSha !== null) await forge.ensureBranchGone(t.repo, t.branch);
      hit('forge.clean.after');
    },
  };
};

/**
 * The commit that CI is asked about. GitHub may tell of a pull request's head a moment late, and then it is a push of ours that another has
 * followed: its red CI was repaired already. What is none of ours somebody else has pushed, and it counts.
 */
async function headOf(db: Db, forge: Pick<Forge, 'getPull'>, t: TaskRow): Promise<string> {
  if (t.prNumber === null) return t.headSha ?? '';
  const { headSha } = await forge.getPull(t.repo, t.prNumber);
  if (t.headSha === null || headSha === t.headSha) return headSha;
  return (await hasPushed(db, t.id, headSha)) ? t.headSha : headSha;
}

const APPROVES = /^(\/?approved?|lgtm|yes|go|go ahead|ship it|👍|:\+1:)[.! ]*$/i;

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
