// docs/openapi.json is what the table of routes says (packages/models/src/contracts/routes.ts). `--write` prints it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { openApi } from '../packages/models/src/contracts/openapi.ts';

const FILE = path.join(path.dirname(fileURLToPath(import.meta.url)), '../docs/openapi.json');

/** @returns the document as the file should hold it, formatted as the rest of the tree is */
const printed = async (): Promise<string> =>
  prettier.format(JSON.stringify(openApi()), { ...(await prettier.resolveConfig(FILE)), parser: 'json' });

const wanted = await printed();
if (process.argv.includes('--write')) writeFileSync(FILE, wanted);
else if (readFileSync(FILE, 'utf8') !== wanted) {
  console.log('docs/openapi.json is not what the table of routes says: make print-openapi');
  process.exit(1);
}
