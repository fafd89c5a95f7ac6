// When the memory of the conversation is looked after: by a schedule of Temporal's, and at once when much was said.
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import { MEMORY_WORKFLOW, TASK_QUEUE, type MemoryWorkflowInput } from '@mainloop/models/flow/workflow';
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { planOf } from './activities/memory.activities.ts';

const SCHEDULE = 'memory';
const EVERY = '10 minutes';

/**
 * Makes the schedule. Doing it again changes nothing: one workflow at a time, whoever starts it.
 * @returns when it is there
 */
export async function ensureMemorySchedule(client: Client): Promise<true> {
  const input: MemoryWorkflowInput = { ownerId: OWNER };
  try {
    await client.schedule.create({
      scheduleId: SCHEDULE,
      spec: { intervals: [{ every: EVERY }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: MEMORY_WORKFLOW,
        workflowId: SCHEDULE,
        taskQueue: TASK_QUEUE,
        args: [input],
      },
    });
    return true;
  } catch (err) {
    if (err instanceof ScheduleAlreadyRunning) return true;
    throw err;
  }
}

/**
 * Starts it before its time when a part of a day has grown full. One that runs already is not joined by
 * another.
 * @param client of Temporal, where the schedule is
 */
export async function summariseBySize(db: Db, client: Client): Promise<void> {
  if (!(await planOf(db, OWNER)).some((due) => due.level === 'part')) return;
  await client.schedule.getHandle(SCHEDULE).trigger(ScheduleOverlapPolicy.SKIP);
}
