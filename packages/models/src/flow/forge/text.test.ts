import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  agentCode,
  agentLine,
  agentName,
  agentPicture,
  agentQuote,
  joined,
  ours,
  personsWords,
} from './text.ts';

/** What GitHub and its bots would find, as they look for it in what is shown or in what was sent. */
const FINDS: readonly [string, RegExp][] = [
  ['a mention', /@[A-Za-z0-9]/],
  ['a mention behind an entity', /&(#0*64|#x0*40|commat);/i],
  ['a command', /^(?:[\s>*+\-|#~_"'.)\][(]|\d+[.)])*[/!][A-Za-z]/m],
  [
    'a closing word',
    /\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b[^\n]{0,20}(#\d|GH-\d|\/issues\/\d|\/pull\/\d)/i,
  ],
  ['a comment or a tag', /<(!--|[A-Za-z/])/],
  ['a picture', /!\[/],
  ['a trailer', /^(co-authored-by|signed-off-by):/im],
  ['skipping of CI', /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*|skip-checks:/i],
  [
    'something unseen',
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
  ],
];
const found = (text: string): string[] =>
  FINDS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
const bare = (text: string): string => text.replaceAll('\u2060', '');

const HOSTILE: readonly string[] = [
  '/merge',
  '  /merge',
  '- /merge',
  '* /lgtm',
  '1. /retest',
  '2) /retest',
  '> /approve',
  '> > /approve',
  '- [x] /merge',
  '**/merge**',
  '`/merge`',
  '```\n/merge\n```',
  '\u200b/merge',
  '\ufeff/merge',
  '\u00a0/merge',
  '\u3000/merge',
  'text\r/merge',
  'text\u2028/merge',
  'text\u0085/merge',
  'text\v/merge',
  'text\f/merge',
  '\u001b[0m/merge',
  '/\u200bmerge',
  '<!-- x -->/merge',
  '| /merge |',
  '!retest',
  '.deploy',
  '@dependabot merge',
  '@\u200bdependabot merge',
  'cc @org/team',
  '&#64;dependabot merge',
  '&#x40;user',
  '&commat;user',
  '\\@user',
  '@<!-- -->user',
  'a@b.example',
  'fixes #12',
  'Fixes: #12',
  'closes owner/repo#3',
  'resolved GH-7',
  'FIX https://github.com/o/r/issues/9',
  'closing **#12**',
  'fixes [#12](https://x)',
  'fi\u00adxes #12',
  'fixes &#35;12',
  'fixes <b>#12</b>',
  'Co-authored-by: A <a@b>',
  'Signed-off-by: A <a@b>',
  'a [skip ci] b',
  'a [CI SKIP] b',
  '***NO_CI***',
  'skip-checks: true',
  '<!-- mainloop:t-1:plan -->',
  '<!--\nmainloop:t-1:plan\n-->',
  '<img src="https://x.example/beacon.png">',
  '![x](https://x.example/beacon.png)',
  '![x][ref]',
  '<details><summary>x',
  'retest this please',
  'bors r+',
  'a\u202eb',
  'a\u{e0041}b',
];

describe("an agent's words set nothing off", () => {
  test.each(HOSTILE)('%j', (text) => {
    for (const out of [
      agentQuote(text),
      agentLine(text),
      agentName(text),
      agentQuote(`Hello.\n${text}\nBye.`),
    ])
      expect([out, found(out)]).toEqual([out, []]);
    // Inside a fence nothing is shown as Markdown, and bots still read it.
    expect(found(agentCode(text)).filter((w) => w !== 'a picture')).toEqual([]);
  });

  test.each([...HOSTILE, 'a](https://x.example/b.png) ![c', 'a\\](x)', 'a`b'])(
    'in the caption of a picture: %j',
    (text) => {
      const url = 'https://github.example/o/r/blob/abc/1.png?raw=true';
      const out = agentPicture(text, url);
      const match = /^!\[([^\]]*)\]\(([^)]*)\)\n\n([^]*)$/.exec(out);
      expect([match?.[2], found(match![1]!), found(match![3]!)]).toEqual([url, [], []]);
    },
  );

  test.each(['retest this please', 'test this please', 'ok to test', 'bors r+', 'bors merge'])(
    'nor does the sentence %j',
    (text) => {
      expect(agentQuote(text)).not.toContain(text);
    },
  );

  test.each([
    ['Rounds once, at the end. Tests: 4 of 4.', 'Rounds once, at the end. Tests: 4 of 4.'],
    ['a < b && c > d; it fixes the odd cent', 'a < b && c > d; it fixes the odd cent'],
    ['👩‍👩‍👧 ❤️ ok', '👩‍👩‍👧 ❤️ ok'],
    ['see src/cart.ts and /etc/hosts', 'see src/cart.ts and /etc/hosts'],
  ])('plain words stay as they are: %j', (text, want) => {
    expect(agentLine(text)).toBe(want);
    expect(agentQuote(text)).toBe(`> ${want}`);
  });

  test.each(['@a fixes #1 <b> ![x](y)', '- item\n- /merge', 'Array<string> & &amp;'])(
    'what is read is what was written: %j',
    (text) => {
      expect(bare(agentQuote(text))).toBe(text.replace(/^/gm, '> '));
    },
  );

  const word = fc.constantFrom(
    ...HOSTILE,
    '/',
    '@',
    '#',
    '1',
    '<',
    '!',
    '[',
    ']',
    '(',
    '&',
    'fixes',
    ' ',
    '\n',
    '\r',
    '>',
    '-',
    '`',
    '```',
    '\u2060',
    '\u200b',
    'merge',
    'a',
    '<!',
    '--',
    ':',
    '.',
    '\ud83d',
  );
  const text = fc
    .array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 12 })
    .map((l) => l.join(''));

  test('whatever they are made of', () => {
    fc.assert(
      fc.property(text, (s) => {
        for (const out of [agentQuote(s), agentLine(s)]) expect(found(out)).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  test('once is enough, and it does not grow', () => {
    fc.assert(
      fc.property(text, (s) => {
        const line = agentLine(s);
        expect(agentLine(line)).toBe(line);
        const quote = agentQuote(s);
        expect(agentQuote(quote.replace(/^> ?/gm, ''))).toBe(quote);
        expect(quote.length).toBeLessThanOrEqual(s.length * 4 + 4);
        expect(agentLine(s, 20).length).toBeLessThanOrEqual(20 * 4);
      }),
      { numRuns: 5_000 },
    );
  });

  test('every line of a quotation is quoted, and no fence inside closes ours', () => {
    fc.assert(
      fc.property(text, (s) => {
        for (const line of agentQuote(s).split('\n')) expect(line).toMatch(/^>/);
        const lines = agentCode(s).split('\n');
        const ticks = lines[0]!;
        expect(lines.at(-1)).toBe(ticks);
        expect(lines.slice(1, -1).some((l) => l.includes(ticks))).toBe(false);
      }),
    );
  });
});

test.each([
  ...[
    'skip ci',
    'ci skip',
    'no ci',
    'skip actions',
    'actions skip',
    'skip-ci',
    'ci-skip',
    'no-ci',
    'actions-skip',
    'ciskip',
    'actionsskip',
    ' skip ci',
    'merge',
    'rebase',
  ].map((w) => `[${w}]`),
  'test this please',
  'retest this please',
  'ok to test',
  'add to whitelist',
  'bors r+',
  'bors try',
  'bors d+',
  'skip-checks: true',
  '***NO_CI***',
  'Reviewed-by: a',
  'Change-Id: a',
  'Fixes: a',
  'Closes : a',
  'Refs: a',
  'See-also: a',
  'Cc: a',
  'BREAKING CHANGE: a',
  'BREAKING-CHANGE: a',
])('%j is taken apart, and reads as before', (text) => {
  for (const said of [text, `Hello ${text}`, text.toUpperCase()]) {
    expect(agentLine(said)).not.toContain(said.trim());
    expect(bare(agentLine(said))).toBe(said.replace(/\s+/g, ' ').trim());
  }
});

test.each([
  [
    'what closes nothing stays whole',
    'it closes, fixes, resolves and implements',
    'it closes, fixes, resolves and implements',
  ],
  [
    'what closes is cut behind its first letter',
    'closing fixes resolved implements #1',
    'c\u2060losing f\u2060ixes r\u2060esolved i\u2060mplements #1',
  ],
  ['by a short name', 'fix GH-7', 'f\u2060ix GH-7'],
  ['by an address', 'fix https://x', 'f\u2060ix https://x'],
  ['by a path', 'fix o/r/pull/3', 'f\u2060ix o/r/pull/3'],
  ['white space is one space', '  a \t\n b  ', 'a b'],
  ['a tab stays in what is code', 'a\tb', 'a b'],
  ['hidden letters go', 'a\u00ad\u2800\u115f\u{e0041}b', 'ab'],
  ['a sign of an emoji stays with it, and nowhere else', '❤\ufe0f a\ufe0f', '❤\ufe0f a'],
])('%s', (_, text, want) => {
  expect(agentLine(text)).toBe(want);
});

test('what is long is cut, with a word about it', () => {
  expect(agentLine('x'.repeat(250))).toBe('x'.repeat(250));
  expect(agentLine('x'.repeat(251))).toBe(`${'x'.repeat(249)}…`);
  expect(agentLine('ab cd', 4)).toBe('ab…');
  expect(agentQuote('x'.repeat(10), 10)).toBe(`> ${'x'.repeat(10)}`);
  expect(agentQuote('x'.repeat(12), 10)).toBe(`> ${'x'.repeat(10)}\n> … (2 more characters were cut)`);
  expect(agentQuote(' a\n\nb ')).toBe('> a\n>\n> b');
  expect(agentCode('\n\n  a\n\n b `` \n \n')).toBe('```\n  a\n\n b ``\n```');
  expect(agentCode('a\tb ````')).toBe('`````\na\tb ````\n`````');
});

test("a person's own words stay as they are, between sentences of ours", () => {
  expect(ours`On ${agentName('a`b')}:\n\n${personsWords('/merge @me fixes #1')} ${7}`).toBe(
    "On `a'b`:\n\n/merge @me fixes #1 7",
  );
  expect(joined([personsWords('a'), personsWords('b')], ', ')).toBe('a, b');
});
