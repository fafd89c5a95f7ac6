// The CI loop: looked at until it says something, repaired when it is red, and shown to a person when that
// does not help.
import { patched } from '@temporalio/workflow';
import type { CiWord } from '@mainloop/models/flow/ci/verdict';
import {
  afterCi,
  type AfterCi,
  type CiReport,
  type RedCheck,
  type Verified,
} from '@mainloop/models/flow/ci/report';
import { lookAgainMs } from '@mainloop/models/flow/forge/looks';
import { afterConflict, type Joined } from '@mainloop/models/flow/forge/conflicts';
import { gateOf, redBeforeGateOf, redGateOf, type Gate } from '@mainloop/models/flow/review/gates';
import type { GateReason } from '@mainloop/models/flow/runs/outcomes';
import type { Approved, In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { setState, type TaskContext } from './context.ts';
import { whileClosed } from './closed.ts';
import type { Finished } from './merge.ts';
import { run } from './run.ts';
import { askAtGate, askPerson, askWhile, untilDone, untilWritten } from './trouble.ts';

const MAX_REPAIRS = 3;
/** CI that is not a workflow of GitHub's own is seen by nobody who polls. */
const LONGEST_LOOK_MS = 10 * 60_000;

/**
 * Waits for the checks of the task's commit, and decides what comes of them. What is repaired otherwise than by
 * bringing the base in is not what was approved, and gives up the place in the train that it kept.
 * @returns the next stage, or how it finished
 */
export async function ci(task: TaskContext, from: In<'ci'>): Promise<In<'review' | 'fix_ci'> | Finished> {
  const next = await untilSaid(task, from);
  if (from.approved !== undefined && next.stage === 'fix_ci' && next.approved === undefined) {
    const { itemId } = from.approved;
    await untilWritten(() => forge.leaveTrain({ taskId: task.taskId, itemId, why: RED_TOGETHER }));
  }
  return next;
}
const RED_TOGETHER = 'CI is not green on it together with its base, so it is repaired and offered again.';

async function untilSaid(task: TaskContext, from: In<'ci'>): Promise<In<'review' | 'fix_ci'> | Finished> {
  const { desk } = task;
  const { reviewedUntil } = from;
  let at = from;
  await setState(task, 'ci', 'ci');
  for (let waitedMs = 0, looks = 0; ; looks++) {
    const before = desk.lookAgains();
    const now = await look(task, at);
    if (now.told?.pull === 'closed' && patched('closed-asks')) {
      const then = await whileClosed(task, 'ci', () => Promise.resolve());
      if (typeof then === 'object') return then;
      if (then === 'open') await setState(task, 'ci', 'ci');
      waitedMs = 0;
      continue;
    }
    if (now.fits === false && now.told?.pull === 'open' && patched('join-base')) {
      const joined = await conflict(task, at, now);
      if (joined !== null)
        return {
          stage: 'fix_ci',
          repairs: at.repairs,
          redSha: null,
          conflictsWith: now.base!,
          joined,
          reviewedUntil,
          ...keptOf(at),
        };
      const { joined: _, ...rest } = at;
      task.position = at = rest;
      continue;
    }
    if (now.fits === true && at.joined !== undefined) {
      const { joined: _, ...rest } = at;
      task.position = at = rest;
    }
    const next = decide(task, at, now, waitedMs);
    switch (next.do) {
      case 'wait': {
        const ms = untilNextLook(task, now.verdict, looks);
        if (await desk.until(() => desk.lookAgains() > before, ms, { what: 'checks', sha: now.sha }))
          looks = -1;
        else waitedMs += ms;
        continue;
      }
      case 'finish':
        return { stage: 'merged' };
      case 'review':
        return { stage: 'review', reviewedUntil, ...seenAt(at, now), ...keptOf(at) };
      case 'repair':
        return { stage: 'fix_ci', repairs: next.round, redSha: now.sha, reviewedUntil };
      case 'gate': {
        const { id, allowed } = await askAtGate(task, next.what, gateAt(next.what, now));
        if (!allowed && (next.what === 'red' || next.what === 'red_before'))
          return { stage: 'fix_ci', repairs: 1, redSha: now.sha, reviewedUntil };
        if (!allowed && now.weakened.length > 0)
          return { stage: 'fix_ci', repairs: at.repairs + 1, redSha: now.sha, putBack: id, reviewedUntil };
        if (allowed && next.what === 'unchecked')
          return { stage: 'review', reviewedUntil, ...seenAt(at, now) };
        await setState(task, 'ci', 'ci');
        // The person has looked: what is red or weakened counts for this commit.
        if (allowed) task.position = at = { ...at, repairs: 0, acceptedSha: now.sha };
        else waitedMs = 0;
        continue;
      }
      case 'ask_human': {
        const said = await ask(task, at, now, next.sentence);
        await setState(task, 'ci', 'ci');
        if (said === null) continue;
        // A red CI gets another set of repairs. What weakens tests is not let through by it; a retry from
        // before gates did that too.
        const { repairedSha: _, ...rest } = at;
        task.position = at = { ...rest, repairs: 0, acceptedSha: said.onlyRetry === true ? null : now.sha };
      }
    }
  }
}

/** The approval goes on with what is brought together with the base, and with nothing else. */
const keptOf = ({ approved }: In<'ci'> | In<'fix_ci'>): { approved?: Approved } =>
  approved === undefined ? {} : { approved };

interface CiLook {
  readonly verdict: CiWord;
  readonly sha: string;
  readonly weakened: readonly string[];
  readonly verified?: Verified;
  /** What the repository's own checks found; absent in histories from before they counted. */
  readonly red?: readonly RedCheck[];
  /** Absent in histories from before it was told. */
  readonly told?: CiReport;
  /** Whether it merges into `base`; null while the forge does not know. Absent from before it was looked at. */
  readonly fits?: boolean | null;
  readonly base?: string;
}

const look = (task: TaskContext, { repairs, repairedSha }: In<'ci'>): Promise<CiLook> =>
  untilDone(task, 'ci', () =>
    forge.readCi({
      taskId: task.taskId,
      round: repairs,
      ...(repairedSha === undefined ? {} : { redSha: repairedSha }),
    }),
  );

/** @returns the count to repair it under; null when the person was asked, or nothing has to be asked any more */
async function conflict(task: TaskContext, at: In<'ci'>, { sha, base = '' }: CiLook): Promise<Joined | null> {
  const next = afterConflict(sha, base, at.joined);
  if ('repair' in next) return next.repair;
  await askWhile(task, 'ci', next.ask, '', async () => {
    const then = await look(task, at);
    return then.fits === true || then.sha !== sha || then.told?.pull !== 'open';
  });
  await setState(task, 'ci', 'ci');
  return null;
}

function gateAt(what: GateReason, { red = [], weakened, told }: CiLook): Gate {
  if (what === 'red') return redGateOf(red, weakened);
  if (what === 'red_before') return redBeforeGateOf(told?.before ?? '', weakened);
  return gateOf(what, weakened, told?.unchecked ?? undefined);
}

/** What is told goes by the new rules, where the history began with them. */
const reportOf = (now: CiLook): CiReport | undefined =>
  now.told !== undefined && patched('told-ci') ? now.told : undefined;

/** What was red before the change counts as such where the history began with that. */
function toldOf(now: CiLook): CiReport | undefined {
  const told = reportOf(now);
  if (told?.before === undefined || patched('red-before')) return told;
  const { before: _, ...rest } = told;
  return rest;
}

/** What the review is bound to. */
const seenAt = ({ repairs }: In<'ci'>, now: CiLook): { sha?: string; repairs?: number } =>
  reportOf(now) === undefined ? {} : { sha: now.sha, repairs };

/** @returns null when nothing has to be asked any more: the checks have turned, or the pull request has */
function ask(task: TaskContext, at: In<'ci'>, now: CiLook, sentence: string): ReturnType<typeof askWhile> {
  const detail = now.weakened.join('\n');
  if (reportOf(now) === undefined) return askPerson(task, 'ci', sentence, detail);
  return askWhile(task, 'ci', sentence, detail, async () => {
    const then = await look(task, at);
    const next = decide(task, at, then, 0);
    if (then.told?.pull === 'closed' && now.told?.pull === 'open' && patched('closed-asks')) return true;
    return next.do !== 'ask_human' || then.sha !== now.sha;
  });
}

function decide(
  { ciGraceMs }: TaskContext,
  { repairs, acceptedSha }: In<'ci'>,
  now: CiLook,
  waitedMs: number,
): AfterCi {
  const accepted = acceptedSha === now.sha;
  return afterCi(now.verdict, {
    repairs,
    maxRepairs: MAX_REPAIRS,
    waitedMs,
    graceMs: ciGraceMs,
    weakened: now.weakened.length > 0 && !accepted,
    // A commit the person has looked at is not sent back for the same reason twice; what passed goes on counting.
    verified:
      accepted && !(now.verified === 'passed' && patched('keep-passed'))
        ? 'unknown'
        : (now.verified ?? 'unknown'),
    named: (now.red ?? []).length > 0 && !accepted && patched('named-checks'),
    accepted,
    told: toldOf(now),
  });
}

function untilNextLook({ ciGraceMs, looksSoon }: TaskContext, verdict: CiWord, looks: number): number {
  if (verdict === 'none') return ciGraceMs / 4;
  return looksSoon ? Math.min(lookAgainMs(looks), LONGEST_LOOK_MS) : LONGEST_LOOK_MS;
}

/**
 * A run that makes red checks green, or brings a conflict in order.
 * @returns back to the checks, one fix later
 */
export async function fixCi(task: TaskContext, at: In<'fix_ci'>): Promise<In<'ci'>> {
  const { repairs, redSha, putBack, conflictsWith, joined, reviewedUntil } = at;
  if (conflictsWith !== undefined && joined !== undefined) {
    await run(
      task,
      'fix_ci',
      'drafting',
      { round: repairs, conflictsWith },
      { is: 'conflict', base: conflictsWith },
    );
    return { stage: 'ci', repairs, acceptedSha: null, joined, reviewedUntil, ...keptOf(at) };
  }
  const about = putBack === undefined ? {} : { about: putBack };
  await run(task, 'fix_ci', 'drafting', {
    round: repairs,
    ...(redSha === null ? {} : { ciSha: redSha }),
    ...about,
  });
  // What a person wants put back is not red for the same reason.
  const repaired = redSha === null || putBack !== undefined ? {} : { repairedSha: redSha };
  return { stage: 'ci', repairs, acceptedSha: null, ...repaired, reviewedUntil };
}
