// Runs of the agent: prepared, started, looked after, stopped. The workflow sleeps while one works.
import type { Forge } from '@mainloop/adapters/forge/port';
import { SandboxError, type Sandbox } from '@mainloop/adapters/sandbox/port';
import type { Logger } from '@mainloop/logs/log';
import { INSIDE } from '@mainloop/models/contracts/runner';
import { unreadableWords } from '@mainloop/models/contracts/settings';
import { deleteCheckpoint } from '@mainloop/models/db/runs/checkpoints';
import { findEvidence, listRedChecks } from '@mainloop/models/db/runs/evidence';
import { findItem } from '@mainloop/models/db/inbox/items';
import { listApproved } from '@mainloop/models/db/learnings/learnings';
import { appendOnce } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { listUnended } from '@mainloop/models/db/runs/lists';
import { endRun, ensureRun, getRun, openEpoch, takeSlot } from '@mainloop/models/db/runs/runs';
import { isAllPaused } from '@mainloop/models/db/runs/pause';
import { sendCommand } from '@mainloop/models/db/runs/commands';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { learningGiven } from '@mainloop/models/events/learnings';
import { settingsUnreadable } from '@mainloop/models/events/runs';
import { applying, learningWords } from '@mainloop/models/flow/learnings';
import { own } from '@mainloop/models/flow/look';
import { limitsIn } from '@mainloop/models/flow/money';
import type { RunEnd, RunOutcome } from '@mainloop/models/flow/outcomes';
import { promptFor, type PromptFacts } from '@mainloop/models/flow/prompts';
import { cutLog } from '@mainloop/models/flow/text';
import type { RunRequest } from '@mainloop/models/flow/workflow';
import { logOf, readVerdict } from '../checks.ts';
import { effects } from '../effects.ts';
import { ensureFresh } from '../folder.ts';
import type { Importer } from '../importer.ts';
import { ensureNamed } from '../renamed.ts';
import type { Hit } from '@mainloop/doors/failpoints';
import { findOpen } from '../findings.ts';
import { publishReview } from '../reviews.ts';

const MAX_LOGS = 3;

export interface RunDeps {
  readonly db: Db;
  readonly forge: Forge;
  readonly sandbox: Sandbox;
  readonly importer: Importer;
  readonly hit: Hit;
  readonly log: Logger;
  readonly settleMs: number;
}

/**
 * Preparing, starting, watching and ending runs.
 * @returns activities; each takes one object with the ids
 */
