// A kept set-up is used where it would come to the same, and nowhere else.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  filesThatSay,
  keptParts,
  lookWords,
  runsAtInstall,
  setupReads,
  trackedOf,
  type KeptFrom,
} from './kept-setup.ts';
import { SETUP_TEXTS } from './setup.ts';

const file = (path: string, object = 'a') => ({ path, object });
const FROM: KeptFrom = {
  command: 'npm ci',
  isOwn: false,
  files: [file('package.json'), file('package-lock.json'), file('index.js'), file('README.md')],
  runsAtInstall: false,
  tools: ['node 1', 'npm 2'],
  platform: 'linux x64',
};
const key = (change: Partial<KeptFrom>): string => JSON.stringify(keptParts({ ...FROM, ...change }));
/** With one file of the commit another. */
const other = (path: string): KeptFrom['files'] => [
  ...FROM.files.filter((f) => f.path !== path),
  file(path, 'b'),
];

test.each<[string, Partial<KeptFrom>]>([
  ['its lock file', { files: other('package-lock.json') }],
  ['its manifest', { files: other('package.json') }],
  ['a manifest of one of its parts', { files: other('packages/a/package.json') }],
  ['what the package manager is set to', { files: other('.npmrc') }],
  ['a patch of a package', { files: other('patches/left-pad+1.0.0.patch') }],
  ['a list in the folder of lists', { files: other('requirements/anything.in') }],
  ['a version that it names', { files: other('.tool-versions') }],
  ['the command', { command: 'npm ci --ignore-scripts' }],
  ['a tool', { tools: ['node 1', 'npm 3'] }],
  ['the machine', { platform: 'linux arm64' }],
])('it hangs on %s', (_, change) => {
  expect(key(change)).not.toBe(key({}));
});

test('it does not hang on the sources, nor on the order in which things are listed', () => {
  expect(key({ files: other('index.js') })).toBe(key({}));
  expect(key({ files: FROM.files.toReversed(), tools: FROM.tools.toReversed() })).toBe(key({}));
});

test.each<[string, Partial<KeptFrom>]>([
  ["the owner's own command", { isOwn: true }],
  ['a manifest that runs something', { runsAtInstall: true }],
])('with %s it hangs on every file', (_, reads) => {
  expect(key({ ...reads, files: other('index.js') })).not.toBe(key(reads));
});

test('with sources that are compiled it hangs on every file', () => {
  const files = [...FROM.files, file('src/speedups.c')];
  expect(key({ files: files.map((f) => (f.path === 'index.js' ? file('index.js', 'b') : f)) })).not.toBe(
    key({ files }),
  );
});

test('no two different sets of words come to the same, wherever a word ends', () => {
  const word = fc.stringMatching(/^[a-z0-9 /.]{1,12}$/);
  const from = fc.record({ command: word, tools: fc.uniqueArray(word, { maxLength: 3 }), platform: word });
  fc.assert(
    fc.property(from, from, (a, b) => {
      const same =
        a.command === b.command &&
        a.platform === b.platform &&
        JSON.stringify(a.tools.toSorted()) === JSON.stringify(b.tools.toSorted());
      expect(key(a) === key(b)).toBe(same);
    }),
  );
});

test.each([
  ['{"scripts":{"prepare":"tsc"}}', true],
  ['{"scripts":{"postinstall":"node build.js"}}', true],
  ['{"scripts":{"test":"jest"}}', false],
  ['{}', false],
  ['null', false],
  ['{', true],
])('%s runs something at installation: %s', (text, runs) => {
  expect(runsAtInstall(text)).toBe(runs);
});

test('a listing of git, with names as people give them', () => {
  const id = 'e'.repeat(40);
  const names = ['a b\tc.json', 'ü\n.sh', 'sub'];
  expect(
    trackedOf(
      ['100644 blob', '100755 blob', '160000 commit']
        .map((what, i) => `${what} ${id}\t${names[i]}\0`)
        .join(''),
    ),
  ).toEqual(names.map((path) => ({ path, object: id })));
});

/** As `git ls-tree -r -l -z` lists it. */
const listed = (files: readonly { path: string; object: string; bytes: number }[]): string =>
  files.map((f) => `100644 blob ${f.object} ${String(f.bytes).padStart(7)}\t${f.path}\0`).join('');

test('where the words of a look are the same, so are the files that a set-up is found by, the texts that decide, and the key', () => {
  const below = fc.constantFrom(
    'package.json',
    'package-lock.json',
    'README.md',
    'gradlew',
    'src/a.js',
    'src/a.c',
    'requirements/dev.txt',
    'tests/conftest.py',
    '.devcontainer/devcontainer.json',
    'go.mod',
    '.nvmrc',
    'Makefile',
  );
  const entry = fc.record({
    path: fc.oneof(
      below,
      below.map((p) => `app/${p}`),
    ),
    object: fc.constantFrom('a', 'b'),
    bytes: fc.constantFrom(1, 2 * 1024 * 1024),
  });
  const tree = fc.uniqueArray(entry, { selector: (f) => f.path, maxLength: 12 });
  /** One that differs in one file from another, as commits mostly do. */
  const pair = fc
    .tuple(tree, entry)
    .map(([files, other]) => [files, [...files.filter((f) => f.path !== other.path), other]] as const);
  const read = (files: readonly { path: string; object: string; bytes: number }[], folder: string) => {
    const tracked = trackedOf(listed(files).replace(/ +\d+\t/g, '\t'));
    const made = { ...FROM, files: tracked };
    // One that is too long is not checked out for a look, so nobody reads it.
    const there = filesThatSay(listed(files), folder);
    const texts = SETUP_TEXTS.map((name) => (folder === '' ? name : `${folder}/${name}`))
      .filter((name) => there.includes(name))
      .map((name) => files.find((f) => f.path === name)?.object);
    return [
      there.toSorted(),
      texts,
      setupReads(made),
      setupReads(made) === 'manifests' ? keptParts(made) : null,
    ];
  };
  fc.assert(
    fc.property(pair, fc.constantFrom('', 'app'), ([before, after], folder) => {
      fc.pre(
        JSON.stringify(lookWords(listed(before), folder)) ===
          JSON.stringify(lookWords(listed(after), folder)),
      );
      expect(read(after, folder)).toEqual(read(before, folder));
    }),
    { numRuns: 300 },
  );
});

test('the words of a look come in one order, and say nothing of sources', () => {
  const files = ['src/a.js', 'package.json', 'README.md'].map((path) => ({ path, object: 'a', bytes: 3 }));
  expect(lookWords(listed(files.toReversed()), '')).toEqual(lookWords(listed(files), ''));
  expect(lookWords(listed(files), '')).toEqual(['README.md\u0000100644', 'package.json\u0000100644 a']);
});

test('a name that is no UTF-8 is left out: git would look for another', () => {
  const listing = ['package.json', 'caf\ufffd.txt', 'Makefile'].map(
    (name) => `100644 blob ${'a'.repeat(40)}     12\t${name}`,
  );
  expect(filesThatSay(listing.join('\0'), '')).toEqual(['package.json', 'Makefile']);
});
