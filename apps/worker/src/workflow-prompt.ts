// What WORKFLOW.md has to say to the agent of a run: its templates, filled in with the task.
import type { Db } from '@mainloop/models/db/pool';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import type { Workflow } from '@mainloop/models/flow/projects/workflow-file';
import { PRIORITIES } from '@mainloop/models/flow/runs/dispatch';
import type { PromptFacts } from '@mainloop/models/flow/runs/prompts';
import type { Phase } from '@mainloop/models/flow/states';
import type { RunRequest } from '@mainloop/models/flow/workflow';
import { placedWords } from '@mainloop/models/workflow-file/read';
import { renderTemplate, type TemplateFacts } from '@mainloop/models/workflow-file/template';
import { freshWorkflow, type Reads } from './rule-files.ts';

type Told = NonNullable<PromptFacts['workflow']>;
interface WorkflowPrompt {
  readonly told: Told;
  /** Why a template could not be filled in: a run is not begun with half of it. */
  readonly problem: string | null;
}

const NOTHING: Told = { says: '', phase: '', done: '' };
type PromptField = 'mainloop.prompts.plan' | 'mainloop.prompts.review';
const OF_PHASE: Partial<Record<Phase, PromptField>> = {
  plan: 'mainloop.prompts.plan',
  address_review: 'mainloop.prompts.review',
};

/** What it says is looked up anew for each run. */
export async function workflowPrompt(
  { db, forge }: { readonly db: Db; readonly forge: Reads },
  task: TaskRow,
  { phase, n }: Pick<RunRequest, 'phase' | 'n'>,
  base: string,
): Promise<WorkflowPrompt> {
  const file = (await freshWorkflow(db, forge, task))?.file ?? null;
  if (file === null) return { told: NOTHING, problem: null };
  const facts = factsOf(task, phase, n, base);
  let told = NOTHING;
  for (const [name, template] of templatesOf(file, phase)) {
    const rendered =
      template === '' ? { ok: true as const, text: '' } : await renderTemplate(template, facts);
    if (!rendered.ok)
      return { told, problem: `${WHERE[name]} of WORKFLOW.md can't be filled in. ${placedWords(rendered)}` };
    told = { ...told, [name]: rendered.text };
  }
  return { told, problem: null };
}
const WHERE: Record<keyof Told, string> = {
  says: 'The prompt',
  phase: 'The prompt of this phase',
  done: 'mainloop.prompts.done',
};

function templatesOf({ given, template }: Workflow, phase: Phase): [keyof Told, string][] {
  const ofPhase = OF_PHASE[phase];
  return [
    ['says', template],
    ['phase', ofPhase === undefined ? '' : (given[ofPhase] ?? '')],
    ['done', given['mainloop.prompts.done'] ?? ''],
  ];
}

/** A task as the issue of the specification. */
const factsOf = (task: TaskRow, phase: Phase, n: number, base: string): TemplateFacts => ({
  issue: {
    id: task.id,
    identifier: task.issueNumber === null ? task.id : `${task.repo}#${task.issueNumber}`,
    title: task.title,
    description: task.prompt,
    priority: PRIORITIES.indexOf(task.priority) + 1,
    state: phase,
    branch_name: task.branch,
    url: null,
    labels: [],
    blocked_by: [],
    created_at: task.createdAt.toISOString(),
    updated_at: null,
  },
  attempt: n > 1 ? n - 1 : null,
  mainloop: { phase, base },
});
