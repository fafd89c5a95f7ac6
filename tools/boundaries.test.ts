// The import boundaries hold because a machine says no. Each rule is shown a planted break, or it may be asleep.
import { afterEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const planted: string[] = [];
afterEach(() => {
  for (const f of planted.splice(0)) rmSync(f, { force: true });
});

test('every rule notices a break', () => {
  const breaks: [rule: string, file: string, code: string][] = [
    ['flow-imports-nothing', 'packages/models/src/flow', "import 'node:fs';"],
    ['contracts-know-flow-and-zod', 'packages/models/src/contracts', "import '../db/pool.ts';"],
    ['workflows-are-sealed', 'apps/worker/src/workflows', "import '../evidence.ts';"],
    ['activities-see-ports-not-vendors', 'apps/worker/src/activities', "import '@mainloop/adapters/forge/github';"],
    ['adapters-stand-alone', 'packages/adapters/src/forge', "import '../sandbox/port.ts';"],
    ['doors-know-decisions', 'packages/doors/src', "import '../../models/src/db/pool.ts';"],
    ['models-look-down-only', 'packages/models/src/db', "import '../../../adapters/src/forge/port.ts';"],
    ['api-has-no-hands', 'apps/api/src', "import '@mainloop/adapters/forge/port';"],
    ['web-sees-contracts', 'apps/web/src/lib', "import '@mainloop/models/db/log';"],
    ['gateway-has-no-hands', 'apps/gateway/src', "import '../../../packages/adapters/src/forge/port.ts';"],
    ['runner-knows-only-the-agent', 'apps/runner/src', "import '@mainloop/models/db/pool';"],
    ['cli-speaks-contracts', 'apps/cli/src', "import '@mainloop/models/db/pool';"],
    ['demo-is-outside', 'apps/demo/src', "import '../../cli/src/show.ts';"],
    ['testkit-is-for-tests', 'apps/worker/src', "import '../../../packages/testkit/src/database.ts';"],
  ];
  for (const [rule, dir, code] of breaks) {
    const f = path.join(root, dir, `planted-${rule}.ts`);
    planted.push(f);
    writeFileSync(f, `${code}\n`);
  }
  const r = spawnSync(
    path.join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'packages'],
    { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  const found = (JSON.parse(r.stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } }).summary.violations;
  for (const [rule] of breaks) expect([rule, found.some((v) => v.rule.name === rule && v.from.includes(`planted-${rule}`))]).toEqual([rule, true]);
  expect(found.filter((v) => !v.from.includes('planted-'))).toEqual([]);
}, 120_000);

/** Imports of our own packages that a package does not declare. On a laptop the root's node_modules hides them; in an image they end the process. */
function undeclared(): string[] {
  const folders = globSync('{apps,packages}/*', { cwd: root }).filter((f) => existsSync(path.join(root, f, 'package.json')));
  return folders.flatMap((folder) => {
    const { name, dependencies = {} } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    const files = globSync(`${folder}/{src/**/*,*}.{ts,svelte}`, { cwd: root }).filter((f) => !/\.test\.ts$|\/generated\//.test(f));
    const wanted = files.flatMap((f) =>
      [...readFileSync(path.join(root, f), 'utf8').matchAll(/from '(@mainloop\/[a-z]+)\//g)].map((m) => ({ f, dependency: m[1]! })),
    );
    return wanted.filter((w) => w.dependency !== name && dependencies[w.dependency] === undefined).map((w) => `${w.f}: ${w.dependency}`);
  });
}

test('every package declares the packages of ours that it imports', () => {
  expect(undeclared()).toEqual([]);
  const f = path.join(root, 'apps/runner/src/planted-undeclared.ts');
  planted.push(f);
  writeFileSync(f, "import '@mainloop/models/flow/ids';\nexport { keepDoor } from '@mainloop/doors/door';\n");
  expect(undeclared()).toEqual(['apps/runner/src/planted-undeclared.ts: @mainloop/doors']);
});
