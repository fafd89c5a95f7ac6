import { expect, test } from '@jest/globals';
import { sayUnreadable } from './unreadable.ts';

test.each([
  [['checks'], 'checks'],
  [['checks', 'check suites'], 'checks and check suites'],
  [['checks', 'check suites', 'checks', 'rules'], 'checks, check suites and rules'],
])('%j is said in one sentence', (names, words) => {
  expect(sayUnreadable(names)).toBe(
    `The token may not read the ${words} of this repository, so they do not count.`,
  );
});
