// WORKFLOW.md of a project, as its page shows it.
import type { SetByFile } from '@mainloop/models/flow/projects/workflow-file';

export interface WorkflowShown {
  readonly sets: readonly SetByFile[];
  /** Whether its text is told to agents. */
  readonly hasTemplate: boolean;
  /** What is wrong with the newest one, which therefore does not count; '' where it counts. */
  readonly problem: string;
}
