// One task, from confirmed to merged: plan issue, draft PR, CI loop, review. It reads like docs/flow.md; decisions are in models/flow.
import {
  ActivityFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  log,
  patched,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { afterCi } from '@mainloop/models/flow/ci';
import { lookAgainMs } from '@mainloop/models/flow/looks';
import { afterRun, unexpected, waitsUntil, type RunEnd } from '@mainloop/models/flow/outcomes';
import type { Phase, TaskState } from '@mainloop/models/flow/states';
import type { Resume, RunContext, Stage, TaskWorkflowInput } from '@mainloop/models/flow/workflow';
import type { forgeActivities } from '../activities/forge.activities.ts';
import type { runActivities } from '../activities/run.activities.ts';
import type { taskActivities } from '../activities/task.activities.ts';
import { Cancelled, openDesk } from './desk.ts';
import { sentenceOf } from './failures.ts';

/** Our own records: Postgres may be away for a while, and then it is back. */
const own = proxyActivities<ReturnType<typeof taskActivities>>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '300 ms', maximumInterval: '20 seconds' },
});
const runs = proxyActivities<ReturnType<typeof runActivities>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '500 ms', maximumInterval: '30 seconds', maximumAttempts: 200 },
});
const forge = proxyActivities<ReturnType<typeof forgeActivities>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '4 seconds',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1 second', maximumInterval: '2 minutes', maximumAttempts: 60 },
});
/** What is done beside a wait for the person. A forge that is away must not keep their answer waiting. */
const aside = proxyActivities<Pick<ReturnType<typeof forgeActivities>, 'ensureQuestion' | 'readAnswer'>>({
  startToCloseTimeout: '20 seconds',
  scheduleToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});
/** A head start, nothing more: what it can't do, the run does again and says what is wrong. */
const ahead = proxyActivities<Pick<ReturnType<typeof runActivities>, 'ensurePlace'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 1 },
});

const MAX_REPAIRS = 3;
const CHECK_RUN_MS = 20_000;
/** CI that is not a workflow of GitHub's own is seen by nobody who polls. */
const LONGEST_CI_LOOK_MS = 10 * 60_000;
/** What histories from before it was a setting were told. */
const OLD_GRACE_MS = 60_000;
/** Between two tries of what has to be written down before anything else can happen. */
const WRITE_AGAIN_MS = 60_000;

