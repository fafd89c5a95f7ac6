// Names and shapes shared by whoever starts, signals or is a task workflow.
import type { ItemKind } from './events.ts';
import type { Phase } from './states.ts';

export const TASK_QUEUE = 'mainloop';
export const TASK_WORKFLOW = 'taskWorkflow';
export const PROJECT_WORKFLOW = 'projectWorkflow';

export interface ProjectWorkflowInput {
  readonly ownerId: string;
  readonly projectId: string;
  readonly source: string;
}

export interface TaskWorkflowInput {
  readonly taskId: string;
  /** Where a continued run picks up; absent for a new task. */
  readonly at?: Resume;
}

export interface Resume {
  readonly stage: Stage;
  /** Revision of the plan while planning, number of repairs in the CI loop. */
  readonly round: number;
  /** Review comments newer than this ISO time have not been worked on. */
  readonly reviewedUntil: string;
  readonly seenRuns: number;
  /** Failure items opened so far; part of their ids. */
  readonly items: number;
  /** Signals taken before the change-over and not yet used. */
  readonly pending: readonly HumanSignal[];
  /** Item whose text the next run works on: a comment on the plan, or changes asked for in the app. */
  readonly about?: string;
}

export type Stage = 'plan' | 'await_plan' | 'implement' | 'ci' | 'fix_ci' | 'review' | 'address_review';

/** Every human decision is a row in Postgres first; this only carries it in. `id` makes a second delivery harmless. */
export interface HumanSignal {
  readonly id: string;
  readonly kind: Decision;
  readonly itemId?: string;
  readonly text?: string;
}
/** Carries no outcome: transcripts and summaries stay out of the history, the workflow asks for what it needs. */
export interface RunEndedSignal {
  readonly runId: string;
  readonly epoch: number;
}

export const DECISIONS = [
  'answer',
  'approve',
  'revise',
  'retry',
  'merge',
  'changes',
  'allow',
  'allow_task',
  'allow_project',
  'deny',
  'cancel',
  'go_on',
] as const;
export type Decision = (typeof DECISIONS)[number];

/** GitHub's own words; the first is what a bare "merge" does. */
export const MERGE_METHODS = ['squash', 'rebase', 'merge'] as const;
export type MergeMethod = (typeof MERGE_METHODS)[number];

/** Which decisions each kind of inbox item takes. `cancel` is always possible on the task itself. */
export const DECISIONS_OF: Record<ItemKind, readonly Decision[]> = {
  question: ['answer'],
  plan: ['approve', 'revise'],
  failure: ['retry'],
  review: ['merge', 'changes'],
  ci_files: ['allow', 'deny'],
  permission: ['allow', 'allow_task', 'allow_project', 'deny'],
};

export const SIGNALS = { human: 'human', runEnded: 'runEnded', poke: 'poke' } as const;

export interface RunRequest {
  readonly taskId: string;
  readonly n: number;
  readonly phase: Phase;
  readonly context: RunContext;
}
/** What a run is about, besides the task itself. References only: the texts stay in Postgres and on the forge. */
export interface RunContext {
  /** Inbox items answered during this phase, oldest first. */
  readonly answered: readonly string[];
  /** Item with a comment on the plan, or with changes asked for in the app. */
  readonly about?: string;
  readonly ciSha?: string;
  readonly round?: number;
  readonly reviewSince?: string;
  /** Set when the run continues one that was cut off. */
  readonly resumed?: boolean;
}
