// Which files of a repository a CI system runs, with the repository's secrets. Pure, and the only list: the
// gateway holds a push by it, the page marks a file by it.
import { withoutEnd } from '../text.ts';

/** Folders at the root whose files count, all of them. */
const FOLDERS = new Set(
  '.github .gitlab .circleci .buildkite .woodpecker .drone .forgejo .gitea .azure-pipelines .azuredevops .pipelines .teamcity .semaphore .harness .tekton .builds .travis .cirrus .appveyor .jenkins'.split(
    ' ',
  ),
);
/** Files at the root. */
const ROOT =
  /^(\.travis\.ya?ml|\.?appveyor\.ya?ml|\.?buildkite\.ya?ml|circle\.ya?ml|\.woodpecker\.ya?ml|\.drone\.(ya?ml|jsonnet|star|ts)|\.cirrus\.(ya?ml|star)|bitbucket-pipelines\.ya?ml|codefresh\.ya?ml|cloudbuild\.ya?ml|wercker\.ya?ml|\.build\.ya?ml|screwdriver\.ya?ml|\.semaphore\.ya?ml)$/;
/** Names that a CI system is often pointed to in any folder. */
const ANYWHERE = /^(jenkinsfile(\..*)?|azure-pipelines.*\.ya?ml|buildspec.*\.ya?ml)$/;
const isGitLabs = (name: string): boolean => name.includes('gitlab-ci') && /\.ya?ml$/.test(name);

/**
 * A name as the file systems fold it that runners check out on: without case, without the dots and spaces
 * that Windows drops, without the characters that macOS ignores, and by its short name.
 */
function folded(segment: string): string {
  const spelling = withoutEnd(
    segment
      .normalize('NFKC')
      .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
      .toLowerCase()
      .replace(/:.*$/s, ''),
    '. ',
  );
  return /^github~\d$/.test(spelling) ? '.github' : spelling;
}

/**
 * Whether a file counts by its name alone.
 * @param path in the repository, with `/`
 * @returns true as well for other spellings that a file system may take for the same name
 */
export function isCiFile(path: string): boolean {
  const parts = path.split('/').map(folded);
  const name = parts.at(-1)!;
  return (
    FOLDERS.has(parts[0]!) ||
    (parts.length === 1 && ROOT.test(name)) ||
    ANYWHERE.test(name) ||
    isGitLabs(name)
  );
}

/** One entry of a whole tree, as `git ls-tree -r` says it. */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
  readonly path: string;
}
const LINK = '120000';
const SUBMODULE = '160000';
const WRITTEN = /\.(ya?ml|jsonnet|libsonnet|star|groovy|kts)$/i;

export interface CiTree {
  readonly entries: readonly TreeEntry[];
  /** Contents that must be known before the list is whole. Ask again with them. */
  readonly wants: readonly string[];
  /** Why the list can't be whole, as a reason for a person; null when it is. */
  readonly open: string | null;
}

/**
 * What CI runs of a tree: the files that count by name, every action of the repository with all that lies in
 * its folder (called or not: a call can be written in more ways than one can read), files that a CI system
 * other than GitHub is told to include, and whatever a symbolic link among these leads to.
 * @param known contents by id, as far as they were read; null: too large to be read
 */
export function ciTree(tree: readonly TreeEntry[], known: ReadonlyMap<string, string | null>): CiTree {
  const counted = new Map<string, TreeEntry>();
  const wants = new Set<string>();
  let open: string | null = null;
  const queue: TreeEntry[] = [];
  const count = (entry: TreeEntry): void => {
    if (counted.has(entry.path)) return;
    counted.set(entry.path, entry);
    queue.push(entry);
  };
  const countBelow = (folder: string): void => {
    for (const entry of tree) if (entry.path === folder || entry.path.startsWith(`${folder}/`)) count(entry);
  };
  const actions = new Set<string>();
  for (const entry of tree) {
    if (isCiFile(entry.path)) count(entry);
    const name = folded(entry.path.slice(entry.path.lastIndexOf('/') + 1));
    if (/^action\.ya?ml$/.test(name)) {
      count(entry);
      if (entry.path.includes('/')) actions.add(entry.path.slice(0, entry.path.lastIndexOf('/')));
    }
  }
  if (actions.size > 0)
    for (const entry of tree) if (parentsOf(entry.path).some((p) => actions.has(p))) count(entry);
  let written: TreeEntry[] | null = null;
  for (let entry = queue.shift(); entry; entry = queue.shift()) {
    const includes =
      entry.mode !== LINK &&
      !/^\.(github|forgejo|gitea|circleci)$/.test(folded(entry.path.split('/')[0]!)) &&
      (WRITTEN.test(entry.path) || isCiFile(entry.path));
    if (entry.mode === SUBMODULE || (entry.mode !== LINK && !includes)) continue;
    const text = known.get(entry.id);
    if (text === undefined) {
      wants.add(entry.id);
      continue;
    }
    if (text === null) {
      open ??= `${entry.path} is too large to see what it includes`;
      continue;
    }
    if (entry.mode === LINK) {
      const to = resolve(entry.path, text);
      if (to === null) open ??= `${entry.path} is a symbolic link that leads out of the repository`;
      else {
        for (const parent of [...parentsOf(to), to])
          for (const l of tree) if (l.path === parent && l.mode === LINK) count(l);
        countBelow(to);
      }
      continue;
    }
    written ??= tree.filter((x) => WRITTEN.test(x.path));
    const said = mentions(text);
    for (const file of written)
      if (said.all || said.names.has(file.path.slice(file.path.lastIndexOf('/') + 1))) count(file);
  }
  return {
    entries: [...counted.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    wants: [...wants],
    open,
  };
}

const parentsOf = (path: string): string[] => {
  const parents: string[] = [];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) parents.push(path.slice(0, at));
  return parents;
};

/** Where a link leads, as a path from the root of the repository; null: out of it. */
function resolve(link: string, target: string): string | null {
  if (target.startsWith('/')) return null;
  const at = link.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..' && at.pop() === undefined) return null;
    if (part !== '..' && part !== '.' && part !== '') at.push(part);
  }
  return at.length === 0 ? null : at.join('/');
}

/**
 * Names of files that a text may mean, with the escapes of a YAML string undone; `all`: a pattern that may
 * mean any.
 */
function mentions(text: string): { names: ReadonlySet<string>; all: boolean } {
  const plain = text
    .replace(/\\\r?\n[ \t]*/g, '')
    .replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/gi, (_, x: string, u: string, l: string) => {
      const code = parseInt(x ?? u ?? l, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : '';
    });
  const names = new Set<string>();
  for (const match of `${text}\n${plain}`.matchAll(
    /[^/\\"'`\r\n,[\]{}]{1,255}?\.(?:ya?ml|jsonnet|libsonnet|star|groovy|kts)\b/gi,
  )) {
    const words = match[0].split(/[\s:=(]+/);
    for (let i = 0; i < words.length; i++) names.add(words.slice(i).join(' '));
  }
  return { names, all: /\*[^\s"']*\.ya?ml\b/i.test(plain) || /include[^\n]*\$/i.test(plain) };
}

/** @returns the paths of files that differ, added and removed ones among them */
export function changedCiFiles(before: readonly TreeEntry[], after: readonly TreeEntry[]): string[] {
  const was = new Map(before.map((e) => [e.path, `${e.mode} ${e.id}`]));
  const is = new Map(after.map((e) => [e.path, `${e.mode} ${e.id}`]));
  return [...new Set([...was.keys(), ...is.keys()])].filter((p) => was.get(p) !== is.get(p)).sort();
}
