import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDiff } from './diff.ts';
import { risksOf } from './risks.ts';

/** A change of one file: lines as a diff has them. */
const file = (name: string, ...lines: string[]): string => {
  const count = (...signs: string[]): number => lines.filter((l) => signs.includes(l[0] ?? '')).length;
  return `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n@@ -1,${count('-', ' ')} +1,${count('+', ' ')} @@\n${lines.join('\n')}\n`;
};
const added = (name: string, mode: string, ...lines: string[]): string =>
  `diff --git a/${name} b/${name}\nnew file mode ${mode}\nindex 0000000..1111111\n--- /dev/null\n+++ b/${name}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((l) => `+${l}`).join('\n')}\n`;
const risks = (...diffs: string[]): string[] =>
  risksOf(readDiff(diffs.join(''))).map((r) => `${r.kind} ${r.text}`);

test.each<[string, string, string[]]>([
  [
    'npm, new',
    file('package.json', '   "dependencies": {', '+    "left-pad": "^1.3.0",', '   }'),
    ['package.json: adds left-pad ^1.3.0, from npm'],
  ],
  [
    'npm, scoped, in a folder',
    file('a/package.json', '+    "@x/y.z": "~2"'),
    ['a/package.json: adds @x/y.z ~2, from npm'],
  ],
  [
    'npm, another version',
    file('package.json', '-    "a": "1.0.0",', '+    "a": "2.0.0",'),
    ['package.json: changes a to 2.0.0, from npm'],
  ],
  [
    'npm, from elsewhere',
    file('package.json', '+    "a": "github:evil/a#main"'),
    ['package.json: adds a, from github:evil/a#main'],
  ],
  ['npm, of the same repository', file('package.json', '+    "@us/a": "workspace:*"'), []],
  ['npm, only moved', file('package.json', '-    "a": "1.0.0"', '+    "a": "1.0.0",'), []],
  [
    'npm, no dependency',
    file(
      'package.json',
      '+  "version": "2.0.0",',
      '+  "description": "1 thing",',
      '+  "main": "a/b.js"',
      '+    "node": ">=24"',
    ),
    [],
  ],
  [
    'pip',
    file('requirements-dev.txt', '+# why', '+requests[socks]>=2.31 ; python_version > "3"'),
    ['requirements-dev.txt: adds requests >=2.31, from PyPI'],
  ],
  [
    'pip, from git',
    file('requirements.txt', '+-e git+https://host/x.git#egg=x'),
    ['requirements.txt: adds x, from git+https://host/x.git#egg=x'],
  ],
  [
    'pip, another index',
    file('requirements.txt', '+--extra-index-url https://evil.example/simple'),
    ['requirements.txt: packages may come from https://evil.example/simple'],
  ],
  [
    'pyproject, a list',
    file('pyproject.toml', ' dependencies = [', '+  "httpx",', ' ]'),
    ['pyproject.toml: adds httpx, from PyPI'],
  ],
  [
    'pyproject, a list of something else',
    file('pyproject.toml', ' packages = [', '+  "src",', ' ]', ' classifiers = [', '+  "Topic :: X",', ' ]'),
    [],
  ],
  [
    'poetry',
    file('pyproject.toml', ' [tool.poetry.dependencies]', '+python = "^3.12"', '+rich = "^13"'),
    ['pyproject.toml: adds rich ^13, from PyPI'],
  ],
  [
    'Go',
    file('go.mod', ' require (', '+\tgithub.com/a/b v1.2.3 // indirect', ' )'),
    ['go.mod: adds github.com/a/b v1.2.3, from the Go proxy'],
  ],
  [
    'Go, replaced',
    file('go.mod', '+replace github.com/a/b => ../b'),
    ['go.mod: adds github.com/a/b, from ../b'],
  ],
  [
    'Cargo',
    file('Cargo.toml', ' [dependencies]', '+serde = { version = "1", features = ["derive"] }'),
    ['Cargo.toml: adds serde 1, from crates.io'],
  ],
  [
    'Cargo, from git',
    file('Cargo.toml', ' [dev-dependencies]', '+x = { git = "https://host/x" }'),
    ['Cargo.toml: adds x, from https://host/x'],
  ],
  ['Cargo, another section', file('Cargo.toml', ' [profile.release]', '+opt-level = "3"'), []],
  [
    'Maven',
    file('pom.xml', '+      <groupId>org.x</groupId>', '+      <artifactId>lib</artifactId>'),
    ['pom.xml: adds lib, from Maven Central'],
  ],
  [
    'Gradle',
    file('app/build.gradle.kts', '+    testImplementation("org.junit:junit:5.1")'),
    ['app/build.gradle.kts: adds org.junit:junit 5.1, from Maven'],
  ],
  ['Bundler', file('Gemfile', "+gem 'rake', '~> 13.0'"), ['Gemfile: adds rake ~> 13.0, from RubyGems']],
  [
    'Composer',
    file('composer.json', '+        "monolog/monolog": "^3.0"'),
    ['composer.json: adds monolog/monolog ^3.0, from Packagist'],
  ],
  [
    'NuGet',
    file('x.csproj', '+    <PackageReference Include="A.B" Version="1.0" />'),
    ['x.csproj: adds A.B 1.0, from NuGet'],
  ],
  [
    'where packages come from',
    file('.npmrc', '+registry=https://evil.example'),
    ['.npmrc: says where packages come from'],
  ],
  [
    'a lock file that names another host',
    file('package.json', ' x') +
      file(
        'package-lock.json',
        '+      "resolved": "https://evil.example/a.tgz",',
        '+      "resolved": "https://registry.npmjs.org/b/-/b-1.tgz",',
      ),
    ['package-lock.json: packages come from evil.example'],
  ],
  [
    'a lock file alone',
    file('Cargo.lock', '+source = "registry+https://github.com/rust-lang/crates.io-index"'),
    ['Cargo.lock: other packages are locked, though nothing that names them has changed'],
  ],
  ['a file that only sounds so', file('docs/go.mod.md', '+github.com/a/b v1.2.3'), []],
])('dependencies: %s', (_, diff, want) => {
  expect(risks(diff)).toEqual(want.map((w) => `dependency ${w}`));
});

