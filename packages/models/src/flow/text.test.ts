import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  cleanText,
  cleanTitle,
  cutLog,
  escapeHidden,
  fence,
  reveal,
  spellOut,
  spellOutSoFar,
  visible,
} from './text.ts';

test('a title is cut where it is too long, and says so', () => {
  expect(cleanTitle('  a \t b  ')).toBe('a b');
  expect(cleanTitle('x'.repeat(120))).toBe('x'.repeat(120));
  expect(cleanTitle('x'.repeat(121))).toBe(`${'x'.repeat(119)}…`);
  expect(cleanTitle('ab cd', 4)).toBe('ab…');
  expect(cleanTitle('a\u2028b\u2029c\u0085d')).toBe('a b c d');
});

test('a text that still comes is spelt as it will be: nothing that was given out is taken back, wherever it is cut', () => {
  const pieces = [
    'a',
    '1',
    '\ufe0f',
    '\u20e3',
    '\u{1f468}',
    '\u{1f3fd}',
    '\u200d',
    '\u0915',
    '\u094d',
    '\u202e',
    '\r',
    '\n',
    '\u001b',
    '[',
    '31',
    ';',
    'm',
    '\u0301',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (all) => {
      const text = all.join('');
      let before = '';
      // By code units: half a character comes alone as well.
      for (let end = 0; end <= text.length; end++) {
        const now = spellOutSoFar(text.slice(0, end));
        expect(now.startsWith(before)).toBe(true);
        before = now;
      }
      expect(spellOut(text).startsWith(before)).toBe(true);
      expect(spellOutSoFar(`${text}.`)).toBe(spellOut(`${text}.`));
    }),
    { numRuns: 2_000 },
  );
});

test('a text is cut with a word about what is missing', () => {
  expect(cleanText('abc', 3)).toBe('abc');
  expect(cleanText('abcde', 3)).toBe('abc\n… (2 more characters were cut)');
  expect(cleanText('a\u0000b\u0000', 3)).toBe('ab');
  expect(cleanText('a\ud800', 3)).toBe('a\ufffd');
});

test('what is hidden is spelt out, in the way of the place where it is shown', () => {
  expect(visible('a\u202eb\nc\td')).toBe('a\\u{202e}b\nc\td');
  expect(reveal('a\u202eb\nc\td\re')).toBe('a[U+202E]b[U+000A]c\td[CR]e');
  expect(reveal('\u0007')).toBe('[U+0007]');
  expect(escapeHidden('"\u202e\u{e0041}\tx"')).toBe('"\\u202e\\udb40\\udc41\tx"');
  expect(JSON.parse(escapeHidden(JSON.stringify({ a: '\u202e\u{e0041}\u2028' })))).toEqual({
    a: '\u202e\u{e0041}\u2028',
  });
});

test('a fence is longer than every run of backticks inside, and no longer', () => {
  expect(fence('a', 'log')).toBe('```log\na\n```');
  expect(fence('a `` b', 'log')).toBe('```log\na `` b\n```');
  expect(fence('``` a ````', 'x')).toBe('`````x\n``` a ````\n`````');
});

describe('a log', () => {
  const noise = (n: number, from = 0): string[] => Array.from({ length: n }, (_, i) => `noise ${from + i}`);
  test('keeps three lines before a telling one, eight after it, and the last fifteen', () => {
    const cut = cutLog([...noise(20), 'not ok 1', ...noise(100, 20)].join('\n')).split('\n');
    expect(cut).toEqual([
      '… 17 lines left out …',
      ...noise(3, 17),
      'not ok 1',
      ...noise(8, 20),
      `… ${100 - 8 - 15} lines left out …`,
      ...noise(15, 105),
    ]);
  });
  test('that is short is kept whole, without stamps, colours and blanks at the end', () => {
    expect(
      cutLog(
        '\ufeff2026-01-01T00:00:00.000Z a  \n2026-01-01T00:00:00Z \u001b[1;31mb\u001b[0m\n\u001b]0;title\u0007c\n',
      ),
    ).toBe('a\nb\nc');
  });
  test.each([
    '##[error]',
    'Error:',
    'it failed',
    'FAIL',
    'failure',
    'panic:',
    'an exception',
    'Traceback',
    'AssertionError',
    'assertion',
    'expected',
    'received',
    'not ok',
    'cannot find',
    '✖',
    '✕',
    '×',
  ])('tells by %s', (word) => {
    expect(cutLog([word, ...noise(40)].join('\n'))).toContain(`${word}\nnoise 0`);
  });
  test.each(['terrors', 'unexpectedly', 'notok'])('does not tell by %s', (word) => {
    expect(cutLog([word, ...noise(40)].join('\n'))).toBe(
      ['… 26 lines left out …', ...noise(15, 25)].join('\n'),
    );
  });
  test('that tells too much keeps its beginning and more of its end', () => {
    const lines = Array.from({ length: 500 }, (_, i) => `error ${i}`);
    const cut = cutLog(lines.join('\n'), 200);
    expect(cut).toMatch(/^error 0\n[^]*\n… cut …\n[^]*error 499$/);
    expect(cut.indexOf('\n… cut …\n')).toBe(80);
    expect(cut.length).toBe(80 + '\n… cut …\n'.length + 110);
    expect(cutLog('error 1', 7)).toBe('error 1');
  });
  test('a long line is cut', () => {
    expect(cutLog(`x${'y'.repeat(400)}`)).toBe(`x${'y'.repeat(399)}…`);
    expect(cutLog('z'.repeat(400))).toBe('z'.repeat(400));
  });
});
