// Adding a project: only the worker may ask the forge, so the api starts this and waits for its event.
import { proxyActivities } from '@temporalio/workflow';
import type { ProjectWorkflowInput } from '@mainloop/models/flow/workflow';
import type { projectActivities } from '../activities/project.activities.ts';

const { addProject } = proxyActivities<ReturnType<typeof projectActivities>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '4 seconds',
  retry: { maximumAttempts: 3 },
});

/**
 * Adds one project.
 * @param input its source and who asked for it
 */
export async function projectWorkflow(input: ProjectWorkflowInput): Promise<void> {
  await addProject(input);
}
