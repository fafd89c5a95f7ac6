// `make style`: how our code reads, in figures, next to what the code bases we learn from show. A way to look at ourselves and no gate:
// a number that was reached by a worse name is a loss. `WHERE=names` (or another word of the table) lists the places.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isWithoutStatements, scriptsOf, statementAt } from './statements.ts';

export interface Source {
  /** From the root of the tree, with `/`. */
  readonly file: string;
  readonly text: string;
}

/** One place that a figure counts. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** `part` of `whole` things are so. What a figure is made of, before it is a percentage, a mean or a number a thousand lines. */
export interface Figure {
  readonly part: number;
  readonly whole: number;
  readonly places: readonly Place[];
}

export type FigureName =
  'lines' | 'ternaries' | 'names' | 'functions' | 'docstrings' | 'tests' | 'sql' | 'casts';

const LONG_LINE = 120;
/** Lines of a function, its own first and last among them. */
export const LONG_FUNCTION = 60;

/** @param file a path from the root */
export const isTest = (file: string): boolean =>
  /\.(test|spec|fixture)\.ts$/.test(file) || /^(packages\/testkit|e2e)\//.test(file);
const isEndToEnd = (file: string): boolean => file.startsWith('e2e/') || file.endsWith('.spec.ts');
const lineCount = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

/**
 * The script of a Svelte component, each line where it stood; a `.ts` file as it is. What stands in its
 * markup is not counted.
 */
export const scriptOf = ({ file, text }: Source): string =>
  file.endsWith('.svelte') ? scriptsOf(text) : text;

const outOfParentheses = (node: ts.Node): ts.Node =>
  ts.isParenthesizedExpression(node) ? outOfParentheses(node.expression) : node;

/** A choice as a branch or the condition of another one, however many parentheses are between them. */
function isNestedTernary(node: ts.Node): boolean {
  if (!ts.isConditionalExpression(node)) return false;
  let parent: ts.Node = node.parent;
  while (ts.isParenthesizedExpression(parent)) parent = parent.parent;
  return ts.isConditionalExpression(parent);
}

/**
 * Variables and parameters, also those that are taken out of an object. A lone `_` says "not used" and counts
 * as no name.
 */
function declaredName(node: ts.Node): string | null {
  if (!ts.isVariableDeclaration(node) && !ts.isParameter(node) && !ts.isBindingElement(node)) return null;
  return ts.isIdentifier(node.name) && node.name.text !== '_' && node.name.text !== 'this'
    ? node.name.text
    : null;
}

/** Also a method, a getter and an arrow; not what is only declared. */
export const isFunctionWithBody = (node: ts.Node): boolean =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

/** `x as never`, or a type that is reached through `unknown`; the old form with angle brackets as well. */
function isForcedCast(node: ts.Node): boolean {
  if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return false;
  if (node.type.kind === ts.SyntaxKind.NeverKeyword) return true;
  const inner = outOfParentheses(node.expression);
  return (
    (ts.isAsExpression(inner) || ts.isTypeAssertionExpression(inner)) &&
    inner.type.kind === ts.SyntaxKind.UnknownKeyword
  );
}

/** What a module gives to others and can be called, with the node that its docstring stands on. */
function exportedFunctions(source: ts.SourceFile): { name: string; node: ts.Node }[] {
  const isExported = (node: ts.Node): boolean =>
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
  return source.statements.filter(isExported).flatMap((statement): { name: string; node: ts.Node }[] => {
    if (ts.isFunctionDeclaration(statement))
      return [{ name: statement.name?.text ?? 'default', node: statement }];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations
      .filter(
        (declaration) =>
          declaration.initializer !== undefined &&
          (ts.isArrowFunction(declaration.initializer) || ts.isFunctionExpression(declaration.initializer)),
      )
      .map((d) => ({ name: d.name.getText(source), node: statement }));
  });
}

/** The docstring says what goes in, what comes out, or which errors. */
const saysWhat = (node: ts.Node): boolean =>
  ts
    .getJSDocTags(node)
    .some((tag) => ts.isJSDocParameterTag(tag) || ts.isJSDocReturnTag(tag) || ts.isJSDocThrowsTag(tag));

/**
 * Counts over hand-written sources.
 * @param sources `.ts` and `.svelte`; which are tests is read from their paths
 * @returns each figure with the places that make it
 */
