// Which packages a change brings in, and from where, read from the files that name them. Pure. A diff shows
// some lines of a file and not the file, so each reader goes by what a line itself says and by the nearest
// heading above it.
import type { DiffFile, DiffLine } from './diff.ts';

/** One package as a line names it. */
interface Named {
  readonly name: string;
  /** '' where the line says none. */
  readonly version: string;
  /** Where it comes from when that is not the registry of its kind. */
  readonly source: string | null;
}
interface Reader {
  readonly file: RegExp;
  readonly registry: string;
  /** @param heading the nearest line above it that opens a section or a list; '' when the diff shows none */
  read(line: string, heading: string): Named | null;
}

const named = (name: string, version = '', source: string | null = null): Named => ({
  name,
  version,
  source,
});

const NPM_WORD = /^(?:\*|latest|next|x|(?:catalog|npm):.*)$/;
/** A range of versions: nothing but versions and what stands between them. */
const isRange = (spec: string): boolean =>
  spec !== '' && spec.split(/\s+/).every((part) => /^(?:[\^~<>=v]*\d[\w.*+-]*|[\^~<>=]+|-|\|\|)$/.test(part));
const NPM_ELSEWHERE = /^(?:file:|link:|portal:|git\+|git:|git@|github:|https?:|[\w.-]+\/[\w.-]+(#.*)?$)/;
/** Keys of a manifest whose value looks like a version and is none of a dependency. */
const NO_PACKAGE = new Set([
  'version',
  'node',
  'npm',
  'pnpm',
  'vscode',
  'homepage',
  'url',
  'main',
  'types',
  'module',
  'license',
  '$schema',
  'php',
  'yarn',
]);

const npm = (registry: string, file: RegExp): Reader => ({
  file,
  registry,
  read(line) {
    const match = /^\s*"([@\w][\w./@-]*)"\s*:\s*"([^"]*)"\s*,?\s*$/.exec(line);
    // What lies in the same repository is read there.
    const { 1: name, 2: spec } = match ?? [];
    if (name === undefined || spec === undefined || NO_PACKAGE.has(name) || spec.startsWith('workspace:'))
      return null;
    if (NPM_ELSEWHERE.test(spec)) return named(name, spec, spec);
    return NPM_WORD.test(spec) || isRange(spec) ? named(name, spec) : null;
  },
});

