// Three things to ask for in a repository that was just added, made of what is in it. Pure: `filesToRead` says what is worth a look, and
// `suggest` what it comes to. Both are bounded, so that a huge repository costs as little as a small one.
import { cleanTitle } from '../text.ts';

/** How many suggestions there are at most. */
export const SUGGESTIONS = 3;
/** How many files are read for them. */
export const FILES_READ = 24;
/** Larger ones are not read: they were generated, or are data. In bytes. */
const READABLE_BYTES = 60_000;
/** Smaller ones say too little to be worth a test. In bytes. */
const WORTH_A_TEST_BYTES = 400;
const QUOTED_LETTERS = 90;

export interface ListedFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly sizeBytes: number;
}
export interface OpenIssue {
  readonly number: number;
  readonly title: string;
  readonly labels: readonly string[];
}
/** What was seen of a repository. */
export interface Seen {
  /** The folder that the project is; empty for all of it. */
  readonly folder: string;
  readonly files: readonly ListedFile[];
  /** Whether `files` are all that there are: nothing is called missing otherwise. */
  readonly isWhole: boolean;
  /** By path, of those that `filesToRead` names, as far as they could be read. */
  readonly texts: ReadonlyMap<string, string>;
  /** Checks that failed on the newest commit of the default branch. */
  readonly failed: readonly string[];
  readonly issues: readonly OpenIssue[];
}
export type Suggestion =
  | { readonly kind: 'failed_check'; readonly check: string }
  | { readonly kind: 'empty_script'; readonly path: string }
  | { readonly kind: 'issue'; readonly number: number; readonly title: string }
  | {
      readonly kind: 'comment';
      readonly path: string;
      readonly line: number;
      readonly mark: string;
      readonly text: string;
    }
  | { readonly kind: 'stale_readme'; readonly path: string; readonly names: string }
  | { readonly kind: 'no_readme' }
  | { readonly kind: 'untested'; readonly path: string }
  | { readonly kind: 'no_tests'; readonly path: string };

const CODE =
  /\.(?:[cm]?[jt]sx?|svelte|vue|py|rb|go|rs|java|kts?|scala|cs|fs|php|exs?|erl|swift|cc|cpp|c|h|hpp|m|lua|zig|dart|clj|hs|ml|jl|sh|pl|pm|r)$/i;
/** What somebody else wrote, or nobody. */
const NOT_OURS =
  /(?:^|\/)(?:node_modules|vendor|third[_-]?party|deps|dist|build|out|target|coverage|generated|gen|__generated__|\.[^/]+)\/|\.min\.|\.d\.ts$|[._]pb2?\.|\.lock$/i;
const SAMPLE = /(?:^|\/)(?:examples?|samples?|fixtures?|testdata|docs?|migrations?|benchmarks?|scripts?)\//i;
const TEST_FOLDER = /(?:^|\/)(?:tests?|spec|specs|__tests__|testing|e2e)\//i;
const TEST_NAME = /^test_|^tests?\.|[._-](?:test|spec|tests)\.\w+$|[a-z0-9](?:Test|Tests|Spec)\.\w+$/;
/** They begin something, or say what others are. */
const PLAIN = /^(?:index|main|__init__|__main__|mod|lib|types?|constants?|config|setup|conf|package)\.\w+$/i;
const README = /^readme(?:\.(?:md|markdown|rst|txt))?$/i;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
const isTest = (path: string): boolean => TEST_FOLDER.test(path) || TEST_NAME.test(nameOf(path));
const isSource = (path: string): boolean =>
  CODE.test(path) && !NOT_OURS.test(path) && !SAMPLE.test(path) && !isTest(path);
const within = (folder: string, path: string): boolean => folder === '' || path.startsWith(`${folder}/`);
/** What a file is about: "upload" of "upload.ts", "test_upload.py", "UploadTest.java" and "upload_test.go". */
const subjectOf = (path: string): string =>
  nameOf(path)
    .replace(/\.\w+$/, '')
    .replace(/^test[_-]|[._-](?:test|tests|spec)$|(?<=[a-z0-9])(?:Test|Tests|Spec)$/g, '')
    .toLowerCase();
const largestFirst = (one: ListedFile, other: ListedFile): number =>
  other.sizeBytes - one.sizeBytes || (one.path < other.path ? -1 : 1);
const sourcesOf = (seen: Pick<Seen, 'files' | 'folder'>): ListedFile[] =>
  seen.files.filter((file) => within(seen.folder, file.path) && isSource(file.path)).sort(largestFirst);
