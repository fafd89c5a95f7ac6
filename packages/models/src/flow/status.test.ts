// Every code of a task's own words, in the words that a person reads.
import { expect, test } from '@jest/globals';
import { statusLine, type Status } from './status.ts';

const titleOf = async (itemId: string): Promise<string> => (itemId === 'i' ? 'CI is red.' : '');

const SAYS: { readonly [Is in Status['is']]: readonly (readonly [Extract<Status, { is: Is }>, string])[] } = {
  plain: [[{ is: 'plain' }, '']],
  item: [
    [{ is: 'item', itemId: 'i' }, 'CI is red.'],
    [{ is: 'item', itemId: 'gone' }, ''],
  ],
  question: [[{ is: 'question' }, 'Claude has a question for you.']],
  account_limit: [
    [
      { is: 'account_limit', untilMs: Date.parse('2026-11-25T09:05:59Z') },
      "The account's usage limit is reached. It goes on by itself at 09:05 UTC. You are not needed.",
    ],
    // Whatever time an older version took from an agent: a line that can't be said would break every list of tasks.
    [
      { is: 'account_limit', untilMs: 9e18 },
      "The account's usage limit is reached. It goes on by itself at 00:00 UTC. You are not needed.",
    ],
    [
      { is: 'account_limit', untilMs: -9e18 },
      "The account's usage limit is reached. It goes on by itself at 00:00 UTC. You are not needed.",
    ],
  ],
  gathering: [
    [
      { is: 'gathering', author: 'mona', comments: 1, quietMs: 60_000 },
      'mona left a comment on GitHub. Claude takes it up when nobody has written for a minute.',
    ],
    [
      { is: 'gathering', author: 'mona', comments: 3, quietMs: 2_000 },
      'mona left 3 comments on GitHub. Claude takes them up when nobody has written for a moment.',
    ],
  ],
  conflict: [
    [
      { is: 'conflict', base: 'main' },
      'It conflicts with main; Claude merges main into it. You are not needed.',
    ],
  ],
  second_look: [
    [{ is: 'second_look' }, 'Another Claude, which did not write the change, reads it. You are not needed.'],
  ],
  findings: [
    [{ is: 'findings', found: 1 }, 'Claude works through what the second look found. You are not needed.'],
    [
      { is: 'findings', found: 3 },
      'Claude works through the 3 things that the second look found. You are not needed.',
    ],
  ],
  turn: [
    [
      { is: 'turn', place: 2, base: 'main' },
      '2nd to merge into main; those before it go first. You are not needed.',
    ],
    [
      { is: 'turn', place: 1, base: 'main' },
      'Next to merge into main, as soon as CI is green on the two together. You are not needed.',
    ],
  ],
  queue: [
    [
      { is: 'queue' },
      'It stands in the merge queue of the repository, which merges it by itself. You are not needed.',
    ],
  ],
  cancelling: [[{ is: 'cancelling' }, 'Cancelling: closing the pull request and the sandbox.']],
  words: [[{ is: 'words', words: 'As it was said.' }, 'As it was said.']],
};

test.each(Object.values(SAYS).flat())('%j', async (status, words) => {
  expect(await statusLine(status, titleOf)).toBe(words);
});
