// The clocks of the plans: a Schedule of Temporal's for each, with the times that come next. That it is they who
// are told, and not the plan, keeps one reading of cron, of time zones and of clocks that are changed.
import type { Db } from '@mainloop/models/db/pool';
import { nextOf } from '@mainloop/models/db/recurring/next';
import { comeDue, listClocked, type ClockedPlan } from '@mainloop/models/db/recurring/recurring';
import { readPlan } from '@mainloop/models/db/recurring/cron';
import { dueOf, ON_TIME_MS } from '@mainloop/models/flow/conversation/recurring';
import { RECURRING_WORKFLOW, TASK_QUEUE, type RecurringWorkflowInput } from '@mainloop/models/flow/workflow';
import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleSpec,
} from '@temporalio/client';

const PREFIX = 'recurring/';
/** How many times a Schedule is told; told anew when half of them are over. */
const TIMES = 16;
const JITTER = '10 seconds';
const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;

/** What was told to Temporal of each plan, and whether those of plans that are gone were looked for; kept between calls. */
export interface SyncedSchedules {
  readonly of: Map<string, { readonly plan: string; readonly untilMs: number }>;
  isSwept: boolean;
}
/**
 * What a worker starts with.
 * @returns no schedule is known, so the first round sets all of them
 */
export const nothingSynced = (): SyncedSchedules => ({ of: new Map(), isSwept: false });

const specOf = (times: readonly Date[]): ScheduleSpec => ({
  calendars: times.map((at) => ({
    year: at.getUTCFullYear(),
    month: MONTHS[at.getUTCMonth()] ?? 'JANUARY',
    dayOfMonth: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
  })),
  jitter: JITTER,
});

/** A plan's Schedule as it should be: one at a time; what was missed is made up by whoever looks next, once. */
const scheduleOf = (plan: ClockedPlan, times: readonly Date[]): ScheduleOptions => {
  const input: RecurringWorkflowInput = { ownerId: plan.ownerId, id: plan.id };
  return {
    scheduleId: PREFIX + plan.id,
    spec: specOf(times),
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
    action: {
      type: 'startWorkflow',
      workflowType: RECURRING_WORKFLOW,
      workflowId: PREFIX + plan.id,
      taskQueue: TASK_QUEUE,
      args: [input],
    },
  };
};

async function ensureSchedule(client: Client, plan: ClockedPlan, times: readonly Date[]): Promise<void> {
  const wanted = scheduleOf(plan, times);
  try {
    await client.schedule.getHandle(wanted.scheduleId).update((now) => ({ ...now, spec: wanted.spec }));
  } catch (err) {
    ignoreGone(err);
    await client.schedule.create(wanted);
  }
}

const removeSchedule = (client: Client, id: string): Promise<unknown> =>
  client.schedule
    .getHandle(PREFIX + id)
    .delete()
    .catch(ignoreGone);

/** Schedules of plans that went while no worker ran. One that Temporal does not list yet finds nothing due. */
async function removeOthers(client: Client, ids: ReadonlySet<string>): Promise<void> {
  for await (const { scheduleId } of client.schedule.list())
    if (scheduleId.startsWith(PREFIX) && !ids.has(scheduleId.slice(PREFIX.length)))
      await removeSchedule(client, scheduleId.slice(PREFIX.length));
}

const ignoreGone = (err: unknown): void => {
  if (!(err instanceof ScheduleNotFoundError)) throw err;
};

/**
 * Makes the Schedules what the plans say, and does what is overdue: a time that Temporal was silent about.
 * @param told what it was told before, kept between calls
 */
export async function tendRecurring(
  db: Db,
  client: Client,
  synced: SyncedSchedules,
  now = new Date(),
): Promise<void> {
  const plans = await listClocked(db);
  const ids = new Set(plans.map(({ id }) => id));
  const gone = [...synced.of.keys()].filter((id) => !ids.has(id));
  if (!synced.isSwept) await removeOthers(client, ids);
  synced.isSwept = true;
  for (const id of gone) {
    await removeSchedule(client, id);
    synced.of.delete(id);
  }
  for (const plan of plans) {
    const key = `${plan.cron} ${plan.zone}`;
    const before = synced.of.get(plan.id);
    if (before?.plan !== key || before.untilMs <= now.getTime()) {
      const times = nextOf(plan.cron, plan.zone, now.getTime(), TIMES);
      await ensureSchedule(client, plan, times);
      const half = times.length < TIMES ? undefined : times[TIMES / 2];
      synced.of.set(plan.id, { plan: key, untilMs: half?.getTime() ?? Number.POSITIVE_INFINITY });
    }
    if (isOverdue(plan, now.getTime())) await comeDue(db, plan.ownerId, plan.id, now);
  }
}

function isOverdue({ cron, zone, since }: ClockedPlan, nowMs: number): boolean {
  const plan = readPlan(cron, zone, since.getTime());
  return plan.ok && dueOf(plan.next, since.getTime(), nowMs - ON_TIME_MS / 2) !== null;
}
