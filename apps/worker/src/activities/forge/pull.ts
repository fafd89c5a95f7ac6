// The pull request while it is made: a draft, its narration, ready, and back to a draft.
import { ForgeError, isRetryable } from '@mainloop/adapters/forge/port';
import { findEvidence } from '@mainloop/models/db/runs/evidence';
import { listCompleted, type CompletedRun } from '@mainloop/models/db/runs/lists';
import { getTask, listSaid, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { pullRequestEnsured, pullRequestReady, pullRequestTakenBack } from '@mainloop/models/events/forge';
import { agentLine, agentQuote, joined, ours, type ForgeText } from '@mainloop/models/flow/forge/text';
import { marker } from '@mainloop/models/flow/ids';
import { dollars } from '@mainloop/models/flow/money/pricing';
import { fillPullTemplate } from '@mainloop/models/flow/forge/pull-template';
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
  task: TaskRow,
  runs: readonly CompletedRun[],
  evidence: ForgeText,
  pictures: ForgeText,
): ForgeText {
  const parts = runs.map(
    (r) => ours`**${PHASES.get(r.phase) ?? agentLine(r.phase)}.**\n\n${agentQuote(r.outcome.summary, 3_000)}`,
  );
  return ours`### Ready for review\n\n${joined(parts, '\n\n')}\n\n${evidence} Cost so far: ${agentLine(dollars(task.costMicrousd))}.${pictures}`;
}

/**
 * The pull request, from the draft to what is offered for review.
 * @returns activities; each takes one object with a `taskId`
 */
export const pullActivities = ({ db, forge, hit, effect, log, pullOf }: ForgeContext) => {
  const pullBody = async (task: TaskRow): Promise<ForgeText> => {
    const closes = task.issueNumber === null ? null : ours`Closes #${task.issueNumber}`;
    const asked = agentQuote(task.prompt, 2_000);
    const template = await forge.readPullTemplate(task.repo);
    const [did] = template === null ? [] : await listCompleted(db, task.id);
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
    async ensureDraftPr(input: { taskId: string }): Promise<{ number: number }> {
      const task = await getTask(db, input.taskId);
      const pull = await effect(task, { kind: 'pr' }, async () => {
        const body = await pullBody(task);
        return forge.ensureDraftPr({
          repo: task.repo,
          marker: marker(task.id, 'pr'),
          title: agentLine(task.title),
          body,
          head: task.branch,
          base: task.defaultBranch,
        });
      });
      await log(task, (about) =>
        pullRequestEnsured.new({
          ...about,
          payload: { number: pull.number, url: pull.url, outcome: pull.outcome },
        }),
      );
      return { number: pull.number };
    },

    async hasPushed(input: { taskId: string }): Promise<boolean> {
      return (await getTask(db, input.taskId)).headSha !== null;
    },

    /**
     * What the agent said and what it answered to the review, on the pull request: the narration a colleague
     * would leave.
     */
    async narrate(input: { taskId: string }): Promise<void> {
      const task = await getTask(db, input.taskId);
      if (task.prNumber === null) return;
      for (const said of (await listSaid(db, task.id)).toReversed())
        await effect(task, { kind: 'say', of: said.seq }, () =>
          forge.ensureComment({
            repo: task.repo,
            number: task.prNumber!,
            marker: marker(task.id, `say-${said.seq}`),
            body: agentQuote(said.text),
          }),
        );
      await publishReview({ db, forge, effect }, task);
    },

    async ensureReady(input: { taskId: string }): Promise<void> {
      const task = await getTask(db, input.taskId);
      hit('forge.ready.before');
      await forge.ensureReady(task.repo, task.prNumber!);
      hit('forge.ready.after');
      await log(task, (about) => pullRequestReady.new({ ...about, payload: { number: task.prNumber! } }));
    },

    /** Takes the "ready" back; a repository without drafts leaves it as it is. */
    async ensureDraft(input: { taskId: string; why: string }): Promise<void> {
      const task = await getTask(db, input.taskId);
      const pull = await pullOf(task);
      if (pull === null || pull.merged) return;
      hit('forge.draft.before');
      await forge.ensureDraft(task.repo, pull.number).catch((err: unknown) => {
        // Not to be had, or not by this token: what counts is that it is offered no more.
        if (!(err instanceof ForgeError) || isRetryable(err.kind)) throw err;
      });
      hit('forge.draft.after');
      await log(task, (about) =>
        pullRequestTakenBack.new({
          ...about,
          key: { sha: pull.headSha },
          payload: { number: pull.number, why: input.why },
        }),
      );
    },

    async ensureSummary(input: { taskId: string }): Promise<void> {
      const task = await getTask(db, input.taskId);
      const runs = await listCompleted(db, task.id);
      const mark = marker(task.id, 'summary');
      const sha = task.headSha ?? '';
      const checks = await Promise.all(
        (['diagnostics', 'lint', 'tests'] as const).map((what) => findEvidence(db, task.id, sha, what)),
      );
      const body = summaryBody(
        task,
        runs,
        evidenceLines(
          task,
          await findEvidence(db, task.id, sha, 'verify'),
          checks.filter((c) => c !== null),
        ),
        await ensurePictures({ db, forge, hit }, task),
      );
      const comment = { repo: task.repo, number: task.prNumber!, marker: mark, body };
      let now = false;
      const { id } = await effect(task, { kind: 'summary' }, () => {
        now = true;
        return forge.ensureComment(comment);
      });
      // Made in an earlier round, it tells of that one only.
      if (!now) await forge.ensureComment({ ...comment, known: id });
    },
  };
};
