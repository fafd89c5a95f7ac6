// A step of `make check`: a file that our pages name, in code or by a link, is there, and so is every `make`
// target; and docs/architecture.md says of each room what it holds. Names are whole paths from the root, so that a reader and this can find them.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What a run makes, so that it is not there before one. */
const MADE_BY_A_RUN = ['e2e/shots', 'coverage/mutation.html', '.env'];
const TOP = /^(?:\.\/)?(?:apps|packages|tools|e2e|bench|docs|docker|k8s|\.ci|\.github)(?:\/|$)/;
/** `config.ts` alone says nothing about where it is. */
const SOURCE = /^[\w@.()[\]+/-]*[\w\])]\.(?:tsx?|mts|mjs|cjs|svelte|prisma|md|sh|sql)$/;

/**
 * @param markdown the text of a page
 * @returns what it names as files or folders of ours, as it stands there
 */
export function namesIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```.*\n([\s\S]*?)^```/gm)].flatMap((match) =>
    match[1]!.split(/[\s'"=]+/),
  );
  const rest = markdown.replace(/^```[\s\S]*?^```/gm, '');
  const spans = [...rest.matchAll(/`([^`\n]+)`/g)].flatMap((match) => match[1]!.split(/[\s'"=,]+/));
  // In a block of code a bare file name may be the reader's own; a whole path is ours.
  const found = [
    ...spans.filter((word) => TOP.test(word) || SOURCE.test(word)),
    ...blocks.filter((word) => TOP.test(word)),
  ];
  return [...new Set(found.map((word) => word.replace(/^\.\//, '').replace(/[.:;)]+$/, '')))];
}

/** @returns where its links lead to on disk, without the part after `#` */
export function linksIn(markdown: string): string[] {
  const found = [...markdown.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
    (match) => (match[1] ?? match[2])!,
  );
  return found.filter((link) => !/^(?:[a-z]+:|#)/.test(link)).map((link) => link.replace(/#.*/, ''));
}

/** @returns what a page tells to make, where it shows code */
export function targetsIn(markdown: string): string[] {
  const code = [...markdown.matchAll(/^```.*\n([\s\S]*?)^```|`([^`\n]+)`/gm)].map(
    (match) => match[1] ?? match[2]!,
  );
  return [
    ...new Set(
      code.flatMap((text) =>
        [...text.matchAll(/(?:^|&& |=\S+ )make ([a-z][a-z0-9-]*)/gm)].map((match) => match[1]!),
      ),
    ),
  ];
}

/** @returns the targets of a Makefile that do something */
export const recipesIn = (makefile: string): string[] =>
  [...makefile.matchAll(/^([a-z][a-z0-9-]*):(?!=).*\n\t/gm)].map((match) => match[1]!);

/**
 * @param page the path of the page from the root
 * @param isThere whether a path from the root, or a pattern, is of something
 * @param recipes the targets that make knows
 * @returns one sentence for each name of something that is not there
 */
export function problemsOf(
  page: string,
  markdown: string,
  isThere: (name: string) => boolean,
  recipes: readonly string[],
): string[] {
  const names = namesIn(markdown).filter((name) => !MADE_BY_A_RUN.includes(name) && !isThere(name));
  const links = linksIn(markdown).filter((link) => !isThere(path.posix.join(path.posix.dirname(page), link)));
  return [
    ...names.map((name) => `${page} names ${name}, which is not there (whole paths from the root)`),
    ...links.map((link) => `${page} links to ${link}, which is not there`),
    ...targetsIn(markdown)
      .filter((target) => !recipes.includes(target))
      .map((target) => `${page} says make ${target}, which has no recipe`),
  ];
}

/** Folders whose rooms docs/architecture.md lists, each in a row with what it holds. */
const LISTED = ['apps/web/src/lib', 'packages/models/src/flow', 'packages/models/src/db'];
/** What a machine makes. */
const NO_ROOMS = ['generated'];

/**
 * @param markdown the page that lists them
 * @param folder whose rooms they are
 * @param rooms the names of the folders in it
 * @returns a sentence for each room that has no row
 */
export const unlisted = (markdown: string, folder: string, rooms: readonly string[]): string[] =>
  rooms
    .filter((room) => !NO_ROOMS.includes(room) && !markdown.includes(`\n| \`${folder}/${room}\` | `))
    .map((room) => `docs/architecture.md has no row that says what ${folder}/${room} holds`);

/**
 * @returns one sentence for each thing that our pages name and that is not there, and for each room that
 * they do not name. What has changed is history: CHANGELOG.md is not asked.
 */
export function problemsOfTree(): string[] {
  const pages = [
    ...globSync('docs/**/*.md', { cwd: root }),
    'README.md',
    'AGENTS.md',
    'CONTRIBUTING.md',
  ].sort();
  const isThere = (name: string): boolean =>
    name.includes('*') ? globSync(name, { cwd: root }).length > 0 : existsSync(path.join(root, name));
  const recipes = recipesIn(readFileSync(path.join(root, 'Makefile'), 'utf8'));
  const rooms = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  const architecture = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
  return [
    ...pages.flatMap((page) =>
      problemsOf(page, readFileSync(path.join(root, page), 'utf8'), isThere, recipes),
    ),
    ...LISTED.flatMap((folder) => unlisted(architecture, folder, rooms(folder))),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = problemsOfTree();
  for (const sentence of wrong) console.log(sentence);
  process.exit(wrong.length === 0 ? 0 : 1);
}
