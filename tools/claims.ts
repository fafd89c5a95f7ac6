// A step of `make check`: every sentence of docs/security.md that claims something ends in a footnote, and
// the footnote names a test that is there.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sections that claim nothing which could be tested: what is not held, and how to tell us. */
const WITHOUT_CLAIMS = ['What it does not hold', 'Reporting'];
const FOOTNOTE = /\[\^([\w-]+)\]/g;

/**
 * Titles that a test file gives, as they stand there: `%s` of a table and `${...}` of a template included. A
 * skipped test gives none.
 * @param source of the test
 * @returns titles of blocks and of tests, each by itself
 */
export function titlesIn(source: string): Set<string> {
  const titles = new Set<string>();
  // A test that needs root or a browser is told by a name of its own: `const asRoot = root ? test : test.skip`.
  const names = [
    'test',
    'it',
    'describe',
    ...[...source.matchAll(/\bconst (\w+)[^=\n]* = [^;]*?\? (?:test|describe)(?:\.each)? :/g)].map(
      (m) => m[1]!,
    ),
  ];
  // After `test(`, or after the table of `test.each(...)(`.
  const call = new RegExp(
    `(?:\\b(?:${names.join('|')})|\\))\\s*\\(\\s*(['"\`])((?:\\\\.|(?!\\1)[^\\\\])*)\\1\\s*,`,
    'g',
  );
  for (const match of source.matchAll(call)) titles.add(match[2]!.replace(/\\(['"`\\])/g, '$1'));
  return titles;
}

/**
 * @param markdown the text of docs/security.md
 * @param sourceOf the text of a test file by its path from the root; null when there is none
 * @returns one sentence for each thing that is wrong
 */
export function problemsOf(markdown: string, sourceOf: (file: string) => string | null): string[] {
  const wrong: string[] = [];
  const defined = new Map(
    [...markdown.matchAll(/^\[\^([\w-]+)\]: (.+)$/gm)].map((m) => [m[1]!, m[2]!] as const),
  );
  const body = markdown.replace(/^\[\^[\w-]+\]: .+$/gm, '');
  const used = new Set([...body.matchAll(FOOTNOTE)].map((m) => m[1]!));
  for (const id of used)
    if (!defined.has(id)) wrong.push(`The footnote [^${id}] has no text that names a test.`);
  for (const id of defined.keys())
    if (!used.has(id)) wrong.push(`No sentence ends in the footnote [^${id}].`);
  for (const [id, text] of defined)
    wrong.push(...text.split(' · ').flatMap((t) => missing(id, t.replace(/`/g, ''), sourceOf)));
  for (const text of claims(body))
    if (!/(?:\[\^[\w-]+\])$/.test(text)) wrong.push(`No test is named for: ${text}`);
  return wrong;
}

/** @returns what is not there of `file › block › title` */
function missing(id: string, text: string, sourceOf: (file: string) => string | null): string[] {
  const [file, ...parts] = text.split(' › ').map((p) => p.trim());
  const source = sourceOf(file!);
  if (source === null) return [`[^${id}] names the file ${file}, which is not there.`];
  if (parts.length === 0) return [`[^${id}] names the file ${file} and no test in it.`];
  const titles = titlesIn(source);
  return parts
    .filter((p) => !titles.has(p))
    .map((p) => `[^${id}] names the test "${p}", which ${file} does not have.`);
}

/** Sentences of the sections that claim something. A list item is made of sentences like a paragraph. */
function claims(body: string): string[] {
  const out: string[] = [];
  for (const section of body.split(/^## /m).slice(1)) {
    const title = section.slice(0, section.indexOf('\n')).trim();
    if (WITHOUT_CLAIMS.includes(title)) continue;
    for (const block of section.slice(title.length).split(/\n\s*\n|\n(?=- )/)) {
      const text = block.replace(/\s+/g, ' ').replace(/^ ?- /, '').trim();
      // A sentence ends at its stop, with the footnotes that stand there.
      out.push(
        ...text
          .split(/(?<=[.:!?](?:\[\^[\w-]+\])*) (?=[A-Z`"])/)
          .filter((s) => s !== '' && !/^[A-Z][^.]*:$/.test(s)),
      );
    }
  }
  return out;
}

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @returns one sentence for each claim of docs/security.md without a test that is there */
export function problemsOfTree(): string[] {
  return problemsOf(readFileSync(path.join(root, 'docs/security.md'), 'utf8'), (file) => {
    const full = path.join(root, file);
    const isTest =
      /^(apps|packages|tools|e2e)\/[^.][^:]*\.(test|spec)\.ts$/.test(file) || isPartOfSuite(file);
    return isTest && existsSync(full) ? readFileSync(full, 'utf8') : null;
  });
}

/** A topic of a long suite, `e2e/agent/setup.ts`, runs only if `e2e/agent.spec.ts` imports it. */
function isPartOfSuite(file: string): boolean {
  const [, suite, topic] = /^e2e\/([\w-]+)\/([\w-]+)\.ts$/.exec(file) ?? [];
  const spec = path.join(root, `e2e/${suite}.spec.ts`);
  return (
    suite !== undefined &&
    existsSync(spec) &&
    readFileSync(spec, 'utf8').includes(`import './${suite}/${topic}.ts';`)
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = problemsOfTree();
  for (const problem of wrong) console.log(problem);
  process.exit(wrong.length === 0 ? 0 : 1);
}
