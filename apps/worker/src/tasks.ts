// Reading a task with its project, as the worker needs it.
import type { AttachmentRef } from '@mainloop/models/flow/events';
import { one, type Queryable } from '@mainloop/models/db/pool';

export interface TaskRow {
  readonly id: string;
  readonly owner_id: string;
  readonly project_id: string;
  readonly title: string;
  readonly prompt: string;
  readonly model: string;
  readonly skip_plan: boolean;
  readonly state: string;
  readonly phase: string;
  readonly status_line: string;
  readonly issue_number: number | null;
  readonly issue_url: string | null;
  readonly pr_number: number | null;
  readonly branch: string;
  readonly head_sha: string | null;
  readonly ci: { readonly verdict?: string; readonly passed?: number } | null;
  readonly plan: string | null;
  readonly plan_revision: number;
  readonly cost_microusd: number;
  readonly repo: string;
  readonly default_branch: string;
  readonly settings: unknown;
  readonly attachments: readonly AttachmentRef[];
}

/** @throws Error when there is no such task */
export async function getTask(q: Queryable, taskId: string): Promise<TaskRow> {
  const t = await one<TaskRow>(
    q,
    'select t.*, p.repo, p.default_branch, p.settings from tasks t join projects p on p.id = t.project_id where t.id = $1',
    [taskId],
  );
  if (!t) throw new Error(`there is no task ${taskId}`);
  return t;
}
