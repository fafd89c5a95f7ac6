// Everything that happens, once. Tasks, inbox, messages and proposals are projections of these and can be rebuilt from them.
import type { CiOutcome, Failure } from './ci.ts';
import type { Look } from './folders.ts';
import type { CiCounts, Phase, TaskState } from './states.ts';
import type { RunOutcome } from './outcomes.ts';

export const ITEM_KINDS = ['question', 'plan', 'permission', 'review', 'ci_files', 'gate', 'failure'] as const;
/** What an inbox item asks of the person. */
export type ItemKind = (typeof ITEM_KINDS)[number];
/** The running agent's request that an item of kind `permission` answers. */
export interface PermissionAsk {
  readonly runId: string;
  readonly requestId: string;
  readonly rule: string;
}
/** Where a comment of a review stands. `draft`: only its writer sees it. */
export type CommentState = 'draft' | 'open' | 'resolved';
/** Lines of one file of the change; `old` is the side before it. Without a path the comment is about all of it. */
export interface CommentPlace {
  readonly path: string | null;
  readonly side: 'old' | 'new';
  readonly startLine: number | null;
  readonly line: number | null;
}
/** A file that came with a message. */
export interface AttachmentRef {
  readonly id: string;
  readonly name: string;
  readonly mime: string;
  /** bytes */
  readonly size: number;
}
export interface Option {
  readonly label: string;
  readonly description?: string;
}

