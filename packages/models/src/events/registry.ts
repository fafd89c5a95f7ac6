// Every event type there is. What is not here can neither be appended nor read.
import type { z } from 'zod';
import {
  automationActed,
  automationFailed,
  automationApproved,
  automationFileGone,
  automationFileRead,
  automationFired,
  automationPaused,
  automationRemoved,
  automationSaved,
} from './automations.ts';
import { areaKnown, collisionCleared, collisionFound } from './awareness.ts';
import { messageForgotten, messageSaid, ownerCaughtUp } from './conversation.ts';
import { cycleAsked, cycleEnded } from './cycle.ts';
import type { Made } from './define.ts';
import {
  branchPushed,
  branchSeen,
  ciJudged,
  forgeUnreadable,
  issueEnsured,
  pullRequestClosed,
  pullRequestEnsured,
  pullRequestMerged,
  pullRequestReady,
  pullRequestReopened,
  pullRequestTakenBack,
  pushHeld,
  pushRefused,
  trainJoined,
  trainLeft,
} from './forge.ts';
import { guardrailHit } from './guardrails.ts';
import { inboxAnswered, inboxClosed, inboxNotNeeded, inboxOpened, inboxSeen, inboxSnoozed } from './inbox.ts';
import {
  learningDecided,
  learningGiven,
  learningLikened,
  learningLooked,
  learningMined,
  learningMining,
  learningNoted,
} from './learnings.ts';
import { memoryEdited, memoryPinned, memorySummarised, memoryUnpinned } from './memory.ts';
import { costMetered } from './money.ts';
import {
  projectAdded,
  projectRefused,
  projectRemoved,
  projectRenamed,
  projectSettings,
  projectWorkflow,
  projectWorkflowGone,
} from './projects.ts';
import { proposalDeclined, proposalExpired, proposalMade, proposalTold } from './proposals.ts';
import {
  reviewAskedChanges,
  reviewCommented,
  reviewCommentEdited,
  reviewCommentRemoved,
  reviewLooked,
  reviewPassedOver,
  reviewPublished,
  reviewReplied,
  reviewResolved,
  reviewSecondLooked,
  reviewSubmitted,
  reviewTaken,
} from './review.ts';
import {
  agentSaid,
  agentShowed,
  baselineRecorded,
  evidenceRecorded,
  packagesFetched,
  runEnded,
  runSilent,
  runStarted,
  sandboxStuck,
  settingsUnreadable,
} from './runs.ts';
import {
  planWritten,
  taskAllowed,
  taskAllowedOnce,
  taskBudgetRaised,
  taskConfirmed,
  taskEnded,
  taskLooked,
  taskBlockersChanged,
  taskModelChanged,
  taskPaused,
  taskPriorityChanged,
  taskRetried,
  taskStateChanged,
  taskSteered,
} from './tasks.ts';
import {
  recurringCame,
  recurringPaused,
  recurringRemoved,
  recurringSaved,
  recurringSeen,
} from './recurring.ts';
import { skillRemoved, skillSaved } from './skills.ts';
import { workPaused, workResumed } from './work.ts';

