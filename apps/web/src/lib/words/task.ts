// What the page of a task says. Read it aloud before you change it.
import type { UsualTime } from '@mainloop/models/flow/runs/usual';
import { ago, dollars, took } from '../kit/format.ts';

export const BACK_TO_INBOX = 'Inbox';
export const BACK_TO_CHAT = 'Chat';

/**
 * What it costs, of what it may cost.
 * @param costMicrousd millionths of a dollar
 * @param budgetCents hundredths of one
 * @returns as "$0.42 of $5.00"
 */
export const costWords = (costMicrousd: number, budgetCents: number): string =>
  `${dollars(costMicrousd)} of $${(budgetCents / 100).toFixed(2)}`;
/**
 * What of it a second look cost.
 * @param costMicrousd millionths of a dollar
 */
export const lookCostWords = (costMicrousd: number): string => `Second look ${dollars(costMicrousd)}`;
/**
 * Of the link to it.
 * @param n its number; the link is there with it only
 */
export const issueWords = (n: number | null): string => `issue #${n}`;
/**
 * Of the link to it.
 * @param n its number; the link is there with it only
 */
export const pullRequestWords = (n: number | null): string => `pull request #${n}`;

export const HOW_IT_ENDED = 'How it ended';
/** @param step as "Step 2 of 4, change"; null where it is not known */
export const nowWords = (step: string | null): string => (step === null ? 'Now' : `Now · ${step}`);
/**
 * How long it has stood there.
 * @param since when it came there
 * @returns as "for 5 min"
 */
export const standsFor = (since: Date): string => (ago(since) === 'now' ? 'just now' : `for ${ago(since)}`);

export const DO_NOT_MERGE_YET = 'Do not merge it yet';
export const TAKE_AS_REQUEST = 'Take it as a request';
/**
 * Behind a command that has ended.
 * @param ms how long it took, in milliseconds
 */
export const tookWords = (ms: number): string => `, took ${took(ms)}`;
export const WHAT_IT_PRINTED = 'What it printed';
/**
 * Above what an agent prints.
 * @param isRunning whether more is to come
 */
export const outputWords = (isRunning: boolean): string => (isRunning ? 'Live output' : 'Output');

export const CHANGES = 'Changes';
/**
 * Of the link that opens the whole change.
 * @param files that it changes
 * @param comments that stand in it; 0 has no words
 */
export function readWords(files: number, comments: number): string {
  const read = files > 8 ? `Read all ${files} files` : 'Read the change';
  if (comments === 0) return read;
  return `${read}, ${comments === 1 ? 'one comment' : `${comments} comments`}`;
}
export const WHAT_WAS_ASKED = 'What was asked';
export const THE_PLAN = 'The plan';

export const CANCEL_TASK = 'Cancel task';
export const CANCEL_IS_MEANT = 'Cancel this task?';
export const CANCEL_DOES =
  'Cancel this task? This closes the pull request and the issue, and removes the branch and the sandbox.';
export const CANCEL = 'Cancel the task';
export const KEEP = 'Keep it';

/**
 * How long tasks of this project take.
 * @param usual `tasks`: how many were merged; `medianMs`: null where they are too few
 * @returns null where there is too little to go by: that helps nobody, on each page of a task
 */
export const usualWords = ({ tasks, medianMs }: UsualTime): string | null =>
  medianMs === null
    ? null
    : `Usually ${took(medianMs)} from start to merge: the median of the last ${tasks} here.`;

export const startedWords = (at: string): string => `started ${at}`;
export const STORY = 'Story';
export const TASK = 'Task';

// Its output.
export const FIND_IN_OUTPUT = 'Find in the output';
/** @param found of all its lines; null while nothing is looked for */
export const linesWords = (found: number | null, lines: number): string =>
  found === null ? `${lines} lines` : `${found} of ${lines}`;
export const OUTPUT = 'Output';
export const nothingWords = (isLoaded: boolean): string => (isLoaded ? 'Nothing printed yet.' : 'Reading …');
export const newLines = (lines: number): string => (lines === 1 ? 'One new line' : `${lines} new lines`);

// What is said to it, and stopping it.
/** What the field asks for. */
export const tellWords = (isRunning: boolean): string =>
  isRunning ? 'Tell Claude something' : 'Tell Claude before its next run';
export const SAY_IT = 'Say it';
export const PAUSE_THE_AGENT = 'Pause the agent';
export const STOPPING = 'Stopping. What was done is kept.';
/** @param heard when it is heard, as the api says */
export const heardWords = (heard: unknown): string =>
  heard === 'now'
    ? 'Said. Claude hears it before its next step.'
    : 'Kept. Claude starts its next run with it.';
export const ANOTHER_MODEL = 'Another model';
export const GO_ON_WITH_IT = 'Go on with this model';
export const IT_GOES_ON = 'It goes on.';

// What it showed.
export const PICTURES = 'Pictures';
export const goneWords = (caption: string): string => `${caption} (this picture is gone)`;
export const largeWords = (caption: string): string => `Show “${caption}” on the whole screen`;
export const PICTURE_BEFORE = 'The picture before';
export const NEXT_PICTURE = 'The next picture';
export const placeOf = (at: number, all: number): string => `${at} of ${all}`;
export const CLOSE = 'Close';
export const THE_PICTURE = 'The picture';
