// What the pages show. Types only: `read.ts` fills them.
import type { Automation } from '../contracts/automations.ts';
import type { Recurring } from '../contracts/recurring.ts';
import type { Collision } from '../flow/awareness/collisions.ts';
import type { Held } from '../flow/ci/held.ts';
import type { Priority } from '../flow/runs/dispatch.ts';
import type { SpentHold } from '../flow/runs/holds.ts';
import type {
  AttachmentRef,
  CommentPlace,
  CommentState,
  ItemKind,
  Option,
  TaskItemKind,
} from '../flow/events.ts';
import type { Forecast } from '../flow/money/money.ts';
import type { StandsOn } from '../flow/learnings/fading.ts';
import type { LearningSource, LearningState, LearningVersion } from '../flow/learnings/learnings.ts';
import type { ErrorCode, TaskFailure } from '../flow/runs/outcomes.ts';
import type { Weight } from '../flow/review/second-look.ts';
import type { SkillText } from '../flow/conversation/skills.ts';
import type { Section, Standing } from '../flow/states.ts';

export interface LearningView {
  readonly id: string;
  readonly rule: string;
  readonly why: string;
  /** A pattern of the files that it is about; null: all. */
  readonly path: string | null;
  /** null: it is about all projects. */
  readonly projectId: string | null;
  readonly taskId: string | null;
  readonly source: LearningSource;
  readonly author: string;
  readonly state: LearningState;
  /** How often the like was said. */
  readonly times: number;
  /** The rule that it may say again in other words, while nobody decided whether it does. */
  readonly sameAs: { readonly id: string; readonly rule: string } | null;
  /** Where on the forge it was said, of one from before mainloop. */
  readonly url: string | null;
  /** Every agent is told it, whatever it is about to do. */
  readonly always: boolean;
  /** Rules of which a person said that they are not the same, or that both hold. */
  readonly apart: readonly string[];
  /** What it stood on and is gone, so that agents are not given it. */
  readonly faded: StandsOn | null;
  /** How many runs were given it since a person decided on it last, and how many named it. */
  readonly given: number;
  readonly cited: number;
  /** Of one that was put off: when it is asked about again. */
  readonly quietUntil: Date | null;
  /** What it was before each decision, oldest first. */
  readonly versions: readonly LearningVersion[];
}

/** Another task at work whose change will conflict with that of a task. */
export interface CollisionView {
  readonly otherId: string;
  /** Of the other task. */
  readonly title: string;
  readonly files: readonly Collision[];
  /** How many files there are besides these. */
  readonly more: number;
}

/** Who changed the files of a change before, as of the newest commit that was looked at. */
export interface AreaView {
  readonly people: readonly string[];
  readonly tasks: readonly { readonly id: string; readonly title: string }[];
}

