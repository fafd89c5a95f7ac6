import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differingLines, meetingLines } from './lines.ts';

const HEAD = 'diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n';
/** One hunk as `git diff -U0` prints it. */
const hunk = (old: string, now: string, ...added: string[]): string =>
  `@@ -${old} +${now} @@ some words\n${added.map((line) => `+${line}\n`).join('')}`;

test.each<[what: string, ours: string, theirs: string, meet: [number[][], number[][]]]>([
  ['the same line', hunk('5', '7', 'a'), hunk('5', '5', 'b'), [[[7, 7]], [[5, 5]]]],
  ['lines apart', hunk('5', '5', 'a'), hunk('7', '7', 'b'), [[], []]],
  ['lines that touch', hunk('5,2', '5,3', 'a'), hunk('7', '7', 'b'), [[[5, 7]], [[7, 7]]]],
  ['the same change', hunk('5', '5', 'a'), hunk('5', '5', 'a'), [[], []]],
  ['taken out here, changed there', hunk('5,3', '4,0'), hunk('6', '6', 'b'), [[[4, 4]], [[6, 6]]]],
  ['the first line taken out', hunk('1', '0,0'), hunk('1', '1', 'b'), [[[1, 1]], [[1, 1]]]],
  ['both put in at one place', hunk('5,0', '6', 'a'), hunk('5,0', '6,2', 'b', 'c'), [[[6, 6]], [[6, 7]]]],
  ['put in below, where the other changes', hunk('5,0', '6', 'a'), hunk('5', '5', 'b'), [[[6, 6]], [[5, 5]]]],
  ['put in one line further', hunk('6,0', '7', 'a'), hunk('5', '5', 'b'), [[], []]],
  [
    'two of ours beside each other',
    hunk('5', '5', 'a') + hunk('6', '6', 'b'),
    hunk('5,2', '5', 'c'),
    [[[5, 6]], [[5, 5]]],
  ],
  ['no text', 'Binary files a/x and b/x differ\n', hunk('1', '1', 'b'), [[], []]],
  ['what looks like a hunk', hunk('5', '5', '@@ -1 +1 @@'), hunk('1', '1', 'b'), [[], []]],
])('%s', (_what, ours, theirs, [mine, others]) => {
  expect(meetingLines(HEAD + ours, HEAD + theirs)).toEqual({ ours: mine, theirs: others });
});

test('two files that were both added differ where they differ', () => {
  expect(differingLines(HEAD + hunk('2', '2,2', 'a', 'b') + hunk('5,0', '7', 'c'))).toEqual({
    ours: [
      [2, 2],
      [5, 5],
    ],
    theirs: [
      [2, 3],
      [7, 7],
    ],
  });
});

test('whichever side is asked, the same lines meet', () => {
  const some = fc
    .array(fc.tuple(fc.nat(30), fc.nat(3), fc.nat(30), fc.constantFrom('a', 'b')), { maxLength: 5 })
    .map((hunks) =>
      hunks.map(([at, count, to, text]) => hunk(`${at},${count}`, `${to + 1},1`, text)).join(''),
    );
  fc.assert(
    fc.property(some, some, (one, other) => {
      const [here, there] = [meetingLines(one, other), meetingLines(other, one)];
      expect([here.ours, here.theirs]).toEqual([there.theirs, there.ours]);
      expect(here.ours.length === 0).toBe(here.theirs.length === 0);
    }),
  );
});
