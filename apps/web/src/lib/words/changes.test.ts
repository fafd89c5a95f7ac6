import { expect, test } from '@jest/globals';
import { keptWords, onlyPush, placeWords, requestWords, sendWords } from './changes.ts';

test('one comment and several are said as such', () => {
  expect([0, 1, 2].map(sendWords)).toEqual([
    'Request changes',
    'Send with one comment',
    'Send with 2 comments',
  ]);
  expect([1, 2].map(requestWords)).toEqual(['Request changes (one comment)', 'Request changes (2 comments)']);
  expect(keptWords(1)).toBe(
    'One comment is kept. You can send it when Claude is done and the change is ready for review.',
  );
  expect(keptWords(2)).toContain('2 comments are kept. You can send them');
});

test.each([
  [3, 3, null, 'On line 3.'],
  [3, 5, null, 'On lines 3 to 5.'],
  [3, 5, 'upload.ts', 'On lines 3 to 5 of upload.ts.'],
])('lines %i to %i of %j', (start, end, file, words) => expect(placeWords(start, end, file)).toBe(words));

test('a push is told with its age', () => {
  const at = new Date(Date.now() - 4 * 60_000);
  expect(onlyPush({ sha: 'abc1234567', others: false, at })).toBe('only abc1234, 4 min ago');
  expect(onlyPush({ sha: 'abc1234567', others: true, at: new Date() })).toBe(
    'only abc1234 (not by Claude), just now',
  );
});
