// Guardrails: what a person says about every change, for one project or for all. Held outside of the agent, checked at its push. Pure.
import { isLike } from '../automations/evaluate.ts';
import { withoutEnd } from '../text.ts';

/** What becomes of what a rule is about: the person is asked, or it never passes. */
export type Outcome = 'ask' | 'never';

/** What one project says, or what all of them say. */
export interface Guardrails {
  /** Paths that may not change, as globs. */
  readonly neverPaths: readonly string[];
  /** Paths that change only with a yes. */
  readonly askPaths: readonly string[];
  /** How many files a change may touch; null: any number. */
  readonly changeFiles: number | null;
  /** Lines that are added and taken away, together. */
  readonly changeLines: number | null;
  readonly overSize: Outcome;
  readonly secrets: 'let' | Outcome;
}

const NONE: string[] = [];
export const NO_GUARDRAILS = {
  neverPaths: NONE,
  askPaths: NONE,
  changeFiles: null,
  changeLines: null,
  overSize: 'ask',
  secrets: 'let',
} satisfies Guardrails;
/** Nothing passes. */
export const EVERY_GUARDRAIL = {
  neverPaths: ['*'],
  askPaths: ['*'],
  changeFiles: 1,
  changeLines: 1,
  overSize: 'never',
  secrets: 'never',
} satisfies Guardrails;

export const MAX_GLOB = 200;
export const MAX_GLOBS = 100;

/**
 * Whether a glob could ever be like a path of a repository. What would be like nothing is refused where it is typed.
 * @returns why it can't be used, as a sentence; null when it can
 */
export function globRefused(glob: string): string | null {
  const shown = glob.slice(0, 60);
  if (glob.trim() === '') return 'A path is missing: write one as infra/* or *.lock.';
  if (glob.length > MAX_GLOB) return `A path has at most ${MAX_GLOB} characters.`;
  if (glob !== glob.trim()) return `“${shown}” begins or ends with a space. Take it away.`;
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(glob))
    return 'A path is one line without control characters: write ? for one.';
  if (glob.includes('\\')) return `“${shown}”: folders are parted by /, and \\ stands for nothing here.`;
  if (/[[\]{}]|^!/.test(glob))
    return `“${shown}”: only * and ? stand for something here. Write a path for each, and ? for a bracket in a name.`;
  if (glob.startsWith('/'))
    return `“${shown}”: a path begins at the root of the repository, without / before it.`;
  const parts = withoutEnd(glob, '/').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return `“${shown}”: no path of a repository has an empty part, . or .. in it.`;
  return null;
}

const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
const inOneSpelling = (text: string): string => text.replace(IGNORED, '').normalize('NFKC');
/**
 * As file systems fold names: without case, without what Windows drops at an end, in one spelling of letters. That a small
 * letter has a spelling of its own where its capital has none, and that a sigma is another one at the end of a word, counts
 * for nothing.
 */
function folded(path: string): string {
  // eslint-disable-next-line no-control-regex
  const isPlain = /^[\u0000-\u007f]*$/.test(path);
  const low = isPlain
    ? path.toLowerCase()
    : inOneSpelling(inOneSpelling(path).toLowerCase()).replaceAll('ς', 'σ');
  if (!/[. ](?:\/|$)/.test(low)) return low;
  return low
    .split('/')
    .map((part) => withoutEnd(part, '. '))
    .join('/');
}

const LINK = '120000';
const SUBMODULE = '160000';

/** A file of a change, as it is afterwards. */
export interface ChangedPath {
  readonly path: string;
  /** As git says it; `000000` for one that is gone. */
  readonly mode: string;
}
/** The same, spelled so that a glob can be held against it. */
export interface FoldedPath extends ChangedPath {
  readonly at: string;
}
export const foldPath = ({ path, mode }: ChangedPath): FoldedPath => ({ path, mode, at: folded(path) });

/**
 * Reads a glob: `*` is anything, `?` one character. What is like a folder is like all that lies in it, and upper and lower
 * case are the same.
 * @returns whether a path of a change is like it; a link or a submodule as well where something below it could be
 */
export function readGlob(glob: string): (changed: FoldedPath) => boolean {
  const wanted = folded(withoutEnd(glob, '/'));
  const below = `${wanted}/*`;
  // Of a great many paths nearly all lack one of these: that is seen at once.
  const pieces = wanted.split(/[*?]+/).filter((piece) => piece !== '');
  return ({ at, mode }) =>
    (pieces.every((piece) => at.includes(piece)) && (isLike(at, wanted) || isLike(at, below))) ||
    ((mode === LINK || mode === SUBMODULE) && couldBeBelow(`${at}/`, wanted));
}

/** Whether a path that begins so could be like the glob: up to its first `*` each letter counts, and after that none. */
function couldBeBelow(folder: string, glob: string): boolean {
  const star = glob.indexOf('*');
  const fixed = star < 0 ? glob.length : star;
  if (folder.length > fixed && star < 0) return false;
  for (let i = 0; i < Math.min(fixed, folder.length); i++)
    if (glob[i] !== '?' && glob[i] !== folder[i]) return false;
  return true;
}
