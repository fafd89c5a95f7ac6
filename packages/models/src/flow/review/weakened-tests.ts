// What a change takes away from the tests of a repository.
import { readDiff, type DiffFile } from './diff.ts';

/**
 * Finds what a unified diff deletes, skips or switches off of tests.
 * @returns a line for each finding: `path: what`. A diff that is not whole is a finding itself: what is
 * missing may hold anything.
 */
export function weakenedTests(diff: string): string[] {
  const { files, cut } = readDiff(diff);
  return [
    ...files.flatMap((f) => weakenings(f).map((w) => `${f.path}: ${w}`)),
    ...(cut ? ['the change is larger than what was looked at: whether it removes tests is not known'] : []),
  ];
}

/** @returns what one file of a change does to its tests, in words */
export function weakenings(file: DiffFile): string[] {
  const was = file.from ?? file.path;
  if (!isTestFile(file.path)) return isTestFile(was) ? [`moved away from ${was}`] : [];
  const cases = (kind: 'add' | 'del'): number =>
    file.lines
      .filter((l) => l.kind === kind)
      .reduce((n, l) => n + statements(l.text).filter((s) => CASE.test(s)).length, 0);
  const removed = cases('del') - cases('add');
  return [
    ...(file.change === 'deleted' ? ['deleted'] : []),
    ...(file.lines.some((l) => l.kind === 'add' && SKIP.test(l.text)) ? ['a test is skipped'] : []),
    ...(removed > 0 ? [`${removed} test case${removed === 1 ? '' : 's'} removed`] : []),
  ];
}

/** What a language may take for several lines is one line to git. */
const statements = (line: string): string[] => line.split(/[\r\v\f\u0085\u2028\u2029]/);

const CASE = /^\s*(it|test|def test_\w*|func Test\w*|#\[test\])\s*[.([]?/;
const SKIP =
  /\b(it|test|describe)\.(skip|todo|failing)\b|\bx(it|describe)\(|@pytest\.mark\.skip|t\.Skip\(|#\[ignore\]/;
const isTestFile = (file: string): boolean =>
  /(^|\/)(tests?|spec|__tests__|e2e)\/|[._-](test|spec)\.|(^|\/)test_|_test\./.test(file);
