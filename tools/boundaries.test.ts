// The import boundaries hold because a machine says no. Each rule is shown a planted break, or it may be asleep.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

/** For each rule, one break for each thing that it keeps out. */
const BREAKS: Record<string, readonly { dir: string; code: string; ending?: string }[]> = {
  'no-cycles': [{ dir: 'packages/models/src/flow', code: "import './planted-no-cycles-0.ts';" }],
  'flow-imports-nothing': [
    { dir: 'packages/models/src/flow', code: "import 'node:fs';" },
    { dir: 'packages/models/src/flow', code: "import { z } from 'zod';" },
    { dir: 'packages/models/src/flow', code: "import type { Item } from '../contracts/inbox.ts';" },
  ],
  'contracts-know-flow-and-zod': [
    { dir: 'packages/models/src/contracts', code: "import '../db/pool.ts';" },
    { dir: 'packages/models/src/contracts', code: "import 'node:fs';" },
  ],
  'events-know-flow-and-zod': [
    { dir: 'packages/models/src/events', code: "import '../db/pool.ts';" },
    { dir: 'packages/models/src/events', code: "import type { Settings } from '../contracts/http.ts';" },
    { dir: 'packages/models/src/events', code: "import 'node:fs';" },
  ],
  'workflow-file-knows-flow-and-its-parsers': [
    { dir: 'packages/models/src/workflow-file', code: "import '../db/pool.ts';" },
    { dir: 'packages/models/src/workflow-file', code: "import 'node:fs';" },
  ],
  'workflows-are-sealed': [
    { dir: 'apps/worker/src/workflows', code: "import '../evidence.ts';" },
    { dir: 'apps/worker/src/workflows', code: "import 'node:fs';" },
    { dir: 'apps/worker/src/workflows', code: "import '@mainloop/models/contracts/inbox';" },
    { dir: 'apps/worker/src/workflows', code: "import '../activities/task.activities.ts';" },
  ],
  'activities-see-ports-not-vendors': [
    { dir: 'apps/worker/src/activities', code: "import '@mainloop/adapters/forge/github';" },
  ],
  'adapters-stand-alone': [
    { dir: 'packages/adapters/src/forge', code: "import '../sandbox/port.ts';" },
    { dir: 'packages/adapters/src/forge', code: "import '../../../models/src/db/pool.ts';" },
    { dir: 'packages/adapters/src/agent', code: "import '../../../../apps/runner/src/config.ts';" },
  ],
  'logs-know-nobody': [{ dir: 'packages/logs/src', code: "import '../../models/src/flow/ids.ts';" }],
  'network-knows-decisions': [
    { dir: 'packages/network/src', code: "import '../../models/src/db/pool.ts';" },
    { dir: 'packages/network/src', code: "import '../../adapters/src/forge/port.ts';" },
    { dir: 'packages/network/src', code: "import '../../../apps/gateway/src/config.ts';" },
  ],
  'mcp-speaks-contracts': [
    { dir: 'packages/mcp/src', code: "import '../../models/src/db/pool.ts';" },
    { dir: 'packages/mcp/src', code: "import '../../../apps/cli/src/client.ts';" },
  ],
  'models-look-down-only': [
    { dir: 'packages/models/src/db', code: "import '../../../adapters/src/forge/port.ts';" },
    { dir: 'packages/models/src/db', code: "import '../../../testkit/src/database.ts';" },
    { dir: 'packages/models/src/db', code: "import '../../../../apps/api/src/config.ts';" },
  ],
  'api-has-no-hands': [
    { dir: 'apps/api/src', code: "import '@mainloop/adapters/forge/port';" },
    { dir: 'apps/api/src', code: "import '../../worker/src/evidence.ts';" },
  ],
  'web-sees-contracts': [
    { dir: 'apps/web/src/lib', code: "import '@mainloop/models/db/log';" },
    { dir: 'apps/web/src/lib', code: "import '../../../api/src/config.ts';" },
    { dir: 'apps/web/src/lib', code: "import '../../../../packages/adapters/src/forge/port.ts';" },
    {
      dir: 'apps/web/src/lib',
      code: '<script lang="ts">\n  import \'@mainloop/models/db/log\';\n</script>',
      ending: 'svelte',
    },
  ],
  'gateway-has-no-hands': [
    { dir: 'apps/gateway/src', code: "import '../../../packages/adapters/src/forge/port.ts';" },
    { dir: 'apps/gateway/src', code: "import '../../worker/src/evidence.ts';" },
  ],
  'runner-knows-only-the-agent': [
    { dir: 'apps/runner/src', code: "import '@mainloop/models/db/pool';" },
    { dir: 'apps/runner/src', code: "import '../../../packages/adapters/src/sandbox/port.ts';" },
    { dir: 'apps/runner/src', code: "import '../../gateway/src/config.ts';" },
  ],
  'cli-speaks-contracts': [
    { dir: 'apps/cli/src', code: "import '@mainloop/models/db/pool';" },
    { dir: 'apps/cli/src', code: "import '../../../packages/adapters/src/forge/port.ts';" },
    { dir: 'apps/cli/src', code: "import '../../api/src/config.ts';" },
  ],
  'demo-is-outside': [
    { dir: 'apps/demo/src', code: "import '../../cli/src/show.ts';" },
    { dir: 'apps/demo/src', code: "import '../../../packages/models/src/db/pool.ts';" },
    { dir: 'apps/demo/src', code: "import '../../../packages/adapters/src/forge/port.ts';" },
  ],
  'testkit-is-for-tests': [
    { dir: 'apps/worker/src', code: "import '../../../packages/testkit/src/database.ts';" },
    { dir: 'packages/models/src/db', code: "import '../../../testkit/src/database.ts';" },
  ],
};

