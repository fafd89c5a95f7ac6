import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import {
  FILES_READ,
  filesToRead,
  saySuggestion,
  suggest,
  type ListedFile,
  type Seen,
  type Suggestion,
} from './suggestions.ts';

/** @param files by path: its text, or how many bytes it has */
function seen(files: Readonly<Record<string, string | number>>, more: Partial<Seen> = {}): Seen {
  const listed: ListedFile[] = Object.entries(files).map(([path, what]) => ({
    path,
    sizeBytes: typeof what === 'number' ? what : what.length,
  }));
  const folder = more.folder ?? '';
  const texts = new Map(
    filesToRead({ files: listed, folder }).flatMap((path) =>
      typeof files[path] === 'string' ? [[path, files[path]] as const] : [],
    ),
  );
  return { folder, files: listed, isWhole: true, texts, failed: [], issues: [], ...more };
}
const kinds = (all: readonly Suggestion[]): string[] => all.map((suggestion) => suggestion.kind);
const said = (from: Seen): string[] => suggest(from).map(saySuggestion);
const README = '# It\n';

test('a service in Go gets what is in it: a note, a target that is gone, a file without a test', () => {
  const go = seen({
    'README.md': '# Herald\n\n```\nmake run-local\n```\n\nSee [the plan](docs/plan.md).\n',
    Makefile: 'build:\n\tgo build ./...\n\ntest: build\n\tgo test ./...\n',
    'cmd/herald/main.go': `package main\n\nfunc main() {}\n${'//\n'.repeat(400)}`,
    'internal/queue/queue.go': `package queue\n\n// FIXME(rao): a message is lost when the broker restarts\n${'//\n'.repeat(200)}`,
    'internal/queue/queue_test.go': 'package queue',
    'internal/mail/sender.go': 2_000,
    'vendor/github.com/x/y/big.go': 50_000,
  });
  expect(said(go)).toEqual([
    'internal/queue/queue.go, line 3, has a FIXME: “a message is lost when the broker restarts”. Take care of it.',
    'README.md mentions “make run-local”, which does not exist. Bring it up to date.',
    'No test covers internal/mail/sender.go. Write the ones that matter most.',
  ]);
});

test('a library in Ruby with a red check, a bug and no tests', () => {
  const ruby = seen(
    { 'README.rst': README, 'lib/parcel.rb': 900, 'lib/parcel/label.rb': 3_000, 'bin/parcel': 300 },
    {
      failed: ['rubocop'],
      issues: [
        { number: 31, title: 'Add Dutch', labels: [] },
        { number: 7, title: 'Labels are\u202e cut', labels: ['type: bug'] },
      ],
    },
  );
  expect(said(ruby)).toEqual([
    'The check “rubocop” fails on the default branch. Find out why and fix it.',
    'Look into issue #7, “Labels are cut”, and fix it.',
    'There are no tests yet. Set them up, and begin with lib/parcel/label.rb.',
  ]);
});

test.each<[string, Seen, Partial<Suggestion>[]]>([
  ['nothing is there', seen({}), []],
  ['only data', seen({ 'README.md': README, 'data.csv': 9_000 }), []],
  ['no README', seen({ LICENSE: 'MIT' }), [{ kind: 'no_readme' }]],
  ['no README that was listed', seen({ LICENSE: 'MIT' }, { isWhole: false }), []],
  [
    'a file whose test may be among those that were not listed',
    seen({ 'README.md': README, 'src/wide.py': 900, 'tests/test_tall.py': 90 }, { isWhole: false }),
    [],
  ],
  [
    'the script of a new package',
    seen({
      'README.md': README,
      'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}',
    }),
    [{ kind: 'empty_script', path: 'package.json' }],
  ],
  ['a package.json that is no JSON', seen({ 'README.md': README, 'package.json': '{,' }), []],
  [
    'a script that is gone',
    seen({ 'README.md': 'Start it with `npm run serve`.', 'package.json': '{"scripts":{"dev":"x"}}' }),
    [{ kind: 'stale_readme', path: 'README.md', names: 'npm run serve' }],
  ],
  [
    'a script of another folder',
    seen({ 'README.md': '```\ncd web\nnpm run serve\n```', 'package.json': '{"scripts":{"dev":"x"}}' }),
    [],
  ],
  [
    'a target that a pattern makes',
    seen({ 'README.md': '`make all-of-it`', Makefile: '%-it:\n\techo\n' }),
    [],
  ],
  [
    'several targets of one line, and a variable',
    seen({ 'README.md': '`make lint` and `make fast`', Makefile: 'x := 1\nlint fast: x\n\techo\n' }),
    [],
  ],
  ['make as a word', seen({ 'README.md': 'They make sense of it.', Makefile: 'all:\n' }), []],
  [
    'a link that leads nowhere',
    seen({
      'README.md': 'See [it](./guide.md), [that](docs) and [there](https://a.io/x.md)',
      'docs/a.md': 1,
    }),
    [{ kind: 'stale_readme', path: 'README.md', names: './guide.md' }],
  ],
  [
    'notes of other languages; one without words, one in a test and one in a list of tasks are none',
    seen({
      'README.md': README,
      'a.py': '# TODO: close the file when it fails',
      'b.sql.ts': '-- todo list of it all\n// TODO\nconst XXX = "no note at all";',
      'a_test.py': '# FIXME: this one is slow',
    }),
    [{ kind: 'comment', path: 'a.py', line: 1, mark: 'TODO', text: 'close the file when it fails' }],
  ],
  [
    'tests that stand beside the code in one file',
    seen({
      'README.md': README,
      'src/parse.rs': `${'// a line of it\n'.repeat(60)}#[cfg(test)]\nmod tests {}`,
    }),
    [],
  ],
  [
    'a test in another folder, with another ending',
    seen({ 'README.md': README, 'app/Models/Invoice.php': 900, 'tests/Unit/InvoiceTest.php': 100 }),
    [],
  ],
])('%s', (_, from, all) => {
  expect(suggest(from)).toEqual(all);
});

test('a folder of a repository hears of itself only', () => {
  const files = {
    'README.md': README,
    'packages/a/README.md': README,
    'packages/a/src/wide.ts': '// TODO: measure the width once',
    'packages/b/src/tall.ts': '// FIXME: the height is wrong',
  };
  expect(suggest(seen(files, { folder: 'packages/a' }))).toEqual([
    expect.objectContaining({ kind: 'comment', path: 'packages/a/src/wide.ts' }),
  ]);
});

test('one kind fills the rest where no other is there, and a huge repository costs no more than a small one', async () => {
  const notes = seen({ 'README.md': README, 'a.ts': '// TODO: one of the three\n'.repeat(5) });
  expect(kinds(suggest(notes))).toEqual(['comment', 'comment', 'comment']);
  const files = Array.from({ length: 100_000 }, (_, n) => ({ path: `src/${n}/file${n}.ts`, sizeBytes: n }));
  const look = (): void => {
    const read = filesToRead({ files, folder: '' });
    expect(read).toHaveLength(FILES_READ);
    const texts = new Map(read.map((path) => [path, '// TODO '.repeat(7_500)]));
    suggest({ folder: '', files, isWhole: true, texts, failed: [], issues: [] });
  };
  expect(await cpuMs(look)).toBeLessThan(5_000);
});
