// The phases of a cycle. Each may be done again, and then tells nothing twice.
import { performance } from 'node:perf_hooks';
import type { Sandbox } from '@mainloop/adapters/sandbox/port';
import { gatherLog, getClock } from '@mainloop/models/db/cycle/clock';
import { endCycle, type EndedCycle } from '@mainloop/models/db/cycle/cycles';
import {
  closeStuck,
  countBack,
  expireProposals,
  listAtHand,
  tellStuck,
  wakeSilent,
} from '@mainloop/models/db/cycle/hand';
import { lightCampfire } from '@mainloop/models/db/learnings/campfire';
import { lastSeq } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { isAllPaused } from '@mainloop/models/db/runs/pause';
import {
  missedBefore,
  reasonOf,
  saidOf,
  type CyclePhase,
  type CycleReason,
  type PhaseReport,
} from '@mainloop/models/flow/cycle/cycle';
import {
  mayBeGone,
  stuckOf,
  stuckWords,
  type AtHand,
  type Certain,
  type Stuck,
} from '@mainloop/models/flow/cycle/stuck';
import { taskWorkflowId } from '@mainloop/models/flow/ids';
import type { Hit } from '@mainloop/network/failpoints';
import { reapOrphans, watchTrains } from '../maintenance.ts';

/** What a cycle asks of Temporal. */
export interface TaskWorkflows {
  /** @returns how many workflows of tasks run; cheap, where a list of all is not */
  count(): Promise<number>;
  /** @returns ids of the workflows of tasks that run; one that began a moment ago may not be among them */
  running(): Promise<ReadonlySet<string>>;
  isGone(workflowId: string): Promise<boolean>;
}

export interface CyclePorts {
  readonly db: Db;
  readonly sandbox: Pick<Sandbox, 'list' | 'release'>;
  readonly workflows: TaskWorkflows;
  readonly hit: Hit;
}

interface OfCycle {
  readonly ownerId: string;
  readonly startedMs: number;
}
export interface CycleGathered {
  readonly report: PhaseReport;
  readonly reason: CycleReason;
  readonly missed: number;
  readonly seq: number;
  readonly said: readonly string[];
}
export interface CycleTriaged {
  readonly report: PhaseReport;
  readonly stuck: readonly Stuck[];
  readonly certain: Certain;
}

/** So many are asked about one by one, and told of, in one cycle. */
const MOST_AT_ONCE = 50;

/** @param began by `performance.now()` */
const reportOf = (phase: CyclePhase, began: number, did: Record<string, number>): PhaseReport => ({
  phase,
  ms: Math.round(performance.now() - began),
  did: Object.fromEntries(Object.entries(did).filter(([, count]) => count > 0)),
  trouble: '',
});

/**
 * Those of the tasks whose workflow runs no more. The list of all that run may lag behind, so each that it lacks
 * is asked about.
 */
async function goneOf(tasks: readonly AtHand[], workflows: TaskWorkflows, nowMs: number) {
  const settled = tasks.filter((task) => mayBeGone(task, nowMs));
  if (settled.length === 0) return { gone: new Set<string>(), certain: 'all' as const };
  // As many run as there are tasks: as good as sure that none is gone, and nothing is concluded from it.
  if ((await workflows.count()) >= tasks.length)
    return { gone: new Set<string>(), certain: 'silent' as const };
  const running = await workflows.running();
  const lacking = settled.filter(({ taskId }) => !running.has(taskWorkflowId(taskId)));
  const gone = new Set<string>();
  for (const { taskId } of lacking.slice(0, MOST_AT_ONCE))
    if (await workflows.isGone(taskWorkflowId(taskId))) gone.add(taskId);
  return { gone, certain: lacking.length <= MOST_AT_ONCE ? ('all' as const) : ('silent' as const) };
}

