// Words that events and decisions share. The events themselves are in models/events.

export const ITEM_KINDS = [
  'question',
  'plan',
  'permission',
  'review',
  'ci_files',
  'guardrail',
  'gate',
  'pr_closed',
  'failure',
  'campfire',
  'recurring',
  'automation',
  'workflow',
  'stuck',
] as const;
/** What an inbox item asks of the person. */
export type ItemKind = (typeof ITEM_KINDS)[number];
/**
 * What an item of each kind is about. One that is about a task ends with it; the others stand by themselves and name
 * what they are about in their own field: a campfire its day (YYYY-MM-DD), `recurring` the plan of a skill by its id, `automation` the rule
 * that tells it by its id, `workflow` the project whose file it is, `stuck` the task that does not go on by its id: its
 * workflow, which ends the items of a task, may be gone.
 */
export const SUBJECT_OF = {
  question: 'task',
  plan: 'task',
  permission: 'task',
  review: 'task',
  ci_files: 'task',
  guardrail: 'task',
  gate: 'task',
  pr_closed: 'task',
  failure: 'task',
  campfire: 'day',
  recurring: 'recurring',
  automation: 'automation',
  workflow: 'project',
  stuck: 'stuck',
} as const satisfies Record<ItemKind, 'task' | 'day' | 'recurring' | 'automation' | 'project' | 'stuck'>;
/** The kinds of items that are about a task. */
export type TaskItemKind = { [K in ItemKind]: (typeof SUBJECT_OF)[K] extends 'task' ? K : never }[ItemKind];
/** @returns whether an item of this kind is about a task */
export const isOfTask = (kind: ItemKind): kind is TaskItemKind => SUBJECT_OF[kind] === 'task';
/** The running agent's request that an item of kind `permission` answers. */
export interface PermissionAsk {
  readonly runId: string;
  readonly requestId: string;
  readonly rule: string;
}
/** Where a comment of a review stands. `draft`: only its writer sees it. */
export type CommentState = (typeof COMMENT_STATES)[number];
export const COMMENT_STATES = ['draft', 'open', 'resolved'] as const;
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
  /** Whoever asks would choose it. It is marked so, and never chosen by itself. */
  readonly recommended?: boolean;
}
/**
 * How an option is called where it stands in a line of text.
 * @returns its label, and whether it is recommended
 */
export const optionWords = (option: Option): string =>
  `${option.label}${option.recommended === true ? ' (recommended)' : ''}`;

export const VIAS = ['app', 'push', 'cli', 'chat', 'github', 'automation'] as const;
/** Where an answer came from; `push`: a button on a notification; `automation`: a rule of theirs. */
export type Via = (typeof VIAS)[number];