export type EventBody =
  | {
      type: 'message.said';
      payload: { id: string; role: 'user' | 'assistant' | 'note'; text: string; turnId: string | null; attachments?: AttachmentRef[] };
    }
  | {
      type: 'project.added';
      payload: { id: string; name: string; repo: string; defaultBranch: string; remoteUrl: string; localPath: string | null; look?: Look };
    }
  | { type: 'project.refused'; payload: { id: string; source: string; sentence: string } }
  | { type: 'project.settings'; payload: { id: string; settings: Record<string, unknown> } }
  | {
      type: 'proposal.made';
      payload: {
        id: string;
        turnId: string | null;
        projectId: string;
        title: string;
        prompt: string;
        model: string;
        budgetCents: number;
        skipPlan: boolean;
        digest: string;
        attachments?: AttachmentRef[];
        /** Words for this task, not a new one. */
        toTaskId?: string;
        expiresAt: string;
      };
    }
  /** What was proposed as words for a task was told to it. */
  | { type: 'proposal.told'; payload: { id: string; taskId: string } }
  | { type: 'proposal.declined'; payload: { id: string } }
  | { type: 'proposal.expired'; payload: { id: string } }
  | {
      type: 'task.confirmed';
      payload: {
        proposalId: string | null;
        projectId: string;
        title: string;
        prompt: string;
        model: string;
        budgetCents: number;
        skipPlan: boolean;
        attachments?: AttachmentRef[];
        branch: string;
      };
    }
  | { type: 'task.state'; payload: { state: TaskState; phase: string; statusLine: string } }
  | { type: 'task.retried'; payload: { itemId: string } }
  | { type: 'task.ended'; payload: { state: 'done' | 'cancelled' | 'failed'; statusLine: string } }
  | { type: 'task.steered'; payload: { text: string } }
  /** From here on the agent of this task may do this without asking. */
  | { type: 'task.allowed'; payload: { rule: string } }
  | { type: 'task.budget_raised'; payload: { budgetCents: number } }
  | { type: 'task.model_changed'; payload: { model: string } }
  | { type: 'plan.written'; payload: { revision: number; markdown: string } }
  | { type: 'issue.ensured'; payload: { number: number; url: string; outcome: string } }
  | { type: 'pr.ensured'; payload: { number: number; url: string; outcome: string } }
  | { type: 'pr.ready'; payload: { number: number } }
  | { type: 'pr.merged'; payload: { number: number; sha: string | null } }
  | { type: 'pr.closed'; payload: { number: number } }
  | { type: 'run.started'; payload: { runId: string; phase: Phase; n: number; epoch: number } }
  | { type: 'run.ended'; payload: { runId: string; phase: Phase; epoch: number; outcome: RunOutcome } }
  /** The task has ended, and the place it worked in does not go away. */
  | { type: 'sandbox.stuck'; payload: { reason: string } }
  /** The run goes by the strictest values for settings that could not be read. */
  | { type: 'settings.unreadable'; payload: { runId: string; sentence: string } }
  | { type: 'run.silent'; payload: { runId: string; minutes: number } }
  | {
      type: 'evidence.recorded';
      payload: {
        runId: string;
        what: 'setup' | 'verify' | 'probe' | 'diagnostics' | 'lint';
        command: string;
        exitCode: number | null;
        ms: number;
        tail: string;
        sha: string;
        clean: boolean;
        from?: readonly string[] | undefined;
      };
    }
  /** Packages the gateway handed to the run since it last said so, like "npm is-odd@3.0.1"; `more`: so many that are not named. */
  | { type: 'packages.fetched'; payload: { runId: string; packages: string[]; more: number } }
  | { type: 'agent.said'; payload: { runId: string; text: string } }
  | {
      type: 'branch.pushed';
      payload: {
        pushId: string;
        branch: string;
        sha: string;
        commits: { sha: string; title: string }[];
        files: number;
        additions: number;
        deletions: number;
        /** Of the whole branch: commits whose messages would do something on the default branch. Older pushes were not looked at. */
        acting?: readonly string[];
      };
    }
  | { type: 'push.held'; payload: { pushId: string; files: string[] } }
  | { type: 'push.refused'; payload: { branch: string; reason: string } }
  | {
      type: 'ci.verdict';
      payload: {
        sha: string;
        verdict: string;
        round: number;
        /** Older events have the word alone. */
        outcome?: CiOutcome['is'];
        /** Of a red one: which checks, and how. */
        failures?: Failure[];
      } & CiCounts;
    }
  /** Something of the forge that the token may not read; told once for each repository. */
  | { type: 'forge.unreadable'; payload: { sentence: string } }
  /** A pull request that was ready is so no more. */
  | { type: 'pr.taken_back'; payload: { number: number; why: string } }
  | {
      type: 'review.commented';
      payload: CommentPlace & {
        id: string;
        /** The commit it was made on, and the lines as they were there. */
        sha: string | null;
        quote: string;
        text: string;
        author: string;
        via: 'app' | 'github';
        state: 'draft' | 'open';
        forgeId: number | null;
      };
    }
  | { type: 'review.comment_edited'; payload: { id: string; text: string } }
  | { type: 'review.comment_removed'; payload: { id: string } }
  /** Drafts become part of the review. */
  | { type: 'review.submitted'; payload: { ids: string[] } }
  | { type: 'review.published'; payload: { id: string; forgeId: number } }
  | { type: 'review.replied'; payload: { id: string; text: string; runId: string } }
  | { type: 'review.resolved'; payload: { id: string; resolved: boolean } }
  | { type: 'review.looked'; payload: { pushId: string } }
  | { type: 'review.asked_changes'; payload: { author: string; comments: number } }
  | { type: 'cost.metered'; payload: { runId: string | null; model: string; microusd: number; inputTokens: number; outputTokens: number } }
  | {
      type: 'inbox.opened';
      payload: { id: string; kind: ItemKind; title: string; body: string; options: Option[]; multiple?: boolean; permission?: PermissionAsk };
    }
  | {
      type: 'inbox.answered';
      payload: { id: string; decision: string; text: string; via: Via; by: string; answerId?: string; taps?: number; ms?: number };
    }
  /** The first time a person saw an item, and the first time they did something with it. */
  | { type: 'inbox.seen'; payload: { id: string; what: 'shown' | 'opened'; via: Via } }
  | { type: 'inbox.snoozed'; payload: { id: string; until: string } }
  /** The person says that this item did not need them. */
  | { type: 'inbox.not_needed'; payload: { id: string } }
  /** Until here the person knows what happened. */
  | { type: 'owner.caught_up'; payload: { seq: number } }
  | { type: 'inbox.closed'; payload: { id: string; why: string } };

/** Where an answer came from; `push`: a button on a notification. */
export type Via = 'app' | 'push' | 'cli' | 'chat' | 'github';
export type EventType = EventBody['type'];
export type NewEvent = EventBody & { taskId?: string | null; actor: string; dedupeKey?: string };
export type LoggedEvent = EventBody & { seq: number; ownerId: string; taskId: string | null; actor: string; at: string };
