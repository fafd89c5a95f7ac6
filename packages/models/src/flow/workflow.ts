// Names and shapes shared by whoever starts, signals or is a task workflow.
import type { FiringId } from './automations/rule.ts';
import type { ItemKind } from './events.ts';
import type { Joined } from './forge/conflicts.ts';
import type { Phase } from './states.ts';

export const TASK_QUEUE = 'mainloop';
export const TASK_WORKFLOW = 'taskWorkflow';
export const PROJECT_WORKFLOW = 'projectWorkflow';
export const MEMORY_WORKFLOW = 'memoryWorkflow';

export interface MemoryWorkflowInput {
  readonly ownerId: string;
}

export const RECURRING_WORKFLOW = 'recurringWorkflow';
export interface RecurringWorkflowInput {
  readonly ownerId: string;
  /** Of the plan. */
  readonly id: string;
}
export const CYCLE_WORKFLOW = 'cycleWorkflow';
export interface CycleWorkflowInput {
  readonly ownerId: string;
}
export const AUTOMATION_WORKFLOW = 'automationWorkflow';
export interface AutomationWorkflowInput extends FiringId {
  readonly ownerId: string;
  /** milliseconds since 1970 */
  readonly dueMs: number;
  /** Deeds before this one have gone out; absent at the beginning. */
  readonly from?: number;
}

export interface ProjectWorkflowInput {
  readonly ownerId: string;
  readonly projectId: string;
  readonly source: string;
  /** Of a repository on the forge; left out for all of it. */
  readonly folder?: string;
}

export interface TaskWorkflowInput {
  readonly taskId: string;
  /** Where a workflow picks up that was continued as a new one; absent for a new task. Read by `readResume`. */
  readonly at?: Resume | ResumeBefore2;
}

/** Where a task stands, and what its stage has to know of those before it. */
export type Position =
  | {
      readonly stage: 'plan';
      /** The plan's item whose answer the next revision takes up; null for the first plan. */
      readonly revises: string | null;
    }
  | {
      readonly stage: 'await_plan';
      readonly revision: number;
      /** When the plan was shown on the forge, by its clock; absent in tasks from before it was kept. */
      readonly shownIso?: string;
    }
  | { readonly stage: 'implement' }
  | (Checking & {
      readonly stage: 'ci';
      /** The commit that a person has looked at and let through: what was found in it is not asked about again. */
      readonly acceptedSha: string | null;
      /** The commit that the last repair was about; absent when there was none. */
      readonly repairedSha?: string;
      /** How often the base was brought in since the branch last fitted; absent when it fits. */
      readonly joined?: Joined;
    })
  | (Checking & {
      readonly stage: 'fix_ci';
      /** The commit whose checks failed; null for the newest. */
      readonly redSha: string | null;
      /** The gate at which the person said that the tests come back; without it, CI was red. */
      readonly putBack?: string;
      /** The base that the branch conflicts with, when that is what is repaired, and the count of it. */
      readonly conflictsWith?: string;
      readonly joined?: Joined;
    })
  | (Reviewed & {
      readonly stage: 'second_look';
      readonly sha: string;
      readonly repairs: number;
    })
  | (Reviewed & {
      readonly stage: 'review';
      /** The commit whose checks were looked at; absent in tasks from before it was kept. */
      readonly sha?: string;
      /** Repairs so far: a "ready" that is taken back goes on counting. */
      readonly repairs?: number;
      readonly approved?: Approved;
    })
  | (Reviewed & { readonly stage: 'address_review'; readonly asked: ChangesAsked });

interface Reviewed {
  /** Review comments newer than this ISO time have not been worked on; empty for all of them. */
  readonly reviewedUntil: string;
}
/** What a person approved, of a change that keeps its place in the train while its conflict is brought in order. */
export interface Approved {
  readonly itemId: string;
  readonly shown: string;
}
interface Checking extends Reviewed {
  readonly approved?: Approved;
  /** How often the agent has repaired this change since a person last looked at it. */
  readonly repairs: number;
}
/** Where the changes were asked for: an item of the inbox, comments on GitHub since an ISO time, or a second look. */
export type ChangesAsked =
  | { readonly where: 'inbox'; readonly itemId: string }
  | { readonly where: 'github'; readonly sinceIso: string }
  | { readonly where: 'second_look'; readonly found: number };

