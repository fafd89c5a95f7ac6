// A step of `make check`: an error that is dropped says why. `catch {}` and `.catch(() => undefined)` are
// fine where nothing is lost by them; a comment in them, behind them or right above says so.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { scriptsOf } from './statements.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface Dropped {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly saysWhy: boolean;
}

type Handler = { readonly body: ts.Node; readonly error: ts.BindingName | undefined };

/** What takes an error here: the block of a `catch`, or the function that a promise is told. */
function handlerOf(node: ts.Node): Handler | null {
  if (ts.isCatchClause(node)) return { body: node.block, error: node.variableDeclaration?.name };
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const method = node.expression.name.text;
  const handler = method === 'then' ? node.arguments[1] : node.arguments[0];
  if (method !== 'catch' && method !== 'then') return null;
  if (handler === undefined || !(ts.isArrowFunction(handler) || ts.isFunctionExpression(handler)))
    return null;
  return { body: handler.body, error: handler.parameters[0]?.name };
}

/**
 * Whether a handler looks at its error, calls something or throws. One that only gives a value, or nothing,
 * has dropped it.
 */
function doesSomething({ body, error }: Handler): boolean {
  const name = error !== undefined && ts.isIdentifier(error) ? error.text : null;
  const ask = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && node.text === name) ||
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isThrowStatement(node) ||
    (error !== undefined && !ts.isIdentifier(error)) ||
    ts.forEachChild(node, (child) => ask(child) || undefined) === true;
  return ask(body);
}

/** The statement that a node is part of: above it a comment about it stands. */
function statementOf(node: ts.Node): ts.Node {
  let at = node;
  while (
    !ts.isStatement(at) &&
    !ts.isPropertyAssignment(at) &&
    !ts.isClassElement(at) &&
    !ts.isSourceFile(at.parent)
  )
    at = at.parent;
  return at;
}

/** @returns the errors that a source drops, with whether a comment says why */
export function droppedIn(file: string, text: string): Dropped[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const lines = text.split('\n');
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const hasComment = (from: number, to: number): boolean => {
    const scanner = ts.createScanner(
      ts.ScriptTarget.Latest,
      false,
      ts.LanguageVariant.Standard,
      text.slice(from, to),
    );
    for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan())
      if (kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia)
        return true;
    return false;
  };
  const isComment = (line: number): boolean => /^\s*(\/\/|\/?\*)/.test(lines[line] ?? '');
  const found: Dropped[] = [];
  const visit = (node: ts.Node): void => {
    const handler = handlerOf(node);
    if (handler !== null && !doesSomething(handler)) {
      const [start, end] = [handler.body.getStart(source), handler.body.end];
      const tail = text.slice(end, text.indexOf('\n', end) < 0 ? undefined : text.indexOf('\n', end));
      const first = lineOf(start);
      const above = [
        lineOf(statementOf(node).getStart(source)),
        first,
        lineOf((ts.isCatchClause(node) ? node.parent : node).getStart(source)),
      ];
      found.push({
        line: first + 1,
        text: lines[first]!.trim().slice(0, 120),
        saysWhy:
          hasComment(start, end) || /^[^'"`]*\/[/*]/.test(tail) || above.some((line) => isComment(line - 1)),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const scriptOf = (file: string, text: string): string => (file.endsWith('.svelte') ? scriptsOf(text) : text);

/** Tests and what helps them fail by themselves when something is lost. */
const NOT_ASKED =
  /\.(test|spec|fixture)\.ts$|(^|\/)(node_modules|generated|build|dist|\.svelte-kit)\/|^apps\/demo\/seed|^packages\/testkit\/|\/planted-/;

/** @returns one sentence for each error that is dropped without a word */
export function problemsOfTree(): string[] {
  const files = globSync('{apps,packages,tools}/**/*.{ts,mjs,svelte}', {
    cwd: root,
    exclude: (file) => /(^|\/)node_modules$/.test(file),
  });
  return files
    .filter((file) => !NOT_ASKED.test(file))
    .sort()
    .flatMap((file) =>
      droppedIn(file, scriptOf(file, readFileSync(path.join(root, file), 'utf8'))).map((dropped) => ({
        file,
        ...dropped,
      })),
    )
    .filter((dropped) => !dropped.saysWhy)
    .map(
      ({ file, line, text }) =>
        `${file}:${line}: an error is dropped here: say why in a comment, or log it: ${text}`,
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = problemsOfTree();
  for (const sentence of wrong) console.log(sentence);
  process.exit(wrong.length === 0 ? 0 : 1);
}
