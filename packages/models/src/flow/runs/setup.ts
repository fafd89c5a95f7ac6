// What a repository needs before anybody can work in it, found from the files at its root. Pure: names and
// texts in, a command out.
import { own } from '../look.ts';

/** Files whose text decides; of every other file only its name does. */
export const SETUP_TEXTS = [
  'package.json',
  'yarn.lock',
  '.yarnrc.yml',
  'pyproject.toml',
  '.nvmrc',
  '.node-version',
  '.python-version',
  '.tool-versions',
  'go.mod',
  '.ruby-version',
  'rust-toolchain',
  'rust-toolchain.toml',
  'Cargo.toml',
  '.devcontainer.json',
  '.devcontainer/devcontainer.json',
] as const;
export type SetupText = (typeof SETUP_TEXTS)[number];

/** Folders that are looked into, and none below them. */
export const SETUP_FOLDERS = ['requirements', 'tests', 'test', '.devcontainer', 'gradle/wrapper'] as const;

export interface SetupFiles {
  /** Names of the plain files at the root, and paths of those in the folders of `SETUP_FOLDERS`. */
  readonly names: ReadonlySet<string>;
  /** Their text, for those of `SETUP_TEXTS` that are there. */
  readonly texts: Readonly<Partial<Record<SetupText, string>>>;
}

export interface SetupFound {
  /** For a shell; one step after the other, and the first that fails is the last. */
  readonly command: string;
  /** The files that say so. */
  readonly from: readonly string[];
}

export interface Setup {
  /** null when there is nothing to do. */
  readonly found: SetupFound | null;
  /** Versions of a language that the files ask for, as they say it. */
  readonly versions: readonly {
    readonly tool: 'node' | 'python' | 'go' | 'ruby' | 'rust';
    readonly wanted: string;
    readonly from: string;
  }[];
}

interface Step {
  readonly from: readonly string[];
  /** What has to be there for any of it. */
  readonly tool: string;
  readonly command: string;
}

/** What a found set-up makes in the clone and what belongs to no commit, whether the repository ignores it or not. */
export const SETUP_LEAVES = [
  '/node_modules/',
  '/.venv/',
  '/*.egg-info/',
  '/src/*.egg-info/',
  '/vendor/bundle/',
  '/.bundle/',
] as const;

/**
 * @param files what lies at the root of the clone
 * @param has whether a program is on the path of the sandbox
 */
export function setupOf(files: SetupFiles, has: (tool: string) => boolean): Setup {
  const byTools = [
    node(files, has),
    python(files, has),
    go(files),
    rust(files),
    java(files),
    ruby(files),
  ].filter((s) => s !== null);
  const steps = byTools.length > 0 ? byTools : [ofContainer(files)].filter((s) => s !== null);
  // What has its tool comes first. The rest is tried all the same: that it fails, and on what, is what a
  // person has to read.
  const inOrder = [...steps.filter((s) => has(s.tool)), ...steps.filter((s) => !has(s.tool))];
  const found =
    inOrder.length === 0
      ? null
      : { command: inOrder.map((s) => s.command).join(' && '), from: inOrder.flatMap((s) => s.from) };
  return { found, versions: versionsOf(files) };
}

function node(files: SetupFiles, has: (tool: string) => boolean): Step | null {
  const { names, texts } = files;
  const manifest = packageJson(texts['package.json']);
  if (manifest === null) return null;
  /** By the program itself where it is there, else by npm's, in the version that the repository names. */
  const by = (tool: string, fetched: string, args: string): string =>
    has(tool) ? `${tool} ${args}` : `npx --yes ${fetched} ${args}`;
  const step = (from: string, command: string, tool = 'npm'): Step => ({
    from: [from],
    tool: command.startsWith('npx ') ? 'npx' : tool,
    command,
  });
  if (names.has('pnpm-lock.yaml'))
    return step(
      'pnpm-lock.yaml',
      by('pnpm', `pnpm@${namedVersion(manifest, 'pnpm') ?? '10'}`, 'install --frozen-lockfile'),
      'pnpm',
    );
  if (names.has('yarn.lock')) return yarn(files, manifest, by, step);
  if (names.has('bun.lock') || names.has('bun.lockb')) {
    const lock = names.has('bun.lock') ? 'bun.lock' : 'bun.lockb';
    return step(
      lock,
      by('bun', `bun@${namedVersion(manifest, 'bun') ?? '1'}`, 'install --frozen-lockfile'),
      'bun',
    );
  }
  for (const lock of ['package-lock.json', 'npm-shrinkwrap.json'])
    if (names.has(lock)) return step(lock, 'npm ci --no-audit --no-fund');
  return needsPackages(manifest)
    ? step('package.json', 'npm install --no-package-lock --no-audit --no-fund')
    : null;
}