export const runActivities = ({ db, forge, sandbox, importer, hit, log, settleMs }: RunDeps) => {
  const capsOf = async (t: TaskRow): Promise<Parameters<typeof takeSlot>[2]> => {
    const mine = await getSettings(db, t.ownerId);
    return {
      all: mine.maxRuns,
      ofProject: (settings) => resolveProjectSettings(settings).maxRuns,
      money: {
        owner: limitsIn(mine),
        ofProject: (settings) => limitsIn(resolveProjectSettings(settings)),
      },
    };
  };
  const slotFor = async (runId: string, t: TaskRow): Promise<{ got: boolean; ahead: number }> =>
    takeSlot(db, runId, await capsOf(t));

  return {
    /** @returns the run and, unless an older worker answers, whether it may start at once */
    async prepareRun(i: RunRequest): Promise<{ runId: string; slot?: { got: boolean; ahead: number } }> {
      const t = await ensureNamed({ db, forge }, await getTask(db, i.taskId));
      const base = await ensureFresh({ db, importer, log }, t);
      // Colleagues see what was asked before it is done.
      if (i.phase === 'address_review')
        await publishReview({ db, forge, effect: effects({ db, hit, settleMs }) }, t);
      const answers = await answersOf(db, i.context.answered);
      const about = i.context.about ? (await answersOf(db, [i.context.about]))[0]?.answer : undefined;
      const rules = applying(
        await listApproved(db, t.ownerId, t.projectId),
        [t.title, t.prompt, t.plan ?? ''].join('\n'),
      );
      const facts: PromptFacts = {
        phase: i.phase,
        title: t.title,
        prompt: t.prompt,
        branch: t.branch,
        base,
        plan: t.plan,
        answers,
        resumed: i.context.resumed ?? false,
        round: i.context.round ?? 1,
        verifyCommand: resolveProjectSettings(t.settings).verifyCommand,
        files: t.attachments.map((a) => `${INSIDE.home}/attachments/${a.name}`),
        revise: i.phase === 'plan' ? (about ?? null) : null,
        learned: learningWords(rules),
        ...(i.phase === 'fix_ci' && about !== undefined ? { putBack: about } : {}),
        ...(i.context.conflictsWith === undefined ? {} : { conflictsWith: i.context.conflictsWith }),
        ...(i.phase === 'fix_ci' && about === undefined && i.context.conflictsWith === undefined
          ? { failingLog: await failingLog(db, forge, t, i.context.ciSha ?? t.headSha ?? '') }
          : {}),
        ...(i.phase === 'address_review'
          ? {
              comments: [
                ...(about ? [{ id: null, author: 'the reader', path: null, line: null, body: about }] : []),
                ...(await findOpen(db, t.id)).map(({ comment: c, kind }) => ({
                  id: c.id,
                  author: c.author === 'you' ? 'the reader' : c.author,
                  path: c.path,
                  line: c.line,
                  finding: kind,
                  quote: c.quote,
                  body: c.body,
                })),
              ],
            }
          : {}),
      };
      const runId = await ensureRun(db, {
        ownerId: t.ownerId,
        taskId: t.id,
        n: i.n,
        phase: i.phase,
        prompt: (said, freshSession) => promptFor({ ...facts, said, freshSession }),
        model: t.model,
      });
      if (rules.length > 0)
        await appendOnce(
          db,
          [
            learningGiven.atStart({
              taskId: t.id,
              actor: 'mainloop',
              payload: { runId, ids: rules.map((l) => l.id), asked: null },
            }),
          ],
          t.ownerId,
        );
      const sentence = unreadableWords(resolveProjectSettings(t.settings).unreadable, t.repo);
      if (sentence !== null)
        await appendOnce(
          db,
          [settingsUnreadable.new({ taskId: t.id, actor: 'mainloop', payload: { runId, sentence } })],
          t.ownerId,
        );
      return { runId, slot: await slotFor(runId, t) };
    },

    /** Makes the task's place while it is still being prepared. */
    async ensurePlace(i: { taskId: string }): Promise<void> {
      await sandbox.provision(i.taskId);
    },

    async takeSlot(i: { runId: string }): Promise<{ got: boolean; ahead: number }> {
      const run = (await getRun(db, i.runId))!;
      const t = await getTask(db, run.task_id);
      return slotFor(i.runId, t);
    },

    /** Short and repeatable: a run that is there is left alone, one that is gone is started under the next epoch. */
    async startRun(i: { runId: string }): Promise<void> {
      const run = await getRun(db, i.runId);
      if (!run || run.state === 'ended') return;
      // It got its slot, or was lost, right before everything was paused.
      if (await isAllPaused(db, run.owner_id)) {
        await endRun(db, run.id, run.epoch, { kind: 'interrupted', reason: 'all_paused' });
        return;
      }
      const t = await getTask(db, run.task_id);
      const [now] = await Promise.all([sandbox.status(t.id), sandbox.provision(t.id)]);
      if (now.kind === 'running' && now.runId === run.id && now.epoch === run.epoch) return;
      const { run: opened, token } = await openEpoch(db, i.runId);
      hit('sandbox.start.before');
      const project = resolveProjectSettings(t.settings);
      // Where agents ask before they run something, nothing is run that was only found, and nobody is asked about a set-up beside a task.
      const keeps = project.permissions !== 'ask' && (project.setupCommand !== null || project.findSetup);
      const setup = keeps
        ? { setup: { base: t.defaultBranch, command: project.setupCommand, folder: project.folder } }
        : {};
      // A forge that is away does not keep a run from starting.
      const author = await forge.whoCommits().catch(() => null);
      const of = author === null ? {} : { author };
      await sandbox.start({
        taskId: t.id,
        runId: run.id,
        epoch: opened.epoch,
        token,
        repo: t.repo,
        ...setup,
        ...of,
      });
      hit('sandbox.start.after');
    },

    async checkRun(i: {
      runId: string;
    }): Promise<{ at: 'running' | 'gone' } | { at: 'ended'; outcome: RunEnd }> {
      const run = await getRun(db, i.runId);
      if (!run) throw new Error(`there is no run ${i.runId}`);
      if (run.state === 'ended') return { at: 'ended', outcome: short(run.outcome!) };
      const now = await sandbox.status(run.task_id);
      if (now.kind === 'running' && now.runId === run.id) {
        // Alive, but it has not spoken for four leases: it hangs. Its successor starts from the checkpoint.
        if (run.lease_until !== null && Date.now() - run.lease_until.getTime() < 45_000)
          return { at: 'running' };
        await sandbox.stop(run.task_id);
      }
      if (now.kind === 'stuck' && now.runId === run.id) {
        // Left in place it would be found again by every retry.
        await sandbox.stop(run.task_id);
        throw new SandboxError('setup', now.sentence);
      }
      if (
        now.kind === 'exited' &&
        now.over !== undefined &&
        now.runId === run.id &&
        now.epoch === run.epoch
      ) {
        // Left in place it would be too full again at once.
        await endRun(db, run.id, run.epoch, { kind: 'limit', reason: now.over });
        await sandbox.release(run.task_id);
      }
      // It may have reported and left between the two looks.
      const again = (await getRun(db, i.runId))!;
      return again.state === 'ended' ? { at: 'ended', outcome: short(again.outcome!) } : { at: 'gone' };
    },

    async stopRun(i: { taskId: string }): Promise<void> {
      const active = await listUnended(db, i.taskId);
      for (const r of active)
        if (r.state === 'running') await sendCommand(db, r.id, { type: 'stop', why: 'stopped' });
      await sandbox.stop(i.taskId);
      for (const r of active) await endRun(db, r.id, r.epoch, { kind: 'interrupted', reason: 'stopped' });
    },

    async giveUpRun(i: { runId: string }): Promise<void> {
      const run = await getRun(db, i.runId);
      if (run && run.state !== 'ended')
        await endRun(db, run.id, run.epoch, { kind: 'interrupted', reason: 'lost' });
    },

    async releaseSandbox(i: { taskId: string }): Promise<void> {
      hit('sandbox.release.before');
      await sandbox.release(i.taskId);
      await deleteCheckpoint(db, i.taskId);
      hit('sandbox.release.after');
    },
  };
};