const top = (seen: Pick<Seen, 'files' | 'folder'>, name: RegExp): string | undefined =>
  seen.files.find(
    ({ path }) => folderOf(path) === (seen.folder && `${seen.folder}/`) && name.test(nameOf(path)),
  )?.path;

/**
 * @returns paths worth reading, at most `FILES_READ`: what a person reads first, then the code, larger files
 * before smaller ones
 */
export function filesToRead(seen: Pick<Seen, 'files' | 'folder'>): string[] {
  const first = [README, /^package\.json$/, /^(?:GNU)?[Mm]akefile$/].flatMap((name) => top(seen, name) ?? []);
  const code = sourcesOf(seen).filter((file) => file.sizeBytes <= READABLE_BYTES);
  return [...first, ...code.map((file) => file.path)].slice(0, FILES_READ);
}

/**
 * @returns what there is to do, the most certain first, each kind once before any comes twice; empty where
 * nothing was found
 */
export function suggest(seen: Seen): Suggestion[] {
  const comments = commentsIn(seen);
  const bugs = seen.issues.filter((issue) =>
    issue.labels.some((label) => /bug|defect|regression/i.test(label)),
  );
  const kinds: Suggestion[][] = [
    seen.failed.map((check) => ({ kind: 'failed_check', check: quoted(check) })),
    emptyScript(seen),
    comments.filter((comment) => comment.mark !== 'TODO'),
    bugs.map(asSuggestion),
    staleReadme(seen),
    untested(seen),
    comments.filter((comment) => comment.mark === 'TODO'),
    seen.issues.filter((issue) => !bugs.includes(issue)).map(asSuggestion),
  ];
  // Each kind's first before any kind's second. A fault and a wish are two kinds, so one of each may come
  // from comments.
  const inTurns = [0, 1, 2].flatMap((turn) => kinds.flatMap((kind) => kind[turn] ?? []));
  return inTurns.slice(0, SUGGESTIONS);
}

const asSuggestion = ({ number, title }: OpenIssue): Suggestion => ({
  kind: 'issue',
  number,
  title: quoted(title),
});
const quoted = (text: string): string => cleanTitle(text, QUOTED_LETTERS);

