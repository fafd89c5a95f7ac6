// The CI loop: looked at until it says something, repaired when it is red, and shown to a person when that does not help.
import { patched } from '@temporalio/workflow';
import { afterCi, type AfterCi, type CiVerdict, type Verified } from '@mainloop/models/flow/ci';
import { lookAgainMs } from '@mainloop/models/flow/looks';
import type { In } from '@mainloop/models/flow/workflow';
import { forge } from './activities.ts';
import { setState, type TaskContext } from './context.ts';
import { run } from './run.ts';
import { askAtGate, askPerson, untilDone } from './trouble.ts';

const MAX_REPAIRS = 3;
/** CI that is not a workflow of GitHub's own is seen by nobody who polls. */
const LONGEST_LOOK_MS = 10 * 60_000;

export async function ci(task: TaskContext, from: In<'ci'>): Promise<In<'review' | 'fix_ci'>> {
  const { taskId, desk } = task;
  const { reviewedUntil } = from;
  let at = from;
  await setState(task, 'ci', 'ci');
  for (let waitedMs = 0, looks = 0; ; looks++) {
    const pokes = desk.pokes();
    const now = await untilDone(task, 'ci', () => forge.readCi({ taskId, round: at.repairs }));
    const next = decide(task, at, now, waitedMs);
    switch (next.do) {
      case 'wait': {
        const ms = untilNextLook(task, now.verdict, looks);
        if (await desk.until(() => desk.pokes() > pokes, ms, { what: 'checks', sha: now.sha })) looks = -1;
        else waitedMs += ms;
        continue;
      }
      case 'review':
        return { stage: 'review', reviewedUntil };
      case 'repair':
        return { stage: 'fix_ci', repairs: next.round, redSha: now.sha, reviewedUntil };
      case 'gate': {
        const { id, allowed } = await askAtGate(task, next.what, now.weakened);
        if (!allowed && now.weakened.length > 0) return { stage: 'fix_ci', repairs: at.repairs + 1, redSha: now.sha, putBack: id, reviewedUntil };
        if (allowed && next.what === 'unchecked') return { stage: 'review', reviewedUntil };
        await setState(task, 'ci', 'ci');
        // The person has looked: weakened tests count for this commit.
        if (allowed) task.position = at = { ...at, repairs: 0, acceptedSha: now.sha };
        else waitedMs = 0;
        continue;
      }
      case 'ask_human': {
        const said = await askPerson(task, 'ci', next.sentence, now.weakened.join('\n'));
        await setState(task, 'ci', 'ci');
        // A red CI gets another set of repairs. What weakens tests is not let through by it; a retry from before gates did that too.
        task.position = at = { ...at, repairs: 0, acceptedSha: said.onlyRetry === true ? null : now.sha };
      }
    }
  }
}

interface CiLook {
  readonly verdict: CiVerdict;
  readonly sha: string;
  readonly weakened: readonly string[];
  readonly verified?: Verified;
}

function decide({ ciGraceMs }: TaskContext, { repairs, acceptedSha }: In<'ci'>, now: CiLook, waitedMs: number): AfterCi {
  const accepted = acceptedSha === now.sha;
  return afterCi(now.verdict, {
    repairs,
    maxRepairs: MAX_REPAIRS,
    waitedMs,
    graceMs: ciGraceMs,
    weakened: now.weakened.length > 0 && !accepted,
    // A commit the person has looked at is not sent back for the same reason twice; what passed goes on counting.
    verified: accepted && !(now.verified === 'passed' && patched('keep-passed')) ? 'unknown' : (now.verified ?? 'unknown'),
  });
}

function untilNextLook({ ciGraceMs, looksSoon }: TaskContext, verdict: CiVerdict, looks: number): number {
  if (verdict === 'none') return ciGraceMs / 4;
  return looksSoon ? Math.min(lookAgainMs(looks), LONGEST_LOOK_MS) : LONGEST_LOOK_MS;
}

export async function fixCi(task: TaskContext, { repairs, redSha, putBack, reviewedUntil }: In<'fix_ci'>): Promise<In<'ci'>> {
  const about = putBack === undefined ? {} : { about: putBack };
  await run(task, 'fix_ci', 'drafting', { round: repairs, ...(redSha === null ? {} : { ciSha: redSha }), ...about });
  return { stage: 'ci', repairs, acceptedSha: null, reviewedUntil };
}
