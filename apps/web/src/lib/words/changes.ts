// What the page of a change says, with the decision on it and the comments. Read it aloud before you change it.
import { commentAuthor } from '@mainloop/models/flow/review/authors';
import { aged } from '../kit/format.ts';

export const CHANGES = 'Changes';
export const BACK_TO_TASK = 'Task';
/**
 * Of the list of files.
 * @param files at least 1
 */
export const filesWords = (files: number): string => (files === 1 ? 'One file' : `${files} files`);
export const FILES = 'Files';
export const LOOK_TWICE = 'look twice';
/**
 * Above a change that is not what Claude pushed last.
 * @param sha of the commit that is shown, whole
 */
export const othersMoved = (sha: string): string =>
  `Somebody else has moved this branch. This is the change as it stands there now, at ${sha.slice(0, 7)}.`;
export const SHOW = 'Show';
export const NEW_SINCE = 'what is new since your review';
export const THE_WHOLE = 'the whole change';
/**
 * One push among those that can be shown alone.
 * @param push `others`: it was not Claude’s
 */
export const onlyPush = (push: {
  readonly sha: string;
  readonly others: boolean;
  readonly at: Date;
}): string => `only ${push.sha.slice(0, 7)}${push.others ? ' (not by Claude)' : ''}, ${aged(push.at)}`;
/**
 * The button says what it changes to.
 * @param isSplit how it is shown now
 */
export const columnsWords = (isSplit: boolean): string => (isSplit ? 'One column' : 'Side by side');
export const TOO_LARGE = 'This change is too large to show in full. The pull request has all of it.';
export const NOTHING_PUSHED = 'Nothing has been pushed yet. The change shows up here as soon as it is.';
/**
 * While the change is not ready, so that nothing can be sent.
 * @param comments at least 1
 */
export const keptWords = (comments: number): string =>
  `${comments === 1 ? 'One comment is' : `${comments} comments are`} kept. You can send ${comments === 1 ? 'it' : 'them'} when Claude is done and the change is ready for review.`;

// The decision.
export const WHAT_SHOULD_BE_DIFFERENT = 'What should be different?';
export const ANYTHING_BESIDES = 'Anything besides the comments? You can leave this empty.';
export const REQUEST_CHANGES = 'Request changes';
const count = (comments: number): string => (comments === 1 ? 'one comment' : `${comments} comments`);
/**
 * Of the button that sends.
 * @param comments drafts that go along
 */
export const sendWords = (comments: number): string =>
  comments === 0 ? REQUEST_CHANGES : `Send with ${count(comments)}`;
/**
 * Of the button that opens the form.
 * @param comments drafts that would go along; at least 1
 */
export const requestWords = (comments: number): string => `${REQUEST_CHANGES} (${count(comments)})`;
export const BACK = 'Back';
export const MERGE = 'Merge';
export const MERGE_ANYWAY = 'Merge anyway';
export const HOW_TO_MERGE = 'How to merge';
export const AS_THE_REPOSITORY = 'Repository default';
export const WAYS = {
  squash: 'as one commit',
  rebase: 'commit by commit',
  merge: 'with a merge commit',
} as const;
export const DECIDED = {
  merge: ['Merging.', ''],
  changes: ['Changes requested.', 'Claude works on them.'],
} as const;

// A comment that is being written.
export const COMMENT = 'Comment';
export const DIFFERENT_HERE = 'What should be different here?';
/** @param file where the line itself is not beside it */
export function placeWords(start: number, end: number, file: string | null): string {
  const lines = start === end ? `On line ${end}` : `On lines ${start} to ${end}`;
  return file === null ? `${lines}.` : `${lines} of ${file}.`;
}
export const TAP_ANOTHER = 'Tap another line for a range.';
export const LINE_UP = 'One line up';
export const LINE_DOWN = 'One line down';
/**
 * Of the field for a suggestion.
 * @param isOneLine whether it replaces one line, or several
 */
export const codeWords = (isOneLine: boolean): string =>
  `Your code for ${isOneLine ? 'this line' : 'these lines'}`;
export const KEEP_COMMENT = 'Keep comment';
export const SUGGEST = 'Suggest';
export const DROP = 'Drop';

// A file of it.
export const commentOn = (isOld: boolean, line: number): string =>
  `Comment on ${isOld ? 'old ' : ''}line ${line}`;
export const VIEWED = 'Viewed';
export const lookTwice = (weakened: string): string => `Look twice: ${weakened}.`;
export const CI_RUNS_IT = "CI runs this file with the repository's secrets.";
export const A_BINARY = 'A binary file.';
export const noLines = (isTooLarge: boolean): string =>
  isTooLarge ? 'Too large to show here. GitHub has it.' : 'No lines changed.';
export const cutWords = (lines: number): string =>
  lines === 1
    ? 'One more line is left out here. GitHub shows it.'
    : `${lines} more lines are left out here. GitHub shows them all.`;
export const NO_NEWLINE = ' [no newline at the end]';

// A comment that is kept or was sent.
const CALLED = { user: 'You', secondLook: 'A second look' };
export const authorWords = (comment: { readonly via: string; readonly author: string }): string =>
  commentAuthor(comment, CALLED);
/** What a second look thinks of what it found. */
export const WEIGHT_WORDS = {
  must: 'must change',
  should: 'should change',
  note: 'for you to know',
} as const;
export const NOT_SENT_YET = 'not sent yet';
export const ON_GITHUB = ' · on GitHub';
export const RESOLVED = 'Resolved';
export const movedWords = (line: number): string =>
  `On line ${line}, which is not part of what is shown here.`;
export const EDIT = 'Edit';
export const KEEP = 'Keep';
export const resolveWords = (isResolved: boolean): string => (isResolved ? 'Open again' : 'Resolve');
