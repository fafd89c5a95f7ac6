// Rows come typed by a machine (docs/adr/0012-typed-rows.md): a statement in packages/models/src/db is put
// together from `tables`, and a piece of SQL in it names its columns by a reference that the compiler knows.
// This finds a statement that is text with a row typed by hand beside it, and a column that is named in a
// piece of SQL. `make check` runs it.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const DB = 'packages/models/src/db';

/** Files that may, and why. */
const MAY: ReadonlyMap<string, string> = new Map([
  [`${DB}/pool.ts`, 'begin, commit and rollback; and the two helpers of those that are named here'],
  [`${DB}/rows.ts`, 'it runs what was put together'],
  [`${DB}/listen.ts`, 'LISTEN, which gives no rows'],
  [`${DB}/migrate.ts`, 'it runs before there are tables'],
  [`${DB}/roles.ts`, 'roles and rights: catalogs of Postgres, which are in no schema of ours'],
  [`${DB}/rebuild.ts`, 'it copies and compares whole tables, whatever their columns are'],
  [`${DB}/read/week.ts`, 'the ledger of attention: a series of weeks, which neither builder can say'],
]);
/** What runs text, and gives rows of whatever type stands beside it. */
const RUNNERS: ReadonlySet<string> = new Set(['one', 'many']);
const MEMBERS: ReadonlySet<string> = new Set([
  'query',
  '$queryRaw',
  '$queryRawUnsafe',
  '$executeRaw',
  '$executeRawUnsafe',
]);

/** @param schema the text of schema.prisma @returns the name of every column in the database */
export function columnsOf(schema: string): Set<string> {
  const columns = new Set<string>();
  for (const [, model] of schema.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm))
    for (const line of model!.split('\n')) {
      const field = /^ {2}(\w+)\s+\w/.exec(line);
      const isRelation = /^ {2}\w+\s+\w+\[\]|@relation/.test(line);
      if (field !== null && !isRelation) columns.add(/@map\("(\w+)"\)/.exec(line)?.[1] ?? field[1]!);
    }
  return columns;
}

/**
 * @param code of a module
 * @param columns of the database
 * @returns each place where text is run as a statement, and each column that a piece of SQL names itself, as
 * `line: what`
 */
export function handTyped(code: string, columns: ReadonlySet<string>): string[] {
  const source = ts.createSourceFile('module.ts', code, ts.ScriptTarget.ESNext, true);
  const found: string[] = [];
  const add = (node: ts.Node, what: string): void => {
    found.push(`${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}: ${what}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && RUNNERS.has(node.expression.text))
      add(node, node.expression.text);
    if (ts.isImportSpecifier(node) && RUNNERS.has((node.propertyName ?? node.name).text))
      add(node, `import of ${node.name.text}`);
    if (ts.isPropertyAccessExpression(node) && MEMBERS.has(node.name.text)) add(node, `.${node.name.text}`);
    if (
      ts.isElementAccessExpression(node) &&
      ts.isStringLiteralLike(node.argumentExpression) &&
      MEMBERS.has(node.argumentExpression.text)
    )
      add(node, `.${node.argumentExpression.text}`);
    if (
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'sql' &&
      RAW.has(node.name.text)
    )
      add(node, `sql.${node.name.text}`);
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && node.tag.text === 'sql')
      for (const name of namesIn(node.template))
        if (columns.has(name)) add(node, `the column ${name} in a piece of SQL`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Text that becomes SQL as it is. `sql.ref` and `sql.lit` take names that the compiler has looked at. */
const RAW: ReadonlySet<string> = new Set(['raw', 'id', 'table']);

/**
 * @returns the words of a template that may be names: not what is put in, not what stands in quotation marks,
 * not what is called, not a cast
 */
function namesIn(template: ts.TemplateLiteral): string[] {
  const text = ts.isNoSubstitutionTemplateLiteral(template)
    ? template.text
    : [template.head.text, ...template.templateSpans.map((span) => span.literal.text)].join(' \u2026 ');
  const bare = text.replaceAll(/'[^']*'|::\s*\w+|\bextract\(epoch from\b|\bat time zone\b/gi, '');
  return [...bare.matchAll(/[a-z_]\w*(?!\s*\(|\w)/gi)].map(([word]) => word);
}

/** @returns each finding in the statements, tests aside, as `file:line: what` */
export function handTypedRows(): string[] {
  const files = globSync(`${DB}/**/*.ts`, { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('/generated/'),
  );
  // A pattern that matches nothing would let everything through.
  if (files.length < 30) throw new Error(`only ${files.length} files were found to look at`);
  const columns = columnsOf(readFileSync(path.join(root, 'packages/models/prisma/schema.prisma'), 'utf8'));
  return files
    .filter((file) => !MAY.has(file))
    .flatMap((file) =>
      handTyped(readFileSync(path.join(root, file), 'utf8'), columns).map((finding) => `${file}:${finding}`),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = handTypedRows();
  for (const finding of found)
    console.log(`${finding}: rows are typed from schema.prisma, by \`tables\` of db/rows.ts`);
  process.exit(found.length === 0 ? 0 : 1);
}
