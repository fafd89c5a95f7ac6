// The parser against git itself: whatever names and contents a repository holds, each file comes out with all
// its lines.
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { weakenedTests } from './weakened-tests.ts';
import { nameOfBytes, readDiff } from './diff.ts';
import { reveal } from '../text.ts';
import { gitEnvironment } from '../machine/git.ts';

const dir = mkdtempSync('/tmp/mainloop-diff-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const git = (args: string[], input?: Buffer): Buffer =>
  execFileSync('git', args, {
    cwd: dir,
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
    env: gitEnvironment({ path: process.env.PATH }),
    maxBuffer: 64 * 1024 * 1024,
  });
git(['init', '-q', '--bare']);

/** A tree of files by fast-import: names as bytes, no file system in between. */
function tree(files: readonly { name: Buffer; mode?: string; content: Buffer }[]): string {
  const quoted = (name: Buffer): string =>
    `"${[...name].map((b) => `\\${b.toString(8).padStart(3, '0')}`).join('')}"`;
  const parts: Buffer[] = [
    Buffer.from('commit refs/heads/x\ncommitter x <x@x> 0 +0000\ndata 0\ndeleteall\n'),
  ];
  for (const file of files)
    parts.push(
      Buffer.from(`M ${file.mode ?? '100644'} inline ${quoted(file.name)}\ndata ${file.content.length}\n`),
      file.content,
      Buffer.from('\n'),
    );
  git(['update-ref', '-d', 'refs/heads/x']);
  git(['fast-import', '--quiet', '--force'], Buffer.concat(parts));
  return git(['rev-parse', 'refs/heads/x^{tree}']).toString().trim();
}
const diff = (a: string, b: string, ...more: string[]): string =>
  git([
    '-c',
    'core.quotePath=true',
    'diff',
    '--no-ext-diff',
    '--no-textconv',
    '--no-color',
    ...more,
    a,
    b,
  ]).toString();
const linesOf = (content: Buffer): string[] => {
  const all = content.toString().split('\n');
  return all.at(-1) === '' ? all.slice(0, -1) : all;
};

/** Pieces that a diff view trips over, put together in every order. */
const nasty = fc
  .array(
    fc.constantFrom(
      ...'a|b|\n|\r|\r\n|\u2028|\u2029|\u0085|\v|\f|\t| |diff --git a/x b/x|diff --git a/README.md b/README.md\n|--- a/x|+++ b/x|@@ -1,9 +1,9 @@\n|+|-|\\ No newline at end of file|```|~~~|new file mode 100644|rename to x|Binary files a and b differ|… |\u202e|é|Index: x|<!--'.split(
        '|',
      ),
    ),
    { maxLength: 14 },
  )
  .map((p) => Buffer.from(p.join('')));
const nameByte = fc.oneof(
  fc.constantFrom(...Buffer.from('ab "\\\t\n\r\'`{}:*?-.')),
  fc.integer({ min: 1, max: 255 }).filter((b) => b !== 47),
);
const segment = fc
  .array(nameByte, { minLength: 1, maxLength: 8 })
  .map((b) => Buffer.from(b))
  .filter((b) => !/^(\.{1,2}|\.git.*|git~.*)$/i.test(b.toString()));
const name = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .map((s) => Buffer.from(s.map((x) => x.toString('latin1')).join('/'), 'latin1'));
/** No name stands for a folder of another. */
const files = (content: fc.Arbitrary<Buffer>) =>
  fc
    .array(fc.record({ name, content }), { minLength: 1, maxLength: 5 })
    .map((all) => all.map((f, i) => ({ ...f, name: Buffer.concat([Buffer.from(`${i}`), f.name]) })));

describe('whatever is in a repository', () => {
  test('new files come out with their names and all their lines, and nothing else does', () => {
    const empty = tree([]);
    fc.assert(
      fc.property(files(nasty), (fs) => {
        const got = readDiff(diff(empty, tree(fs)));
        expect(got.cut).toBe(false);
        expect(
          got.files.map((file) => [
            file.path,
            file.change,
            file.lines.filter((l) => l.kind === 'add').map((l) => l.text),
          ]),
        ).toEqual(fs.map((f) => [nameOfBytes(f.name), 'added', linesOf(f.content)]));
      }),
      { numRuns: 60 },
    );
  });

  test('of a changed file both sides come out as they were', () => {
    fc.assert(
      fc.property(name, nasty, nasty, fc.constantFrom('100644', '100755'), (n, before, after, mode) => {
        const got = readDiff(
          diff(tree([{ name: n, content: before }]), tree([{ name: n, content: after, mode }]), '-U100000'),
        );
        if (before.equals(after) && mode === '100644') return expect(got.files).toEqual([]);
        expect(got.files.map((f) => f.path)).toEqual([nameOfBytes(n)]);
        const file = got.files[0]!;
        expect(file.newMode === '100755').toBe(mode === '100755');
        if (before.equals(after)) return;
        expect(file.lines.filter((l) => l.kind === 'same' || l.kind === 'del').map((l) => l.text)).toEqual(
          linesOf(before),
        );
        expect(file.lines.filter((l) => l.kind === 'same' || l.kind === 'add').map((l) => l.text)).toEqual(
          linesOf(after),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a rename is read by both names', () => {
    const content = Buffer.from('one\ntwo\nthree\nfour\n');
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(!a.equals(b));
        const got = readDiff(diff(tree([{ name: a, content }]), tree([{ name: b, content }]), '-M'));
        expect(got.files.map((f) => [f.from, f.path, f.change])).toEqual([
          [nameOfBytes(a), nameOfBytes(b), 'renamed'],
        ]);
      }),
      { numRuns: 40 },
    );
  });

  test('a diff that is cut anywhere says so, and forges nothing', () => {
    const whole = diff(
      tree([]),
      tree([
        {
          name: Buffer.from('a'),
          content: Buffer.from('x\n'.repeat(9) + 'diff --git a/b b/b\n+++ b/b\n'.repeat(3)),
        },
      ]),
    );
    for (let at = whole.indexOf('@@'); at < whole.length - 1; at++) {
      const got = readDiff(`${whole.slice(0, at)}\n… (9 more characters were cut)`);
      expect([got.cut, got.files.map((f) => f.path)]).toEqual([true, ['a']]);
    }
  });
});

test('what removes tests is found behind separators that are no lines to git, and what is not there is not trusted', () => {
  const t = (lines: string[], before = 9, after = 9): string =>
    `diff --git a/test/a.test.ts b/test/a.test.ts\n--- a/test/a.test.ts\n+++ b/test/a.test.ts\n@@ -1,${before} +1,${after} @@\n${lines.join('\n')}\n`;
  expect(weakenedTests(t(["-x\rtest('x', () => {", '+x'], 1, 1))).toEqual([
    'test/a.test.ts: 1 test case removed',
  ]);
  expect(weakenedTests(t(['+a\rdiff --git a/src/x b/src/x', "-test('x', () => {"], 1, 1))).toEqual([
    'test/a.test.ts: 1 test case removed',
  ]);
  expect(weakenedTests(t(['+a', '… (9 more characters were cut)']))).toEqual([
    expect.stringContaining('larger than what was looked at'),
  ]);
  expect(
    weakenedTests(
      'diff --git a/test/a.test.ts b/docs/a.txt\nsimilarity index 100%\nrename from test/a.test.ts\nrename to docs/a.txt\n',
    ),
  ).toEqual(['docs/a.txt: moved away from test/a.test.ts']);
});

test.each([
  ['a\r', 'a[CR]'],
  ['a\rb', 'a[CR]b'],
  ['\u202e\u2066\u200b\u00ad\ufeff', '[U+202E][U+2066][U+200B][U+00AD][U+FEFF]'],
  ['\u2028\u2029\u0085\v\f\u001b[2K', '[U+2028][U+2029][U+0085][U+000B][U+000C][U+001B][2K'],
  ['\u{e0041}\u3164\ufe0f', '[U+E0041][U+3164][U+FE0F]'],
  ['\tplain é 漢字 🙂', '\tplain é 漢字 🙂'],
])('%j is shown as %s', (text, shown) => {
  expect(reveal(text)).toBe(shown);
});