const PEP_508 =
  /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*((?:===?|>=|<=|~=|!=|<|>)[^;#"']*)?(?:@\s*([^;\s"']+))?/;
function pep508(text: string): Named | null {
  const match = PEP_508.exec(text.trim());
  return match ? named(match[1]!, (match[2] ?? '').trim(), match[3] ?? null) : null;
}

const READERS: readonly Reader[] = [
  npm('npm', /(^|\/)package\.json$/),
  npm('Packagist', /(^|\/)composer\.json$/),
  {
    file: /(^|\/)(?:requirements|constraints)[^/]*\.(?:txt|in)$|(^|\/)requirements\/[^/]+\.(?:txt|in)$/,
    registry: 'PyPI',
    read(line) {
      const text = line.trim();
      const url = /^(?:-e\s+|--editable\s+)?((?:git|hg|svn)\+\S+|https?:\S+)/.exec(text)?.[1];
      if (url !== undefined) return named(/#egg=([\w.-]+)/.exec(url)?.[1] ?? url, '', url);
      return text === '' || text.startsWith('#') || text.startsWith('-') ? null : pep508(text);
    },
  },
  {
    file: /(^|\/)pyproject\.toml$/,
    registry: 'PyPI',
    read(line, heading) {
      const quoted = /^\s*["']([^"']+)["']\s*,?\s*(?:#.*)?$/.exec(line)?.[1];
      if (quoted !== undefined) {
        const inList = /(^|[.\s[-])(dependencies|requires|dependency-groups|optional-dependencies)\b/.test(
          heading,
        );
        const found = /[=<>~!]=|[<>]|\s@\s/.test(quoted) || inList ? pep508(quoted) : null;
        return found !== null && !/^\d/.test(found.name) ? found : null;
      }
      const poetry = /^\s*([A-Za-z][\w.-]*)\s*=\s*(?:["']([^"']*)["']|(\{.*\}))/.exec(line);
      if (!poetry || !/dependencies/.test(heading) || poetry[1] === 'python') return null;
      return named(
        poetry[1]!,
        poetry[2] ?? /version\s*=\s*["']([^"']+)/.exec(poetry[3]!)?.[1] ?? '',
        elsewhereInToml(poetry[3] ?? ''),
      );
    },
  },
  {
    file: /(^|\/)go\.mod$/,
    registry: 'the Go proxy',
    read(line) {
      const moved = /^\s*(?:replace\s+)?(\S+)(?:\s+v\S+)?\s+=>\s+(\S+)(?:\s+(v\S+))?/.exec(line);
      if (moved) return named(moved[1]!, moved[3] ?? '', moved[2]!);
      const match = /^\s*(?:require\s+)?([a-z0-9.-]+\.[a-z]+\/\S+)\s+(v\d\S*)/i.exec(line);
      return match ? named(match[1]!, match[2]) : null;
    },
  },
  {
    file: /(^|\/)Cargo\.toml$/,
    registry: 'crates.io',
    read(line, heading) {
      const match = /^\s*([A-Za-z][\w-]*)\s*=\s*(?:"([^"]*)"|(\{.*))/.exec(line);
      if (!match || ['version', 'edition', 'rust-version', 'name', 'license', 'resolver'].includes(match[1]!))
        return null;
      const isDependency =
        heading === ''
          ? /^[\^~=<>\s]*\d/.test(match[2] ?? '') || /\b(version|git|path)\s*=/.test(match[3] ?? '')
          : /dependencies/.test(heading);
      if (!isDependency) return null;
      return named(
        match[1]!,
        match[2] ?? /version\s*=\s*"([^"]+)/.exec(match[3]!)?.[1] ?? '',
        elsewhereInToml(match[3] ?? ''),
      );
    },
  },
  {
    file: /(^|\/)pom\.xml$/,
    registry: 'Maven Central',
    read: (line) => {
      const match = /<artifactId>\s*([\w.-]+)\s*<\/artifactId>/.exec(line);
      return match ? named(match[1]!) : null;
    },
  },
  {
    file: /(^|\/)[^/]*\.gradle(?:\.kts)?$/,
    registry: 'Maven',
    read(line) {
      const match =
        /^\s*\w*(?:implementation|api|compileOnly|runtimeOnly|annotationProcessor|classpath|kapt|ksp)\w*[\s(]+["']([\w.-]+:[\w.-]+)(?::([\w.+-]+))?/i.exec(
          line,
        );
      return match ? named(match[1]!, match[2] ?? '') : null;
    },
  },
  {
    file: /(^|\/)(?:Gemfile|[^/]+\.gemspec)$/,
    registry: 'RubyGems',
    read(line) {
      const match =
        /^\s*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)[\s(]+["']([\w.-]+)["'](.*)$/.exec(line);
      if (!match) return null;
      return named(
        match[1]!,
        /["']([~><=\s\d.]+)["']/.exec(match[2]!)?.[1]?.trim() ?? '',
        /(?:git|github|path|source):\s*["']([^"']+)/.exec(match[2]!)?.[1] ?? null,
      );
    },
  },
  {
    file: /\.(?:cs|fs|vb)proj$|(^|\/)Directory\.Packages\.props$/,
    registry: 'NuGet',
    read(line) {
      const match = /<Package(?:Reference|Version)\s[^>]*Include="([^"]+)"(?:[^>]*Version="([^"]+)")?/.exec(
        line,
      );
      return match ? named(match[1]!, match[2] ?? '') : null;
    },
  },
];

const elsewhereInToml = (table: string): string | null =>
  /\b(?:git|path|url|registry|source)\s*=\s*["']([^"']+)/.exec(table)?.[1] ?? null;

/** Whoever changes one of these decides where packages come from. */
const SOURCES =
  /(^|\/)(\.npmrc|\.yarnrc(\.yml)?|pip\.conf|uv\.toml|\.cargo\/config(\.toml)?|nuget\.config|settings\.xml|\.bundle\/config|\.pnpmfile\.cjs)$/i;
const INDEX_LINE =
  /^\s*(?:--(?:extra-)?index-url[=\s]+|(?:source|url|index-url)\s*[=("'\s]+)["']?(https?:\/\/[^\s"')]+)/;

const LOCK =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|uv\.lock|poetry\.lock|Pipfile\.lock|Cargo\.lock|Gemfile\.lock|composer\.lock|go\.sum)$/;
const MANIFEST_OF: readonly (readonly [lock: RegExp, manifest: RegExp])[] = [
  [
    /(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock)$/,
    /(package\.json|pnpm-workspace\.yaml)$/,
  ],
  [/(uv|poetry)\.lock$/, /pyproject\.toml$/],
  [/Pipfile\.lock$/, /Pipfile$/],
  [/Cargo\.lock$/, /Cargo\.toml$/],
  [/Gemfile\.lock$/, /(Gemfile|\.gemspec)$/],
  [/composer\.lock$/, /composer\.json$/],
  [/go\.sum$/, /go\.(mod|work)$/],
];
/** Hosts that the usual clients write into their lock files by themselves. */
const USUAL = new Set(
  'registry.npmjs.org registry.yarnpkg.com pypi.org files.pythonhosted.org crates.io static.crates.io index.crates.io rubygems.org repo.packagist.org api.github.com proxy.golang.org sum.golang.org'.split(
    ' ',
  ),
);
const CRATES_INDEX = 'github.com/rust-lang/crates.io-index';

/**
 * @returns a line for each package that is new or another version, and for each place packages come from that
 * is not the usual one
 */
export function dependencyRisks(files: readonly DiffFile[]): string[] {
  return files.flatMap((f) => [...ofManifest(f), ...ofSources(f), ...ofLock(f, files)]);
}

/** No line that names a package is longer, and what reads one may take the square of its length. */
const MOST_READ = 1_000;
/** Blanks of a line that is too long count as one each; it is longer than what is read where it still is. */
const readable = (text: string): string =>
  text.length <= MOST_READ ? text : text.replace(/\s+/g, ' ').slice(0, MOST_READ + 1);

function ofManifest(file: DiffFile): string[] {
  const reader = READERS.find((r) => r.file.test(file.path));
  if (reader === undefined || file.change === 'deleted') return [];
  const has = new Map<string, Named>();
  const had = new Map<string, Named>();
  let heading = '';
  let isUnread = false;
  for (const whole of file.lines) {
    const line = { ...whole, text: readable(whole.text) };
    if (line.text.length > MOST_READ) {
      isUnread ||= line.kind === 'add';
      continue;
    }
    if (line.kind === 'hunk') heading = line.text;
    const found = line.kind === 'add' || line.kind === 'del' ? reader.read(line.text, heading) : null;
    if (found !== null) (line.kind === 'add' ? has : had).set(found.name, found);
    heading = headingAfter(heading, line);
  }
  const named = [...has.values()].flatMap((n) => {
    const before = had.get(n.name);
    if (before !== undefined && before.version === n.version && before.source === n.source) return [];
    const version = n.version === n.source ? '' : n.version;
    const what =
      before === undefined
        ? `adds ${n.name}${version === '' ? '' : ` ${version}`}`
        : `changes ${n.name} to ${version || 'another'}`;
    return [`${file.path}: ${what}, from ${n.source ?? reader.registry}`];
  });
  return isUnread
    ? [...named, `${file.path}: a line is too long to be read here, and may add any package`]
    : named;
}

/** The section or list of TOML that the next line stands in. */
function headingAfter(heading: string, { kind, text }: DiffLine): string {
  if (kind === 'del') return heading;
  const section = /^\s*(\[[^\]]+\])\s*(#.*)?$/.exec(text)?.[1];
  if (section !== undefined) return section;
  if (/^\s*[\w-]+\s*=\s*\[\s*(#.*)?$/.test(text)) return `${heading.split(' ')[0] ?? ''} ${text.trim()}`;
  return /^\s*\]/.test(text) ? (heading.split(' ')[0] ?? '') : heading;
}

function ofSources(file: DiffFile): string[] {
  if (file.change === 'deleted') return [];
  if (SOURCES.test(file.path)) return [`${file.path}: says where packages come from`];
  if (!/\.(txt|in|toml|gradle|kts)$|Gemfile$|pom\.xml$/.test(file.path)) return [];
  return file.lines.flatMap((line) => {
    const at = line.kind === 'add' ? (INDEX_LINE.exec(readable(line.text))?.[1] ?? null) : null;
    return at === null || USUAL.has(hostOf(at)) ? [] : [`${file.path}: packages may come from ${at}`];
  });
}

function ofLock(file: DiffFile, files: readonly DiffFile[]): string[] {
  if (!LOCK.test(file.path) || file.change === 'deleted') return [];
  const hosts = new Set<string>();
  for (const line of file.lines)
    if (line.kind === 'add' && isSource(line.text))
      for (const [url] of line.text.matchAll(/(?:git\+)?(?:https?|ssh|git):\/\/[^\s"',)#]+/g))
        if (!url.includes(CRATES_INDEX) && !USUAL.has(hostOf(url))) hosts.add(hostOf(url));
  const manifest = MANIFEST_OF.find(([lock]) => lock.test(file.path))?.[1];
  const alone =
    file.change === 'changed' && manifest !== undefined && !files.some((o) => manifest.test(o.path));
  return [
    ...[...hosts].map((h) => `${file.path}: packages come from ${h}`),
    ...(alone ? [`${file.path}: other packages are locked, though nothing that names them has changed`] : []),
  ];
}

/** Not every address in a lock file is one that packages come from: some stand in a description or a licence. */
const isSource = (line: string): boolean =>
  /resolved|registry|url|source|tarball|remote|dist|^\s*"?[\w@/.-]+@(?:git\+|https?:)/.test(line) &&
  !/funding|homepage|license/.test(line);
const hostOf = (url: string): string =>
  /^(?:git\+)?[a-z]+:\/\/(?:[^@/]*@)?([^/:?#]+)/.exec(url)?.[1]?.toLowerCase() ?? url;
