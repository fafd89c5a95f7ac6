// What a kept set-up hangs on, and what of it is kept. Pure: the listing of a commit in, words to hash out.

import { SETUP_FOLDERS, SETUP_TEXTS } from './setup.ts';

/** One file of a commit, as `git ls-tree -r` lists it. */
export interface Tracked {
  readonly path: string;
  /** Of its content. */
  readonly object: string;
}

export interface KeptFrom {
  /** Of the set-up. */
  readonly command: string;
  /** Whether the project's owner wrote that command: then nobody knows what it reads. */
  readonly isOwn: boolean;
  readonly files: readonly Tracked[];
  /** Whether a package.json runs something of its own when packages are installed; see `runsAtInstall`. */
  readonly runsAtInstall: boolean;
  /** Programs that it may be run with, each with what changes when it is another version. */
  readonly tools: readonly string[];
  readonly platform: string;
}

/** What says which packages are wanted, of whatever package manager, and what such a manager is set to. */
const MANIFESTS =
  /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|yarn\.lock|bun\.lockb?|\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmfile\.cjs|pyproject\.toml|setup\.(?:py|cfg)|MANIFEST\.in|uv\.(?:lock|toml)|poetry\.(?:lock|toml)|(?:[\w-]+[-_])?requirements(?:[-_][\w-]+)?\.(?:txt|in)|constraints\.txt|go\.(?:mod|sum|work|work\.sum)|Cargo\.(?:toml|lock)|pom\.xml|build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?|gradle\.properties|gradle\.lockfile|gradle-wrapper\.properties|libs\.versions\.toml|Gemfile(?:\.lock)?|[\w.-]+\.gemspec|composer\.(?:json|lock)|\.tool-versions|\.nvmrc|\.node-version|\.python-version|\.ruby-version)$|^requirements\/|^\.yarn\/(?:patches|plugins|releases)\/|^patches\//;
/** What only has to be there to count, as `gradlew` does, has no more. */
const SMALL_BYTES = 1024 * 1024;

/**
 * The files that have to be there to find a set-up, and to say what it hangs on.
 * @param listing of `git ls-tree -r -l -z`
 * @param folder of the repository, which the project is; empty for all of it
 * @returns their paths
 */
export function filesThatSay(listing: string, folder: string): readonly string[] {
  return listing.split('\0').flatMap((line) => {
    const match = /^\d+ blob [0-9a-f]+ +(\d+)\t([\s\S]+)$/.exec(line);
    // A name that is no UTF-8 is not that of its file any more; git would not find it.
    const isWhole = match !== null && !match[2]!.includes('\ufffd');
    return isWhole && saysSetup(match[2]!, Number(match[1]), folder) ? [match[2]!] : [];
  });
}

/**
 * What the next look at a set-up hangs on, where it reads no more than the manifests: with the same words it
 * would find the same command, and the same key of what is kept.
 * @param listing of `git ls-tree -r -l -z`
 * @param folder of the repository, which the project is; empty for all of it
 * @returns words in an order that is always the same
 */
export function lookWords(listing: string, folder: string): readonly string[] {
  let isCompiled = false;
  const words = listing.split('\0').flatMap((line) => {
    const match = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]+)$/.exec(line);
    if (!match) return [];
    const [, mode = '', object = '', bytes = '', path = ''] = match;
    if (COMPILED.test(path)) isCompiled = true;
    const below = folder === '' ? path : path.slice(folder.length + 1);
    const says = saysSetup(path, Number(bytes), folder);
    const isRead = MANIFESTS.test(path) || (says && SETUP_TEXTS.some((name) => name === below));
    if (isRead) return [`${path}\0${mode} ${object}`];
    return says ? [`${path}\0${mode}`] : [];
  });
  return [...words.toSorted(), ...(isCompiled ? ['sources are compiled'] : [])];
}

function saysSetup(path: string, bytes: number, folder: string): boolean {
  if (path === 'package.json' || path.endsWith('/package.json')) return true;
  if (folder !== '' && !path.startsWith(`${folder}/`)) return false;
  const below = folder === '' ? path : path.slice(folder.length + 1);
  const isLookedInto =
    !below.includes('/') || SETUP_FOLDERS.some((f) => f === below.slice(0, below.lastIndexOf('/')));
  return isLookedInto && (bytes <= SMALL_BYTES || MANIFESTS.test(path));
}

/** Sources that an installation may compile. */
const COMPILED = /\.(?:c|cc|cpp|cxx|h|hpp|pyx|pxd|rs|f90|gyp|gypi|node)$/;

/** What of a commit a set-up may read. */
export type SetupReads = 'manifests' | 'everything';

/** @returns `everything` where a set-up may build what it finds, and not only install what is named */
export const setupReads = (made: Pick<KeptFrom, 'isOwn' | 'runsAtInstall' | 'files'>): SetupReads =>
  made.isOwn || made.runsAtInstall || made.files.some((f) => COMPILED.test(f.path))
    ? 'everything'
    : 'manifests';

/**
 * The words that a key is made of: with the same ones the set-up would come to the same. Where it may read
 * the sources themselves, every
 * file of the commit is one of them.
 * @returns words in an order that is always the same
 */
export function keptParts(made: KeptFrom): readonly string[] {
  const counts =
    setupReads(made) === 'everything' ? made.files : made.files.filter((f) => MANIFESTS.test(f.path));
  return [
    'kept set-up, version 1',
    made.platform,
    made.command,
    ...made.tools.toSorted(),
    ...counts.toSorted((a, b) => (a.path < b.path ? -1 : 1)).flatMap((f) => [f.path, f.object]),
  ];
}

/**
 * Whether installing its packages runs something that the manifest itself names, which may read any file.
 * @param packageJson its text; true where it can't be read
 */
export function runsAtInstall(packageJson: string): boolean {
  try {
    const manifest = JSON.parse(packageJson) as { scripts?: Record<string, unknown> } | null;
    return AT_INSTALL.some((name) => Object.hasOwn(manifest?.scripts ?? {}, name));
  } catch {
    // A broken manifest: nobody knows.
    return true;
  }
}
const AT_INSTALL = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
] as const;

/** @param listing of `git ls-tree -r -z` */
export function trackedOf(listing: string): readonly Tracked[] {
  return listing.split('\0').flatMap((line) => {
    const match = /^\d+ \w+ ([0-9a-f]{40,64})\t([\s\S]+)$/.exec(line);
    return match ? [{ object: match[1]!, path: match[2]! }] : [];
  });
}

/**
 * What set-ups leave in the home folder, and what another task needs of it. What packages came from is in the
 * package proxy's own cache.
 */
export const KEPT_OF_HOME = [
  'go/pkg/mod',
  '.cargo/registry',
  '.m2/repository',
  '.gradle/caches',
  '.gradle/wrapper',
  '.local/share/uv',
] as const;

/** The programs whose versions count, where they are on the path. */
export const KEPT_TOOLS =
  'node npm pnpm bun corepack python3 pip uv poetry gcc go cargo rustc java mvn gradle ruby bundle yarn'.split(
    ' ',
  );
