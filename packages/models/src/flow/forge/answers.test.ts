import { describe, expect, test } from '@jest/globals';
import { answerOf, questionComment, readingOf } from './answers.ts';
import type { Option } from '../events.ts';
import { timesOf } from './machines.ts';

const options: Option[] = [
  { label: 'Left' },
  { label: 'Right', description: 'the longer way' },
  { label: 'Neither' },
];

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
  expect(questionComment(q, { by: 'you', where: 'in the app', text: 'Left\nfirst' })).toContain(
    'Answered by you in the app:\n\n> Left\n> first',
  );
});

describe('a question as a comment, whole', () => {
  const q = { title: 'Which way?', body: '', options, multiple: false };
  const list = '1. Left\n2. Right: the longer way\n3. Neither';
  test.each<[string, Partial<typeof q>, Parameters<typeof questionComment>[1], string]>([
    [
      'one of several',
      {},
      null,
      `> Which way?\n\n${list}\n\n---\n\nAnswer with a number, with a comment here or in mainloop. To say it in your own words, quote the question.`,
    ],
    [
      'several of several',
      { multiple: true },
      null,
      `> Which way?\n\n${list}\n\n---\n\nAnswer with one or several numbers, with a comment here or in mainloop. To say it in your own words, quote the question.`,
    ],
    [
      'with a recommendation',
      { options: [{ label: 'Left' }, { label: 'Right', description: 'the longer way', recommended: true }] },
      null,
      '> Which way?\n\n1. Left\n2. Right (recommended): the longer way\n\n---\n\nAnswer with a number, with a comment here or in mainloop. To say it in your own words, quote the question.',
    ],
    ['in own words', { options: [] }, null, '> Which way?\n\n---\n\nAnswer with a comment, or in mainloop.'],
    [
      'with more to read',
      { options: [], body: 'It is dark.\nAnd late.' },
      null,
      '> Which way?\n\n> It is dark.\n> And late.\n\n---\n\nAnswer with a comment, or in mainloop.',
    ],
    [
      'with blanks to read',
      { options: [], body: ' \n' },
      null,
      '> Which way?\n\n---\n\nAnswer with a comment, or in mainloop.',
    ],
    [
      'that has its answer',
      { options: [] },
      { by: 'ada', where: 'on GitHub', text: 'Left.' },
      '> Which way?\n\n---\n\nAnswered by ada on GitHub:\n\n> Left.',
    ],
  ])('%s', (_, more, answered, want) => {
    expect(questionComment({ ...q, ...more }, answered)).toBe(`**Claude asks:**\n\n${want}`);
  });
  test.each([
    ['12', '12'],
    ['1, 2 and  #3!', 'Left, Right, Neither'],
    ['1 2 x', '1 2 x'],
    ['1, 12', '1, 12'],
    ['a\n> b\nc', 'a\nc'],
  ])('%j answers %j', (said, want) => {
    expect(answerOf(said, { options, multiple: true })).toBe(want);
  });
  test('a number of two digits', () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ label: `L${i + 1}` }));
    expect(answerOf('12', { options: many, multiple: false })).toBe('L12');
    expect(answerOf('11 12', { options: many, multiple: true })).toBe('L11, L12');
  });
});

describe('an answer is told from chatter', () => {
  const way = { title: 'Which way?', options, multiple: false };
  const free = { title: 'Which colour?', options: [], multiple: false };
  const read = (body: string, q: typeof way | typeof free, more = {}): string | null => {
    const reading = readingOf({ author: 'mona', bot: false, body, ...more }, q, timesOf([body]));
    return reading.is === 'answer' ? reading.text : null;
  };
  test.each<[string, typeof way | typeof free, string | null]>([
    ['2', way, 'Right'],
    ['#1', way, 'Left'],
    ['Right', way, 'Right'],
    ['I would go left, but slowly', way, 'I would go left, but slowly'],
    ['> Which way?\n\nStraight on', way, 'Straight on'],
    ['> **Claude asks:**\n\nStraight on', way, 'Straight on'],
    ["I'll look tomorrow", way, null],
    ["I'll look whether left is free", way, null],
    ['Thanks!', way, null],
    ['LGTM', way, null],
    ['👍', way, null],
    ['The tests are slow today', way, null],
    ['> The tests are slow\n\nYes, I saw that', way, null],
    ['> Which way?', way, null],
    ['7', way, null],
    ['/rebase', way, null],
    ['Coverage: 80%', way, null],
    ['Ultramarine, please', free, 'Ultramarine, please'],
    ['yes', free, 'yes'],
    ['3', free, '3'],
    ['done', free, 'done'],
    ['looking', free, null],
    ['ping', free, null],
    ["I'll look tomorrow", free, null],
    ['Not sure yet', free, null],
    ['thank you', free, null],
    ['Which ones do you mean?', free, null],
    ['@ada what do you say', free, null],
    ['/retest', free, null],
    ['Coverage: 80%', free, null],
    [
      '> Which colour?\n\nThe one of the sea. Or which do you have?',
      free,
      'The one of the sea. Or which do you have?',
    ],
  ])('%j to %j', (body, q, want) => {
    expect(read(body, q)).toBe(want);
  });
  test('a machine answers nothing, whatever it says', () => {
    expect([read('2', way, { bot: true }), read('2', way, { author: 'acme-bot' })]).toEqual([null, null]);
  });
});
