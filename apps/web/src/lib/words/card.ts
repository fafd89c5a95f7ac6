// What the cards of the inbox say: of what waits for the person, and of what was decided. Read it aloud before you
// change it.
import { PUT_BACK } from '@mainloop/models/flow/review/gates';

/** The likely answer: what is sent, and the button. */
export const MAIN = {
  plan: ['approve', 'Approve'],
  review: ['merge', 'Merge'],
  ci_files: ['allow', 'Allow'],
  guardrail: ['allow', 'Allow'],
  gate: ['allow', 'Allow'],
  permission: ['allow', 'Allow once'],
  pr_closed: ['reopen', 'Reopen'],
} as const;
/** The other one: what is sent, the button, and what its field asks for. */
export const OTHER = {
  plan: ['revise', 'Change it', 'What should be different?'],
  review: ['changes', 'Request changes', 'What should be different?'],
  ci_files: ['deny', 'Refuse', ''],
  guardrail: ['deny', 'Refuse', ''],
  gate: ['deny', PUT_BACK, ''],
  permission: ['deny', 'Refuse', 'Why not, or what instead? Claude reads it.'],
  pr_closed: ['stop', 'Stop the task', ''],
} as const;
/** What was decided by the likely answer, and what follows from it. */
export const SENT = {
  plan: ['Approved.', 'Claude starts.'],
  review: ['Merging.', ''],
  ci_files: ['Allowed.', ''],
  guardrail: ['Allowed.', ''],
  gate: ['Allowed.', 'It stays on the review.'],
  permission: ['Allowed.', 'Claude goes on.'],
  pr_closed: ['Opened again.', 'It picks up where it was.'],
} as const;

/** By the other one, where it needs no words. */
export const REFUSED = 'Refused.';
export const STOPPED = ['Stopped.', 'Its branch is removed.'] as const;
export const NOT_ALLOWED = 'Not allowed.';
/**
 * What follows when a gate stays shut.
 * @param isRed whether checks were red
 * @param hasLines whether there are lines that can be put back
 */
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
/**
 * What an item says once it was answered.
 * @param text the answer; a long one is cut
 */
export const answeredWords = (text: string): string =>
  `You answered “${text.length > ANSWER_CHARS ? `${text.slice(0, ANSWER_CHARS)}…` : text}”.`;
export const GOES_ON = 'Claude goes on.';
export const DID_NOT_NEED_ME = 'Did not need me';

/**
 * Of a question, by how many come after it from the same run.
 * @param after how many; 0 has no words
 */
export const afterWords = (after: number): string => {
  if (after === 0) return '';
  return `, ${after === 1 ? 'one more' : `${after} more`} after this`;
};
/**
 * Under a list that is cut.
 * @param lines how many are not shown
 */
export const moreLines = (lines: number): string => `and ${lines} more lines`;
/**
 * Of tests that a change takes away.
 * @param lines at least 1
 */
export const goneLines = (lines: number): string =>
  lines === 1 ? 'One line is gone.' : `${lines} lines are gone.`;

// Of every card.
export const NEW = 'New';
export const LATER = 'Later';
export const IN_THREE_HOURS = 'Later: in three hours';
export const BACK = 'Back';
export const BRING_IT_BACK = 'Bring it back';
export const BACK_WHEN_CI_IS_DONE = 'Back when CI is done';
export const ANOTHER_TIME = 'Another time';
export const VIEW_TASK = 'View task';
export const youAsked = (why: string): string => `You asked: ${why}`;
export const UNDO = 'Undo';
export const TAKING_BACK = 'Taking it back …';
export const SENT_LATER = 'Saved. It will be sent when you are back online.';

// Of a plan.
export const WHAT_CHANGED = 'What changed in the plan';
export const CHANGED_SINCE = 'Changed since the last revision';

// Of a gate, and of what was let through.
export const WHAT_IS_RED = 'What is red';
export const WHAT_IT_TAKES = 'What it takes away';
export const READ_THE_CHANGE = 'Read the change';
export const READ_THESE_LINES = 'Read these lines in the change';
export const YOU_ALLOWED = 'You allowed this on the way';
export const WHAT_YOU_ALLOWED = 'What you allowed';
export const heldWords = (files: number): string =>
  `What it changes: ${files === 1 ? 'one file' : `${files} files`}`;

// Of a question.
export const RECOMMENDED = 'Recommended';
export const YOUR_OWN_ANSWER = 'Your own answer';
/** What its field asks for. */
export const answerHere = (hasOptions: boolean): string =>
  hasOptions ? 'Or type your own answer' : 'Your answer';
export const ANSWER = 'Answer';
export const SEND = 'Send';

// Of a pull request that was closed, and of a permission.
export const KEEP_THE_BRANCH = 'Keep the branch';
export const BRANCH_STAYS = 'Its branch stays.';
export const ALWAYS_THIS_TASK = 'Always, this task';
export const ALLOWED_FOR_TASK = 'Allowed for this task.';
export const ALWAYS_THIS_PROJECT = 'Always, this project';
export const ALLOWED_FOR_PROJECT = 'Allowed for this project.';

// Of a review.
export const sizeWords = (files: number): string => (files === 1 ? 'One file' : `${files} files`);
export const ofBudget = (budgetCents: number): string => `of $${(budgetCents / 100).toFixed(2)}`;
export const unseenWords = (pushes: number): string =>
  `${pushes === 1 ? 'one push is' : `${pushes} pushes are`} new since your last look`;
export const CHECKS = 'Checks';
export const LOOK_TWICE = 'Look twice';
export const moreRisks = (risks: number): string => `and ${risks} more`;

// Of what has stopped.
export const stoppedWords = (isPaused: boolean): string => (isPaused ? 'Paused' : 'Stopped');
export const openWords = (check: string): string => `Open “${check}”`;
export const SHOW_LOG = 'Show log';
