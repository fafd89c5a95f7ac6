// Runs of the agent: prepared, started, looked after, stopped. The workflow sleeps while one works.
import type { Forge } from '@mainloop/adapters/forge/port';
import { SandboxError, type Sandbox, type SandboxRun } from '@mainloop/adapters/sandbox/port';
import type { Logger } from '@mainloop/logs/log';
import { INSIDE } from '@mainloop/models/contracts/runner';
import { findArea } from '@mainloop/models/db/awareness/areas';
import { unreadableWords } from '@mainloop/models/contracts/settings';
import { deleteCheckpoint } from '@mainloop/models/db/runs/checkpoints';
import { findEvidence, listEvidence, listRedChecks } from '@mainloop/models/db/runs/evidence';
import { findItem } from '@mainloop/models/db/inbox/items';
import { listApproved } from '@mainloop/models/db/learnings/learnings';
import { appendOnce } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { listUnended } from '@mainloop/models/db/runs/lists';
import { endRun } from '@mainloop/models/db/runs/endings';
import { ensureRun, getRun } from '@mainloop/models/db/runs/runs';
import { openEpoch } from '@mainloop/models/db/runs/epochs';
import { Slots, type SlotCaps } from '@mainloop/models/db/runs/slots';
import { isAllPaused } from '@mainloop/models/db/runs/pause';
import { findOutcomeBefore, listOfRunner, sendCommand } from '@mainloop/models/db/runs/commands';
import { getSettings, resolveProjectSettings } from '@mainloop/models/db/projects/settings';
import { openComments } from '@mainloop/models/db/review/comments';
import { getTask, type TaskRow } from '@mainloop/models/db/tasks/tasks';
import { learningGiven } from '@mainloop/models/events/learnings';
import { settingsUnreadable } from '@mainloop/models/events/runs';
import { applying, learningWords } from '@mainloop/models/flow/learnings/learnings';
import { areaWords } from '@mainloop/models/flow/awareness/areas';
import { own } from '@mainloop/models/flow/look';
import { limitsIn } from '@mainloop/models/flow/money/money';
import { doneBefore, type RunEnd, type RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import { sayRefused } from '@mainloop/models/flow/runs/permissions';
import { commentAuthor } from '@mainloop/models/flow/review/authors';
import { promptFor, type PromptFacts } from '@mainloop/models/flow/runs/prompts';
import { cutLog } from '@mainloop/models/flow/text';
import type { Phase } from '@mainloop/models/flow/states';
import type { RunRequest } from '@mainloop/models/flow/workflow';
import { logOf, readVerdict } from '../checks.ts';
import { effects } from '../effects.ts';
import { ensureFresh } from '../folder.ts';
import type { Importer } from '../importer.ts';
import { ensureNamed } from '../renamed.ts';
import type { Hit } from '@mainloop/network/failpoints';
import { findOpen } from '../findings.ts';
import { publishReview } from '../reviews.ts';
import { workflowPrompt } from '../workflow-prompt.ts';

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
  const capsOf = async (task: TaskRow): Promise<SlotCaps> => {
    const mine = await getSettings(db, task.ownerId);
    return {
      all: mine.maxRuns,
      ofProject: (settings) => resolveProjectSettings(settings).maxRuns,
      isSerial: (settings) => resolveProjectSettings(settings).dispatch === 'serial',
      money: {
        owner: limitsIn(mine),
        ofProject: (settings) => limitsIn(resolveProjectSettings(settings)),
      },
    };
  };
  const slots = new Slots(db);

  return {
    /** @returns the run and, unless an older worker answers, whether it may start at once */
    async prepareRun(input: RunRequest): Promise<{ runId: string; slot?: { got: boolean; ahead: number } }> {
      const task = await ensureNamed({ db, forge }, await getTask(db, input.taskId));
      const base = await ensureFresh({ db, importer, log }, task);
      // Colleagues see what was asked before it is done.
      if (input.phase === 'address_review')
        await publishReview({ db, forge, effect: effects({ db, hit, settleMs }) }, task);
      const rules = await rulesFor(db, task);
      const { told, problem } = await workflowPrompt({ db, forge }, task, input, base);
      const given = { base, learned: learningWords(rules), workflow: told };
      const facts = await promptFacts({ db, forge }, task, input, given);
      const before = await findOutcomeBefore(db, { taskId: task.id, n: input.n });
      const isDone = doneBefore(before) !== null;
      const runId = await ensureRun(db, {
        ownerId: task.ownerId,
        taskId: task.id,
        n: input.n,
        phase: input.phase,
        prompt: ({ said, told }, freshSession) =>
          isDone && said.length === 0 ? '' : promptFor({ ...facts, said, told, freshSession }),
        model: (input.phase === 'second_look' ? secondLookModelOf(task) : null) ?? task.model,
      });
      if (problem !== null) return endUnfilled(db, runId, problem);
      await noteRules(db, task, runId, rules);
      await noteUnreadable(db, task, runId);
      return { runId, slot: await slots.take(runId, () => capsOf(task), false) };
    },

    /** Makes the task's place while it is still being prepared. */
    async ensurePlace(input: { taskId: string }): Promise<void> {
      await sandbox.provision(input.taskId);
    },

    /** @param input `isByTimer` is left out by workflows from before there was one look for all */
    async takeSlot(input: { runId: string; isByTimer?: boolean }): Promise<{ got: boolean; ahead: number }> {
      const caps = async (): Promise<SlotCaps> =>
        capsOf(await getTask(db, (await getRun(db, input.runId))!.task_id));
      return slots.take(input.runId, caps, input.isByTimer === true);
    },

    /** Short and repeatable: a run that is there is left alone, one that is gone is started under the next epoch. */
    async startRun(input: { runId: string }): Promise<void> {
      const run = await getRun(db, input.runId);
      if (!run || run.state === 'ended') return;
      // It got its slot, or was lost, right before everything was paused.
      if (await isAllPaused(db, run.owner_id)) {
        await endRun(db, run.id, run.epoch, { kind: 'interrupted', reason: 'all_paused' });
        return;
      }
      const task = await getTask(db, run.task_id);
      const [now] = await Promise.all([sandbox.status(task.id), sandbox.provision(task.id)]);
      if (now.kind === 'running' && now.runId === run.id && now.epoch === run.epoch) return;
      const { run: opened, token } = await openEpoch(db, input.runId);
      hit('sandbox.start.before');
      // A forge that is away does not keep a run from starting.
      const author = await forge.whoCommits().catch(() => null);
      const of = author === null ? {} : { author };
      await sandbox.start({
        taskId: task.id,
        runId: run.id,
        epoch: opened.epoch,
        token,
        repo: task.repo,
        ...keptSetupOf(task),
        ...of,
      });
      hit('sandbox.start.after');
    },

    async checkRun(input: {
      runId: string;
    }): Promise<{ at: 'running' | 'gone' } | { at: 'ended'; outcome: RunEnd }> {
      const run = await getRun(db, input.runId);
      if (!run) throw new Error(`there is no run ${input.runId}`);
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
      const again = (await getRun(db, input.runId))!;
      return again.state === 'ended' ? { at: 'ended', outcome: short(again.outcome!) } : { at: 'gone' };
    },

    async stopRun(input: { taskId: string }): Promise<void> {
      const active = await listUnended(db, input.taskId);
      for (const run of active)
        if (run.state === 'running') await sendCommand(db, run.id, { type: 'stop', why: 'stopped' });
      await sandbox.stop(input.taskId);
      for (const run of active)
        await endRun(db, run.id, run.epoch, { kind: 'interrupted', reason: 'stopped' });
    },

    async giveUpRun(input: { runId: string }): Promise<void> {
      const run = await getRun(db, input.runId);
      if (run && run.state !== 'ended')
        await endRun(db, run.id, run.epoch, { kind: 'interrupted', reason: 'lost' });
    },

    async releaseSandbox(input: { taskId: string }): Promise<void> {
      hit('sandbox.release.before');
      await sandbox.release(input.taskId);
      await deleteCheckpoint(db, input.taskId);
      hit('sandbox.release.after');
    },
  };
};

