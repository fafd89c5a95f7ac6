// Text of somebody else may be as long as it likes: what is done with it grows with its length, and not with
// the square of that.
import { expect, test } from '@jest/globals';
import { cpuMs } from '@mainloop/testkit/cpu';
import { isCiFile } from './ci/files.ts';
import { cloneNotes } from './runs/clone-notes.ts';
import { countsOf } from './ci/counts.ts';
import { agentCode, ours } from './forge/text.ts';
import { applying, isAbout, whyNoRule } from './learnings/learnings.ts';
import { sentencesOf } from './memory/sentences.ts';
import { isOpposite, oppositesIn } from './learnings/opposites.ts';
import { isTouchy } from './runs/permissions.ts';
import { fillPullTemplate } from './forge/pull-template.ts';
import { signalsOf } from './learnings/signals.ts';
import { smallTalk } from './forge/small-talk.ts';
import { readDiff } from './review/diff.ts';
import { risksOf } from './review/risks.ts';
import { foldPath, readGlob } from './guardrails/rules.ts';
import { suggest } from './projects/suggestions.ts';
import { spellOut, spellOutSoFar } from './text.ts';

const CHARS = 200_000;

/** A repository whose files say that. */
const suggestOf =
  (...paths: readonly string[]) =>
  (text: string): unknown =>
    suggest({
      folder: '',
      files: ['README.md', 'Makefile', 'split.ts'].map((path) => ({ path, sizeBytes: 1_000 })),
      isWhole: true,
      texts: new Map([['README.md', 'make it'], ...paths.map((path) => [path, text] as const)]),
      failed: [],
      issues: [],
    });
/** A new file of that name, with that line. */
const risksIn = (path: string, line: string): unknown =>
  risksOf(
    readDiff(
      `diff --git a/${path} b/${path}\nnew file mode 100755\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n`,
    ),
  );
/** As a path of a change that is held against a glob. */
const guarded =
  (glob: string) =>
  (path: string): unknown =>
    readGlob(glob)(foldPath({ path, mode: '120000' }));
const rule = (path: string | null) => ({ id: 'L1', rule: 'Round.', why: '', path, always: false });

test.each<[string, (text: string) => unknown, string, string, string?]>([
  ['an answer of the model that hides all the way', spellOutSoFar, '\u200b', ''],
  ['an answer that hides, and then not', spellOutSoFar, '\u200b', 'x'],
  ['words that hide', spellOut, '\u200b', 'x'],
  ['output of a check with blanks', agentCode, ' ', 'x'],
  ['output of a check with line ends', agentCode, '\n', 'x'],
  ['a comment of blanks', smallTalk, ' ', 'x'],
  ['a comment of quotes', smallTalk, '> ', 'x'],
  ['a comment of the beginnings of comments', smallTalk, '<!--', 'x'],
  ['a name of a pushed file that ends like one on Windows', isCiFile, '. ', 'x'],
  ["a name of a pushed file that is almost GitLab's", isCiFile, 'gitlab-ci', 'x'],
  ['a path that an agent asks to write', isTouchy, '. ', 'x'],
  [
    'submodules of a clone, empty lines',
    (gitmodules) => cloneNotes({ gitmodules, gitattributes: null }),
    '\n',
    'x',
  ],
  [
    'submodules of a clone, blanks in a path',
    (gitmodules) => cloneNotes({ gitmodules: `path = ${gitmodules}`, gitattributes: null }),
    ' ',
    'x',
  ],
  ['what a test printed, in empty lines', countsOf, '\r', '!'],
  ['what a test printed, in blanks', countsOf, ' ', '!'],
  ['a README of empty lines', suggestOf('README.md'), '\n', 'x'],
  ['code of empty lines', suggestOf('split.ts'), '\n', 'x'],
  ['a Makefile of empty lines', suggestOf('Makefile'), '\n', 'x'],
  ['a Makefile of blanks', suggestOf('Makefile'), ' ', 'x'],
  ['a Makefile of words', suggestOf('Makefile'), 'a ', 'x'],
  ['what an agent is about to do, in one word', (text) => applying([rule('src/**')], text), 'a', ''],
  ['what an agent is about to do, in dashes', (text) => applying([rule('src/**')], text), 'a-', ''],
  ['a rule of dashes', (text) => whyNoRule(text, ''), '1-', ''],
  ['files that a rule is about, in stars', (text) => isAbout('*a'.repeat(100), text), 'a', '/'],
  ['files that a rule is about, in folders', (text) => isAbout('**/a'.repeat(70), text), 'a/', 'b'],
  ['two rules, of which one is a word', (text) => isOpposite(text, 'Never round.'), 'a', ''],
  [
    'a comment that may teach',
    (text) => signalsOf({ is: 'sent_back', author: text, isUsers: true, text }),
    '```a\n',
    'x',
  ],
  ['the name of a file, like a migration of Flyway', (text) => risksIn(`V1${text.repeat(2)}`, 'x'), '_', ''],
  ['the name of a file in folders of migrations', (text) => risksIn(text.repeat(4), 'x'), 'migrations/', 'x'],
  ['the name of a file of dots', (text) => risksIn(text, 'x'), '.env.', '/'],
  ['a line of a migration', (text) => risksIn('db/migrations/1.sql', text), 'DROP ', ''],
  ['a line of a test', (text) => risksIn('a.test.ts', text), 'it.skip(', ''],
  ['a package of npm with blanks', (text) => risksIn('package.json', text), ' ', 'x', '"a": "1"'],
  ['packages of .NET', (text) => risksIn('a.csproj', text), '<PackageVersion ', ''],
  ['a line of Gradle', (text) => risksIn('build.gradle', text), 'api', ''],
  ['a place of packages behind blanks', (text) => risksIn('a.toml', text), ' ', 'x', 'url'],
  ['a lock file in one line', (text) => risksIn('package-lock.json', text), 'http://a ', ''],
  ['a line like a key', (text) => risksIn('a', text), '-----BEGIN A ', ''],
  ['a guarded path of blanks', guarded('infra/*'), '. ', 'x'],
  ['a guarded path, almost like its glob', guarded('*/infra/*/prod'), '/infra', ''],
  ['a message of lines', (text) => sentencesOf({ who: 'user', text, day: null }), 'a\n', ''],
  ['a template of headings', (text) => fillPullTemplate(text, { what: ours`w`, closes: null }), '# ', 'x'],
  [
    'attributes of a clone',
    (gitattributes) => cloneNotes({ gitmodules: null, gitattributes }),
    ' a',
    'filter=lfs',
  ],
])('%s', async (_, does, one, end, begin = '') => {
  const text = begin + one.repeat(CHARS / one.length) + end;
  // A second; with the square it was half a minute and more.
  expect(await cpuMs(() => does(text))).toBeLessThan(15_000);
});

test('as many rules as a page shows are held against each other at once, however long their words are', async () => {
  const rules = Array.from({ length: 500 }, (_, n) => ({
    id: `L${n}`,
    rule: `${'a'.repeat(490)}${n}`,
    state: 'approved',
    projectId: null,
    apart: [],
  }));
  const look = (): void =>
    expect(
      oppositesIn([
        ...rules,
        { ...rules[0]!, rule: 'Indent with tabs.' },
        { ...rules[0]!, rule: 'Indent with spaces.' },
      ]),
    ).toHaveLength(1);
  expect(await cpuMs(look)).toBeLessThan(15_000);
});
