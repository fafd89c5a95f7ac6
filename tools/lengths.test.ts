// The check of long functions is shown each way to break it, or it may be asleep.
import { expect, test } from '@jest/globals';
import { longIn, problemsOf, readList, shrunk } from './lengths.ts';

const body = (lines: number): string => 'x();\n'.repeat(lines - 2);
const namesIn = (text: string, file = 'apps/api/src/planted.ts'): string[] =>
  longIn({ file, text }).map((one) => `${one.line}: ${one.lines} ${one.name}`);

test.each([
  ['a function', `function open() {\n${body(61)}}`, ['1: 61 apps/api/src/planted.ts open']],
  ['an arrow', `const open = () => {\n${body(61)}};`, ['1: 61 apps/api/src/planted.ts open']],
  ['a method', `class A { read() {\n${body(61)}} }`, ['1: 61 apps/api/src/planted.ts read']],
  [
    'a field of an object',
    `const a = { read: () => {\n${body(61)}} };`,
    ['1: 61 apps/api/src/planted.ts read'],
  ],
  ['what a call is given', `desk.serial(() => {\n${body(61)}});`, ['1: 61 apps/api/src/planted.ts serial()']],
  [
    'one inside another, and what is around it',
    `function open() {\nfunction read() {\n${body(61)}}\n}`,
    ['1: 63 apps/api/src/planted.ts open', '2: 61 apps/api/src/planted.ts open > read'],
  ],
  [
    'two of one name',
    `a.map(() => {\n${body(61)}});\nb.map(() => {\n${body(62)}});`,
    ['1: 61 apps/api/src/planted.ts map()', '62: 62 apps/api/src/planted.ts map() #2'],
  ],
])('a planted one is noticed: %s', (_, text, expected) => {
  expect(namesIn(text)).toEqual(expected);
});

test('the script of a page is looked at, each line where it stands', () => {
  expect(
    namesIn(
      `<p>words</p>\n<script lang="ts">\nfunction open() {\n${body(61)}}\n</script>`,
      'apps/web/src/a.svelte',
    ),
  ).toEqual(['3: 61 apps/web/src/a.svelte open']);
});

test('sixty lines are enough for anybody, and tests are not asked', () => {
  expect(namesIn(`function open() {\n${body(60)}}`)).toEqual([]);
  expect(namesIn(`test('a', () => {\n${body(90)}});`, 'apps/api/src/a.test.ts')).toEqual([]);
});

const LIST = readList('# words\n80 a.ts open\n70 a.ts close > really\n');
const of = (name: string, lines: number) => ({ name, line: 1, lines });
const AS_LISTED = [of('a.ts open', 80), of('a.ts close > really', 70)];

test.each([
  ['as it is listed', AS_LISTED, []],
  ['one that has grown', [of('a.ts open', 81), AS_LISTED[1]!], ['1 more than it had']],
  ['one that is new', [...AS_LISTED, of('b.ts read', 61)], ['part it, 60 are enough']],
  ['one that was parted', [AS_LISTED[0]!], ['long no more']],
  ['one that has shrunk', [of('a.ts open', 79), AS_LISTED[1]!], ['has 79 lines and had 80']],
])('%s', (_, long, expected) => {
  const sentences = problemsOf(long, LIST);
  expect(sentences).toHaveLength(expected.length);
  for (const [at, words] of expected.entries()) expect(sentences[at]).toContain(words);
});

test('the list that is written only shrinks', () => {
  const long = [of('a.ts open', 75), of('a.ts close > really', 99), of('b.ts read', 61)];
  expect([...shrunk(long, LIST)]).toEqual([
    ['a.ts close > really', 70],
    ['a.ts open', 75],
  ]);
  expect([...shrunk([], LIST)]).toEqual([]);
});