/**
 * The set-up that is kept between tasks. Where agents ask before they run something, nothing is run that was only
 * found, and nobody is asked about a set-up beside a task.
 */
function keptSetupOf(task: TaskRow): Pick<SandboxRun, 'setup'> {
  const project = resolveProjectSettings(task.settings);
  const keeps = project.permissions !== 'ask' && (project.setupCommand !== null || project.findSetup);
  if (!keeps) return {};
  return { setup: { base: task.defaultBranch, command: project.setupCommand, folder: project.folder } };
}

/** What was learned from earlier work here and applies. */
const rulesFor = async (db: Db, task: TaskRow) =>
  applying(
    await listApproved(db, task.ownerId, task.projectId),
    [task.title, task.prompt, task.plan ?? ''].join('\n'),
  );

/** A run without its whole prompt is not begun: it has no need of a slot, and whoever looks at it finds its end. */
async function endUnfilled(
  db: Db,
  runId: string,
  detail: string,
): Promise<{ runId: string; slot: { got: boolean; ahead: number } }> {
  await endRun(db, runId, 0, { kind: 'failed', reason: 'workflow_file', detail });
  return { runId, slot: { got: true, ahead: 0 } };
}

/** What its prompt is made of, beside what the person says while it waits. */
async function promptFacts(
  { db, forge }: Pick<RunDeps, 'db' | 'forge'>,
  task: TaskRow,
  { phase, context }: RunRequest,
  given: Pick<PromptFacts, 'base' | 'learned' | 'workflow'>,
): Promise<PromptFacts> {
  const answers = await answersOf(db, context.answered);
  const about = context.about ? (await answersOf(db, [context.about]))[0]?.answer : undefined;
  const isOfLog = phase === 'fix_ci' && about === undefined && context.conflictsWith === undefined;
  return {
    ...given,
    phase,
    title: task.title,
    prompt: task.prompt,
    branch: task.branch,
    plan: task.plan,
    answers,
    resumed: context.resumed ?? false,
    round: context.round ?? 1,
    verifyCommand: resolveProjectSettings(task.settings).verifyCommand,
    files: task.attachments.map((attachment) => `${INSIDE.home}/attachments/${attachment.name}`),
    revise: phase === 'plan' ? (about ?? null) : null,
    ...(phase === 'fix_ci' && about !== undefined ? { putBack: about } : {}),
    ...(context.conflictsWith === undefined ? {} : { conflictsWith: context.conflictsWith }),
    ...(isOfLog
      ? { failingLog: await failingLog(db, forge, task, context.ciSha ?? task.headSha ?? '') }
      : {}),
    ...(phase === 'address_review' ? { comments: await commentsFor(db, task, about) } : {}),
    ...(phase === 'second_look' ? await lookFacts(db, task) : {}),
    ...(REVIEWS.has(phase) ? { area: await areaOf(db, task) } : {}),
  };
}

