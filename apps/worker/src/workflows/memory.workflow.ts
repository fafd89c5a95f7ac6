// Keeps the memory of the conversation: writes what is due until nothing is. Nobody waits for it; what it
// does not get done is due the next time.
import { ActivityFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import type { MemoryWorkflowInput } from '@mainloop/models/flow/workflow';
import type { memoryActivities } from '../activities/memory.activities.ts';

const { planMemory, summariseOne } = proxyActivities<ReturnType<typeof memoryActivities>>({
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 4, initialInterval: '5 seconds', maximumInterval: '1 minute' },
});
/** Its history stays short; the schedule starts the next one. */
const MAX_ROUNDS = 12;

/**
 * Summarises what can be summarised, round after round, until one brings nothing; a model that is away only delays it.
 * @param input whose conversation
 */
export async function memoryWorkflow(input: MemoryWorkflowInput): Promise<void> {
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const due = await planMemory(input);
      let done = 0;
      for (const one of due) {
        const outcome = await summariseOne({ ...input, due: one });
        if (outcome === 'written' || outcome === 'stale') done++;
      }
      if (done === 0) return;
    }
  } catch (err) {
    // A model that is away only delays it.
    if (!(err instanceof ActivityFailure)) throw err;
  }
}
