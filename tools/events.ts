// docs/events.md, printed from the registry of event types: `node tools/events.ts --write`. `make check`
// fails when that page says something else than the code.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageOf } from '../packages/models/src/events/page.ts';
import { EVENTS } from '../packages/models/src/events/registry.ts';

const PAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), '../docs/events.md');

const wanted = pageOf(Object.values(EVENTS));
if (process.argv.includes('--write')) writeFileSync(PAGE, wanted);
else if (readFileSync(PAGE, 'utf8') !== wanted) {
  console.log('docs/events.md says something else than the registry: node tools/events.ts --write');
  process.exit(1);
}
