// Apps speak no SQL: a statement stands in packages/models/src/db, behind a function with a name and a typed
// result. Two nets, because a statement can be put together from pieces: nobody in an app reaches what runs
// one, and no text in an app is one. `make check` runs this.
import { globSync, readFileSync } from 'node:fs';
import path, { matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface Finding {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** All but the demo: what stands in for GitHub there keeps its state in an SQLite of its own. */
const APPS = 'apps/{api,cli,gateway,runner,web,worker}';
/** Files that may, and why. */
const MAY: ReadonlyMap<string, string> = new Map([
  [
    'apps/cli/src/up/postgres.ts',
    'it makes the data folder, and gives its first role a password before anybody can connect',
  ],
  ['apps/worker/src/replay/rehearsal.ts', 'its query is one of Temporal, to a workflow'],
]);

/** What runs a statement, by its module and, where the rest of the module is free, its names. */
const RUNNERS: readonly (readonly [module: RegExp, names: ReadonlySet<string> | null])[] = [
  [/^(pg|pg-[a-z]+|postgres|kysely|@prisma\/.*)$/, null],
  [/\/db\/generated\b/, null],
  [/\/db\/rows(\.ts)?$/, null],
  [/\/db\/pool(\.ts)?$/, new Set(['one', 'many'])],
];
/** Members that take a statement: of the driver, and of Prisma's client. */
const TAKES_SQL = new Set(['query', '$queryRaw', '$queryRawUnsafe', '$executeRaw', '$executeRawUnsafe']);

/** A gap stands for what a template puts in. */
const GAP = ' \u2026 ';
const NAME = String.raw`(?:[a-z_][\w.]*|"[^"]+"|\u2026)`;
const CLAUSE =
  '(where|(inner|left|right|full|cross)?\\s*(outer\\s+)?join|order|group|having|limit|offset|union|for|tablesample|window|fetch)';
const TABLE = String.raw`${NAME}(\s+(as\s+)?[a-z]\w{0,2})?\s*($|[;),])|${NAME}(\s+(as\s+)?[a-z]\w*)?\s+${CLAUSE}\b`;
const STATEMENTS: readonly RegExp[] = [
  // "Select one from the list" is a sentence: what follows a table is a short name for it, a clause, or nothing.
  new RegExp(String.raw`\bselect\b(?:[^.!?]|[.!?](?!\s))*\sfrom\s+(only\s+)?(\(|\w+\s*\(|${TABLE})`, 'i'),
  // One that reads no table: `select 1`, `select now()`, `select $1`.
  /^\s*select\s+(\d|\$\d|'|\*|\w+\s*\()/i,
  new RegExp(String.raw`\binsert\s+into\s+${NAME}\s*(\(|values\b|select\b|default\b)`, 'i'),
  new RegExp(String.raw`\bupdate\s+(only\s+)?${NAME}(\s+(as\s+)?[a-z]\w*)?\s+set\s`, 'i'),
  new RegExp(String.raw`\bdelete\s+from\s+(only\s+)?${NAME}`, 'i'),
  new RegExp(String.raw`\bmerge\s+into\s+${NAME}\s+(as\s+)?\w+\s+using\b`, 'i'),
  /\bfor\s+(no\s+key\s+)?update\s*(of\s+\w+\s*)?(nowait|skip\s+locked)?\s*$/i,
  /\bpg_[a-z_]+\s*\(/i,
  // `commit` alone is a word of git.
  /^\s*(begin|rollback|start\s+transaction)\s*(;.*)?$/is,
  /^\s*commit\s*;/i,
  /^\s*((un)?listen|notify|truncate(\s+table)?)\s+[a-z_\u2026*]+\s*([;,].*)?$/is,
  /^\s*lock\s+table\b/i,
  /^\s*(create|alter|drop)\s+(table|(unique\s+)?index|view|role|function|trigger|type|schema)\b/i,
  /^\s*copy\s+\S+\s+(from|to)\s+(stdin|stdout|')/i,
];

/** The text of a literal, of a template, or of a sum of them; undefined for everything else. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return (
      node.head.text +
      node.templateSpans.map((span) => (textOf(span.expression) ?? GAP) + span.literal.text).join('')
    );
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined && right === undefined ? undefined : (left ?? GAP) + (right ?? GAP);
  }
  return undefined;
}

/** @returns the statement that a literal, a template or a sum of them is; undefined when it is none */
export function statementAt(node: ts.Node): string | undefined {
  const text = textOf(node);
  return text !== undefined && STATEMENTS.some((statement) => statement.test(text)) ? text : undefined;
}

/** What an import, or a re-export, brings of what runs a statement: its module's name, or the names. */
function runnersIn(node: ts.ImportDeclaration | ts.ExportDeclaration): string[] {
  const from = node.moduleSpecifier;
  if (from === undefined || !ts.isStringLiteral(from)) return [];
  const runner = RUNNERS.find(([module]) => module.test(from.text));
  if (runner === undefined) return [];
  const names = runner[1];
  if (names === null) return [from.text];
  const bindings = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  // All of the module at once: `import * as`, `export *`.
  if (bindings === undefined || ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings))
    return [`* of ${from.text}`];
  return bindings.elements
    .map((element) => (element.propertyName ?? element.name).text)
    .filter((name) => names.has(name));
}

/** The module that is imported while the program runs, as far as it stands there. */
function moduleCalledFor(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || node.arguments[0] === undefined) return undefined;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
  return isImport || isRequire ? textOf(node.arguments[0]) : undefined;
}

/** The member that is reached here: `a.member`, `a['member']`, `{ member } = a`. */
function memberOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node)) return textOf(node.argumentExpression);
  if (!ts.isBindingElement(node)) return undefined;
  const name = node.propertyName ?? node.name;
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
}