const ALL = {
  'message.said': messageSaid,
  'message.forgotten': messageForgotten,
  'memory.summarised': memorySummarised,
  'memory.edited': memoryEdited,
  'memory.pinned': memoryPinned,
  'memory.unpinned': memoryUnpinned,
  'owner.caught_up': ownerCaughtUp,
  'project.added': projectAdded,
  'project.refused': projectRefused,
  'project.removed': projectRemoved,
  'project.renamed': projectRenamed,
  'project.settings': projectSettings,
  'project.workflow': projectWorkflow,
  'project.workflow_gone': projectWorkflowGone,
  'proposal.made': proposalMade,
  'proposal.told': proposalTold,
  'proposal.declined': proposalDeclined,
  'proposal.expired': proposalExpired,
  'task.confirmed': taskConfirmed,
  'task.state': taskStateChanged,
  'task.retried': taskRetried,
  'task.ended': taskEnded,
  'task.steered': taskSteered,
  'task.paused': taskPaused,
  'task.allowed': taskAllowed,
  'task.allowed_once': taskAllowedOnce,
  'task.budget_raised': taskBudgetRaised,
  'task.model_changed': taskModelChanged,
  'task.priority_changed': taskPriorityChanged,
  'task.blockers_changed': taskBlockersChanged,
  'task.looked': taskLooked,
  'plan.written': planWritten,
  'run.started': runStarted,
  'run.ended': runEnded,
  'run.silent': runSilent,
  'settings.unreadable': settingsUnreadable,
  'sandbox.stuck': sandboxStuck,
  'evidence.recorded': evidenceRecorded,
  'baseline.recorded': baselineRecorded,
  'packages.fetched': packagesFetched,
  'agent.said': agentSaid,
  'agent.showed': agentShowed,
  'issue.ensured': issueEnsured,
  'pr.ensured': pullRequestEnsured,
  'pr.ready': pullRequestReady,
  'pr.merged': pullRequestMerged,
  'pr.closed': pullRequestClosed,
  'pr.reopened': pullRequestReopened,
  'pr.taken_back': pullRequestTakenBack,
  'train.joined': trainJoined,
  'train.left': trainLeft,
  'branch.pushed': branchPushed,
  'branch.seen': branchSeen,
  'push.held': pushHeld,
  'push.refused': pushRefused,
  'guardrail.hit': guardrailHit,
  'ci.verdict': ciJudged,
  'forge.unreadable': forgeUnreadable,
  'review.commented': reviewCommented,
  'review.comment_edited': reviewCommentEdited,
  'review.comment_removed': reviewCommentRemoved,
  'review.submitted': reviewSubmitted,
  'review.published': reviewPublished,
  'review.replied': reviewReplied,
  'review.resolved': reviewResolved,
  'review.looked': reviewLooked,
  'review.second_looked': reviewSecondLooked,
  'review.asked_changes': reviewAskedChanges,
  'review.passed_over': reviewPassedOver,
  'review.taken': reviewTaken,
  'learning.noted': learningNoted,
  'learning.decided': learningDecided,
  'learning.given': learningGiven,
  'learning.likened': learningLikened,
  'learning.mined': learningMined,
  'learning.mining': learningMining,
  'learning.looked': learningLooked,
  'cost.metered': costMetered,
  'inbox.opened': inboxOpened,
  'inbox.answered': inboxAnswered,
  'inbox.seen': inboxSeen,
  'inbox.snoozed': inboxSnoozed,
  'inbox.not_needed': inboxNotNeeded,
  'inbox.closed': inboxClosed,
  'collision.found': collisionFound,
  'collision.cleared': collisionCleared,
  'area.known': areaKnown,
  'automation.saved': automationSaved,
  'automation.paused': automationPaused,
  'automation.removed': automationRemoved,
  'automation.file_read': automationFileRead,
  'automation.file_gone': automationFileGone,
  'automation.approved': automationApproved,
  'automation.fired': automationFired,
  'automation.acted': automationActed,
  'automation.failed': automationFailed,
  'cycle.asked': cycleAsked,
  'cycle.ended': cycleEnded,
  'recurring.saved': recurringSaved,
  'recurring.paused': recurringPaused,
  'recurring.removed': recurringRemoved,
  'recurring.came': recurringCame,
  'recurring.seen': recurringSeen,
  'skill.saved': skillSaved,
  'skill.removed': skillRemoved,
  'work.paused': workPaused,
  'work.resumed': workResumed,
};

export type EventType = keyof typeof ALL;
/** What an event of each type carries. */
export type Payloads = { readonly [T in EventType]: z.output<(typeof ALL)[T]['payload']> };

/** The definitions by type. Each stands under its own name, which the compiler checks here. */
export const EVENTS: {
  readonly [T in EventType]: Omit<(typeof ALL)[T], 'type' | 'payload'> & {
    readonly type: T;
    readonly payload: z.ZodType<Payloads[T]>;
  };
} = ALL;

/** An event that a constructor made; of one type, of some, or of any. */
export type NewEvent<T extends EventType = EventType> = { readonly [K in T]: Made<K, Payloads[K]> }[T];

/** An event of the log; of one type, of some, or of any. */
export type LoggedEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly type: K;
    readonly payload: Payloads[K];
    readonly seq: number;
    readonly ownerId: string;
    readonly taskId: string | null;
    readonly actor: string;
    /** ISO time */
    readonly at: string;
  };
}[T];

/** @returns false for a type that only a newer version knows */
export const isEventType = (type: string): type is EventType => Object.hasOwn(EVENTS, type);
