// What a device is told, when, and which answers its buttons give. Pure.
import type { ItemKind, Option } from '../events.ts';
import { isPaused, type ErrorCode } from '../runs/outcomes.ts';
import { isGate } from '../review/gates.ts';
import { spellOut } from '../text.ts';
import type { Decision } from '../workflow.ts';

export interface QuietHours {
  /** HH:MM */
  readonly from: string;
  readonly to: string;
  /** An IANA name. */
  readonly timeZone: string;
}

/** @param name IANA's, as Europe/Vienna */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // Intl does not know it: that is the answer.
    return false;
  }
}

/**
 * Whether a time lies in the quiet hours, which may run over midnight. From and to alike means never.
 * @param hours null: there are none
 */
export function isQuiet(hours: QuietHours | null, nowMs: number): boolean {
  if (hours === null || hours.from === hours.to) return false;
  const now = new Intl.DateTimeFormat('en-GB', {
    timeZone: hours.timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(nowMs);
  return hours.from < hours.to ? now >= hours.from && now < hours.to : now >= hours.from || now < hours.to;
}

export interface NotificationItem {
  readonly id: string;
  readonly kind: ItemKind;
  readonly title: string;
  readonly body: string;
  readonly options: readonly Option[];
  /** Of a permission: the title says all that is asked. */
  readonly titleIsWhole: boolean;
  /** Of a failure, where it has one. */
  readonly errorCode: ErrorCode | null;
  /** null for what is about no task. */
  readonly task: { readonly title: string; readonly repo: string } | null;
}

/** A button: what it says, and the decision it sends. One without a decision opens the item. */
export interface NotificationAction {
  readonly action: string;
  readonly title: string;
  readonly decision?: Decision;
  readonly text?: string;
}
/** What travels to a device, encrypted. `withdraw` takes a notification away that was answered elsewhere. */
export type DeviceNotification =
  | {
      readonly type: 'show';
      readonly itemId: string;
      readonly title: string;
      readonly body: string;
      readonly url: string;
      readonly actions: readonly NotificationAction[];
      readonly waiting: number;
    }
  | { readonly type: 'withdraw'; readonly itemId: string; readonly waiting: number };

const TITLE_CHARS = 120;
const OPEN = { action: 'open', title: 'Look' };

/** @param waiting items that need the person now, for the badge */
export function notificationOf(item: NotificationItem, waiting: number): DeviceNotification {
  return {
    type: 'show',
    itemId: item.id,
    title: cut(HEAD[item.kind](item), TITLE_CHARS),
    body: cut([...about(item), ...advice(item)].join(' · '), 240),
    url: `/inbox?item=${encodeURIComponent(item.id)}`,
    actions: actionsOf(item),
    waiting,
  };
}

const HEAD: Record<ItemKind, (item: NotificationItem) => string> = {
  question: (i) => i.title,
  plan: (i) => `Plan: ${i.task?.title ?? ''}`,
  permission: (i) => `May I? ${i.title}`,
  review: (i) => `Ready for review: ${i.task?.title ?? ''}`,
  ci_files: (i) => `CI files: ${i.task?.title ?? ''}`,
  guardrail: (i) => `Guardrail: ${i.task?.title ?? ''}`,
  gate: (i) => `Held back: ${i.task?.title ?? ''}`,
  pr_closed: (i) => `${i.title.replace(/\.$/, '')}: ${i.task?.title ?? ''}`,
  failure: (i) => i.title,
  campfire: (i) => i.title,
  recurring: (i) => i.title,
  automation: (i) => i.title,
  workflow: (i) => i.title,
  stuck: (i) => i.title,
};

/** Where it is and what it is about, besides what its head says. What is about no task says its own words. */
function about({ kind, title, body, task }: NotificationItem): string[] {
  if (task === null) return [body];
  const own = kind === 'failure' || kind === 'question' || kind === 'permission';
  return [task.repo, own ? task.title : title];
}

/**
 * What an agent that asks would choose: in the words, because not every phone shows buttons and none chooses
 * by itself.
 */
function advice({ options }: NotificationItem): string[] {
  const labels = options.filter((o) => o.recommended === true).map((o) => o.label);
  return labels.length === 0 ? [] : [`Recommended: ${labels.join(', ')}`];
}

/**
 * Two at most: more are not shown by Chrome (Notification.maxActions). What should be read first has no
 * button that decides.
 */
function actionsOf(item: NotificationItem): NotificationAction[] {
  switch (item.kind) {
    case 'question':
      return item.options.length === 0 || item.options.length > 2
        ? [OPEN]
        : item.options.map((option, n) => ({
            action: `answer-${n}`,
            title: cut(option.label, 40),
            decision: 'answer',
            text: option.label,
          }));
    case 'plan':
      return [{ action: 'approve', title: 'Approve', decision: 'approve' }, OPEN];
    case 'permission':
      // A notification shows the title only: what it does not say whole is not decided by it.
      if (!item.titleIsWhole || cut(HEAD.permission(item), TITLE_CHARS) !== HEAD.permission(item))
        return [OPEN];
      return [
        { action: 'allow', title: 'Allow once', decision: 'allow' },
        { action: 'deny', title: 'Refuse', decision: 'deny' },
      ];
    case 'failure':
      if (isGate(item)) return [OPEN];
      return [
        { action: 'retry', title: isPaused(item.errorCode) ? 'Resume' : 'Retry', decision: 'retry' },
        OPEN,
      ];
    case 'review':
    case 'ci_files':
    case 'guardrail':
    case 'gate':
    case 'campfire':
    case 'recurring':
    case 'automation':
    case 'workflow':
    case 'stuck':
      return [OPEN];
    case 'pr_closed':
      return [{ action: 'reopen', title: 'Reopen', decision: 'reopen' }, OPEN];
  }
}

/** Spelt out here too: the log keeps nothing that hides, but an older version of us did. */
function cut(words: string, max: number): string {
  const s = spellOut(words);
  return s.length > max ? `${s.slice(0, max - 1).toWellFormed()}…` : s;
}

/**
 * When a push service that failed is tried again, in milliseconds from now.
 * @param failures how often it has failed in a row
 * @returns an hour at most
 */
export const backoffMs = (failures: number): number =>
  Math.min(3_600_000, 2_000 * 2 ** Math.min(failures, 12));
