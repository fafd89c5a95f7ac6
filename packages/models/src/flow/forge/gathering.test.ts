import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findingOf, writtenBy, type Finding } from '../review/findings.ts';
import { gather, type Gathered, type Waiting } from './gathering.ts';

const MINUTE = 60_000;
const waits = (words: string, more: Partial<Waiting> = {}): Waiting => ({
  comments: 1,
  author: 'mona',
  words,
  atOnce: false,
  quietMs: MINUTE,
  ...more,
});

describe('gathering', () => {
  test('a comment waits for a quiet minute, another begins it anew, a look that finds the same does not', () => {
    const first = gather(null, waits('a'), 1_000);
    expect(first.dueMs).toBe(1_000 + MINUTE);
    expect(gather(first, waits('a'), 30_000)).toEqual(first);
    expect(gather(first, waits('ab'), 31_000)).toMatchObject({ dueMs: 31_000 + MINUTE, sinceMs: 1_000 });
  });
  test('a review in which changes are asked for takes along what waits, at once', () => {
    expect(gather(gather(null, waits('a'), 0), waits('ab', { atOnce: true }), 5_000).dueMs).toBe(5_000);
  });
  test('whoever never stops is not waited for longer than five minutes', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: MINUTE - 1 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(gaps, (list) => {
        let now = 0;
        let gathered: Gathered = gather(null, waits('0'), now);
        for (const [i, gap] of list.entries()) {
          now += gap;
          if (now >= gathered.dueMs) break;
          gathered = gather(gathered, waits(String(i + 1)), now);
        }
        expect(gathered.dueMs).toBeLessThanOrEqual(5 * MINUTE);
        expect(gathered.dueMs).toBeGreaterThanOrEqual(Math.min(MINUTE, gathered.lastMs));
      }),
    );
  });
});

describe('findings', () => {
  const at = (id: string, line: number | null, body: string, path: string | null = 'a.ts'): Finding => ({
    id,
    path,
    line,
    body,
  });
  const written = writtenBy(
    'diff --git a/a.ts b/a.ts\n--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,3 @@\n one\n-two\n+++ b/lie.ts\n+three\n',
  );
  test('lines that a diff adds, also one that looks like a header', () => {
    expect([...written].map(([p, l]) => [p, [...l]])).toEqual([['a.ts', [2, 3]]]);
  });
  test.each<[string, Finding, readonly Finding[], ReturnType<typeof findingOf>]>([
    ['nothing before it', at('x', 9, 'Off by one'), [], { is: 'new' }],
    ['on a line of the fix', at('x', 2, 'Off by one'), [], { is: 'fix' }],
    [
      'the same words near by',
      at('x', 11, 'The loop is still off by one'),
      [at('o', 9, 'Loop is off by one')],
      { is: 'again', of: 'o' },
    ],
    [
      'the same line, a word in common',
      at('x', 9, 'The name is still wrong'),
      [at('o', 9, 'Rename: the name lies')],
      { is: 'again', of: 'o' },
    ],
    ['the same line, another thing', at('x', 9, 'Off by one'), [at('o', 9, 'Rename foo')], { is: 'new' }],
    [
      'the same words in another file',
      at('x', 9, 'Off by one'),
      [at('o', 9, 'Off by one', 'b.ts')],
      { is: 'new' },
    ],
    [
      'about all of it, again',
      at('x', null, 'Please add tests', null),
      [at('o', null, 'Add tests please', null)],
      { is: 'again', of: 'o' },
    ],
    ['itself is nothing before it', at('x', 9, 'Off by one'), [at('x', 9, 'Off by one')], { is: 'new' }],
    [
      'on the fix and said before: it was not done',
      at('x', 2, 'Off by one'),
      [at('o', 2, 'Off by one')],
      { is: 'again', of: 'o' },
    ],
  ])('%s', (_, finding, earlier, want) => {
    expect(findingOf(finding, earlier, written)).toEqual(want);
  });
});
