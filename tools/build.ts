// Builds what `make dev` and the tests need, each piece once for its inputs: Prisma client, api, web,
// workflow bundle, sandbox kit.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamps = path.join(root, 'node_modules/.cache/mainloop');
mkdirSync(stamps, { recursive: true });

interface Piece {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly build: () => void;
}

/** Quiet unless it fails: then everything it said is shown. */
const run = (cwd: string, file: string, args: string[], env: Record<string, string> = {}): void => {
  const result = spawnSync(file, args, {
    cwd: path.join(root, cwd),
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (result.status === 0) return;
  console.log(`failed\n${result.stdout}${result.stderr}${result.error?.message ?? ''}`);
  process.exit(1);
};
const bin = (pkg: string, name: string): string => path.join(root, pkg, 'node_modules/.bin', name);

/** What `mainloop up` starts of ours. */
const SERVERS = [
  'apps/api/dist/main.js',
  'apps/demo/src/github-main.ts',
  'apps/demo/src/model-main.ts',
  'apps/gateway/src/main.ts',
  'apps/web/build/handler.js',
  'apps/web/server.ts',
  'apps/worker/src/main.ts',
  'packages/models/src/db/prepare-main.ts',
];

const pieces: Piece[] = [
  {
    name: 'database client',
    inputs: ['packages/models/prisma/schema.prisma'],
    output: 'packages/models/src/db/generated/client.ts',
    build: () =>
      run('packages/models', bin('packages/models', 'prisma'), ['generate'], {
        PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        // Prisma starts its generators by name.
        PATH: `${path.join(root, 'packages/models/node_modules/.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
      }),
  },
  {
    name: 'api',
    inputs: ['apps/api/src', 'apps/api/.swcrc'],
    output: 'apps/api/dist/main.js',
    build: () =>
      run('apps/api', bin('apps/api', 'swc'), [
        'src',
        '-d',
        'dist',
        '--strip-leading-paths',
        '--config-file',
        '.swcrc',
        '--quiet',
      ]),
  },
  {
    name: 'sandbox runner',
    inputs: [
      'apps/runner/src',
      'packages/models/src/flow',
      'packages/models/src/contracts',
      'packages/adapters/src/agent',
      'packages/network/src',
    ],
    output: 'apps/runner/dist/typescript/package.json',
    build: () => {
      const dist = path.join(root, 'apps/runner/dist');
      rmSync(dist, { recursive: true, force: true });
      for (const [from, to] of [
        ['main', 'runner'],
        ['talk', 'talk'],
        ['gh', 'gh'],
        ['keep-main', 'keep'],
      ]) {
        run('apps/runner', bin('apps/runner', 'esbuild'), [
          `src/${from}.ts`,
          '--bundle',
          '--platform=node',
          '--format=esm',
          '--target=node24',
          `--outfile=dist/${to}.mjs`,
          '--log-level=warning',
        ]);
      }
      // The agent's language server for TypeScript, and a compiler for it, without the translations of its messages.
      const from = path.join(root, 'apps/runner/node_modules');
      cpSync(
        path.join(from, 'typescript-language-server/lib/cli.mjs'),
        path.join(dist, 'typescript-language-server.mjs'),
      );
      cpSync(path.join(from, 'typescript/lib'), path.join(dist, 'typescript/lib'), {
        recursive: true,
        dereference: true,
        filter: (f) => statSync(f).isFile() || f.endsWith('/lib'),
      });
      cpSync(path.join(from, 'typescript/package.json'), path.join(dist, 'typescript/package.json'));
    },
  },
  {
    name: 'workflows',
    inputs: ['apps/worker/src/workflows', 'packages/models/src/flow', 'tools/bundle-workflows.ts'],
    output: 'apps/worker/dist/workflows.js',
    build: () => run('.', process.execPath, ['tools/bundle-workflows.ts']),
  },
  {
    name: 'web',
    inputs: [
      'apps/web/src',
      'apps/web/static',
      'apps/web/vite.config.ts',
      'apps/web/package.json',
      'packages/models/src',
    ],
    output: 'apps/web/build/handler.js',
    build: () => run('apps/web', bin('apps/web', 'vite'), ['build', '--logLevel', 'error']),
  },
  {
    name: 'compile cache',
    inputs: [
      'apps/api/src',
      'apps/demo/src',
      'apps/gateway/src',
      'apps/web/server.ts',
      'apps/web/src',
      'apps/worker/src',
      'packages',
    ],
    output: 'node_modules/.cache/mainloop/compiled',
    build: () => run('.', process.execPath, ['tools/compile-cache.ts', ...SERVERS]),
  },
];

const only = process.argv.slice(2);
for (const piece of pieces) {
  if (only.length > 0 && !only.includes(piece.name)) continue;
  const key = hashOf([...piece.inputs, 'pnpm-lock.yaml']);
  const stamp = path.join(stamps, `${piece.name.replace(/ /g, '-')}.key`);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key && existsSync(path.join(root, piece.output)))
    continue;
  const startedMs = Date.now();
  process.stdout.write(`  building ${piece.name} ... `);
  piece.build();
  writeFileSync(stamp, key);
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

function hashOf(inputs: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  const add = (file: string): void => {
    const full = path.join(root, file);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort())
        if (name !== 'generated' && name !== 'node_modules' && !name.endsWith('.test.ts'))
          add(path.join(file, name));
    } else hash.update(file).update('\0').update(readFileSync(full));
  };
  for (const input of inputs) add(input);
  return hash.digest('hex');
}
