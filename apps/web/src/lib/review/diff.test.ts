import { expect, test } from '@jest/globals';
import { reveal } from '@mainloop/models/flow/text';
import { natureWords, fingerprint, pairLines, parseDiff } from './diff.ts';

test('diff: names, counts and line numbers, as git writes them for renames, binaries and odd endings', () => {
  const files = parseDiff(
    [
      'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@ f()\n same\n-old\n+new\n+--- not a header\n\\ No newline at end of file\n',
      'diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n',
      'diff --git a/old.txt "b/n\\303\\251w.txt"\nsimilarity index 50%\nrename from old.txt\nrename to "n\\303\\251w.txt"\n--- a/old.txt\n+++ "b/n\\303\\251w.txt"\n@@ -7 +7 @@\n-y\n+z\n',
      'diff --git a/sp ace.txt b/sp ace.txt\n--- a/sp ace.txt\t\n+++ b/sp ace.txt\t\n@@ -1 +1 @@\n-a\n+a\r\n',
      'diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n',
      'diff --git a/.github/workflows/ci.yml b/.github/workflows/ci.yml\nnew file mode 100644\n--- /dev/null\n+++ b/.github/workflows/ci.yml\n@@ -0,0 +1 @@\n+on: push\n',
    ].join(''),
  );
  expect(files.map((f) => [f.path, f.change, f.additions, f.deletions])).toEqual([
    ['x', 'changed', 2, 1],
    ['i.png', 'changed', 0, 0],
    ['néw.txt', 'renamed', 1, 1],
    ['sp ace.txt', 'changed', 1, 1],
    ['gone', 'deleted', 0, 1],
    ['.github/workflows/ci.yml', 'added', 1, 0],
  ]);
  expect(files[0]!.lines.at(-1)).toEqual({
    kind: 'add',
    text: '--- not a header',
    old: null,
    new: 3,
    noNewline: true,
  });
  expect(files[1]!.binary).toBe(true);
  expect([files[2]!.from, files[2]!.lines[1]!.old]).toEqual(['old.txt', 7]);
  expect(files[3]!.lines.at(-1)!.text).toBe('a\r');
  expect(files[5]!.ci).toBe(true);
});

test('diff: side by side, what went stands beside what came', () => {
  const [file] = parseDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n+C\n d\n');
  expect(pairLines(file!.lines).map((r) => [r.left?.text ?? null, r.right?.text ?? null])).toEqual([
    ['', ''],
    ['a', 'a'],
    ['b', 'B'],
    [null, 'C'],
    ['d', 'd'],
  ]);
});

test('diff: characters that reorder a line are shown, and a carriage return too', () => {
  expect(reveal('if (a)\u202e{\r')).toBe('if (a)[U+202E]{[CR]');
});

test('diff: a mark "viewed" is gone when the file changes again', () => {
  const of = (line: string): string =>
    fingerprint(parseDiff(`diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+${line}\n`)[0]!);
  expect(of('a')).toBe(of('a'));
  expect(of('a')).not.toBe(of('b'));
});

test.each([
  ['a plain change', '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ''],
  ['a program now', 'old mode 100644\nnew mode 100755\n', 'was a plain file, is a program'],
  [
    'a new program',
    'new file mode 100755\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n',
    'a new file, a program',
  ],
  ['a new plain file', 'new file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n', ''],
  [
    'a new link',
    'new file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+../y\n\\ No newline at end of file\n',
    'a new file, a symbolic link, to ../y',
  ],
  [
    'a link that is gone',
    'deleted file mode 120000\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n',
    'was a symbolic link',
  ],
  [
    'another repository',
    'new file mode 160000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+Subproject commit a\n',
    'a new file, a commit of another repository',
  ],
  ['only another name', 'similarity index 100%\nrename from y\nrename to x\n', 'was y, moved as it was'],
  [
    'another name and mode',
    'old mode 100755\nnew mode 100644\nsimilarity index 100%\nrename from y\nrename to x\n',
    'was y, was a program, is a plain file, moved as it was',
  ],
])('what git did besides the lines: %s', (_, head, words) => {
  expect(natureWords(parseDiff(`diff --git a/x b/x\n${head}`)[0]!)).toBe(words);
});
