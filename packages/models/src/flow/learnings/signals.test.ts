import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signalsOf, type Happened } from './signals.ts';

const comment = (text: string, more: Partial<Extract<Happened, { is: 'comment' }>> = {}): Happened => ({
  is: 'comment',
  author: 'mona',
  isUsers: false,
  text,
  path: 'src/tally/split.ts',
  ...more,
});
const ruleOf = (happened: Happened): string | undefined => signalsOf(happened)[0]?.rule;

describe('a comment', () => {
  test.each([
    ['Please round half to even here.', 'Please round half to even here.'],
    ['Money is rounded half to even. Why did you not?', 'Money is rounded half to even.'],
    ['Nice one! Money is rounded half to even.', 'Money is rounded half to even.'],
    // What is said for later too stands before what is said first.
    ['The name is misleading here. Always name the unit in the name.', 'Always name the unit in the name.'],
    ['> Round it up.\n\nRound half to even, as the bank does.', 'Round half to even, as the bank does.'],
    ['Use the helper of money.ts:\n```ts\nround(x)\n```', 'Use the helper of money.ts:'],
  ])('%j teaches %j', (text, rule) => expect(ruleOf(comment(text))).toBe(rule));

  test.each([
    'LGTM',
    'Thanks, great work!',
    'Why is this here?',
    'nit',
    'Typo.',
    'And say so there.',
    'I would not do it with that, you know.',
    '/retest',
    '> Round half to even.',
    '```suggestion\nreturn x;\n```',
    `This is about the one change and goes on and on ${'for ever and ever '.repeat(20)}.`,
    '',
  ])('%j teaches nothing', (text) => expect(signalsOf(comment(text))).toEqual([]));

  test('carries whose words they are, where they were said, and files of that kind', () =>
    expect(signalsOf(comment('Round half to even, please.'))).toEqual([
      {
        source: 'review',
        author: 'mona',
        rule: 'Round half to even, please.',
        why: 'Said in review of src/tally/split.ts.',
        path: '*.ts',
        isWord: false,
      },
    ]));

  test.each([
    [null, null],
    ['Makefile', null],
    ['db/one.sql', '*.sql'],
    ['.gitignore', '*.gitignore'],
    ['a.b/c', null],
  ])('on %j is about %j', (path, kind) =>
    expect(signalsOf(comment('Round half to even, please.', { path }))[0]!.path).toBe(kind),
  );

  test.each([
    ['Always round half to even.', true, true],
    ['From now on money is rounded half to even.', true, true],
    ["We don't round twice in this house.", true, true],
    ['Round half to even here.', true, false],
    // Somebody on the forge may speak for ever; a person is asked when it comes up again.
    ['Always round half to even.', false, false],
  ])('%j, of the user: %s, asks at once: %s', (text, isUsers, asks) =>
    expect(signalsOf(comment(text, { isUsers }))[0]!.isWord).toBe(asks),
  );
});

test('what was said when work was sent back is of whoever sent it', () =>
  expect(
    signalsOf({ is: 'sent_back', author: 'you', isUsers: true, text: 'Never touch the lock file by hand.' }),
  ).toEqual([
    {
      source: 'sent_back',
      author: 'you',
      rule: 'Never touch the lock file by hand.',
      why: 'Said when the work was sent back.',
      path: null,
      isWord: true,
    },
  ]));

describe('a red check', () => {
  test('teaches its cause, by its first telling line', () =>
    expect(
      signalsOf({
        is: 'red',
        failures: [
          { name: 'lint', message: '\n\nerror\nExpected an indentation of two blanks\nmore of it here' },
        ],
      }),
    ).toEqual([
      {
        source: 'ci',
        author: 'the check lint',
        rule: 'Before a push, see to it that lint does not say: Expected an indentation of two blanks',
        why: 'The check lint was red.',
        path: null,
        isWord: false,
      },
    ]));
  test.each(['', '##[error]exit status 1', 'npm ERR! Test failed.  See above for more details.'])(
    'that says only that it was red, %j, teaches nothing',
    (message) => expect(signalsOf({ is: 'red', failures: [{ name: 'lint', message }] })).toEqual([]),
  );
  test('among many is one of three', () => {
    const failures = Array.from({ length: 9 }, (_, i) => ({
      name: `c${i}`,
      message: 'money is rounded half to even',
    }));
    expect(signalsOf({ is: 'red', failures })).toHaveLength(3);
  });
});

test.each([
  ['Round half to even, not up', 'Round half to even, not up'],
  ["Merge branch 'main' into mainloop/one", undefined],
  ['Merge pull request #4 from acme/fix', undefined],
  ['Revert "Round half to even, not up"', undefined],
  ['wip', undefined],
])('a commit %j on top of the agent’s teaches %j', (title, rule) => {
  expect(ruleOf({ is: 'commit', author: 'mona', title })).toBe(rule);
});

test('whatever is said, a rule is short, has an author, hides nothing, and only the user’s word asks at once', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.lorem({ maxCount: 40 }));
  const happened = fc.oneof(
    fc.record({
      is: fc.constant('comment' as const),
      author: text,
      isUsers: fc.boolean(),
      text,
      path: fc.option(text),
    }),
    fc.record({ is: fc.constant('sent_back' as const), author: text, isUsers: fc.boolean(), text }),
    fc.record({ is: fc.constant('commit' as const), author: text, title: text }),
    fc.record({
      is: fc.constant('red' as const),
      failures: fc.array(fc.record({ name: text, message: text }), { maxLength: 4 }),
    }),
  );
  fc.assert(
    fc.property(happened, (one) => {
      for (const signal of signalsOf(one)) {
        expect(signal.rule.length).toBeLessThanOrEqual(300);
        expect(signal.rule).not.toMatch(/[\n\u202e\u200b\u0000-\u0008\u001b]/);
        expect(signal.author).not.toBe('');
        if (signal.isWord) expect('isUsers' in one && one.isUsers).toBe(true);
      }
    }),
  );
});