test('there is a planted break for every rule', () => {
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string }[];
  };
  expect(Object.keys(BREAKS).sort()).toEqual(forbidden.map((rule) => rule.name).sort());
});

test('every rule notices each of its breaks', async () => {
  const breaks = Object.entries(BREAKS).flatMap(([rule, list]) =>
    list.map((b, n) => ({ ...b, rule, name: `planted-${rule}-${n}` })),
  );
  const planted = breaks.map(
    ({ dir, code, name, ending }) => [`${dir}/${name}.${ending ?? 'ts'}`, code] as const,
  );
  const result = await withTree(Object.fromEntries(planted), () =>
    spawnSync(
      path.join(root, 'node_modules/.bin/depcruise'),
      ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'packages'],
      { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
    ),
  );
  if (result.stdout === '')
    throw new Error(`dependency-cruiser said nothing: ${result.error?.message ?? result.stderr}`);
  const found = (
    JSON.parse(result.stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } }
  ).summary.violations;
  const noticed = ({ rule, name }: { rule: string; name: string }): boolean =>
    found.some((v) => v.rule.name === rule && path.basename(v.from).startsWith(`${name}.`));
  expect(breaks.filter((b) => !noticed(b)).map((b) => `${b.name}: ${b.code}`)).toEqual([]);
  expect(found.filter((v) => !v.from.includes('planted-'))).toEqual([]);
});

/**
 * Imports of our own packages that a package does not declare. On a laptop the root's node_modules hides
 * them; in an image they end the process.
 */
function undeclared(): string[] {
  const folders = globSync('{apps,packages}/*', { cwd: root }).filter((f) =>
    existsSync(path.join(root, f, 'package.json')),
  );
  return folders.flatMap((folder) => {
    const { name, dependencies = {} } = JSON.parse(
      readFileSync(path.join(root, folder, 'package.json'), 'utf8'),
    ) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    const files = globSync(`${folder}/{src/**/*,*}.{ts,svelte}`, { cwd: root }).filter(
      (f) => !/\.test\.ts$|\/generated\//.test(f),
    );
    const wanted = files.flatMap((file) =>
      [...readFileSync(path.join(root, file), 'utf8').matchAll(/from '(@mainloop\/[a-z]+)\//g)].map(
        (match) => ({
          f: file,
          dependency: match[1]!,
        }),
      ),
    );
    return wanted
      .filter((w) => w.dependency !== name && dependencies[w.dependency] === undefined)
      .map((w) => `${w.f}: ${w.dependency}`);
  });
}

test('every package declares the packages of ours that it imports', async () => {
  expect(await withTree({}, undeclared)).toEqual([]);
  const code = "import '@mainloop/models/flow/ids';\nexport { ROOT } from '@mainloop/ui/root';";
  expect(await withTree({ 'apps/runner/src/planted-undeclared.ts': code }, undeclared)).toEqual([
    'apps/runner/src/planted-undeclared.ts: @mainloop/ui',
  ]);
});