/** Where the files of a change are known, and what was meant by what they replace counts. */
const REVIEWS: ReadonlySet<Phase> = new Set(['address_review', 'second_look']);

async function areaOf(db: Db, task: TaskRow): Promise<string> {
  const { people, tasks } = await findArea(db, task.ownerId, task.id);
  return areaWords({ people, tasks: tasks.map(({ title }) => title) });
}

function exitWords(exitCode: number | null): string {
  if (exitCode === null) return 'ran out of time';
  return exitCode === 0 ? 'passed' : `exit ${exitCode}`;
}

const secondLookModelOf = (task: TaskRow): string | null =>
  resolveProjectSettings(task.settings).secondLookModel;

/** What whoever reads the change is told besides: how it was checked, and what was found before. */
async function lookFacts(db: Db, task: TaskRow): Promise<Pick<PromptFacts, 'checked' | 'comments'>> {
  const before = (await openComments(db, task.id)).filter((comment) => comment.via === 'look');
  const ran = await listEvidence(db, task.id, task.headSha ?? '');
  return {
    checked: ran.map(({ command, exitCode }) => `${command}: ${exitWords(exitCode)}`),
    comments: before.map(({ id, path, line, body, answer }) => ({
      id,
      author: 'the second look',
      path,
      line,
      body,
      answer,
    })),
  };
}

/** What the author of a change calls those who comment on it. */
const CALLED = { user: 'the reader', secondLook: 'an agent that read your change' };

