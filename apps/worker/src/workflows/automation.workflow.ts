// An automation has come: it waits for its turn, does what it does once, and says when that does not work.
import { ActivityFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import type { automationActivities } from '../activities/automation.activities.ts';

const { actAutomation, sendWebhook, failAutomation } = proxyActivities<
  ReturnType<typeof automationActivities>
>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 5, initialInterval: '2 seconds', maximumInterval: '30 seconds' },
});

export async function automationWorkflow(input: AutomationWorkflowInput): Promise<void> {
  const waitMs = input.dueMs - Date.now();
  if (waitMs > 0) await sleep(waitMs);
  const { webhooks } = await actAutomation(input);
  for (let at = 0; at < webhooks; at++) {
    try {
      await sendWebhook({ ...input, at });
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      await failAutomation({ ...input, sentence: err.cause?.message ?? 'A webhook did not arrive.' });
      return;
    }
  }
}
