// The verdict on checks, counts and words included, and what counts as weakening a test.
import { expect, test } from '@jest/globals';
import { readDiff } from './diff.ts';
import { afterCi, ciVerdict, weakenedTests, weakenings, type CheckRun } from './ci.ts';

const check = (name: string, conclusion: string | null, id = 1): CheckRun => ({
  id,
  name,
  status: conclusion === null ? 'in_progress' : 'completed',
  conclusion,
  url: null,
});

test('a verdict counts what passed, failed and is to come', () => {
  const v = ciVerdict(
    [check('a', 'success'), check('b', 'failure', 2), check('c', null, 3)],
    [
      { context: 'x', state: 'success' },
      { context: 'y', state: 'error' },
      { context: 'z', state: 'pending' },
    ],
  );
  expect(v.verdict).toBe('pending');
  expect(v).toMatchObject({ passed: 2, failed: 2, pending: 2 });
  expect(ciVerdict([check('a', 'success')], [{ context: 'x', state: 'success' }])).toEqual({ verdict: 'green', passed: 2, failed: 0, pending: 0 });
});

test('of a check that ran again the later one counts, in whatever order they come', () => {
  const [old, later] = [check('a', 'failure', 4), check('a', 'success', 5)];
  for (const list of [
    [old, later],
    [later, old],
  ])
    expect(ciVerdict(list, []).verdict).toBe('green');
});

const base = { repairs: 0, maxRepairs: 2, waitedMs: 0, graceMs: 60_000, weakened: false, verified: 'unknown' as const };
test.each<[Parameters<typeof afterCi>[0], Partial<Parameters<typeof afterCi>[1]>, ReturnType<typeof afterCi>]>([
  ['red', {}, { do: 'repair', round: 1 }],
  ['red', { repairs: 1 }, { do: 'repair', round: 2 }],
  ['red', { repairs: 2 }, { do: 'ask_human', sentence: 'CI is still red after 2 repairs.' }],
  ['green', { repairs: 2, verified: 'failed' }, { do: 'ask_human', sentence: 'The verify command still fails after 2 repairs.' }],
  ['green', { weakened: true }, { do: 'gate', what: 'weakened' }],
  ['none', { waitedMs: 60_000 }, { do: 'gate', what: 'unchecked' }],
  ['none', { waitedMs: 59_999 }, { do: 'wait' }],
])('%s %j', (v, more, want) => {
  expect(afterCi(v, { ...base, ...more })).toEqual(want);
});

const file = (head: string, ...lines: string[]): string => {
  const count = (sign: string): number => lines.filter((l) => l.startsWith(sign)).length;
  return `${head}@@ -1,${count('-')} +1,${count('+')} @@\n${lines.join('\n')}\n`;
};
const changed = (name: string): string => `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n`;
test.each<[string, string, string[]]>([
  ['one case', file(changed('a.test.ts'), "-it('x')"), ['1 test case removed']],
  ['two cases', file(changed('a.test.ts'), "-it('x')", "-it('y')", '-x = 1'), ['2 test cases removed']],
  ['two cases on what git takes for one line', file(changed('a.test.ts'), "-it('x')\u2028it('y')"), ['2 test cases removed']],
  ['two cases with a form feed between', file(changed('a.test.ts'), "-it('x')\fit('y')"), ['2 test cases removed']],
  ['a case behind another word is none', file(changed('a.test.ts'), "-await it('x')"), []],
  ['other lines', file(changed('a.test.ts'), '-x = 1'), []],
  ['a skip that is taken away', file(changed('a.test.ts'), "-it.skip('x')", "+it('x')"), []],
  ['a skip', file(changed('a.test.ts'), "-it('x')", "+it.skip('x')"), ['a test is skipped']],
  ['a case in Python', file(changed('test_a.py'), '-def test_x():'), ['1 test case removed']],
  ['a case in Go', file(changed('a_test.go'), '-func TestX(t *testing.T) {'), ['1 test case removed']],
  ['in a folder', file(changed('src/__tests__/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a folder at the top', file(changed('test/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a folder for the end to end', file(changed('e2e/a.ts'), "-it('x')"), ['1 test case removed']],
  ['in a file that only sounds so', file(changed('contest/attest.ts'), "-it('x')"), []],
  [
    'deleted',
    `diff --git a/a.test.ts b/a.test.ts\ndeleted file mode 100644\n--- a/a.test.ts\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-it('x')\n`,
    ['deleted', '1 test case removed'],
  ],
  ['moved away', 'diff --git a/a.test.ts b/a.txt\nsimilarity index 100%\nrename from a.test.ts\nrename to a.txt\n', ['moved away from a.test.ts']],
  ['moved in', 'diff --git a/a.txt b/a.test.ts\nsimilarity index 100%\nrename from a.txt\nrename to a.test.ts\n', []],
])('weakened: %s', (_, diff, want) => {
  expect(readDiff(diff).files.flatMap(weakenings)).toEqual(want);
});

test('what a change does to tests is said by file, and of one that was not looked at whole, that too', () => {
  expect(weakenedTests(file(changed('a.test.ts'), "-it('x')"))).toEqual(['a.test.ts: 1 test case removed']);
  expect(weakenedTests('… (the rest of this change is left out: it is larger than 2 MB)')).toEqual([
    'the change is larger than what was looked at: whether it removes tests is not known',
  ]);
});
