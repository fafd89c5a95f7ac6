// The bare thing that our workflow is held against: as many activities, one after the other, that do nothing.
import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '4 seconds',
});

/** @param activities how many, one after the other */
export async function bareWorkflow(activities: number): Promise<void> {
  for (let i = 0; i < activities; i++) await nothing();
}
