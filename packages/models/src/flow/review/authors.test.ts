import { expect, test } from '@jest/globals';
import { commentAuthor } from './authors.ts';

test.each([
  ['app', 'you', 'the reader'],
  ['app', 'token:my editor', 'the token “my editor”'],
  ['github', 'maria', 'maria'],
  // Nobody on the forge is the second look, and no second look is somebody.
  ['github', 'agent', 'agent'],
  ['look', 'agent', 'another agent'],
  ['look', 'you', 'another agent'],
])('a comment made by way of %s by %s is from %s', (via, author, words) => {
  expect(commentAuthor({ via, author }, { user: 'the reader', secondLook: 'another agent' })).toBe(words);
});
