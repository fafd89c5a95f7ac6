// What a task says of itself while it works or waits: a code with what belongs to it, and the words of all
// codes in one place. Pure.

import { sayPlace } from './forge/train.ts';

export type Status =
  /** No more than its state says. */
  | { readonly is: 'plain' }
  /** An inbox item is to be answered: what its title says. */
  | { readonly is: 'item'; readonly itemId: string }
  /** The agent has asked something. */
  | { readonly is: 'question' }
  /** The account of the model has a limit, until then, in milliseconds since 1970. */
  | { readonly is: 'account_limit'; readonly untilMs: number }
  /** What somebody writes on the forge is gathered until nobody has written for `quietMs`. */
  | { readonly is: 'gathering'; readonly author: string; readonly comments: number; readonly quietMs: number }
  /** The agent merges the branch `base` into it. */
  | { readonly is: 'conflict'; readonly base: string }
  /** Another agent reads the change before the person does. */
  | { readonly is: 'second_look' }
  /** The agent works through what that one found. */
  | { readonly is: 'findings'; readonly found: number }
  /** It is approved, and waits for its turn to be merged into `base`; 1: none is before it. */
  | { readonly is: 'turn'; readonly place: number; readonly base: string }
  /** It stands in the repository's own merge queue. */
  | { readonly is: 'queue' }
  | { readonly is: 'cancelling' }
  /** Of a task from before there were codes. */
  | { readonly is: 'words'; readonly words: string };

export const PLAIN: Status = { is: 'plain' };

/**
 * @param titleOf the title of an inbox item; '' for one that is not there
 * @returns a line for a person; '' when its state says it all
 */
export async function statusLine(
  status: Status,
  titleOf: (itemId: string) => Promise<string>,
): Promise<string> {
  switch (status.is) {
    case 'plain':
      return '';
    case 'item':
      return titleOf(status.itemId);
    case 'question':
      return 'Claude has a question for you.';
    case 'account_limit':
      return `The account's usage limit is reached. It goes on by itself at ${clock(status.untilMs)} UTC. You are not needed.`;
    case 'gathering':
      return sayGathering(status);
    case 'conflict':
      return `It conflicts with ${status.base}; Claude merges ${status.base} into it. You are not needed.`;
    case 'second_look':
      return 'Another Claude, which did not write the change, reads it. You are not needed.';
    case 'findings':
      return `Claude works through ${status.found === 1 ? 'what the second look found' : `the ${status.found} things that the second look found`}. You are not needed.`;
    case 'turn':
      return sayPlace(status.place, status.base);
    case 'queue':
      return 'It stands in the merge queue of the repository, which merges it by itself. You are not needed.';
    case 'cancelling':
      return 'Cancelling: closing the pull request and the sandbox.';
    case 'words':
      return status.words;
  }
}

/** @see https://tc39.es/ecma262/#sec-time-values-and-time-range */
const LAST_DATE_MS = 8.64e15;
/** Whatever an agent made of the time. */
const clock = (ms: number): string =>
  new Date(Math.max(0, Math.min(ms, LAST_DATE_MS))).toISOString().slice(-13, -8);

function sayGathering({ author, comments, quietMs }: Extract<Status, { is: 'gathering' }>): string {
  const [what, it] = comments === 1 ? ['a comment', 'it'] : [`${comments} comments`, 'them'];
  return `${author} left ${what} on GitHub. Claude takes ${it} up when nobody has written for ${quietMs < 60_000 ? 'a moment' : 'a minute'}.`;
}