const COMMENT =
  /(?:\/\/|#|\/\*|^\s*\*|--|;|<!--|%|""")\s*@?(TODO|FIXME|XXX|HACK)\b(?:\([^)]{0,40}\))?[\s:,-]*(.*)$/;
type Comment = Suggestion & { readonly kind: 'comment' };
/** Notes that somebody left in the code and that say something, in the order of files read. */
function commentsIn({ texts }: Seen): Comment[] {
  return [...texts].flatMap(([path, text]) =>
    !CODE.test(path)
      ? []
      : text.split('\n').flatMap((code, n): Comment[] => {
          // A line that was generated is longer than anybody writes.
          const found = code.length > 400 ? null : COMMENT.exec(code);
          const words = quoted((found?.[2] ?? '').replace(/(?:\*\/|-->|""")\s*$/, ''));
          return found === null || words.split(' ').length < 3
            ? []
            : [{ kind: 'comment', path, line: n + 1, mark: found[1]!, text: words }];
        }),
  );
}

/** The script that a new package has, which only says that there is none. */
function emptyScript(seen: Seen): Suggestion[] {
  const path = top(seen, /^package\.json$/);
  const test = path === undefined ? undefined : scriptsIn(seen.texts.get(path))?.test;
  return path !== undefined && /no test specified/.test(test ?? '') ? [{ kind: 'empty_script', path }] : [];
}

/** @returns null where it can't be read */
function scriptsIn(text: string | undefined): Record<string, string> | null {
  try {
    const { scripts = {} } = JSON.parse(text ?? '') as { scripts?: Record<string, string> };
    return typeof scripts === 'object' && scripts !== null ? scripts : null;
  } catch {
    // Not read, or no JSON.
    return null;
  }
}

/** A README that names a script, a target or a file that is not there. */
function staleReadme(seen: Seen): Suggestion[] {
  const path = top(seen, README);
  if (path === undefined) return seen.isWhole && seen.files.length > 0 ? [{ kind: 'no_readme' }] : [];
  const text = seen.texts.get(path) ?? '';
  const names = missingCommand(seen, text) ?? missingLink(seen, path, text);
  return names === null ? [] : [{ kind: 'stale_readme', path, names: quoted(names) }];
}

/** @returns as it stands in the README */
function missingCommand(seen: Seen, text: string): string | null {
  const scripts = scriptsIn(seen.texts.get(top(seen, /^package\.json$/) ?? ''));
  const make = seen.texts.get(top(seen, /^(?:GNU)?[Mm]akefile$/) ?? '');
  // Targets of others come in by `include`, and any name fits a pattern.
  const targets =
    make === undefined || /^-?s?include |^%/m.test(make)
      ? null
      : new Set(
          [...make.matchAll(/^([\w./][\w./ \t-]*)::?(?!=)/gm)].flatMap((m) => m[1]!.trim().split(/\s+/)),
        );
  for (const block of text.split(/^```/m)) {
    // In another folder it is another package.
    if (/\bcd |--prefix|--filter|-C /.test(block)) continue;
    for (const [said, tool, name] of block.matchAll(
      /(?<=[`$\n] ?)((?:npm|pnpm|yarn|bun) run|make) ([a-z][\w:.-]*)(?=[`\n ]|$)/g,
    )) {
      if (tool === 'make' ? targets !== null && !targets.has(name!) : scripts !== null && !(name! in scripts))
        return said;
    }
  }
  return null;
}

/** @returns the path of a link that leads nowhere, as it stands in the README */
function missingLink(seen: Seen, path: string, text: string): string | null {
  if (!seen.isWhole || !/\.(?:md|markdown)$/i.test(path)) return null;
  const there = new Set(seen.files.flatMap((file) => [file.path, ...parentsOf(file.path)]));
  for (const [, link] of text.matchAll(/\]\((\.?[\w][\w./-]*\.\w{1,5}|\.\/[\w./-]+)\)/g)) {
    const at = `${folderOf(path)}${link!.replace(/^\.\//, '')}`.replace(/\/$/, '');
    if (!at.includes('..') && !there.has(at) && !/^www\.|\.(?:com|org|io|net|dev)$/.test(link!)) return link!;
  }
  return null;
}
const parentsOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, n, all) => all.slice(0, n + 1).join('/'));

/** The largest files that no test is named after; where there is no test at all, the one to begin with. */
function untested(seen: Seen): Suggestion[] {
  if (!seen.isWhole) return [];
  const sources = sourcesOf(seen).filter(
    (file) =>
      file.sizeBytes >= WORTH_A_TEST_BYTES &&
      !PLAIN.test(nameOf(file.path)) &&
      !hasTestInside(seen.texts.get(file.path)),
  );
  const tests = seen.files.map((file) => file.path).filter((path) => CODE.test(path) && isTest(path));
  const own = tests.filter((path) => within(seen.folder, path));
  if (own.length === 0 && ![...seen.texts.values()].some(hasTestInside))
    return sources.slice(0, 1).map(({ path }) => ({ kind: 'no_tests', path }));
  const subjects = new Set(tests.map(subjectOf));
  return sources
    .filter((file) => file.sizeBytes <= READABLE_BYTES && !subjects.has(subjectOf(file.path)))
    .map(({ path }) => ({ kind: 'untested', path }));
}
/** As Rust, Zig, Python and D have them beside what they are for. */
const hasTestInside = (text: string | undefined): boolean =>
  text !== undefined && /^[ \t]*(?:#\[(?:cfg\(test\)|test\])|test "|unittest \{|>>> )/m.test(text);

/** @returns the words that are sent when somebody taps it: all of them are on the button */
export function saySuggestion(suggestion: Suggestion): string {
  switch (suggestion.kind) {
    case 'failed_check':
      return `The check “${suggestion.check}” fails on the default branch. Find out why and fix it.`;
    case 'empty_script':
      return `“npm test” in ${suggestion.path} only fails. Set up real tests.`;
    case 'issue':
      return `Look into issue #${suggestion.number}, “${suggestion.title}”, and fix it.`;
    case 'comment':
      return `${suggestion.path}, line ${suggestion.line}, has a ${suggestion.mark}: “${suggestion.text}”. Take care of it.`;
    case 'stale_readme':
      return `${suggestion.path} mentions “${suggestion.names}”, which does not exist. Bring it up to date.`;
    case 'no_readme':
      return 'There is no README. Write a short one: what this is, how to run it, how to test it.';
    case 'untested':
      return `No test covers ${suggestion.path}. Write the ones that matter most.`;
    case 'no_tests':
      return `There are no tests yet. Set them up, and begin with ${suggestion.path}.`;
  }
}