// Put together here, so that nobody's scanner takes this file for a leak.
const key = (...parts: string[]): string => parts.join('');
const SECRETS: [string, string][] = [
  ['a private key', key('-----BEGIN RSA ', 'PRIVATE KEY-----')],
  ['a private key', key('-----BEGIN OPENSSH ', 'PRIVATE KEY-----')],
  ['a key of AWS', key('AKI', 'A2E0A8F3B244C9986')],
  ['a token of GitHub', key('gh', 'p_', 'a1B2'.repeat(9))],
  ['a token of GitLab', key('glp', 'at-', 'x'.repeat(20))],
  ['a token of npm', key('np', 'm_', 'x'.repeat(36))],
  ['a token of Slack', key('xo', 'xb-', '123456789012-', 'abcdefghijk')],
  ['a live key of Stripe', key('sk', '_live_', 'x'.repeat(24))],
  ['a key of Anthropic', key('sk-', 'ant-', 'api03-', 'x'.repeat(40))],
];
test.each(SECRETS)('secrets: %s is named by its line, and never said', (what, secret) => {
  const found = risks(file('src/a.ts', ' const a = 1;', `+const key = "${secret}";`));
  expect(found).toEqual([`secret src/a.ts: line 2 looks like ${what}`]);
  expect(found.join()).not.toContain(secret);
  // Taken away it is no risk of this change.
  expect(risks(file('src/a.ts', `-const key = "${secret}";`))).toEqual([]);
});

test.each([
  ['a placeholder', 'API_KEY=changeme'],
  ['a hash', 'sha512-abcdefghijklmnopqrstuvwxyz0123456789'],
  ['the example of the documentation', key('AKI', 'AIOSFODNN7', 'EXAMPLE')],
  ['a word that begins so', 'npm_config_registry'],
  ['a public key', '-----BEGIN PUBLIC KEY-----'],
])('no secret: %s', (_, text) => expect(risks(file('src/a.ts', `+${text}`))).toEqual([]));

