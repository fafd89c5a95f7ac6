// What the settings say, with the devices and what they are notified about. Read it aloud before you change it.
import type { ItemKind } from '@mainloop/models/flow/events';
import { aged } from '../kit/format.ts';

export const SETTINGS = 'Settings';
export const PAUSE_DOES =
  'Stops every agent within ten seconds, and starts none. What they did is kept, and goes on when you resume.';
export const CHAT_MODEL = 'The model you talk to';
export const AGENTS_AT_ONCE = 'Agents running at once';
export const INSIGHTS_OF_ALL = 'What every agent of every project should know';
export const INSIGHTS_EXAMPLE = 'We write British English. Ask before you add a dependency.';
export const MEMORY_BUDGET = 'Tokens that the chat is told with a message, at most';
export const TIME_ZONE = 'Time zone of your days';
export const NO_SIGN_IN =
  'Only this machine can reach mainloop, so nobody has to sign in. To use it from your phone, see docs/phone.md.';
/** Each goes on with a link. */
export const LEARNED = 'What agents learned from earlier work, and may go by once you approve it:';
export const WHAT_AGENTS_KNOW = 'what agents know';
export const SAVED_PROMPTS = 'Prompts that you use again, under a name:';
export const CAMPFIRE = 'Campfire';
export const CAMPFIRE_AT =
  'When what a day taught is gathered into one item, by the clock of your days. Empty: never';
export const CYCLE = 'Cycle';
export const WHAT_IT_DOES = 'mainloop looks after everything that goes on, also when nobody looks:';
export const WHAT_IT_DID = 'what it did in the last day';
export const CYCLE_MINUTES = 'How often, in minutes';
export const YOUR_SKILLS = 'your skills';
export const API_IS_AT = 'The API is described at';

// Of each field.
export const SAVED = 'Saved';
/** What was typed before the page was left or reloaded. */
export const NOT_SAVED = 'Not saved yet';
export const SAVE = 'Save';
export const saveWords = (field: string): string => `Save ${field}`;
export const NOT_A_NUMBER = 'This should be a number.';

// Memory.
export const MEMORY = 'Memory';
/** Goes on with a link. */
export const WHAT_IS_TOLD = 'What the chat is told of all that was said, and what is kept of it:';
export const PAGE_MEMORY = 'the page Memory';
/** Whose the budgets are. */
export const ALL_AGENTS = 'all agents';
export const ITS_AGENTS = 'all its agents';
export const budgetWords = (period: string, of: string): string =>
  `Budget per ${period} for ${of}, in dollars`;
export const NO_LIMIT = 'No limit';

// Notifications.
export const NOTIFICATIONS = 'Notifications';
export const NOTIFY_ABOUT = 'Notify me about';
export const KIND_NAMES: Readonly<Record<ItemKind, string>> = {
  question: 'Questions',
  plan: 'Plans to approve',
  permission: 'Permissions',
  review: 'Changes to review',
  ci_files: 'Changes to CI files',
  guardrail: 'Pushes that a guardrail holds',
  gate: 'Weakened tests, no CI',
  pr_closed: 'Pull requests that somebody closed',
  failure: 'Failures',
  campfire: 'What was learned in a day',
  recurring: 'What should have come by itself and did not',
  automation: 'What your automations tell you',
  workflow: "A WORKFLOW.md that can't be used",
  stuck: 'Tasks that do not go on',
};
export const INSECURE =
  'A browser shows notifications only over HTTPS. docs/phone.md says how to reach mainloop that way: Tailscale, a tunnel, or a certificate of your own.';
export const INSTALL =
  'On an iPhone, first put mainloop on the home screen: Share, then “Add to Home Screen”. Open it there and come back here.';
export const UNSUPPORTED = 'This browser does not support notifications.';
export const DENIED =
  "Notifications are blocked for this site. Allow them in the browser's settings, then reload.";
export const IS_ON = 'This device notifies you when something needs you.';
export const TURN_OFF = 'Turn off on this device';
export const IS_OFF = 'Hear only when something needs you, and answer from the lock screen.';
export const TURN_ON = 'Turn on notifications';
export const REMOVE = 'Remove';
/**
 * Of the button of one device.
 * @param device its name
 */
export const turnOffOn = (device: string): string => `Turn off notifications on ${device}`;
/** @param lastOkAt when it was told something last; null: never yet */
export const lastSentWords = (lastOkAt: string | null, createdAt: string): string =>
  lastOkAt === null ? `added ${aged(new Date(createdAt))}` : `told ${aged(new Date(lastOkAt))}`;
export const QUIET_HOURS = 'Quiet hours';
export const FROM = 'From';
export const TO = 'To';
/**
 * Under the two hours.
 * @param timeZone as `Europe/Vienna`
 */
export const quietWords = (timeZone: string): string =>
  `${timeZone}. What still waits when they end is told then.`;

// Devices.
export const DEVICES = 'Devices';
/**
 * A device in the list.
 * @param isThis whether the page is open on it
 */
export const deviceWords = (label: string, isThis: boolean): string =>
  isThis ? `${label} (this one)` : label;
/**
 * When a device was here.
 * @param at ISO time
 */
export const seenWords = (at: string): string => `seen ${aged(new Date(at))}`;
export const SIGN_OUT = 'Sign out';
/**
 * Of the button of one device, for whoever listens.
 * @param device its name
 * @param isThis whether the page is open on it
 */
export const signOutWords = (device: string, isThis: boolean): string =>
  `Sign out ${device}${isThis ? ', this one' : ''}`;
export const QR_CODE = 'QR code of the link';
export const POINT_AT_IT = "Point the phone's camera at it. It works once, for ten minutes.";
export const THE_LINK = 'The link';
export const ADD_A_DEVICE = 'Add a device';
export const KEEP_A_PASSKEY = 'Keep a passkey here';
/**
 * Of the button that links an account.
 * @param way `github`, or the company’s own
 */
export const linkWords = (way: string): string => (way === 'github' ? 'Link GitHub' : 'Link company sign-in');
export const PASSKEYS = 'Passkeys';
/**
 * A passkey in the list.
 * @param name as the person’s device named it
 */
export const passkeyWords = (name: string): string => `Passkey. ${name}`;
export const FORGET = 'Forget';
/**
 * Of its button, for whoever listens.
 * @param name as the person’s device named it
 */
export const forgetPasskey = (name: string): string => `Forget the passkey ${name}`;