interface ItemFields {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly options: readonly Option[];
  readonly multiple: boolean;
  /** The run whose agent asks; null for what mainloop itself asks. */
  readonly runId: string | null;
  /** Of a failure or a gate, where it has one. */
  readonly errorCode: ErrorCode | null;
  /** Of a held change to CI files. */
  readonly held: Held | null;
  readonly state: string;
  readonly answer: { decision: string; text: string } | null;
  readonly answeredVia: string | null;
  readonly createdAt: Date;
  readonly snoozedUntil: Date | null;
  /** It was put off until CI of its task is done. */
  readonly untilCi: boolean;
  /** Nobody has had it before them yet, on any device. */
  readonly isNew: boolean;
  /** Of its task; '' without one. */
  readonly taskTitle: string;
  /** Of its task; '' without one. */
  readonly repo: string;
  readonly plan: string | null;
  readonly prUrl: string | null;
  /** For a review: what the person let through on the way, a line for each. */
  readonly allowed: readonly string[];
}
/** An item that is about a task. */
export interface TaskItemView extends ItemFields {
  readonly kind: TaskItemKind;
  readonly taskId: string;
}
/** An item that stands without one. */
export interface StandingItemView extends ItemFields {
  readonly kind: Exclude<ItemKind, TaskItemKind>;
  readonly taskId: null;
  /** The day of a campfire (YYYY-MM-DD), the id of what comes by itself. */
  readonly about: string;
}
export type ItemView = TaskItemView | StandingItemView;
export interface TaskView extends Standing {
  readonly id: string;
  readonly projectId: string;
  readonly title: string;
  readonly repo: string;
  readonly phase: string;
  readonly section: Section;
  readonly failure: TaskFailure | null;
  readonly costMicrousd: number;
  readonly budgetCents: number;
  readonly model: string;
  readonly priority: Priority;
  /** Tasks that have to end before an agent works on it; some may have ended. */
  readonly blockedBy: readonly string[];
  readonly prUrl: string | null;
  readonly prNumber: number | null;
  readonly issueUrl: string | null;
  readonly issueNumber: number | null;
  readonly branch: string;
  /** It is approved, and waits for its turn. */
  readonly waitsToMerge: boolean;
  readonly activeRunId: string | null;
  /** Something happened to it since the person last looked, on any device. */
  readonly isNew: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly endedAt: Date | null;
}
export interface CommentView extends CommentPlace {
  readonly id: string;
  readonly quote: string;
  readonly body: string;
  readonly author: string;
  readonly via: string;
  readonly weight: Weight | null;
  readonly state: CommentState;
  readonly answer: string | null;
  readonly createdAt: Date;
}
/** A saved prompt. */
export interface SkillView extends SkillText {
  /** Where it works; null: the call says. */
  readonly projectId: string | null;
}
/** A skill that comes by itself, with its next and its last times. */
export type RecurringView = Recurring;
/** An automation, with its last times. */
export type AutomationView = Automation;
/** Whether everything is paused. */
export interface PauseView {
  /** null when it is not. */
  readonly since: Date | null;
  /** They work, or are being stopped. */
  readonly agents: number;
  /** Tasks whose agent waits for its turn. */
  readonly queued: number;
}
/** A limit of money that is spent, so that new work waits. */
export interface SpentLimitView extends SpentHold {
  /** The setting that raises it, and what the button raises it to. */
  readonly field: string;
  readonly raisedCents: number;
  readonly sentence: string;
}
export interface AttentionWeek {
  /** Its Monday. */
  readonly week: Date;
  readonly items: number;
  /** Of these, how many were answered in the app, where time can be measured. */
  readonly measured: number;
  readonly attentionMs: number;
  readonly taps: number;
  readonly notNeeded: number;
  readonly medianWaitS: number | null;
  readonly merged: number;
}
export interface CostDay {
  readonly day: Date;
  readonly repo: string;
  readonly model: string;
  readonly microusd: number;
  readonly tokens: number;
}
export interface ReviewView {
  readonly task: TaskView;
  /** The open review item, on which the decision is made. */
  readonly item: TaskItemView | null;
  readonly looked: string | null;
  /** `others`: not by the agent. */
  readonly pushes: readonly { id: string; sha: string; at: Date; others: boolean }[];
  readonly comments: readonly CommentView[];
}
export interface Inbox {
  /** Everything that is stopped on the person: the number that every surface shows. */
  readonly waiting: number;
  readonly needsYou: ItemView[];
  /** Those that can still be started. */
  readonly proposals: ProposalView[];
  /** They wait too, but not now. */
  readonly later: ItemView[];
  readonly working: TaskView[];
  readonly failed: (TaskView & { item: TaskItemView | null })[];
  readonly done: TaskView[];
  readonly history: TaskView[];
  readonly historyCount: number;
}
export interface ThreadItem {
  readonly seq: number;
  readonly kind: 'message' | 'proposal';
  readonly at: Date;
  readonly message?: {
    id: string;
    role: string;
    text: string;
    turnId: string | null;
    attachments: readonly AttachmentRef[];
  };
  readonly proposal?: ProposalView;
}
/**
 * Which piece of the conversation: before or after a place in the event log, or around one or around a time.
 * Its end by default.
 */
export type Piece =
  | { readonly before: number }
  | { readonly after: number }
  | { readonly at: number }
  | { readonly since: Date }
  | Readonly<Record<never, never>>;
export interface ThreadView {
  readonly items: readonly ThreadItem[];
  /** What is being said just now. */
  readonly draft: { readonly turnId: string; readonly text: string } | null;
  /** Whether more was said before the first of them, and after the last. */
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
}
export interface ProposalView {
  readonly id: string;
  readonly title: string;
  readonly prompt: string;
  readonly repo: string;
  readonly model: string;
  readonly budgetCents: number;
  readonly skipPlan: boolean;
  readonly priority: Priority;
  readonly blockedBy: readonly string[];
  readonly state: string;
  readonly digest: string;
  readonly expiresAt: Date;
  /** What tasks of its project came to; null where none was merged. */
  readonly forecast: Forecast | null;
  readonly taskId: string | null;
  /** What was started with it, or told of it, as that is now. */
  readonly task: TaskView | null;
  readonly attachments: readonly AttachmentRef[];
  /** Set: these are words for that task. */
  readonly toTaskId: string | null;
}
