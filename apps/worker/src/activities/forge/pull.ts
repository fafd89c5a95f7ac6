// The pull request while it is made: a draft, its narration, ready, and back to a draft.
import { ForgeError, isRetryable } from '@mainloop/adapters/forge/port';
import { findEvidence } from '@mainloop/models/db/runs/evidence';
import { listCompleted, type CompletedRun } from '@mainloop/models/db/runs/lists';
import { getTask, listSaid, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { pullRequestEnsured, pullRequestReady, pullRequestTakenBack } from '@mainloop/models/events/forge';
import { agentLine, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge-text';
import { marker } from '@mainloop/models/flow/ids';
import { dollars } from '@mainloop/models/flow/pricing';
import { fillPullTemplate } from '@mainloop/models/flow/pull-template';
import { publishReview } from '../../reviews.ts';
import { evidenceLines } from '../../evidence.ts';
import type { ForgeContext } from './context.ts';
import { ensurePictures } from './pictures.ts';

const PHASES: ReadonlyMap<string, ForgeText> = new Map([
  ['implement', ours`The change`],
  ['fix_ci', ours`Repair`],
  ['address_review', ours`Review`],
]);
function summaryBody(
  t: TaskRow,
  runs: readonly CompletedRun[],
  evidence: ForgeText,
  pictures: ForgeText,
): ForgeText {
  const parts = runs.map(
    (r) => ours`**${PHASES.get(r.phase) ?? agentLine(r.phase)}.**\n\n${agentQuote(r.outcome.summary, 3_000)}`,
  );
  return ours`### Ready for review\n\n${joined(parts, '\n\n')}\n\n${evidence} Cost so far: ${agentLine(dollars(t.costMicrousd))}.${pictures}`;
}

/**
 * The pull request, from the draft to what is offered for review.
 * @returns activities; each takes one object with a `taskId`
 */
export const pullActivities = ({ db, forge, hit, effect, log, pullOf }: ForgeContext) => {
  const pullBody = async (t: TaskRow): Promise<ForgeText> => {
    const closes = t.issueNumber === null ? null : ours`Closes #${t.issueNumber}`;
    const asked = agentQuote(t.prompt, 2_000);
    const template = await forge.readPullTemplate(t.repo);
    const [did] = template === null ? [] : await listCompleted(db, t.id);
    const what =
      did === undefined
        ? asked
        : ours`${asked}\n\nThe agent says of it:\n\n${agentQuote(did.outcome.summary, 3_000)}`;
    const body =
      template === null
        ? joined([...(closes === null ? [] : [closes]), what], '\n\n')
        : fillPullTemplate(template, { what, closes });
    return ours`${body}\n\n---\nmainloop works on this. It turns ready for review when CI is green.`;
  };
  return {
    async ensureDraftPr(i: { taskId: string }): Promise<{ number: number }> {
      const t = await getTask(db, i.taskId);
      const pr = await effect(t, { kind: 'pr' }, async () => {
        const body = await pullBody(t);
        return forge.ensureDraftPr({
          repo: t.repo,
          marker: marker(t.id, 'pr'),
          title: agentLine(t.title),
          body,
          head: t.branch,
          base: t.defaultBranch,
        });
      });
      await log(t, (about) =>
        pullRequestEnsured.new({
          ...about,
          payload: { number: pr.number, url: pr.url, outcome: pr.outcome },
        }),
      );
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
          forge.ensureComment({
            repo: t.repo,
            number: t.prNumber!,
            marker: marker(t.id, `say-${s.seq}`),
            body: agentQuote(s.text),
          }),
        );
      await publishReview({ db, forge, effect }, t);
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
      await log(t, (about) =>
        pullRequestTakenBack.new({
          ...about,
          key: { sha: pull.headSha },
          payload: { number: pull.number, why: i.why },
        }),
      );
    },

    async ensureSummary(i: { taskId: string }): Promise<void> {
      const t = await getTask(db, i.taskId);
      const runs = await listCompleted(db, t.id);
      const m = marker(t.id, 'summary');
      const sha = t.headSha ?? '';
      const checks = await Promise.all(
        (['diagnostics', 'lint', 'tests'] as const).map((what) => findEvidence(db, t.id, sha, what)),
      );
      const body = summaryBody(
        t,
        runs,
        evidenceLines(
          t,
          await findEvidence(db, t.id, sha, 'verify'),
          checks.filter((c) => c !== null),
        ),
        await ensurePictures({ db, forge, hit }, t),
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
  };
};
