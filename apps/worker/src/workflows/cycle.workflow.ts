// One cycle: gather, triage, narrate, tend. Nobody waits for it. A phase that fails is told with the others, and does
// not keep the next.
import { ActivityFailure } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import { phasesAfter, type CyclePhase, type PhaseReport } from '@mainloop/models/flow/cycle/cycle';
import type { CycleWorkflowInput } from '@mainloop/models/flow/workflow';
import type { cycleActivities } from '../activities/cycle.activities.ts';

const { gatherCycle, triageCycle, narrateCycle, tendCycle, endCycle } = proxyActivities<
  ReturnType<typeof cycleActivities>
>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 4, initialInterval: '1 second', maximumInterval: '15 seconds' },
});

export async function cycleWorkflow({ ownerId }: CycleWorkflowInput): Promise<void> {
  const { workflowId, runId, startTime } = workflowInfo();
  const of = { ownerId, startedMs: startTime.getTime() };
  const phases: PhaseReport[] = [];
  const attempt = async <T>(phase: CyclePhase, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      phases.push({ phase, ms: 0, did: {}, trouble: err.cause?.message ?? 'It did not answer.' });
      return null;
    }
  };
  const gathered = await attempt('gather', () => gatherCycle(of));
  if (gathered !== null) phases.push(gathered.report);
  const triaged = await attempt('triage', () => triageCycle(of));
  if (triaged !== null) phases.push(triaged.report);
  const found = { ...of, stuck: triaged?.stuck ?? [], certain: triaged?.certain ?? ('some' as const) };
  const said = [...(gathered?.said ?? [])];
  for (const phase of phasesAfter(said.length, found.stuck.length))
    if (phase === 'narrate') {
      const narrated = await attempt(phase, () => narrateCycle(found));
      if (narrated !== null) phases.push(narrated.report);
      said.push(...(narrated?.said ?? []));
    } else {
      const report = await attempt(phase, () => tendCycle(found));
      if (report !== null) phases.push(report);
    }
  await endCycle({
    ...of,
    id: `${workflowId}/${runId}`,
    reason: gathered?.reason ?? 'clock',
    missed: gathered?.missed ?? 0,
    seq: gathered?.seq ?? null,
    phases,
    said,
  });
}
