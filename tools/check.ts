// The quick gate; docs/development.md says what each step wants. Each says its own name and how long it took.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);
const steps: [string, string, string[]][] = [
  ['build', process.execPath, ['tools/build.ts', 'database client', 'workflows']],
  ['format', bin('prettier'), ['--check', '.', '--log-level', 'warn']],
  ['downloads are pinned', process.execPath, ['tools/downloads.ts']],
  ['known vulnerabilities', process.execPath, ['tools/audit.ts']],
  ['docs/security.md names its tests', process.execPath, ['tools/claims.ts']],
  ['docs name what is there', process.execPath, ['tools/docs.ts']],
  ['docs/openapi.json is the table of routes', process.execPath, ['tools/openapi.ts']],
  ['docs/architecture.md shows the imports', process.execPath, ['tools/rooms.ts']],
  ['docs/events.md shows the event types', process.execPath, ['tools/events.ts']],
  [
    'lint',
    bin('oxlint'),
    ['--config', '.oxlintrc.json', '--deny-warnings', 'apps', 'packages', 'tools', 'e2e', 'bench'],
  ],
  ['no function grows too long', process.execPath, ['tools/lengths.ts']],
  ['no error is dropped without a reason', process.execPath, ['tools/errors.ts']],
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['lookups by words from outside', process.execPath, ['tools/lookups.ts']],
  ['no statements in apps', process.execPath, ['tools/statements.ts']],
  ['rows are typed from the schema', process.execPath, ['tools/rows.ts']],
  ['types of the page', path.join(root, 'tools/check-web.sh'), []],
  ['unused code', bin('knip'), ['--no-progress', '--no-config-hints']],
  [
    'import boundaries',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'apps', 'packages'],
  ],
];
let bad = 0;
for (const [name, file, args] of steps) {
  const startedMs = Date.now();
  const result = spawnSync(file, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const ok = result.status === 0;
  console.log(`${ok ? 'ok ' : 'BAD'} ${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
  if (ok && result.stdout.startsWith('not audited')) console.log(`    ${result.stdout.trim()}`);
  if (!ok) {
    bad++;
    console.log(
      `${result.stdout}${result.stderr}${result.error?.message ?? ''}`
        .trim()
        .split('\n')
        .slice(-60)
        .join('\n'),
    );
  }
}
process.exit(bad === 0 ? 0 : 1);
