// What counts as weakening a test, and what does not.
import { expect, test } from '@jest/globals';
import { readDiff } from './diff.ts';
import { weakenedTests, weakenings } from './weakened-tests.ts';

const file = (head: string, ...lines: string[]): string => {
  const count = (sign: string): number => lines.filter((l) => l.startsWith(sign)).length;
  return `${head}@@ -1,${count('-')} +1,${count('+')} @@\n${lines.join('\n')}\n`;
};
const changed = (name: string): string => `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n`;
test.each<[string, string, string[]]>([
  ['one case', file(changed('a.test.ts'), "-it('x')"), ['1 test case removed']],
  ['two cases', file(changed('a.test.ts'), "-it('x')", "-it('y')", '-x = 1'), ['2 test cases removed']],
  [
    'two cases on what git takes for one line',
    file(changed('a.test.ts'), "-it('x')\u2028it('y')"),
    ['2 test cases removed'],
  ],
  [
    'two cases with a form feed between',
    file(changed('a.test.ts'), "-it('x')\fit('y')"),
    ['2 test cases removed'],
  ],
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
  [
    'moved away',
    'diff --git a/a.test.ts b/a.txt\nsimilarity index 100%\nrename from a.test.ts\nrename to a.txt\n',
    ['moved away from a.test.ts'],
  ],
  [
    'moved in',
    'diff --git a/a.txt b/a.test.ts\nsimilarity index 100%\nrename from a.txt\nrename to a.test.ts\n',
    [],
  ],
])('weakened: %s', (_, diff, want) => {
  expect(readDiff(diff).files.flatMap(weakenings)).toEqual(want);
});

test('what a change does to tests is said by file, and of one that was not looked at whole, that too', () => {
  expect(weakenedTests(file(changed('a.test.ts'), "-it('x')"))).toEqual(['a.test.ts: 1 test case removed']);
  expect(weakenedTests('… (the rest of this change is left out: it is larger than 2 MB)')).toEqual([
    'the change is larger than what was looked at: whether it removes tests is not known',
  ]);
});
