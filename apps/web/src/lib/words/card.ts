// What the cards of the inbox say: of what waits for the person, of a proposal, and of what was decided. Read it aloud before
// you change it.
import { PUT_BACK } from '@mainloop/models/flow/gates';

/** The likely answer: what is sent, and the button. */
export const MAIN = {
  plan: ['approve', 'Approve'],
  review: ['merge', 'Merge'],
  ci_files: ['allow', 'Allow'],
  gate: ['allow', 'Allow'],
  permission: ['allow', 'Allow once'],
  pr_closed: ['reopen', 'Reopen'],
} as const;
/** The other one: what is sent, the button, and what its field asks for. */
export const OTHER = {
  plan: ['revise', 'Change it', 'What should be different?'],
  review: ['changes', 'Request changes', 'What should be different?'],
  ci_files: ['deny', 'Refuse', ''],
  gate: ['deny', PUT_BACK, ''],
  permission: ['deny', 'Refuse', 'Why not, or what instead? Claude reads it.'],
  pr_closed: ['stop', 'Stop the task', ''],
} as const;
/** What was decided by the likely answer, and what follows from it. */
export const SENT = {
  plan: ['Approved.', 'Claude starts.'],
  review: ['Merging.', ''],
  ci_files: ['Allowed.', ''],
  gate: ['Allowed.', 'It stays on the review.'],
  permission: ['Allowed.', 'Claude goes on.'],
  pr_closed: ['Opened again.', 'It picks up where it was.'],
} as const;

/** Of what is about no task: where to look, and the button that lets go of it. */
export const STANDING = {
  campfire: {
    page: '/learnings',
    look: 'All learnings',
    button: 'Not now',
    done: 'Not now. They come another day.',
  },
  recurring: { page: '/recurring', look: 'What comes by itself', button: 'Seen', done: 'Seen.' },
} as const;

/** By the other one, where it needs no words. */
export const REFUSED = 'Refused.';
export const STOPPED = ['Stopped.', 'Its branch is removed.'] as const;
export const NOT_ALLOWED = 'Not allowed.';
/** What follows when a gate stays shut. */
export function refusedGate(isRed: boolean, hasLines: boolean): string {
  if (isRed) return 'Claude fixes it.';
  return hasLines ? 'Claude puts it back.' : 'Checking CI again.';
}
/** By the other one, with words. */
export const SENT_BACK = {
  permission: [REFUSED, 'Claude tries another way.'],
  others: ['Passed on.', 'Claude works on it.'],
} as const;

const ANSWER_CHARS = 60;
export const answeredWords = (text: string): string =>
  `You answered “${text.length > ANSWER_CHARS ? `${text.slice(0, ANSWER_CHARS)}…` : text}”.`;
export const GOES_ON = 'Claude goes on.';
export const DID_NOT_NEED_ME = 'Did not need me';

/** Of a question, by how many come after it from the same run. */
export const afterWords = (after: number): string => {
  if (after === 0) return '';
  return `, ${after === 1 ? 'one more' : `${after} more`} after this`;
};
export const moreLines = (lines: number): string => `and ${lines} more lines`;
export const goneLines = (lines: number): string =>
  lines === 1 ? 'One line is gone.' : `${lines} lines are gone.`;

/** Of a proposal. */
export const startingWords = (isTold: boolean): string => (isTold ? 'Telling it.' : 'Starting.');
export const startedWords = (isTold: boolean): string => (isTold ? 'Told.' : 'Started.');
export const startWords = (isTold: boolean): string => (isTold ? 'Tell it' : 'Start');
export const LEFT_ALONE = 'Left alone.';
export const EXPIRED = 'This has expired. Ask for it again.';