function short(o: RunOutcome): RunEnd {
  if (o.kind === 'completed') return { kind: 'completed' };
  return o.kind === 'failed' ? { ...o, detail: o.detail.slice(0, 1_500) } : o;
}

async function answersOf(db: Db, ids: readonly string[]): Promise<{ question: string; answer: string }[]> {
  const out: { question: string; answer: string }[] = [];
  for (const id of ids) {
    const item = await findItem(db, id);
    if (item?.answer)
      out.push({
        question: item.title,
        answer: item.answer.text || own(ANSWER_WORDS, item.answer.decision) || item.answer.decision,
      });
  }
  return out;
}
const ANSWER_WORDS: Record<string, string> = {
  allow: 'Yes. Push again, it is let through now.',
  deny: 'No. Take the change to those files out again, then push.',
};

/** The log of the first failing job, cut to what a repair needs. */
async function failingLog(db: Db, forge: Forge, t: TaskRow, sha: string): Promise<string> {
  const parts: string[] = [];
  const verify = await findEvidence(db, t.id, sha, 'verify');
  if (verify && verify.exitCode !== 0)
    parts.push(
      `The project's verify command, \`${verify.command}\`: ${verify.exitCode === null ? 'ran out of time' : `exit ${verify.exitCode}`}\n${cutLog(verify.tail)}`,
    );
  for (const r of await listRedChecks(db, t.id, sha))
    parts.push(
      `In the sandbox, on what you pushed, \`${r.command}\` is red. The repository names it, so it has to be green.\n${cutLog(r.tail)}`,
    );
  const { outcome } = await readVerdict({ db, forge }, t, sha);
  if (outcome.is !== 'red') return parts.join('\n\n');
  for (const [n, c] of outcome.failed.entries()) {
    if (c.job === null || n >= MAX_LOGS) parts.push(`Check "${c.name}" failed. ${c.summary}`.trim());
    else {
      // A log is a help and no condition; the prompt says that there is none.
      const log = await logOf(forge, t.repo, c.job);
      parts.push(
        `Job "${c.name}" failed.\n${log === '' ? `(its log could not be fetched)\n${c.summary}`.trim() : cutLog(log)}`,
      );
    }
  }
  return parts.join('\n\n');
}
