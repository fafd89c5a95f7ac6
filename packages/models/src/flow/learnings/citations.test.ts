import { expect, test } from '@jest/globals';
import { citedIn, isIgnored, usedWords } from './citations.ts';

test.each([
  ['Went by [L1a2b3c4d5e] and L9z8y7x6w5.', ['L1a2b3c4d5e', 'L9z8y7x6w5']],
  ['L1a2b3c4d5e, again (L1a2b3c4d5e)', ['L1a2b3c4d5e']],
  ['XL1a2b3c4d5e L1a2b3c4d5e-x LOUD Lisa L1', []],
  ['', []],
])('ids in: %s', (text, ids) => {
  expect(citedIn(text)).toEqual(ids);
});

test.each([
  [{ given: 0, cited: 0 }, '', false],
  [{ given: 1, cited: 0 }, 'Given to one run, named by none.', false],
  [{ given: 9, cited: 0 }, 'Given to 9 runs, named by none.', false],
  [{ given: 10, cited: 0 }, 'Given to 10 runs, named by none.', true],
  [{ given: 10, cited: 1 }, 'Given to 10 runs, named by one.', false],
  [{ given: 12, cited: 5 }, 'Given to 12 runs, named by 5.', false],
] as const)('%j', (used, words, ignored) => {
  expect([usedWords(used), isIgnored(used)]).toEqual([words, ignored]);
});
