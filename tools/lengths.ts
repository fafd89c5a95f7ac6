// A step of `make check`: a function has at most 60 lines. Those that were longer when this began stand in
// tools/lengths.txt, each with its length: none may grow, none may join them, and one that was parted leaves.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isFunctionWithBody, isTest, LONG_FUNCTION, scriptOf, sourcesOf, type Source } from './style.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const LIST = path.join(root, 'tools/lengths.txt');

export interface LongFunction {
  /** The file, and the functions it stands in down to its own name: `apps/x/src/a.ts open > read`. */
  readonly name: string;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly lines: number;
}

/** What a reader calls a function: its own name, or that of what holds it or is called with it. */
function nameOf(node: ts.Node, source: ts.SourceFile): string {
  const own = (node as ts.FunctionDeclaration).name;
  if (own !== undefined) return own.getText(source);
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  const { parent } = node;
  if ((ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.initializer === node)
    return parent.name.getText(source);
  return ts.isCallExpression(parent)
    ? `${parent.expression.getText(source).split(/[.\s]/).at(-1)}()`
    : 'a function';
}

/**
 * The functions of a source that have more than 60 lines. Two of the same name in the same place are told apart
 * by their number.
 * @returns in the order in which they stand
 */
export function longIn(source: Source): LongFunction[] {
  if (isTest(source.file)) return [];
  const tree = ts.createSourceFile(
    source.file,
    scriptOf(source),
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TS,
  );
  const lineAt = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;
  const seen = new Map<string, number>();
  const long: LongFunction[] = [];
  const visit = (node: ts.Node, around: readonly string[]): void => {
    let path = around;
    if (isFunctionWithBody(node)) {
      path = [...around, nameOf(node, tree)];
      const line = lineAt(node.getStart(tree));
      const lines = lineAt(node.end) - line + 1;
      if (lines > LONG_FUNCTION) {
        const name = `${source.file} ${path.join(' > ')}`;
        const nth = (seen.get(name) ?? 0) + 1;
        seen.set(name, nth);
        long.push({ name: nth === 1 ? name : `${name} #${nth}`, line, lines });
      }
    }
    ts.forEachChild(node, (child) => visit(child, path));
  };
  visit(tree, []);
  return long;
}

/**
 * @param text of the list: a line each, its length and then its name
 * @returns lengths by name
 */
export const readList = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => {
        const [lines = '', ...name] = line.split(' ');
        return [name.join(' '), Number(lines)];
      }),
  );

/**
 * @param long what the tree has
 * @param listed what it may have, by name
 * @returns a sentence for each that is not as the list says
 */
export function problemsOf(long: readonly LongFunction[], listed: ReadonlyMap<string, number>): string[] {
  const here = new Set(long.map((one) => one.name));
  const sentences = long.flatMap(({ name, line, lines }) => {
    const may = listed.get(name);
    if (may === lines) return [];
    const what = `${name} (line ${line}) has ${lines} lines`;
    if (may === undefined) return [`${what}: part it, ${LONG_FUNCTION} are enough`];
    return lines > may
      ? [`${what}, ${lines - may} more than it had: part it, or leave it as it was`]
      : [`${what} and had ${may}: node tools/lengths.ts --write`];
  });
  const gone = [...listed.keys()].filter((name) => !here.has(name));
  return [...sentences, ...gone.map((name) => `${name} is long no more: node tools/lengths.ts --write`)];
}

/** @returns the list that a tree may have from now on: nothing joins it and nothing in it grows */
export const shrunk = (
  long: readonly LongFunction[],
  listed: ReadonlyMap<string, number>,
): Map<string, number> =>
  new Map(
    long
      .filter(({ name }) => listed.has(name))
      .map(({ name, lines }): [string, number] => [name, Math.min(lines, listed.get(name)!)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const HEAD = `# Functions of more than ${LONG_FUNCTION} lines, and how many they have. The list only shrinks: tools/lengths.ts.\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const long = sourcesOf(root).flatMap(longIn);
  let listed = readList(readFileSync(LIST, 'utf8'));
  if (process.argv.includes('--write')) {
    listed = shrunk(long, listed);
    writeFileSync(LIST, HEAD + [...listed].map(([name, lines]) => `${lines} ${name}\n`).join(''));
  }
  const wrong = problemsOf(long, listed);
  for (const sentence of wrong) console.log(sentence);
  process.exit(wrong.length === 0 ? 0 : 1);
}