export function measure(sources: readonly Source[]): Record<FigureName, Figure> {
  const count = {
    lines: 0,
    code: 0,
    tests: 0,
    nameLetters: 0,
    names: 0,
    functions: 0,
    exports: 0,
    described: 0,
  };
  const places: Record<FigureName, Place[]> = {
    lines: [],
    ternaries: [],
    names: [],
    functions: [],
    docstrings: [],
    tests: [],
    sql: [],
    casts: [],
  };

  for (const { file, text } of sources) {
    const lines = lineCount(text);
    count.lines += lines;
    text.split('\n').forEach((line, at) => {
      if (line.length > LONG_LINE) places.lines.push({ file, line: at + 1, text: `${line.length} columns` });
    });
    if (isTest(file)) {
      if (!isEndToEnd(file) && !file.startsWith('packages/testkit/')) count.tests += lines;
      continue;
    }
    count.code += lines;
    const source = ts.createSourceFile(
      file,
      scriptOf({ file, text }),
      ts.ScriptTarget.Latest,
      true,
      ts.ScriptKind.TS,
    );
    const mayHoldNone = isWithoutStatements(file);
    const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
    const note = (figure: FigureName, node: ts.Node, words: string): void =>
      void places[figure].push({
        file,
        line: lineAt(node.getStart(source)),
        text: words.replace(/\s+/g, ' ').slice(0, 100),
      });

    const visit = (node: ts.Node): void => {
      const name = declaredName(node);
      if (name !== null) {
        count.names++;
        count.nameLetters += name.length;
        if (name.length === 1) note('names', node, name);
      }
      if (isFunctionWithBody(node)) {
        count.functions++;
        const length = lineAt(node.end) - lineAt(node.getStart(source)) + 1;
        if (length > LONG_FUNCTION) note('functions', node, `${length} lines: ${node.getText(source)}`);
      }
      if (isNestedTernary(node)) note('ternaries', node, node.getText(source));
      if (isForcedCast(node)) note('casts', node, node.getText(source));
      const statement = mayHoldNone ? statementAt(node) : undefined;
      if (statement !== undefined) return note('sql', node, statement);
      ts.forEachChild(node, visit);
    };
    visit(source);
    for (const { name, node } of exportedFunctions(source)) {
      count.exports++;
      if (saysWhat(node)) count.described++;
      else note('docstrings', node, name);
    }
  }
  return {
    lines: { part: places.lines.length, whole: count.lines, places: places.lines },
    ternaries: { part: places.ternaries.length, whole: count.code, places: places.ternaries },
    names: { part: count.nameLetters, whole: count.names, places: places.names },
    functions: { part: places.functions.length, whole: count.functions, places: places.functions },
    docstrings: { part: count.described, whole: count.exports, places: places.docstrings },
    tests: { part: count.tests, whole: count.code, places: [] },
    sql: { part: places.sql.length, whole: 1, places: places.sql },
    casts: { part: places.casts.length, whole: 1, places: places.casts },
  };
}

interface Row {
  readonly name: FigureName;
  readonly says: string;
  readonly shown: (figure: Figure) => string;
  /** What the code bases show that we learn from: Latitude, Temporal's SDK, Renovate, trigger.dev, immich, chat-ui. */
  readonly anchors: string;
}

const ratio = (figure: Figure): number => (figure.whole === 0 ? 0 : figure.part / figure.whole);
const percent = (figure: Figure): string => `${(100 * ratio(figure)).toFixed(1)}%`;

const ROWS: readonly Row[] = [
  { name: 'lines', says: `lines over ${LONG_LINE} columns`, shown: percent, anchors: '0.1-0.6%' },
  {
    name: 'ternaries',
    says: 'nested ternaries a thousand lines of code',
    shown: (f) => (1_000 * ratio(f)).toFixed(1),
    anchors: '0-0.6',
  },
  {
    name: 'names',
    says: 'mean length of the names of variables and parameters',
    shown: (f) => ratio(f).toFixed(1),
    anchors: '7-10',
  },
  { name: 'functions', says: `functions over ${LONG_FUNCTION} lines`, shown: percent, anchors: '1-5%' },
  {
    name: 'docstrings',
    says: 'exported functions whose docstring says parameters, result or errors',
    shown: percent,
    anchors: 'most',
  },
  {
    name: 'tests',
    says: 'lines of tests to lines of code, without e2e',
    shown: (f) => ratio(f).toFixed(2),
    anchors: '0.5',
  },
  {
    name: 'sql',
    says: 'SQL statements in apps, the demo aside',
    shown: (f) => String(f.part),
    anchors: '0 (ours)',
  },
  {
    name: 'casts',
    says: 'casts through `never` or `unknown` outside tests',
    shown: (f) => String(f.part),
    anchors: 'at most 10 (ours)',
  },
];

/** @returns the table that `make style` prints, one line a row */
export function table(figures: Record<FigureName, Figure>): string[] {
  const head: [string, string, string, string] = ['', 'figure', 'here', 'anchors'];
  const rows = [
    head,
    ...ROWS.map((row): typeof head => [row.name, row.says, row.shown(figures[row.name]), row.anchors]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * Hand-written sources of the tree: no generated files, no seed of the demo's repositories.
 * @param root the tree
 */
export function sourcesOf(root: string): Source[] {
  // A test of the import rules plants files for a moment.
  const notOurs = /(^|\/)(node_modules|generated|build|dist|\.svelte-kit)(\/|$)|^apps\/demo\/seed|\/planted-/;
  return globSync('{apps,packages,tools,bench,e2e}/**/*.{ts,svelte}', {
    cwd: root,
    exclude: (file) => notOurs.test(file),
  })
    .filter((file) => !notOurs.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = measure(sourcesOf(path.join(path.dirname(fileURLToPath(import.meta.url)), '..')));
  const where = ROWS.find((row) => row.name === process.env.WHERE);
  if (where !== undefined)
    for (const place of figures[where.name].places) console.log(`${place.file}:${place.line}: ${place.text}`);
  else for (const line of table(figures)) console.log(line);
}