function yarn(
  { texts }: SetupFiles,
  manifest: Manifest,
  by: (tool: string, fetched: string, args: string) => string,
  step: (from: string, command: string, tool?: string) => Step,
): Step {
  if (/^# yarn lockfile v1$/m.test(texts['yarn.lock'] ?? ''))
    return step(
      'yarn.lock',
      by('yarn', 'yarn@1.22.22', 'install --frozen-lockfile --non-interactive'),
      'yarn',
    );
  const own = /^yarnPath:\s*["']?(\.yarn\/releases\/[\w.-]+\.c?js)["']?\s*$/m.exec(
    texts['.yarnrc.yml'] ?? '',
  )?.[1];
  if (own !== undefined) return step('yarn.lock', `node ${own} install --immutable`, 'node');
  return step(
    'yarn.lock',
    `npx --yes @yarnpkg/cli-dist@${namedVersion(manifest, 'yarn') ?? '4'} install --immutable`,
  );
}

function python({ names, texts }: SetupFiles, has: (tool: string) => boolean): Step | null {
  const venv = 'python3 -m venv .venv';
  const pip = '.venv/bin/pip install --disable-pip-version-check --quiet';
  if (names.has('uv.lock')) return uv(texts['pyproject.toml'] ?? '', has, `${venv} && ${pip} uv`);
  if (names.has('poetry.lock')) return poetry(texts['pyproject.toml'] ?? '', venv, pip);
  const atRoot = [...names]
    .filter((n) => /^(?:(?:dev|test|tests)[-_])?requirements(?:[-_](?:dev|test|tests))?\.txt$/.test(n))
    .toSorted();
  const inFolder = TEST_LISTS.find((n) => names.has(n));
  const lists = inFolder === undefined ? atRoot : [...atRoot, inFolder];
  const isPackage =
    /^\[(?:project|build-system)\]\s*$/m.test(texts['pyproject.toml'] ?? '') || names.has('setup.py');
  if (lists.length === 0 && !isPackage) return null;
  const itself = isPackage ? ` -e ${editable(texts['pyproject.toml'] ?? '')}` : '';
  // Many name it nowhere but in the set-up of their CI. Where a list names it, that one's version counts.
  const isTestedByPytest =
    /^\[tool\.pytest\b/m.test(texts['pyproject.toml'] ?? '') || PYTEST_FILES.some((n) => names.has(n));
  return {
    from: [...lists, ...(isPackage ? [names.has('pyproject.toml') ? 'pyproject.toml' : 'setup.py'] : [])],
    tool: 'python3',
    command: `${venv} && ${pip}${lists.map((l) => ` -r ${l}`).join('')}${itself}${isTestedByPytest ? ' pytest' : ''}`,
  };
}

/**
 * uv asks the addresses in its lock file, whatever index it is told; and it would write that index down. So
 * the lock file is read by itself, and what it names is installed by name and hash, from the index of this
 * place. What has no hash (a repository, a folder) is uv's own way.
 * @param bring what makes `.venv` with uv in it, where there is none on the path
 */
function uv(pyproject: string, has: (tool: string) => boolean, bring: string): Step {
  const here = has('uv');
  const program = here ? 'uv' : '.venv/bin/uv';
  const list = '"${TMPDIR:-/tmp}/mainloop-uv.txt"';
  const install = `VIRTUAL_ENV="$PWD/.venv" UV_DEFAULT_INDEX="\${PIP_INDEX_URL:-https://pypi.org/simple/}" ${program} pip install --quiet`;
  const isPackage = /^\[build-system\]\s*$/m.test(pyproject);
  const steps = [
    `${program} export --frozen --quiet --no-emit-workspace -o ${list}`,
    `${install} --require-hashes -r ${list}`,
    ...(isPackage ? [`${install} --no-deps -e .`] : []),
  ];
  const ownWay = here ? 'uv sync --frozen' : `VIRTUAL_ENV="$PWD/.venv" ${program} sync --frozen --active`;
  return {
    from: ['uv.lock'],
    tool: here ? 'uv' : 'python3',
    command: `${here ? 'uv venv --quiet --allow-existing .venv' : bring} && { { ${steps.join(' && ')}; } || ${ownWay}; }`,
  };
}

/**
 * Poetry asks pypi.org, whatever index pip is told, and no sandbox reaches that. So its lock file is read by
 * itself, and what it names is installed by name and hash, from the index of this place. Poetry has an
 * environment of its own: its packages are none of the project's.
 */
function poetry(pyproject: string, venv: string, pip: string): Step {
  const own = '"${TMPDIR:-/tmp}/mainloop-poetry';
  const isPackage =
    /^\[build-system\]\s*$/m.test(pyproject) && !/^package-mode\s*=\s*false\b/m.test(pyproject);
  const steps = [
    venv,
    `python3 -m venv ${own}"`,
    `${own}/bin/pip" install --disable-pip-version-check --quiet poetry poetry-plugin-export`,
    `${own}/bin/poetry" export --no-interaction --all-groups -o ${own}/list.txt"`,
    `${pip} --require-hashes -r ${own}/list.txt"`,
    ...(isPackage ? [`${pip} --no-deps -e .`] : []),
  ];
  return { from: ['poetry.lock'], tool: 'python3', command: steps.join(' && ') };
}

/** Where the packages that tests need are listed; the first that is there counts. */
const TEST_LISTS = [
  ...['tests', 'test', 'dev'].map((n) => `requirements/${n}.txt`),
  'tests/requirements.txt',
  'test/requirements.txt',
] as const;
const PYTEST_FILES = [
  'pytest.ini',
  '.pytest.ini',
  'conftest.py',
  'tests/conftest.py',
  'test/conftest.py',
] as const;

/** The package itself, with the extras by which projects name what their tests need. */
function editable(pyproject: string): string {
  const section =
    /^\[project\.optional-dependencies\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(pyproject)?.[1] ?? '';
  const extras = [...section.matchAll(/^\s*["']?([\w.-]+)["']?\s*=/gm)]
    .map((m) => m[1]!)
    .filter((n) => /^(?:dev|test|tests|testing)$/.test(n));
  return extras.length === 0 ? '.' : `'.[${extras.join(',')}]'`;
}

const go = ({ names }: SetupFiles): Step | null =>
  names.has('go.mod') ? { from: ['go.mod'], tool: 'go', command: 'go mod download' } : null;

/** Without a lock file cargo would write one. */
const rust = ({ names }: SetupFiles): Step | null =>
  names.has('Cargo.lock') ? { from: ['Cargo.lock'], tool: 'cargo', command: 'cargo fetch --locked' } : null;

function java({ names }: SetupFiles): Step | null {
  if (names.has('pom.xml')) {
    const mvn = names.has('mvnw') ? 'sh ./mvnw' : 'mvn';
    return {
      from: ['pom.xml'],
      tool: names.has('mvnw') ? 'java' : 'mvn',
      command: `${mvn} --batch-mode --quiet dependency:go-offline`,
    };
  }
  // A build of several projects often has nothing but its settings at the root.
  const build = GRADLE_FILES.find((n) => names.has(n));
  if (build === undefined) return null;
  // Archives of sources, and some repositories, come without the wrapper's own program.
  const isWrapped = names.has('gradlew') && names.has('gradle/wrapper/gradle-wrapper.jar');
  return {
    from: [build, ...(names.has('gradle.lockfile') ? ['gradle.lockfile'] : [])],
    tool: isWrapped ? 'java' : 'gradle',
    command: `${isWrapped ? 'sh ./gradlew' : 'gradle'} --no-daemon --quiet dependencies`,
  };
}

const GRADLE_FILES = ['build.gradle.kts', 'build.gradle', 'settings.gradle.kts', 'settings.gradle'] as const;

const ruby = ({ names }: SetupFiles): Step | null =>
  names.has('Gemfile.lock')
    ? { from: ['Gemfile.lock'], tool: 'bundle', command: 'BUNDLE_PATH=vendor/bundle bundle install --quiet' }
    : null;

/**
 * Why a set-up failed, where what it printed says so in the words of some tool; null: nothing known.
 * @param printed of the command, its end
 */
export function setupTrouble(printed: string, exitCode: number | null): string | null {
  if (exitCode === null)
    return 'It did not end in time, and was ended. What asks for something waits for ever: nobody can answer it there.';
  // The package proxy knows best why a package can't be had.
  const proxy = /(?:^|[\s("])mainloop: ([^\n\r"]{1,300}\.)(?=[\s)"]|$)/m.exec(printed)?.[1];
  if (proxy !== undefined) return proxy;
  const repository = /ls-remote (?:[\w.-]+ )*((?:ssh|https?|git|git\+\w+):\/\/\S+|git@\S+)/.exec(
    printed,
  )?.[1];
  if (repository !== undefined)
    return `One of its packages comes from a repository (${shown(repository)}). A sandbox reaches package registries and nothing else.`;
  const program = /(?:^|: )([\w.+-]+): (?:command )?not found$/m.exec(printed)?.[1];
  if (exitCode === 127 && program !== undefined) return `There is no ${program} on this machine.`;
  const known = TROUBLES.find(([words]) => words.test(printed))?.[1];
  if (known !== undefined) return known;
  const host = HOSTS.map((h) => h.exec(printed)?.[1]).find((h) => h !== undefined);
  return host === undefined
    ? null
    : `It asks ${host}. A sandbox reaches package registries and nothing else.`;
}
/**
 * In the words of npm, pnpm, Yarn 1 and later, Bun, Cargo, Poetry, uv and Go; of pip, npm, Go and Cargo; and
 * of whoever writes or asks.
 */
const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [
    /can only install packages when your package\.json and |ERR_PNPM_OUTDATED_LOCKFILE|Your lockfile needs to be updated|YN0028|lockfile had changes, but lockfile is frozen|lock file \S+ (?:needs to be updated but|because) --locked|changed significantly since poetry\.lock|The lockfile at `uv\.lock` needs to be updated|^go: updates to go\.mod needed/m,
    'Its lock file does not match what the project asks for. Make it anew, and commit it.',
  ],
  [
    /\bEINTEGRITY\b|DO NOT MATCH THE HASHES|: checksum mismatch$|^error: checksum for .+ changed between lock files/m,
    'A package is not what the lock file says it is, so it was not installed.',
  ],
  [/\bENOSPC\b|No space left on device/, 'The disk of its sandbox is full.'],
  [
    /\/dev\/tty: No such device|a terminal is required|(?:input device|stdin) is not a (?:tty|terminal)|must be run from a terminal/i,
    'It wants a terminal, and nobody sits at one there.',
  ],
];
const HOSTS = [
  /Could not resolve host(?:name)?:? ["']?([a-z0-9][\w.-]*\.[a-z]{2,})/i,
  /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([a-z0-9][\w.-]*\.[a-z]{2,})/i,
  /Failed to resolve '([a-z0-9][\w.-]*\.[a-z]{2,})'/i,
  /dial tcp: lookup ([a-z0-9][\w.-]*\.[a-z]{2,})/i,
] as const;
const shown = (address: string): string => address.replace(/\/\/[^/@]*@/, '//').slice(0, 120);

/**
 * Whether a set-up runs what somebody wrote down, and not a package manager that is known: it may read any
 * file.
 * @param from of what was found; null: the project's own
 */
export const readsAnything = (from: readonly string[] | null): boolean =>
  from === null || from.some((f) => f.endsWith('devcontainer.json'));

/** What a container for development would run after it was made. */
function ofContainer({ texts }: SetupFiles): Step | null {
  const [from, text] = containerOf(texts);
  const command = /"postCreateCommand"\s*:\s*"((?:[^"\\\n]|\\["\\/])+)"/
    .exec(text)?.[1]
    ?.replace(/\\(.)/g, '$1');
  return command === undefined ? null : { from: [from], tool: 'bash', command };
}

const containerOf = (texts: SetupFiles['texts']): [from: SetupText, text: string] => {
  const from =
    (['.devcontainer/devcontainer.json', '.devcontainer.json'] as const).find(
      (name) => texts[name] !== undefined,
    ) ?? '.devcontainer.json';
  // Its lines of comment are no JSON.
  return [from, (texts[from] ?? '').replace(/^[ \t]*\/\/.*$/gm, '')];
};

/**
 * The version of a language in the image, or in a feature, of a container for development.
 * @see https://containers.dev/implementors/json_reference/
 */
function inContainer(texts: SetupFiles['texts'], image: string, feature: string): string | undefined {
  const [, text] = containerOf(texts);
  const tag = new RegExp(`"image"\\s*:\\s*"[^"]*/(?:${image}):([^"]+)"`).exec(text)?.[1];
  const own = new RegExp(`/features/${feature}:[^"]*"\\s*:\\s*\\{[^}]*"version"\\s*:\\s*"([^"]+)"`).exec(
    text,
  )?.[1];
  // "1-20-bookworm" is the image's own version, the language's, and the system.
  return (
    own ??
    (tag === undefined ? undefined : /^(?:\d+(?:\.\d+)*-)?(\d+(?:\.\d+)*)(?:-[a-z].*)?$/.exec(tag)?.[1])
  );
}

type Manifest = Readonly<Record<string, unknown>>;

/** @returns null for what is no manifest */
function packageJson(text: string | undefined): Manifest | null {
  if (text === undefined) return null;
  try {
    const manifest: unknown = JSON.parse(text);
    return typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)
      ? (manifest as Manifest)
      : null;
  } catch {
    // A broken manifest is npm's to complain of.
    return null;
  }
}

const needsPackages = (manifest: Manifest): boolean =>
  ['dependencies', 'devDependencies', 'optionalDependencies'].some((field) => {
    const list = own(manifest, field);
    return typeof list === 'object' && list !== null && Object.keys(list).length > 0;
  }) || Object.hasOwn(manifest, 'workspaces');

/** `"packageManager": "pnpm@9.1.0+sha512.…"`. Only a plain version: it becomes part of a command. */
function namedVersion(manifest: Manifest, tool: string): string | null {
  const named = own(manifest, 'packageManager');
  if (typeof named !== 'string' || !named.startsWith(`${tool}@`)) return null;
  return /^\d+\.\d+\.\d+(?:-[\w.]+)?(?=\+|$)/.exec(named.slice(tool.length + 1))?.[0] ?? null;
}

function versionsOf({ texts }: SetupFiles): Setup['versions'] {
  const firstLine = (name: SetupText): string | undefined => texts[name]?.split('\n', 1)[0]?.trim();
  const manifest = packageJson(texts['package.json']) ?? {};
  const engines = own(manifest, 'engines') as Record<string, unknown> | null | undefined;
  const asdf = (tool: string): string | undefined =>
    new RegExp(`^${tool}\\s+(\\S+)`, 'm').exec(texts['.tool-versions'] ?? '')?.[1];
  const all: [Setup['versions'][number]['tool'], string | undefined, string][] = [
    ['node', firstLine('.nvmrc'), '.nvmrc'],
    ['node', firstLine('.node-version'), '.node-version'],
    ['node', asdf('nodejs') ?? asdf('node'), '.tool-versions'],
    ['node', typeof engines?.node === 'string' ? engines.node : undefined, 'package.json'],
    ['python', firstLine('.python-version'), '.python-version'],
    ['python', asdf('python'), '.tool-versions'],
    [
      'python',
      /^requires-python\s*=\s*["']([^"'\n]+)["']/m.exec(texts['pyproject.toml'] ?? '')?.[1],
      'pyproject.toml',
    ],
    ['go', /^go\s+(\d+(?:\.\d+)*)/m.exec(texts['go.mod'] ?? '')?.[1], 'go.mod'],
    ['go', asdf('golang') ?? asdf('go'), '.tool-versions'],
    ['ruby', firstLine('.ruby-version'), '.ruby-version'],
    ['ruby', asdf('ruby'), '.tool-versions'],
    [
      'rust',
      /^\s*channel\s*=\s*["']([^"'\n]+)["']/m.exec(texts['rust-toolchain.toml'] ?? '')?.[1],
      'rust-toolchain.toml',
    ],
    ['rust', /^[\w.-]+$/.exec(firstLine('rust-toolchain') ?? '')?.[0], 'rust-toolchain'],
    ['rust', asdf('rust'), '.tool-versions'],
    ['rust', /^rust-version\s*=\s*["']([^"'\n]+)["']/m.exec(texts['Cargo.toml'] ?? '')?.[1], 'Cargo.toml'],
    ['node', inContainer(texts, 'javascript-node|typescript-node|node', 'node'), containerOf(texts)[0]],
    ['python', inContainer(texts, 'python', 'python'), containerOf(texts)[0]],
    ['go', inContainer(texts, 'go|golang', 'go'), containerOf(texts)[0]],
    ['ruby', inContainer(texts, 'ruby', 'ruby'), containerOf(texts)[0]],
    ['rust', inContainer(texts, 'rust', 'rust'), containerOf(texts)[0]],
  ];
  const seen = new Set<string>();
  return all.flatMap(([tool, wanted, from]) => {
    if (wanted === undefined || wanted === '' || seen.has(tool)) return [];
    seen.add(tool);
    return [{ tool, wanted: wanted.slice(0, 60), from }];
  });
}

/** What people call a program that npx is asked for. */
const FETCHED: ReadonlyMap<string, string> = new Map([
  ['pnpm', 'pnpm'],
  ['yarn', 'yarn'],
  ['@yarnpkg/cli-dist', 'yarn'],
  ['bun', 'bun'],
]);

interface FetchedProgram {
  /** How people call it. */
  readonly name: string;
  /** What it does, for a shell; `$project` is the project's folder. */
  readonly script: string;
}

/**
 * uv would ask the addresses in its lock file before each `uv run`, and no sandbox reaches those; what they
 * name is installed already. Poetry's own environment is not kept.
 */
const OF_ENVIRONMENT: readonly (readonly [mark: RegExp, FetchedProgram])[] = [
  [/\.venv\/bin\/uv /, { name: 'uv', script: 'UV_NO_SYNC=1 exec "$project/.venv/bin/uv" "$@"' }],
  [
    /mainloop-poetry\/bin\/poetry"/,
    {
      name: 'poetry',
      script:
        'if [ "$1" = run ]; then shift; VIRTUAL_ENV="$project/.venv" PATH="$project/.venv/bin:$PATH" exec "$@"; fi\necho "Only \\"poetry run\\" is here: what poetry.lock names is in .venv." >&2\nexit 1',
    },
  ],
];

/**
 * @param command of a set-up
 * @returns the package managers that it fetches and does not leave on PATH
 */
export const fetchedPrograms = (command: string): readonly FetchedProgram[] => [
  ...[...command.matchAll(/\bnpx (?:--yes|-y) ((?:@[\w.-]+\/)?[\w-]+)@([\w.-]+)/g)].flatMap(
    ([, program, version]) => {
      const name = FETCHED.get(program!);
      return name === undefined ? [] : [{ name, script: `exec npx --yes ${program}@${version} "$@"` }];
    },
  ),
  ...OF_ENVIRONMENT.flatMap(([mark, program]) => (mark.test(command) ? [program] : [])),
];