test.each<[string, string, string[]]>([
  [
    'a file of secrets',
    added('.env', '100644', 'A=1'),
    ['secret .env: files of this name usually hold secrets'],
  ],
  ['an example of one', added('.env.example', '100644', 'A=1'), []],
  [
    'a migration',
    added('db/migrations/1.sql', '100644', 'CREATE TABLE a();'),
    ['migration db/migrations/1.sql: a migration of the database'],
  ],
  [
    'one that loses data',
    added('db/migrate/1_x.rb', '100644', 'drop_table :a'),
    ['migration db/migrate/1_x.rb: a migration of the database, with DROP'],
  ],
  [
    'one that was there',
    file('prisma/migrations/1/migration.sql', '+TRUNCATE a;'),
    [
      'migration prisma/migrations/1/migration.sql: a migration or schema that was there is changed, with TRUNCATE',
    ],
  ],
  [
    'a package behind very many blanks',
    added('a/package.json', '100644', `"left-pad":${' '.repeat(5_000)}"1.3.0",`),
    ['dependency a/package.json: adds left-pad 1.3.0, from npm'],
  ],
  [
    'a line that nobody reads',
    added('a/package.json', '100644', `"left-pad": "https://x.y/${'a'.repeat(5_000)}",`),
    ['dependency a/package.json: a line is too long to be read here, and may add any package'],
  ],
  ['a page about them', added('docs/migrations/a.md', '100644', 'DROP TABLE a'), []],
  ['a new program', added('run.sh', '100755', 'echo'), ['program run.sh: a new program']],
  [
    'a program now',
    'diff --git a/a.sh b/a.sh\nold mode 100644\nnew mode 100755\n',
    ['program a.sh: can be run as a program now'],
  ],
  ['a program no more', 'diff --git a/a.sh b/a.sh\nold mode 100755\nnew mode 100644\n', []],
  [
    'a link',
    added('docs/a', '120000', '../README.md\n\\ No newline at end of file'.split('\n')[0]!),
    ['link docs/a: a symbolic link to ../README.md'],
  ],
  [
    'a link out',
    added('docs/a', '120000', '../../etc/passwd'),
    ['link docs/a: a symbolic link out of the repository, to ../../etc/passwd'],
  ],
  [
    'a link to the root',
    added('a', '120000', '/etc/passwd'),
    ['link a: a symbolic link out of the repository, to /etc/passwd'],
  ],
  [
    'another repository',
    added('lib', '160000', 'Subproject commit abc'),
    ['submodule lib: a commit of another repository'],
  ],
  [
    'binary',
    'diff --git a/a.png b/a.png\nnew file mode 100644\nindex 0..1\nBinary files /dev/null and b/a.png differ\n',
    ['binary a.png: binary, so it can’t be read here'],
  ],
  [
    'binary and gone',
    'diff --git a/a.png b/a.png\ndeleted file mode 100644\nindex 0..1\nBinary files a/a.png and /dev/null differ\n',
    [],
  ],
  [
    'CI',
    file('.github/workflows/ci.yml', '+x'),
    ['ci .github/workflows/ci.yml: CI runs it, with the secrets of the repository'],
  ],
  ['a test', file('a.test.ts', "-it('x')"), ['tests a.test.ts: 1 test case removed']],
  [
    'what a script runs',
    file('package.json', '-    "test": "jest",', '+    "test": "true",'),
    ['checks package.json: changes what “test” runs'],
  ],
  [
    'what a linter looks at',
    file('eslint.config.js', '+x'),
    ['checks eslint.config.js: changes what the checks look at'],
  ],
  [
    'a check switched off',
    file('a.ts', '+// eslint-disable-next-line', '+// @ts-ignore'),
    ['checks a.ts: switches a check off in 2 lines'],
  ],
  ['cut', '… (the rest is left out)\n', ['unread The change is larger than what was looked at here.']],
  ['nothing', file('src/a.ts', '-a', '+b'), []],
])('risks: %s', (_, diff, want) => expect(risks(diff)).toEqual(want));

test('the worst comes first, and whatever a diff holds, it is read to its end', () => {
  expect(
    risks(added('run.sh', '100755', 'x'), added('.env', '100644', 'A=1'), file('a.test.ts', "-it('x')")).map(
      (r) => r.split(' ')[0],
    ),
  ).toEqual(['secret', 'tests', 'program']);
  const name = fc.constantFrom(
    'package.json',
    'pyproject.toml',
    'go.mod',
    'Cargo.toml',
    'pom.xml',
    'Gemfile',
    'yarn.lock',
    'a.ts',
    '.env',
    'db/migrations/a.sql',
  );
  fc.assert(
    fc.property(
      name,
      fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 20 }),
      (n, lines) => {
        const one = lines.map((l) => `+${l.replaceAll('\n', ' ')}`);
        for (const risk of risks(file(n, ...one))) expect(risk.length).toBeLessThan(2_000);
      },
    ),
  );
});
