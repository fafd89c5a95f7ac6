// A time of a plan has come: whatever is due of it is done, once.
import { proxyActivities } from '@temporalio/workflow';
import type { RecurringWorkflowInput } from '@mainloop/models/flow/workflow';
import type { recurringActivities } from '../activities/recurring.activities.ts';

const { comeRecurring } = proxyActivities<ReturnType<typeof recurringActivities>>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 5, initialInterval: '2 seconds', maximumInterval: '30 seconds' },
});

/**
 * One time of a plan that has come.
 * @param input which plan
 */
export async function recurringWorkflow(input: RecurringWorkflowInput): Promise<void> {
  await comeRecurring(input);
}
