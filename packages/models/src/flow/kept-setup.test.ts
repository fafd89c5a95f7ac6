// A kept set-up is used where it would come to the same, and nowhere else.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keptParts, runsAtInstall, trackedOf, type KeptFrom } from './kept-setup.ts';

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