export async function taskWorkflow(input: TaskWorkflowInput): Promise<{ state: string }> {
  const { taskId } = input;
  // Histories from before it looked seldom, and not at a word that came during a look.
  const looksSoon = patched('look-soon-again');
  const desk = openDesk(input.at?.pending ?? []);
  const facts = await own.loadTask({ taskId });
  const graceMs = facts.ciGraceMs ?? OLD_GRACE_MS;
  let seenRuns = input.at?.seenRuns ?? 0;
  let items = input.at?.items ?? 0;
  let at: Resume = input.at ?? { stage: facts.skipPlan ? 'implement' : 'plan', round: 0, reviewedUntil: '', seenRuns: 0, items: 0, pending: [] };

  const state = (s: TaskState, phase: string, statusLine = ''): Promise<void> => own.setState({ taskId, state: s, phase, statusLine });
  const go = (stage: Stage, change: Partial<Resume> = {}): Resume => {
    const { about: _, ...rest } = at;
    return { ...rest, stage, ...change };
  };

  /** Waiting for a human is a state, not a failure: the task stays where it is until somebody says go on. */
  const askHuman = async (stage: string, sentence: string, detail: string, stopped: TaskState = 'blocked'): Promise<void> => {
    const id = `${taskId}-f${seenRuns}-${++items}`;
    await own.openItem({ taskId, id, kind: 'failure', title: sentence, body: detail, options: [{ label: 'Retry' }] });
    await state(stopped, stage, sentence);
    await desk.decision(id);
  };

  /** For our own records, without which nobody would know: tried until they are written. */
  const untilWritten = async (write: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        return await write();
      } catch (err) {
        if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
        await sleep(WRITE_AGAIN_MS);
      }
    }
  };

  /** Runs something against the forge; what retrying can't mend goes to the person, and then it is tried again. */
  const mended = async <T>(stage: string, act: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await act();
      } catch (err) {
        if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
        await askHuman(stage, sentenceOf(err), '');
      }
    }
  };

  /** @param meanwhile what goes on beside the start, and has to be over before anything else is said of the task */
  const drive = async (runId: string, meanwhile: Promise<void>): Promise<RunEnd> => {
    for (let lost = 0; lost < 5; lost++) {
      try {
        await runs.startRun({ runId });
      } finally {
        await meanwhile;
      }
      for (let pokes = desk.pokes(); ; pokes = desk.pokes()) {
        await desk.until(() => desk.runEnded(runId) || desk.pokes() > pokes, CHECK_RUN_MS);
        const now = await runs.checkRun({ runId });
        if (now.at === 'ended') return now.outcome;
        if (now.at === 'gone') break;
      }
    }
    await runs.giveUpRun({ runId });
    return { kind: 'interrupted', reason: 'lost' };
  };

  /**
   * A poke says that something changed on the forge; whoever waits for one looks then, soon after it again, and now and then besides.
   * @returns waits for the next look, or until `done()`; a word that comes during a look counts for the next wait
   */
  const wordFromForge = (): ((done: () => boolean) => Promise<void>) => {
    let seen = desk.pokes();
    let looks = 0;
    return async (done) => {
      if (!looksSoon) seen = desk.pokes();
      const heard = await desk.until(() => done() || desk.pokes() > seen, lookAgainMs(looks));
      looks = heard ? 0 : looks + 1;
      seen = desk.pokes();
    };
  };

  /** One question after the other: then a comment there is an answer to the one that is open. */
  const askedOnForge = async (itemId: string): Promise<void> => {
    const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const quietly = (act: Promise<void>): Promise<void> =>
      act.catch((err: unknown) => {
        if (!(err instanceof ActivityFailure)) throw err;
      });
    const word = wordFromForge();
    if (!desk.decided(itemId)) await quietly(aside.ensureQuestion({ taskId, itemId }));
    while (!desk.decided(itemId)) {
      await word(() => desk.decided(itemId) !== undefined);
      if (!desk.decided(itemId)) await quietly(aside.readAnswer({ taskId, itemId, sinceIso: since }));
    }
    await quietly(aside.ensureQuestion({ taskId, itemId }));
  };

  const place =
    input.at === undefined && patched('place-ahead')
      ? ahead.ensurePlace({ taskId }).catch((err: unknown) => {
          if (!(err instanceof ActivityFailure)) throw err;
        })
      : Promise.resolve();

  const run = async (phase: Phase, working: TaskState, about: Omit<RunContext, 'answered'> = {}): Promise<string> => {
    const answered: string[] = [];
    for (let attempt = 1, resumed = false; ; attempt++, resumed = true) {
      // A person who has just confirmed waits for this: what need not wait for another is done beside it.
      const atOnce = patched('start-at-once');
      const queued = state('queued', phase);
      if (!atOnce) await queued;
      const prepared = await mended(phase, () => runs.prepareRun({ taskId, n: ++seenRuns, phase, context: { ...about, answered, resumed } }));
      const { runId } = prepared;
      await queued;
      for (let slot = prepared.slot ?? (await runs.takeSlot({ runId })); !slot.got; slot = await runs.takeSlot({ runId })) {
        const pokes = desk.pokes();
        await desk.until(() => desk.pokes() > pokes, 15_000);
      }
      const said = state(working, phase);
      if (!atOnce) await said;
      await place;
      const outcome = await mended(phase, () => drive(runId, said));
      await mended(phase, () => forge.narrate({ taskId }));
      const next = afterRun(outcome, attempt, Date.now());
      if (next.do === 'go_on') return runId;
      if (next.do === 'again') {
        const before = desk.goOns();
        // Known by its name only to new histories: an old one goes on as it was recorded.
        const words = outcome.kind === 'wait' && patched('wait-words') ? waitsUntil(outcome.untilMs) : null;
        if (words !== null) await state('blocked', phase, words);
        await desk.until(() => words !== null && desk.goOns() > before, next.delayMs);
      } else if (next.do === 'await_answer') {
        await state('blocked', phase, 'Claude has a question for you.');
        for (const id of next.itemIds) {
          if (patched('ask-on-forge')) await askedOnForge(id);
          await desk.decision(id);
          answered.push(id);
        }
        attempt = 0;
      } else {
        await askHuman(phase, next.sentence, next.detail);
        attempt = 0;
      }
    }
  };

  const plan = async (): Promise<Resume> => {
    if (facts.planRevision === 0 && at.about === undefined) await state('queued', 'plan');
    const runId = await run('plan', 'planning', at.about === undefined ? {} : { about: at.about });
    const written = await own.writePlan({ taskId, runId });
    if (written.empty) {
      await askHuman('plan', 'Claude ended without a plan. Retry, or cancel and say it in other words.', '');
      return go('plan');
    }
    await mended('plan', () => forge.ensureIssue({ taskId }));
    return go('await_plan', { round: written.revision });
  };

  const awaitPlan = async (): Promise<Resume> => {
    const id = `${taskId}-plan-${at.round}`;
    const since = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    await own.openItem({
      taskId,
      id,
      kind: 'plan',
      title: `Plan, revision ${at.round}`,
      body: '',
      options: [{ label: 'Approve' }, { label: 'Revise' }],
    });
    const word = wordFromForge();
    await state('awaiting_plan', 'plan');
    while (!desk.decided(id)) {
      // The decision that a look may bring comes back as a signal. GitHub tells nobody of a reaction, and the poller sees only the
      // newest issues.
      await word(() => desk.decided(id) !== undefined);
      if (!desk.decided(id)) await mended('plan', () => forge.readPlanAnswer({ taskId, itemId: id, sinceIso: since }));
    }
    return desk.decided(id)!.kind === 'approve' ? go('implement', { round: 0 }) : go('plan', { about: id });
  };

  const implement = async (): Promise<Resume> => {
    await run('implement', 'drafting');
    if (!(await forge.hasPushed({ taskId }))) {
      await askHuman('implement', 'Claude ended without pushing anything. Look at its output, then retry.', '');
      return go('implement');
    }
    await mended('implement', () => forge.ensureDraftPr({ taskId }));
    await mended('implement', () => forge.narrate({ taskId }));
    return go('ci', { round: 0 });
  };

  const ci = async (): Promise<Resume> => {
    await state('ci', 'ci');
    for (let waitedMs = 0, looks = 0; ; looks++) {
      const pokes = desk.pokes();
      const now = await mended('ci', () => forge.readCi({ taskId, round: at.round }));
      const next = afterCi(now.verdict, {
        repairs: at.round,
        maxRepairs: MAX_REPAIRS,
        waitedMs,
        graceMs,
        weakened: now.weakened.length > 0 && at.about !== now.sha,
        // A commit the person has looked at is not sent back for the same reason twice; what passed goes on counting.
        verified: at.about === now.sha && !(now.verified === 'passed' && patched('keep-passed')) ? 'unknown' : (now.verified ?? 'unknown'),
      });
      switch (next.do) {
        case 'wait': {
          const longest = looksSoon ? Math.min(lookAgainMs(looks), LONGEST_CI_LOOK_MS) : LONGEST_CI_LOOK_MS;
          const ms = now.verdict === 'none' ? graceMs / 4 : longest;
          if (await desk.until(() => desk.pokes() > pokes, ms)) looks = -1;
          else waitedMs += ms;
          continue;
        }
        case 'review':
          return go('review');
        case 'repair':
          return go('fix_ci', { round: next.round, about: now.sha });
        case 'verify_locally':
          await askHuman(
            'ci',
            'This repository has no CI, so nothing has checked the change. Retry goes on to review without checks: look closely.',
            '',
          );
          return go('review');
        case 'ask_human':
          await askHuman('ci', next.sentence, now.weakened.join('\n'));
          await state('ci', 'ci');
          // The person has looked: weakened tests count for this commit, and a red CI gets another set of repairs.
          at = { ...at, round: 0, about: now.sha };
      }
    }
  };

  const fixCi = async (): Promise<Resume> => {
    await run('fix_ci', 'drafting', { round: at.round, ...(at.about === undefined ? {} : { ciSha: at.about }) });
    return go('ci');
  };

  const review = async (): Promise<Resume> => {
    await mended('review', () => forge.ensureSummary({ taskId }));
    await mended('review', () => forge.ensureReady({ taskId }));
    const id = `${taskId}-review-${seenRuns}`;
    await own.openItem({
      taskId,
      id,
      kind: 'review',
      title: 'Ready for review',
      body: '',
      options: [{ label: 'Merge' }, { label: 'Ask for changes' }],
    });
    await state('in_review', 'review');
    // GitHub tells a poller nothing of a thread that was resolved, so there is a look now and then besides.
    for (let looks = 0; ; looks++) {
      const pokes = desk.pokes();
      const said = desk.decided(id);
      if (said?.kind === 'merge') {
        await mended('review', () => forge.merge({ taskId, method: said.text }));
        return go('review', { about: 'merged' });
      }
      if (said?.kind === 'changes') return go('address_review', { about: id });
      const now = await mended('review', () => forge.readReview({ taskId, sinceIso: at.reviewedUntil }));
      if (now.state !== 'open') return go('review', { about: now.state });
      if (now.comments > 0) {
        await own.closeItem({ taskId, id, why: `${now.author} asked for changes on GitHub` });
        return go('address_review', { reviewedUntil: now.newestIso, about: `since:${at.reviewedUntil}` });
      }
      if (await desk.until(() => desk.decided(id) !== undefined || desk.pokes() > pokes, lookAgainMs(looks))) looks = -1;
    }
  };

  const addressReview = async (): Promise<Resume> => {
    const since = at.about?.startsWith('since:') ? at.about.slice('since:'.length) : at.reviewedUntil;
    await run('address_review', 'drafting', {
      reviewSince: since,
      ...(at.about !== undefined && !at.about.startsWith('since:') ? { about: at.about } : {}),
    });
    return go('ci', { round: 0 });
  };

  const STAGES: Record<Stage, () => Promise<Resume>> = {
    plan,
    await_plan: awaitPlan,
    implement,
    ci,
    fix_ci: fixCi,
    review,
    address_review: addressReview,
  };

  const end = async (how: 'done' | 'cancelled', line: string): Promise<{ state: string }> => {
    const said = [line];
    /** What stays behind is said, and does not keep the task from ending: the caretaker removes what is left of its sandbox. */
    const tidied = (what: string, act: Promise<unknown>): Promise<unknown> =>
      act.catch((err: unknown) => {
        if (!(err instanceof ActivityFailure)) throw err;
        said.push(`${what}: ${sentenceOf(err).replace(/\.$/, '')}.`);
      });
    await tidied('Its agent could not be stopped', runs.stopRun({ taskId }));
    await tidied('Something on GitHub could not be cleaned up', forge.cleanForge({ taskId, merged: how === 'done' }));
    await tidied('Its sandbox could not be removed yet', runs.releaseSandbox({ taskId }));
    await untilWritten(() => own.endTask({ taskId, state: how, statusLine: said.join(' ') }));
    return { state: how };
  };

  /**
   * The net under everything: whatever goes wrong that no stage expected stands in the inbox with its reason, and Retry enters the
   * stage again. The workflow goes on, so that what is said meanwhile is not lost.
   */
  const caught = async (stage: Stage, err: unknown): Promise<void> => {
    const reason = err instanceof ActivityFailure ? sentenceOf(err) : err instanceof Error ? err.message : String(err);
    log.error('a stage failed', { taskId, stage, reason, stack: err instanceof Error ? err.stack : undefined });
    await untilWritten(() => askHuman(stage, unexpected(stage), reason, 'failed'));
  };

  try {
    for (;;) {
      try {
        at = await STAGES[at.stage]();
      } catch (err) {
        if (err instanceof Cancelled || isCancellation(err)) throw err;
        await caught(at.stage, err);
        continue;
      }
      if (at.stage === 'review' && (at.about === 'merged' || at.about === 'closed')) break;
      if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > 4_000) {
        await continueAsNew<typeof taskWorkflow>({ taskId, at: { ...at, seenRuns, items, pending: desk.pending() } });
      }
    }
  } catch (err) {
    if (err instanceof Cancelled) return end('cancelled', 'Cancelled by you.');
    if (isCancellation(err)) return CancellationScope.nonCancellable(() => end('cancelled', 'Cancelled in Temporal.'));
    throw err;
  }
  return at.about === 'merged' ? end('done', 'Merged.') : end('cancelled', 'The pull request was closed without a merge.');
}
