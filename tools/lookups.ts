// Looking something up by a string from outside in a plain object finds what every object has:
// `{}['constructor']` is a function. So what is looked up by a string that is not known while compiling is a
// Map, or goes through `own` (models/flow/look.ts). `make check` runs this.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A key whose value the compiler knows: one of a list of words, a number, a symbol. */
const isKnown = (t: ts.Type): boolean =>
  t.isUnion()
    ? t.types.every(isKnown)
    : t.isLiteral() ||
      (t.flags & (ts.TypeFlags.NumberLike | ts.TypeFlags.ESSymbolLike | ts.TypeFlags.Never)) !== 0;

/** @param program of the files to look at @param wanted whether a file is ours */
export function lookups(program: ts.Program, wanted: (file: string) => boolean): Finding[] {
  const checker = program.getTypeChecker();
  const found: Finding[] = [];
  const visit = (node: ts.Node, source: ts.SourceFile): void => {
    if (ts.isElementAccessExpression(node)) {
      const key = checker.getTypeAtLocation(node.argumentExpression);
      const object = checker.getNonNullableType(checker.getTypeAtLocation(node.expression));
      const text = node.expression.getText(source);
      const known = isKnown(checker.getBaseConstraintOfType(key) ?? key);
      // Arrays and strings are asked by number; the environment's names are ours.
      const isList =
        ((object.flags & ts.TypeFlags.Any) === 0 && checker.isArrayLikeType(object)) ||
        (object.flags & ts.TypeFlags.StringLike) !== 0;
      if (!known && !isList && !/^(process\.)?env$/.test(text)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
        found.push({
          file: path.relative(root, source.fileName),
          line: line + 1,
          text: node.getText(source).slice(0, 120),
        });
      }
    }
    ts.forEachChild(node, (child) => visit(child, source));
  };
  for (const source of program.getSourceFiles()) if (wanted(source.fileName)) visit(source, source);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Its own page is checked by svelte-check; what pages look up is in .svelte files, which this does not read.
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (f) => ts.sys.readFile(f)) as {
    config: object;
  };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  const found = lookups(
    program,
    (file) =>
      !file.endsWith('/flow/look.ts') &&
      /\/(apps|packages)\/[^/]+\/src\//.test(file) &&
      !/node_modules|\.test\.ts$|\/(generated|dist|build|testkit)\//.test(file),
  );
  for (const file of found)
    console.log(
      `${file.file}:${file.line}: ${file.text} is looked up by a string from elsewhere: use a Map, or own() of models/flow/look.ts`,
    );
  process.exit(found.length === 0 ? 0 : 1);
}
