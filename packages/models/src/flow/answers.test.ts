import { describe, expect, test } from '@jest/globals';
import { answerOf, questionComment } from './answers.ts';

const options = [{ label: 'Left' }, { label: 'Right', description: 'the longer way' }, { label: 'Neither' }];

describe('answerOf', () => {
  test.each<[string, string, boolean, string | null]>([
    ['a number is its option', '2', false, 'Right'],
    ['with a mark', '#2.', false, 'Right'],
    ['own words', 'Left, but slowly', false, 'Left, but slowly'],
    ['a quote is not said', '> **Claude asks:** Which?\n\n1', false, 'Left'],
    ['only a quote says nothing', '> yes', false, null],
    ['nothing says nothing', ' \n ', false, null],
    ['several numbers', '1 and 3', true, 'Left, Neither'],
    ['the same number twice', '1, 1', true, 'Left'],
    ['several where one is asked for stay words', '1 and 3', false, '1 and 3'],
    ['a number that is no option stays a number', '7', false, '7'],
    ['a sentence with numbers stays a sentence', 'between 1 and 3', true, 'between 1 and 3'],
    ['Windows line ends', '> old\r\n2\r\n', false, 'Right'],
  ])('%s', (_, comment, multiple, want) => {
    expect(answerOf(comment, { options, multiple })).toBe(want);
  });
});

test('a question carries numbered options, and says how it was answered', () => {
  const q = { title: 'Which way?', body: '', options, multiple: false };
  expect(questionComment(q, null)).toContain('2. Right: the longer way');
  expect(questionComment(q, null)).toContain('Answer with a number');
  expect(questionComment(q, { by: 'you', where: 'in the app', text: 'Left\nfirst' })).toContain('Answered by you in the app:\n\n> Left\n> first');
});
