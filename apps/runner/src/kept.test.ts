// A set-up that was made on the default branch, without an agent: where it fits it is moved into the clone,
// and nowhere else.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Evidence, RunSpec } from '@mainloop/models/contracts/runner';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Around } from './around.ts';
import { adoptKept, ensureSetup, setupIsDone } from './commands.ts';
import type { Control } from './control.ts';
import { makeSetup } from './keep.ts';

const dir = mkdtempSync('/tmp/mainloop-kept-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let at: string;
let mirror: string;
let env: Record<string, string>;
let told: Evidence[];
const git = (cwd: string, ...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();

beforeEach(() => {
  at = mkdtempSync(path.join(dir, 'case-'));
  mirror = path.join(at, 'mirror.git');
  told = [];
  const [origin, bin] = [path.join(at, 'origin'), path.join(at, 'bin')];
  for (const folder of [origin, bin]) mkdirSync(folder);
  git(origin, 'init', '-q', '-b', 'main');
  for (const [name, text] of [
    ['package.json', '{}'],
    ['package-lock.json', '{"lockfileVersion":3}'],
    ['index.js', '1'],
  ] as const)
    writeFileSync(path.join(origin, name), text);
  git(origin, 'add', '-A');
  git(origin, 'commit', '-qm', 'first');
  git(origin, 'tag', 'v1');
  git(at, 'clone', '-q', '--mirror', origin, mirror);
  writeFileSync(
    path.join(bin, 'npm'),
    `#!/bin/sh\necho ran >> ${at}/ran\nmkdir -p node_modules/a "$HOME/go/pkg/mod"\necho a > node_modules/a/index.js\n`,
  );
  chmodSync(path.join(bin, 'npm'), 0o755);
  env = {
    PATH: `${bin}:/usr/bin:/bin`,
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
});
const ran = (): number =>
  existsSync(path.join(at, 'ran')) ? readFileSync(path.join(at, 'ran'), 'utf8').trim().split('\n').length : 0;
/** Where one sandbox works. */
function place(name: string): { repo: string; home: string; mirror: string; kept: string } {
  const home = path.join(at, name, 'home');
  mkdirSync(home, { recursive: true });
  env.HOME = home;
  return { repo: path.join(at, name, 'repo'), home, mirror, kept: path.join(at, name, 'kept') };
}
const make = (p: ReturnType<typeof place>, command: string | null = null, have: string[] = []) =>
  makeSetup(p, { commit: git(mirror, 'rev-parse', 'main'), command, folder: '', have }, env);
/** A task's clone, with the kept set-up of another place beside it. */
function task(kept: string, spec: Partial<RunSpec> = {}): Around {
  const p = place('task');
  git(at, 'clone', '-q', mirror, p.repo);
  cpSync(kept, p.kept, { recursive: true });
  return {
    config: p,
    spec: {
      phase: 'implement',
      setupCommand: null,
      findSetup: true,
      askPermissions: false,
      base: 'main',
      ...spec,
    },
    env,
    spool: { write: () => undefined },
    link: {
      patiently: (_method: string, _path: string, body: string) => {
        told.push(JSON.parse(body) as Evidence);
        return Promise.resolve({ status: 200, body: Buffer.from('{}') });
      },
    },
  } as unknown as Around;
}
const nobodyAsks = {
  askPermission: () => Promise.reject(new Error('nobody is asked')),
} as unknown as Control;

test('what was made once is there in the next task, and nothing runs again', async () => {
  const p = place('setup');
  expect(await make(p)).toMatchObject({ kind: 'made' });
  const around = task(p.kept);
  await adoptKept(around);
  expect(setupIsDone(around)).toBe(true);
  expect(await ensureSetup(around, nobodyAsks)).toBeNull();
  expect(readFileSync(path.join(around.config.repo, 'node_modules/a/index.js'), 'utf8')).toBe('a\n');
  expect(existsSync(path.join(around.config.home, 'go/pkg/mod'))).toBe(true);
  expect([ran(), existsSync(path.join(path.dirname(around.config.repo), 'kept'))]).toEqual([1, false]);
  expect(told).toMatchObject([
    { what: 'setup', command: 'npm ci --no-audit --no-fund', exitCode: 0, from: ['package-lock.json'] },
  ]);
  expect(told[0]!.tail).toMatch(/^Kept from before/);
});

test.each<[string, (repo: string) => void, Partial<RunSpec>]>([
  [
    'another lock file on the branch',
    (repo) => commit(repo, 'package-lock.json', '{"lockfileVersion":3,"packages":{}}'),
    {},
  ],
  ["the project's own command", () => undefined, { setupCommand: 'npm ci' }],
])('%s: it is thrown away, and the set-up is made here', async (_, change, spec) => {
  const p = place('setup');
  await make(p);
  const around = task(p.kept, spec);
  change(around.config.repo);
  await adoptKept(around);
  expect([setupIsDone(around), existsSync(path.join(around.config.repo, 'node_modules')), told]).toEqual([
    false,
    false,
    [],
  ]);
  await ensureSetup(around, nobodyAsks);
  expect([ran(), setupIsDone(around)]).toEqual([2, true]);
});

/** As the default branch has it too. */
function commit(repo: string, file: string, text: string): void {
  writeFileSync(path.join(repo, file), text);
  git(repo, 'commit', '-qam', 'change');
  git(repo, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
}

test.each<[string, (repo: string) => void, Partial<RunSpec>]>([
  ['in a clone that somebody has worked in', (repo) => writeFileSync(path.join(repo, 'new.js'), ''), {}],
  ['for a plan', () => undefined, { phase: 'plan' }],
  ['where agents ask first', () => undefined, { askPermissions: true }],
])('%s nothing is moved', async (_, change, spec) => {
  const p = place('setup');
  await make(p);
  const around = task(p.kept, spec);
  change(around.config.repo);
  await adoptKept(around);
  expect([existsSync(path.join(around.config.repo, 'node_modules')), told]).toEqual([false, []]);
});

test('what lies where it would be moved to stays, and a list that leads elsewhere is none', async () => {
  const p = place('setup');
  await make(p);
  const list = JSON.parse(readFileSync(path.join(p.kept, 'list.json'), 'utf8')) as {
    parts: [string, string][];
  };
  const around = task(p.kept);
  for (const leads of ['../out', '/etc/out', '.git/hooks', 'a/../../out']) {
    writeFileSync(
      path.join(path.dirname(around.config.repo), 'kept/list.json'),
      JSON.stringify({ ...list, parts: [['repo', leads]] }),
    );
    await adoptKept(around);
    expect([leads, setupIsDone(around)]).toEqual([leads, false]);
  }
});

test('a commit that changes nothing of a set-up, or needs none, is not checked out for it', async () => {
  const [first, large] = [await make(place('first')), path.join(at, 'large')];
  git(at, 'clone', '-q', mirror, large);
  for (const folder of ['src', 'packages/a', 'docs'])
    mkdirSync(path.join(large, folder), { recursive: true });
  for (const f of ['src/a.js', 'packages/a/package.json', 'docs/b.md', 'gradlew'])
    writeFileSync(path.join(large, f), '{}');
  writeFileSync(path.join(large, 'large.bin'), 'x'.repeat(2 * 1024 * 1024));
  git(large, 'add', '-A');
  git(large, 'commit', '-qm', 'second');
  git(large, 'push', '-q', 'origin', 'main');
  const key = (await make(place('second'))) as { key: string };
  expect(first).not.toEqual(key);
  const p = place('third');
  expect(await make(p, null, [key.key])).toEqual({
    kind: 'same',
    key: key.key,
    reads: 'manifests',
  });
  const there = execFileSync('find', ['.', '-name', '.git', '-prune', '-o', '-type', 'f', '-print'], {
    cwd: p.repo,
    encoding: 'utf8',
  });
  expect(there.trim().split('\n').toSorted()).toEqual([
    './gradlew',
    './index.js',
    './package-lock.json',
    './package.json',
    './packages/a/package.json',
  ]);
});

test('a set-up that fails, changes the repository, or is not needed, is not kept; one that is kept already is not made again', async () => {
  expect(await make(place('a'), 'echo no such registry; exit 3')).toEqual({
    kind: 'failed',
    why: expect.stringContaining('exit 3: no such registry') as unknown as string,
  });
  expect(await make(place('b'), 'echo 2 > index.js')).toMatchObject({
    kind: 'failed',
    why: expect.stringContaining('changes files') as unknown as string,
  });
  const made = await make(place('c'));
  expect(made.kind === 'made' && (await make(place('d'), null, [made.key]))).toEqual({
    kind: 'same',
    key: (made as { key: string }).key,
    reads: 'manifests',
  });
  expect(ran()).toBe(1);
});

test('it says whether it may read more than manifests', async () => {
  expect(await make(place('own'), 'npm ci')).toMatchObject({ kind: 'made', reads: 'everything' });
  expect(await make(place('found'))).toMatchObject({ kind: 'made', reads: 'manifests' });
});

test('it is made with the tags of the repository, and of the commit that is named', async () => {
  const p = place('setup');
  expect(await make(p, 'git describe --tags --exact-match > made.txt')).toMatchObject({ kind: 'made' });
  expect(readFileSync(path.join(p.kept, '0'), 'utf8')).toBe('v1\n');
});