async function gatherCycle({ db, hit }: CyclePorts, { ownerId, startedMs }: OfCycle): Promise<CycleGathered> {
  const began = performance.now();
  hit('cycle.gather.before');
  const { cycleMinutes } = await getSettings(db, ownerId);
  const clock = await getClock(db, ownerId);
  const seq = await lastSeq(db, ownerId);
  // Before the first cycle there may be years of log: it tells nothing of them.
  const after = clock.lastId === null ? seq : clock.seq;
  const { counts, ...woken } = await gatherLog(db, ownerId, { after, upTo: seq });
  const missed = missedBefore(clock, startedMs, cycleMinutes * 60_000);
  const between = { since: new Date(clock.endedMs), now: new Date(startedMs) };
  const back = clock.lastId === null ? 0 : await countBack(db, ownerId, between);
  const events = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    report: reportOf('gather', began, { events, back }),
    reason: reasonOf(woken, missed),
    missed,
    seq,
    said: saidOf({ ...counts, 'later.back': back }),
  };
}

async function triageCycle({ db, workflows, hit }: CyclePorts, { ownerId }: OfCycle): Promise<CycleTriaged> {
  const began = performance.now();
  hit('cycle.triage.before');
  const tasks = await listAtHand(db, ownerId);
  const nowMs = Date.now();
  const isPaused = await isAllPaused(db, ownerId);
  const { gone, certain } = await goneOf(tasks, workflows, nowMs);
  const all = tasks.flatMap(
    (task) => stuckOf(task, { nowMs, isPaused, isGone: gone.has(task.taskId) }) ?? [],
  );
  const stuck = all.slice(0, MOST_AT_ONCE);
  return {
    report: reportOf('triage', began, { stuck: all.length }),
    stuck,
    certain: stuck.length === all.length ? certain : 'some',
  };
}

async function narrateCycle(
  { db, hit }: CyclePorts,
  { ownerId, startedMs, stuck }: OfCycle & Pick<CycleTriaged, 'stuck'>,
): Promise<{ report: PhaseReport; said: string[] }> {
  const began = performance.now();
  hit('cycle.narrate.before');
  const nowMs = Date.now();
  const told = await tellStuck(db, ownerId, stuck, { sinceMs: startedMs, nowMs });
  hit('cycle.narrate.after');
  return {
    report: reportOf('narrate', began, { told: told.length }),
    said: told.map((one) => stuckWords(one, nowMs).title),
  };
}

async function tendCycle(
  { db, sandbox, workflows, hit }: CyclePorts,
  { ownerId, stuck, certain }: OfCycle & Pick<CycleTriaged, 'stuck' | 'certain'>,
): Promise<PhaseReport> {
  const began = performance.now();
  hit('cycle.tend.before');
  const deeds: readonly (readonly [string, () => Promise<number>])[] = [
    ['woken', () => wakeSilent(db, stuck)],
    ['closed', () => closeStuck(db, ownerId, { stuck, certain })],
    ['expired', () => expireProposals(db, ownerId, new Date())],
    ['trains', async () => (await watchTrains(db, (id) => workflows.isGone(id))).length],
    ['campfire', async () => ((await lightCampfire(db, ownerId, Date.now())) === 'lit' ? 1 : 0)],
    ['orphans', async () => (await reapOrphans(db, sandbox)).length],
  ];
  const did: [name: string, count: number][] = [];
  const failed: string[] = [];
  for (const [name, deed] of deeds)
    try {
      did.push([name, await deed()]);
    } catch (err) {
      // One that does not work must not keep the others.
      failed.push(`${name}: ${(err as Error).message}`);
    }
  hit('cycle.tend.after');
  return { ...reportOf('tend', began, Object.fromEntries(did)), trouble: failed.join(' ').slice(0, 500) };
}

/**
 * Activities of the cycle.
 * @returns a function for each phase, and one for its end
 */
export const cycleActivities = (ports: CyclePorts) => ({
  gatherCycle: (input: OfCycle) => gatherCycle(ports, input),
  triageCycle: (input: OfCycle) => triageCycle(ports, input),
  narrateCycle: (input: OfCycle & Pick<CycleTriaged, 'stuck'>) => narrateCycle(ports, input),
  tendCycle: (input: OfCycle & Pick<CycleTriaged, 'stuck' | 'certain'>) => tendCycle(ports, input),
  async endCycle(cycle: EndedCycle): Promise<void> {
    ports.hit('cycle.end.before');
    await endCycle(ports.db, cycle, Date.now());
    ports.hit('cycle.end.after');
  },
});
