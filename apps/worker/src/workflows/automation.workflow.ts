// An automation has come: it waits for its turn, does what it does once, and says when that does not work. While
// everything is paused it does nothing and looks again.
import { ActivityFailure, continueAsNew, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { AutomationWorkflowInput } from '@mainloop/models/flow/workflow';
import type { automationActivities } from '../activities/automation.activities.ts';

const { actAutomation, sendWebhook, failAutomation } = proxyActivities<
  ReturnType<typeof automationActivities>
>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 5, initialInterval: '2 seconds', maximumInterval: '30 seconds' },
});

const FIRST_LOOK_MS = 2_000;
const LAST_LOOK_MS = 60_000;

export async function automationWorkflow(input: AutomationWorkflowInput): Promise<void> {
  const waitMs = input.dueMs - Date.now();
  if (waitMs > 0) await sleep(waitMs);
  const { webhooks } = await unheld(input, () => actAutomation(input));
  for (let at = input.from ?? 0; at < webhooks; at++) {
    const now = { ...input, from: at };
    try {
      await unheld(now, () => sendWebhook({ ...input, at }));
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      await failAutomation({ ...input, sentence: err.cause?.message ?? 'What goes out did not arrive.' });
      return;
    }
  }
}

/** @param input with which it begins anew when it has looked so often that its history is long */
async function unheld<T extends { readonly isHeld?: boolean } | undefined>(
  input: AutomationWorkflowInput,
  ask: () => Promise<T>,
): Promise<T> {
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LAST_LOOK_MS)) {
    // A worker from before everything could be held says nothing of it.
    const said = await ask();
    if (said?.isHeld !== true) return said;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof automationWorkflow>(input);
    await sleep(lookMs);
  }
}