export type Stage = Position['stage'];
/** What is known in one stage. */
export type In<S extends Stage> = Extract<Position, { readonly stage: S }>;

/** What a workflow knows besides its position, and takes along when it is continued. */
interface Carried {
  /** How many runs it has prepared; part of their ids. */
  readonly seenRuns: number;
  /** Failure items opened so far; part of their ids. */
  readonly items: number;
  /** How often it was offered for review; part of those items' ids. Absent before it was counted. */
  readonly offers?: number;
  /** How often comments on GitHub woke the agent since the person last decided. Absent before it was counted. */
  readonly rounds?: number;
  /** How often a second look sent it back since the person last decided. Absent before there was one. */
  readonly lookRounds?: number;
  /** Signals taken before the change-over and not yet used. */
  readonly pending: readonly HumanSignal[];
}

export interface Resume extends Carried {
  readonly version: 2;
  readonly position: Position;
}

/**
 * What workflows were continued with before there were versions: two fields with a meaning of their own in
 * each stage.
 */
export interface ResumeBefore2 extends Carried {
  readonly stage: Stage;
  readonly reviewedUntil: string;
  /** Revision of the plan while planning, number of repairs in the CI loop. */
  readonly round: number;
  /**
   * Item of the plan, or of changes asked for; a commit in the CI loop; "since:" and a time after comments on
   * GitHub.
   */
  readonly about?: string;
}

/** Every human decision is a row in Postgres first; this only carries it in. `id` makes a second delivery harmless. */
export interface HumanSignal {
  readonly id: string;
  readonly kind: Decision;
  readonly itemId?: string;
  readonly text?: string;
  /** On a retry that lets nothing through. Those from before gates did, and their histories go on as they were. */
  readonly onlyRetry?: boolean;
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
  'reopen',
  'stop',
  'keep',
  'seen',
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
  guardrail: ['allow', 'deny'],
  /** `deny`: the agent puts back what it took away, or where there is nothing to put back, CI is looked at again. */
  gate: ['allow', 'deny'],
  /** The pull request was closed. `stop` takes its branch along, `keep` leaves it. */
  pr_closed: ['reopen', 'stop', 'keep'],
  permission: ['allow', 'allow_task', 'allow_project', 'deny'],
  /** Its learnings are decided one by one; `seen` lets go of the item, and those left come another day. */
  campfire: ['seen'],
  recurring: ['seen'],
  automation: ['seen'],
  workflow: ['seen'],
  stuck: ['seen'],
};

/** Names on the wire. They stand in histories: `poke` is what tasks have been sent since the first one. */
export const SIGNALS = { human: 'human', runEnded: 'runEnded', lookAgain: 'poke' } as const;
export const QUERIES = { standing: 'standing' } as const;

/** What a task's workflow answers to the query `standing`, while it runs and after its end. */
export interface TaskStanding {
  /** `start` until it has read what it is about, `end` once nothing follows but cleaning up. */
  readonly stage: 'start' | Stage | 'end';
  /** Null while a step is under way or tried again, and after the end. */
  readonly waitsFor: WaitsFor | null;
  /** Ids of the inbox items that it has asked about and nobody has answered, oldest first. */
  readonly openItems: readonly string[];
  /** How many runs of the agent it has prepared. */
  readonly runs: number;
}
export type WaitsFor =
  | { readonly what: 'decision'; readonly itemId: string }
  | { readonly what: 'run'; readonly runId: string }
  | { readonly what: 'slot'; readonly runId: string }
  | { readonly what: 'checks'; readonly sha: string }
  /** Until it is merged: those that were approved before it, and CI on it together with them. */
  | { readonly what: 'turn'; readonly itemId: string }
  /** An account's limit, or a pause before the next try. */
  | { readonly what: 'time'; readonly untilIso: string };

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
  /** The base that the branch conflicts with. */
  readonly conflictsWith?: string;
  readonly reviewSince?: string;
  /** Set when the run continues one that was cut off. */
  readonly resumed?: boolean;
}
