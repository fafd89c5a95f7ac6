import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coloursOf, type Piece } from './colours.ts';
import type { DiffLine } from './diff.ts';

const line = (text: string, kind: DiffLine['kind'] = 'same'): DiffLine =>
  ({ kind, text, old: 1, new: 1 }) as DiffLine;
const shown = (path: string, ...lines: DiffLine[]): string[] => {
  const all = coloursOf(path, lines, (text) => text);
  return lines.map((l) =>
    (all.get(l) ?? []).map((p: Piece) => (p.colour === null ? p.text : `<${p.colour} ${p.text}>`)).join(''),
  );
};

test.each([
  ['a.ts', 'const a = "x\\"y" + 12; // so', '<word const> a = <text "x\\"y"> + <number 12>; <comment // so>'],
  ['a.ts', 'constant', 'constant'],
  ['a.py', 'def f(): # no', '<word def> f(): <comment # no>'],
  ['a.sh', 'echo a#b', '<word echo> a#b'],
  ['a.sql', "SELECT 'a' -- b", "<word SELECT> <text 'a'> <comment -- b>"],
  ['Dockerfile', 'FROM node:24', '<word FROM> node:<number 24>'],
  ['a.json', '{"a": true}', '{"a": <word true>}'],
  // What only looks like the beginning of a text.
  ['a.ts', 'const r = /"/; f();', '<word const> r = <text /"/>; f();'],
  ['a.yml', "it: don't # x", "it: <text don't> <comment # x>"],
  ['a.rs', 'fn f<T>() {} // b', '<word fn> f<T>() {} <comment // b>'],
  // Code in a text is code.
  ['a.ts', 'x(`a ${b} c`)', 'x(<text `a >${b}<text  c`>)'],
  ['a.tsx', 'return <p>{x & "<"}</p>;', '<word return> <<word p>>{x & "<"}</<word p>>;'],
  ['a.unknown', 'const', ''],
  ['a.txt', 'if this is so', ''],
])('%s: %s', (path, text, colours) => expect(shown(path, line(text))).toEqual([colours]));

test('a comment over several lines is one, on its own side, and ends with the hunk', () => {
  const lines = [
    line('a /* b', 'del'),
    line('c', 'add'),
    line('d */ e', 'del'),
    line('/* f'),
    line('g'),
    line('@@', 'hunk'),
    line('h'),
  ];
  expect(shown('a.ts', ...lines)).toEqual([
    'a <comment /* b>',
    'c',
    '<comment d */> e',
    '<comment /* f>',
    '<comment g>',
    '',
    'h',
  ]);
});

test('whatever a line is, its pieces are the line', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '"',
      "'",
      '`',
      '/*',
      '*/',
      '//',
      '#',
      '--',
      '\\',
      'const',
      '12.5e3',
      ' ',
      '<',
      '&amp;',
      '</span>',
      '👩‍👩‍👧',
    ),
    // A line holds no end of one.
    fc.string({ unit: 'binary', maxLength: 4 }).filter((text) => !text.includes('\n')),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('a.ts', 'a.py', 'a.sql', 'a.css', 'a.json', 'a.svelte', 'a.md', 'Dockerfile'),
      fc.array(fc.array(part, { maxLength: 12 }), { maxLength: 5 }),
      (path, texts) => {
        const lines = texts.map((parts) => line(parts.join('')));
        const all = coloursOf(path, lines, (text) => text);
        for (const l of lines)
          expect(
            all
              .get(l)!
              .map((p) => p.text)
              .join(''),
          ).toBe(l.text);
      },
    ),
  );
});
