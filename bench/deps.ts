// A project with 500 dependencies next to the same without: how soon its second task is ready to work, and
// what its first one pays.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  npmPackage,
  startNpm,
  tarOf,
  type NpmPackage,
  type TestRegistry,
} from '../packages/testkit/src/package-registry.ts';
import type { Stack } from '../packages/testkit/src/stack.ts';
import { until } from '../packages/testkit/src/stack.ts';
import { quantile, result, type Result } from './lib.ts';
import { firstAfter } from './start.ts';

const DEPENDENCIES = 500,
  FILES_EACH = 20,
  AGAIN = 3;
/** Of a second task without dependencies. */
const MAX_SECOND = 1.2;
/** As many as are kept ready. */
const COPIES = 2;
const KEPT_MS = 5 * 60_000;

const names = Array.from({ length: DEPENDENCIES }, (_, i) => `dep-${i}`);
const packages: Record<string, NpmPackage> = Object.fromEntries(
  names.map((name) => {
    const files = Object.fromEntries(
      Array.from({ length: FILES_EACH }, (_, i) => [
        `package/lib/${i}.js`,
        `exports.x = '${name} ${i}';\n`.repeat(100),
      ]),
    );
    return [
      name,
      {
        ...npmPackage(name),
        tarball: tarOf({ 'package/package.json': JSON.stringify({ name, version: '1.0.0' }), ...files }),
      },
    ];
  }),
);

/** A registry with 500 packages of 20 files each. */
export const startDependencies = (): Promise<TestRegistry> => startNpm(packages);

export async function benchDependencies(stack: Stack, registry: TestRegistry): Promise<Result[]> {
  const home = mkdtempSync('/tmp/bench-deps-');
  for (const name of ['with', 'without']) {
    await stack.call('addProject', {
      body: { source: project(path.join(home, name), name === 'with' ? registry.url : null) },
    });
  }
  await ready(stack, 'without');
  const bare: number[] = [];
  for (let i = 0; i < AGAIN; i++) bare.push(await ready(stack, 'without'));
  const first = await ready(stack, 'with');
  const second: number[] = [];
  for (let i = 0; i < AGAIN; i++) {
    await copiesOf(stack, COPIES);
    second.push(await ready(stack, 'with'));
  }
  await copiesOf(stack, COPIES);
  const inARow: number[] = [];
  for (let i = 0; i < AGAIN; i++) inARow.push(await ready(stack, 'with'));
  rmSync(home, { recursive: true, force: true });
  const [a, b] = [quantile(second, 0.5), quantile(bare, 0.5)];
  return [
    result('500 dependencies, first task ready to work', first, 'ms', b, 'reported', true),
    result(
      '500 dependencies, second task ready to work',
      a,
      'ms',
      b,
      `at most ${MAX_SECOND}x one without`,
      a <= b * MAX_SECOND,
    ),
    ...inARow.map((ms, i) =>
      result(`of it task ${i + 1} of ${AGAIN} that follow each other at once`, ms, 'ms', b, 'reported', true),
    ),
  ];
}

/** Until so many copies of the kept set-up wait for the next tasks: made within seconds, but not at once. */
async function copiesOf(stack: Stack, count: number): Promise<void> {
  const kept = path.join(stack.home, 'kept');
  const there = (): number =>
    existsSync(kept) ? readdirSync(kept).filter((name) => name.startsWith('.ready-')).length : 0;
  await until(`${count} copies of the kept set-up`, async () => there() >= count, KEPT_MS);
}

function project(dir: string, registry: string | null): string {
  execFileSync('git', ['init', '-q', '-b', 'main', dir]);
  writeFileSync(path.join(dir, '.gitignore'), 'node_modules\n');
  if (registry !== null) {
    const dependencies = Object.fromEntries(names.map((n) => [n, '1.0.0']));
    const root = { name: 'with', version: '1.0.0', dependencies };
    const locked = names.map((name) => {
      const integrity = `sha512-${createHash('sha512').update(packages[name]!.tarball).digest('base64')}`;
      return [
        `node_modules/${name}`,
        { version: '1.0.0', resolved: `${registry}/${name}/-/${name}-1.0.0.tgz`, integrity },
      ] as const;
    });
    const lock = {
      name: 'with',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': root, ...Object.fromEntries(locked) },
    };
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify(root));
    writeFileSync(path.join(dir, 'package-lock.json'), JSON.stringify(lock));
  }
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('add', '-A');
  git('commit', '-qm', 'first');
  return dir;
}

/** @returns milliseconds from the confirmation to the agent's first question to the model */
async function ready(stack: Stack, name: string): Promise<number> {
  await stack.call('sendMessage', { body: { text: `deps local/${name}` } });
  const proposal = await until('a proposal', async () => (await stack.call('listProposals'))[0]);
  const from = Date.now();
  const { taskId } = await stack.call('confirmProposal', {
    id: proposal.id,
    body: { digest: proposal.digest },
  });
  const ms = (await firstAfter(stack.model, from, KEPT_MS)) - from;
  await stack.call('cancelTask', { id: taskId }).catch(() => undefined);
  await until(
    'the end',
    async () => ['done', 'cancelled'].includes((await stack.call('getTask', { id: taskId })).state),
    120_000,
  );
  return ms;
}

export const DEPENDENCIES_STORY = `
version: 1
chat:
  - when: '^deps (\\S+)'
    steps:
      - text: ok
        tool: { name: spawn_task, input: { project: '{{1}}', title: Deps, prompt: do it, skipPlan: true } }
      - text: ok
agent:
  - when: '.'
    steps:
      - bash: mainloop say "I am there."
      - text: done
`;