/** @param about what the person answered to an item; it comes first */
async function commentsFor(
  db: Db,
  task: TaskRow,
  about: string | undefined,
): Promise<NonNullable<PromptFacts['comments']>> {
  const own = about ? [{ id: null, author: CALLED.user, path: null, line: null, body: about }] : [];
  const open = await findOpen(db, task.id);
  return [
    ...own,
    ...open.map(({ comment, kind }) => ({
      id: comment.id,
      author: commentAuthor(comment, CALLED),
      path: comment.path,
      line: comment.line,
      finding: kind,
      quote: comment.quote,
      body: comment.body,
    })),
  ];
}

/** Which of the rules of the project a run was given at its start. */
async function noteRules(
  db: Db,
  task: TaskRow,
  runId: string,
  rules: readonly { readonly id: string }[],
): Promise<void> {
  if (rules.length === 0) return;
  const payload = { runId, ids: rules.map((rule) => rule.id), asked: null };
  const given = learningGiven.atStart({ taskId: task.id, actor: 'mainloop', payload });
  await appendOnce(db, [given], task.ownerId);
}

/** Settings that can't be read are said in the story, and the run goes by what is usual. */
async function noteUnreadable(db: Db, task: TaskRow, runId: string): Promise<void> {
  const sentence = unreadableWords(resolveProjectSettings(task.settings).unreadable, task.repo);
  if (sentence === null) return;
  const payload = { runId, sentence };
  const noted = settingsUnreadable.new({ taskId: task.id, actor: 'mainloop', payload });
  await appendOnce(db, [noted], task.ownerId);
}

function short(outcome: RunOutcome): RunEnd {
  if (outcome.kind === 'completed') return { kind: 'completed' };
  if (outcome.kind === 'asked') {
    const { summary: _, ...asked } = outcome;
    return asked;
  }
  return outcome.kind === 'failed' ? { ...outcome, detail: outcome.detail.slice(0, 1_500) } : outcome;
}

async function answersOf(db: Db, ids: readonly string[]): Promise<{ question: string; answer: string }[]> {
  const out: { question: string; answer: string }[] = [];
  // What its runner asked, the agent knows nothing of.
  const ofRunner = ids.length === 0 ? new Set<string>() : await listOfRunner(db, ids);
  for (const id of ids.filter((x) => !ofRunner.has(x))) {
    const item = await findItem(db, id);
    if (item?.answer)
      out.push({
        question: item.title,
        answer:
          item.kind === 'permission'
            ? permissionWords(item.answer)
            : item.answer.text || own(ANSWER_WORDS, item.answer.decision) || item.answer.decision,
      });
  }
  return out;
}
/** To an agent whose session was ended while it waited for permission. */
const permissionWords = ({ decision, text }: { readonly decision: string; readonly text: string }): string =>
  decision === 'deny'
    ? sayRefused(text)
    : 'You may do it now, to the letter as you asked. Anything else is asked about anew.';
const ANSWER_WORDS: Record<string, string> = {
  allow: 'Yes. Push again, it is let through now.',
  deny: 'No. Take the change to those files out again, then push.',
};

/** The log of the first failing job, cut to what a repair needs. */
async function failingLog(db: Db, forge: Forge, task: TaskRow, sha: string): Promise<string> {
  const parts: string[] = [];
  const verify = await findEvidence(db, task.id, sha, 'verify');
  if (verify && verify.exitCode !== 0)
    parts.push(
      `The project's verify command, \`${verify.command}\`: ${verify.exitCode === null ? 'ran out of time' : `exit ${verify.exitCode}`}\n${cutLog(verify.tail)}`,
    );
  for (const red of await listRedChecks(db, task.id, sha))
    parts.push(
      `In the sandbox, on what you pushed, \`${red.command}\` is red. The repository names it, so it has to be green.\n${cutLog(red.tail)}`,
    );
  const { outcome } = await readVerdict({ db, forge }, task, sha);
  if (outcome.is !== 'red') return parts.join('\n\n');
  for (const [place, check] of outcome.failed.entries()) {
    if (check.job === null || place >= MAX_LOGS)
      parts.push(`Check "${check.name}" failed. ${check.summary}`.trim());
    else {
      // A log is a help and no condition; the prompt says that there is none.
      const log = await logOf(forge, task.repo, check.job);
      parts.push(
        `Job "${check.name}" failed.\n${log === '' ? `(its log could not be fetched)\n${check.summary}`.trim() : cutLog(log)}`,
      );
    }
  }
  return parts.join('\n\n');
}
