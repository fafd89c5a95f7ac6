// What the inbox says, but for its cards. Read it aloud before you change it.
import type { Way } from '../inbox/view.svelte.ts';

export const INBOX = 'Inbox';
/** By what something was answered. */
const WHERE: Readonly<Record<string, string>> = {
  github: ' on GitHub',
  cli: ' on the command line',
  chat: ' in the chat',
  push: ' from a notification',
};
/** Of what a link or a notification was about, when it is over. @param via by what it was answered */
export const overWords = (title: string, wasAnswered: boolean, via: string | null): string =>
  `“${title}” ${wasAnswered ? `was already answered${WHERE[via ?? ''] ?? ''}` : 'needs you no more'}.`;

export const WIDTH = 'Width of the inbox';
export const PROJECTS = 'Projects';
export const ALL = 'All';
export const NEEDS_YOU = 'Needs you';
export const NOTHING_NEEDS_YOU = 'Nothing needs you right now.';
/** When nothing ever did. */
export const NOTHING_YET = 'Nothing yet. When a task needs a decision, it shows up here, and only then.';
export const SAY_SOMETHING = 'Say what should be different';
export const VIEW = 'View';
export const WAYS: readonly (readonly [Way, string])[] = [
  ['cards', 'Whole cards'],
  ['rows', 'One line each'],
  ['one', 'One at a time'],
];
export const PREVIOUS = 'Previous';
export const NEXT = 'Next';
export const placeWords = (at: number, of: number): string => `${at} of ${of}`;
export const NEW = 'New';
export const PROPOSED = 'Proposed';
/** Of a card whose task is open beside the inbox. */
export const OPEN_HERE = 'Open here';

export const FAILED = 'Failed';
export const retryAllWords = (tasks: number): string => `Retry all ${tasks}`;
export const PAUSED = 'Paused';
export const LATER = 'Later';
export const WORKING = 'Working';
/** Of the one button that pauses all of it. @param isSmall for the short words */
export const pauseWords = (isSmall: boolean): string => (isSmall ? 'Pause all' : 'Pause everything');
/** Of the button at a running task's row. */
export const outputShown = (isShown: boolean): string => (isShown ? 'Hide output' : 'Show output');
export const DONE_TODAY = 'Done today';
export const HISTORY = 'History';

// Words that were written for something that has gone.
export const NOT_SENT = 'Not sent';
/** @param kind of its place, as the key of a draft begins */
export function goneWords(kind: string): string {
  if (kind === 'item') return 'It was decided before you sent this.';
  return kind === 'proposal'
    ? 'It was started, turned down or expired before you sent this.'
    : 'It ended before you sent this.';
}
export const COPY = 'Copy';
export const VIEW_TASK = 'View task';
export const DROP = 'Drop';

// When an item that was put off comes back.
export const PUT_OFF_UNTIL = 'Put it off until';
export const DAY_AND_TIME = 'Day and time';
export const WRONG_TIME = 'Choose a time within the next three months.';
export const PUT_OFF = 'Put it off';
export const WHEN_CI_IS_DONE = 'When CI is done';
export const CANCEL = 'Cancel';