/**
 * @param code of a module in TypeScript
 * @returns each place where it holds a statement, or what runs one, in their order
 */
export function statements(code: string): Finding[] {
  const source = ts.createSourceFile('module.ts', code, ts.ScriptTarget.ESNext, true);
  const found: Finding[] = [];
  const add = (node: ts.Node, text: string): void => {
    found.push({
      line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
      text: text.replaceAll(/\s+/g, ' ').trim().slice(0, 100),
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
      for (const name of runnersIn(node)) add(node, name);
    const asked = moduleCalledFor(node);
    if (asked !== undefined && RUNNERS.some(([module]) => module.test(asked))) add(node, asked);
    const member = memberOf(node);
    if (member !== undefined && TAKES_SQL.has(member)) add(node, `.${member}`);
    const text = statementAt(node);
    if (text !== undefined) return add(node, text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @returns the scripts of a page, on the lines where they stand */
export const scriptsOf = (page: string): string => {
  const scripts = [...page.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)];
  const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');
  let out = '';
  for (const script of scripts) {
    const from = script.index + script[0].indexOf('>') + 1;
    out += blank(page.slice(out.length, from)) + script[1]!;
  }
  return out;
};

/**
 * A workflow of Temporal is asked by a member called query, too. Only the compiler tells the two apart, and
 * it is slow, so it looks only at files where there is something to tell.
 * @param files in which a member called query is reached
 * @returns their places where it is Temporal's, as `file:line`
 */
function queriesOfWorkflows(files: readonly string[]): Set<string> {
  const places = new Set<string>();
  if (files.length === 0) return places;
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root);
  const program = ts.createProgram(
    files.map((file) => path.join(root, file)),
    options,
  );
  const checker = program.getTypeChecker();
  for (const file of files) {
    const source = program.getSourceFile(path.join(root, file))!;
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node) && node.name.text === 'query') {
        const from = checker.getSymbolAtLocation(node.name)?.declarations ?? [];
        const isTemporal =
          from.length > 0 &&
          from.every((declaration) => /\/@temporalio\//.test(declaration.getSourceFile().fileName));
        if (isTemporal)
          places.add(`${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return places;
}

/** @returns whether a file, by its path from the root, may hold no statement */
export const isWithoutStatements = (file: string): boolean =>
  matchesGlob(file, `${APPS}/**`) && !file.endsWith('.test.ts') && !MAY.has(file);

/** @returns each finding in the code of the apps, tests aside, as `file:line: text` */
export function statementsInApps(): string[] {
  const files = globSync(`${APPS}/{src/**/*,*}.{ts,svelte}`, { cwd: root }).filter(isWithoutStatements);
  // A pattern that matches nothing would let everything through.
  if (files.length < 50) throw new Error(`only ${files.length} files were found to look at`);
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return statements(file.endsWith('.svelte') ? scriptsOf(text) : text).map((finding) => ({
      file,
      ...finding,
    }));
  });
  const isQuery = ({ file, text }: { file: string; text: string }): boolean =>
    text === '.query' && file.endsWith('.ts');
  const ofWorkflows = queriesOfWorkflows([...new Set(found.filter(isQuery).map(({ file }) => file))]);
  return found
    .filter((f) => !(isQuery(f) && ofWorkflows.has(`${f.file}:${f.line}`)))
    .map((f) => `${f.file}:${f.line}: ${f.text}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = statementsInApps();
  for (const finding of found)
    console.log(`${finding}: statements stand in packages/models/src/db, behind a function`);
  process.exit(found.length === 0 ? 0 : 1);
}
