// When the cycle comes: by a Schedule of Temporal's, which never has two at once, and before its time when
// something does not wait, or when one did not come.
import { newestWord, getClock } from '@mainloop/models/db/cycle/clock';
import type { Db } from '@mainloop/models/db/pool';
import { getSettings } from '@mainloop/models/db/projects/settings';
import { isCampfireDue } from '@mainloop/models/db/learnings/campfire';
import { wakeOf } from '@mainloop/models/flow/cycle/cycle';
import { OWNER } from '@mainloop/models/flow/ids';
import {
  CYCLE_WORKFLOW,
  TASK_QUEUE,
  TASK_WORKFLOW,
  type CycleWorkflowInput,
} from '@mainloop/models/flow/workflow';
import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { TaskWorkflows } from './activities/cycle.activities.ts';
import { isGone } from './relay.ts';

const SCHEDULE = 'cycle';
/** One that is under way is given so long before another is asked for. */
const PATIENCE_MS = 10_000;

const PAGE = 1_000;
const query = `WorkflowType = '${TASK_WORKFLOW}' and ExecutionStatus = 'Running'`;

/** What a worker knows of the schedule and of the log, kept between looks. */
export interface CycleWatch {
  minutes: number | null;
  /** Events up to here were looked at. */
  upTo: number;
  /** The newest event that does not wait, and the newest that asks for a cycle. */
  news: number;
  asked: number;
  triggeredMs: number;
}
export const nothingWatched = (): CycleWatch => ({
  minutes: null,
  upTo: 0,
  news: 0,
  asked: 0,
  triggeredMs: 0,
});

/** One at a time; of those that were missed none is made up by Temporal, but one by whoever looks next. */
const scheduleOf = (minutes: number): ScheduleOptions => {
  const input: CycleWorkflowInput = { ownerId: OWNER };
  return {
    scheduleId: SCHEDULE,
    spec: { intervals: [{ every: `${minutes} minutes` }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10 seconds' },
    action: {
      type: 'startWorkflow',
      workflowType: CYCLE_WORKFLOW,
      workflowId: SCHEDULE,
      taskQueue: TASK_QUEUE,
      // One that hangs must not be the last.
      workflowExecutionTimeout: '30 minutes',
      args: [input],
    },
  };
};

async function ensureSchedule(client: Client, minutes: number): Promise<void> {
  const wanted = scheduleOf(minutes);
  try {
    await client.schedule.getHandle(SCHEDULE).update((now) => ({ ...now, spec: wanted.spec }));
  } catch (err) {
    if (!(err instanceof ScheduleNotFoundError)) throw err;
    await client.schedule.create(wanted);
  }
}

/**
 * Keeps the schedule as the settings want it, and has a cycle come before its time where there is a reason.
 * @param watch what was seen before, kept between calls
 */
export async function wakeCycle(
  db: Db,
  client: Client,
  watch: CycleWatch,
  nowMs = Date.now(),
): Promise<void> {
  const { cycleMinutes } = await getSettings(db, OWNER);
  if (watch.minutes !== cycleMinutes) {
    await ensureSchedule(client, cycleMinutes);
    watch.minutes = cycleMinutes;
  }
  const clock = await getClock(db, OWNER);
  // What happened before the first cycle, it does not tell of.
  if (clock.lastId !== null) await look(db, watch, clock.seq);
  const woken = {
    asked: watch.asked > clock.seq,
    news: watch.news > clock.seq || (await isCampfireDue(db, OWNER, nowMs)),
  };
  const reason = wakeOf(clock, woken, { nowMs, everyMs: cycleMinutes * 60_000 });
  if (reason === null || nowMs - watch.triggeredMs < PATIENCE_MS) return;
  watch.triggeredMs = nowMs;
  await client.schedule.getHandle(SCHEDULE).trigger(ScheduleOverlapPolicy.SKIP);
}

async function look(db: Db, watch: CycleWatch, seq: number): Promise<void> {
  watch.upTo = Math.max(watch.upTo, seq);
  const newest = await newestWord(db, OWNER, watch.upTo);
  watch.asked = Math.max(watch.asked, newest.asked);
  watch.news = Math.max(watch.news, newest.news);
  watch.upTo = Math.max(watch.upTo, newest.asked, newest.news);
}

/** @returns what a cycle asks of Temporal */
export const taskWorkflows = (client: Client): TaskWorkflows => ({
  count: async () => (await client.workflow.count(query)).count,
  async running() {
    const ids = new Set<string>();
    let nextPageToken: Uint8Array = new Uint8Array();
    // As the server has it: the client's own list decodes everything of each, which takes most of the time.
    do {
      const page = await client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query,
        pageSize: PAGE,
        nextPageToken,
      });
      for (const { execution } of page.executions) if (execution?.workflowId) ids.add(execution.workflowId);
      nextPageToken = page.nextPageToken;
    } while (nextPageToken.length > 0);
    return ids;
  },
  isGone: (id) => isGone(client, id),
});
