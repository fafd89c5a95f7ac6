import { describe, expect, test } from '@jest/globals';
import { minedWords, signalsIn, type OldComment } from './mining.ts';

const comment = (id: number, body: string, more: Partial<OldComment> = {}): OldComment => ({
  id,
  pull: 12,
  author: 'mona',
  isOurs: false,
  isBot: false,
  isReply: false,
  body,
  path: 'src/money.ts',
  url: `https://forge/12#${id}`,
  ...more,
});
const MAY = new Set(['mona', 'lisa']);
const BANK = 'Money is rounded half to even.';

describe('an old comment', () => {
  test('teaches with whose words it is, where it was said and files of its kind', () =>
    expect(signalsIn([comment(1, BANK)], MAY)).toEqual([
      {
        commentId: 1,
        url: 'https://forge/12#1',
        signal: {
          source: 'review',
          author: 'mona',
          rule: BANK,
          why: 'Said in review of src/money.ts, in #12.',
          path: '*.ts',
          isWord: false,
        },
      },
    ]));
  test.each([
    ['of ours', { isOurs: true }],
    ['of an app', { isBot: true }],
    ['that replies to another', { isReply: true }],
    ['of somebody who may not write', { author: 'stranger' }],
    ['of nobody', { author: '' }],
    ['whose address opens no page', { url: 'javascript:alert(1)' }],
    ['that says nothing', { body: 'LGTM' }],
    ['that asks', { body: 'Why is money rounded here?' }],
  ])('%s teaches nothing', (_, more) => expect(signalsIn([comment(1, BANK, more)], MAY)).toEqual([]));
});

test('what is said twice counts once in one pull request, and twice in two; the oldest comes first', () => {
  const all = [
    comment(9, 'Money is rounded half to even!', { pull: 13 }),
    comment(2, 'Money is rounded half to even, please.'),
    comment(1, BANK),
  ];
  expect(signalsIn(all, MAY).map(({ commentId }) => commentId)).toEqual([1, 9]);
});

test.each([
  [{ read: 0, kept: 0, again: 0, sentence: null }, 'There are no comments on lines of its pull requests.'],
  [{ read: 1, kept: 0, again: 0, sentence: null }, 'One comment was read; none said a rule.'],
  [{ read: 300, kept: 1, again: 0, sentence: null }, '300 comments were read, one rule was kept.'],
  [
    { read: 9, kept: 3, again: 2, sentence: null },
    '9 comments were read, 3 rules were kept, 2 said again what was known.',
  ],
  [{ read: 0, kept: 0, again: 0, sentence: 'GitHub does not answer.' }, 'GitHub does not answer.'],
])('%j is said as %j', (mined, words) => expect(minedWords(mined)).toBe(words));
