// A clone whose set-up nobody has set: what is found in it is run, kept as evidence, and never stands in the way.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Evidence, RunSpec } from '@mainloop/models/contracts/runner';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Around } from './around.ts';
import { ensureSetup, setupIsDone } from './commands.ts';
import type { Control } from './control.ts';
import { ensureFetched, fetchedFolder } from './fetched.ts';

const dir = mkdtempSync('/tmp/mainloop-setup-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let repo: string;
let bin: string;
let told: Evidence[];
beforeEach(() => {
  const at = mkdtempSync(path.join(dir, 'case-'));
  [repo, bin, told] = [path.join(at, 'repo'), path.join(at, 'bin'), []];
  for (const folder of [repo, bin]) mkdirSync(folder);
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: repo,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  put('package.json', '{"engines":{"node":">=1.5"}}');
  put('package-lock.json', '{"lockfileVersion":3}');
  git('add', '-A');
  git('commit', '-qm', 'first');
  npm('echo "npm $*" >> .git/ran');
});
const put = (name: string, text: string): void => writeFileSync(path.join(repo, name), text);
/** What stands where npm would. */
const npm = (script: string): void => {
  writeFileSync(path.join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, 'npm'), 0o755);
};
const ran = (): number => {
  try {
    return readFileSync(path.join(repo, '.git/ran'), 'utf8').trim().split('\n').length;
  } catch {
    return 0;
  }
};
const nobodyAsks = {
  askPermission: () => Promise.reject(new Error('nobody is asked')),
} as unknown as Control;
const around = (spec: Partial<RunSpec> = {}): Around =>
  ({
    config: { repo, home: dir },
    spec: {
      phase: 'implement',
      setupCommand: null,
      findSetup: true,
      askPermissions: false,
      base: 'main',
      ...spec,
    },
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: dir },
    spool: { write: () => undefined },
    link: {
      patiently: (_method: string, _path: string, body: string) => {
        told.push(JSON.parse(body) as Evidence);
        return Promise.resolve({ status: 200, body: Buffer.from('{}') });
      },
    },
  }) as unknown as Around;

test('it runs once for each content of the lock file, and says which file it comes from and which version runs', async () => {
  expect(setupIsDone(around())).toBe(false);
  expect(await ensureSetup(around(), nobodyAsks)).toBeNull();
  expect(told).toMatchObject([
    {
      what: 'setup',
      command: 'npm ci --no-audit --no-fund',
      exitCode: 0,
      from: ['package-lock.json'],
      clean: true,
    },
  ]);
  expect(told[0]!.tail).toMatch(/^package\.json asks for node >=1\.5; v\d+\.\d+\.\d+ runs here\.\n$/);
  expect(setupIsDone(around())).toBe(true);
  await ensureSetup(around(), nobodyAsks);
  expect(ran()).toBe(1);
  put('package-lock.json', '{"lockfileVersion":3,"packages":{}}');
  expect(setupIsDone(around())).toBe(false);
  await ensureSetup(around(), nobodyAsks);
  expect(ran()).toBe(2);
});

test('one that fails is told with its output, does not end the run, and is tried again in the next', async () => {
  npm('echo no such registry >&2; exit 7');
  expect(await ensureSetup(around(), nobodyAsks)).toBeNull();
  expect(told).toMatchObject([{ exitCode: 7, from: ['package-lock.json'] }]);
  expect(told[0]!.tail).toContain('no such registry');
  expect(setupIsDone(around())).toBe(false);
});

test.each<[string, Partial<RunSpec>]>([
  ['the project does not want one to be found', { findSetup: false }],
  ['its agents ask before they run anything', { askPermissions: true }],
  ['a plan is made', { phase: 'plan' }],
])('nothing found is run where %s', async (_, spec) => {
  expect(setupIsDone(around(spec))).toBe(true);
  expect(await ensureSetup(around(spec), nobodyAsks)).toBeNull();
  expect([ran(), told]).toEqual([0, []]);
});

test("the project's own command comes first, and what it says when it fails ends the run", async () => {
  const spec = { setupCommand: 'echo mine; exit 3' };
  expect(await ensureSetup(around(spec), nobodyAsks)).toBe('echo mine; exit 3: exit 3\nmine\n');
  expect(told).toMatchObject([{ command: 'echo mine; exit 3', exitCode: 3 }]);
  expect([ran(), told[0]!.from]).toEqual([0, undefined]);
});

test('lists of requirements in their folder are found, one that is a link is not followed', () => {
  expect(setupIsDone(around())).toBe(false);
  rmSync(path.join(repo, 'package.json'));
  expect(setupIsDone(around())).toBe(true);
  mkdirSync(path.join(dir, 'elsewhere'));
  writeFileSync(path.join(dir, 'elsewhere/tests.txt'), 'pytest\n');
  symlinkSync(path.join(dir, 'elsewhere'), path.join(repo, 'requirements'));
  expect(setupIsDone(around())).toBe(true);
  rmSync(path.join(repo, 'requirements'));
  mkdirSync(path.join(repo, 'requirements'));
  put('requirements/tests.txt', 'pytest\n');
  expect(setupIsDone(around())).toBe(false);
});

test('a lock file that is a pipe, or a folder, holds nobody up', () => {
  rmSync(path.join(repo, 'package-lock.json'));
  execFileSync('mkfifo', [path.join(repo, 'package-lock.json')]);
  rmSync(path.join(repo, 'package.json'));
  mkdirSync(path.join(repo, 'package.json'));
  expect(setupIsDone(around())).toBe(true);
});

test('of a project that is a folder, that folder is set up, and the command runs there', async () => {
  mkdirSync(path.join(repo, 'packages/a'), { recursive: true });
  put('packages/a/package.json', '{"dependencies":{"b":"1"}}');
  npm('pwd >> ../../.git/ran');
  expect(await ensureSetup(around({ folder: 'packages/a' }), nobodyAsks)).toBeNull();
  expect(told).toMatchObject([
    { command: 'npm install --no-package-lock --no-audit --no-fund', exitCode: 0, from: ['package.json'] },
  ]);
  expect(readFileSync(path.join(repo, '.git/ran'), 'utf8')).toMatch(/packages[/]a\n$/);
  expect(setupIsDone(around({ folder: 'packages/a' }))).toBe(true);
});

test('a uv or a poetry that the set-up brought for itself runs what is installed, by its own name', async () => {
  const folder = path.join(repo, "it's here");
  mkdirSync(path.join(folder, '.venv/bin'), { recursive: true });
  for (const program of ['uv', 'pytest'])
    writeFileSync(
      path.join(folder, '.venv/bin', program),
      `#!/bin/sh\necho "${program} $* without asking: $UV_NO_SYNC"\n`,
      { mode: 0o755 },
    );
  ensureFetched(dir, folder, '.venv/bin/uv sync && "/tmp/mainloop-poetry/bin/poetry" export');
  const said = (command: string): string =>
    execFileSync('sh', ['-c', command], {
      env: { PATH: `${process.env.PATH}:${fetchedFolder(dir)}` },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  expect(said('uv run pytest -q')).toBe('uv run pytest -q without asking: 1\n');
  expect(said('poetry run pytest -q')).toBe('pytest -q without asking: \n');
  expect(() => said('poetry add x')).toThrow('Only "poetry run" is here');
});

test('a package manager that it fetches stands on PATH for the scripts, and changes nothing about how it is set up', async () => {
  rmSync(path.join(repo, 'package-lock.json'));
  put('pnpm-lock.yaml', '');
  // In the place of npx: it says what it was asked for.
  writeFileSync(path.join(bin, 'npx'), '#!/bin/sh\necho "npx $*"\n', { mode: 0o755 });
  const withFetched = (): Around => {
    const one = around();
    return { ...one, env: { ...one.env, PATH: `${one.env.PATH}:${fetchedFolder(dir)}` } };
  };
  await ensureSetup(withFetched(), nobodyAsks);
  expect(told).toMatchObject([{ command: 'npx --yes pnpm@10 install --frozen-lockfile', exitCode: 0 }]);
  const said = execFileSync('sh', ['-c', 'pnpm -r test'], { env: withFetched().env, encoding: 'utf8' });
  expect(said).toBe('npx --yes pnpm@10 -r test\n');
  await ensureSetup(withFetched(), nobodyAsks);
  expect(told).toHaveLength(1);
  // A new run of the same task has an empty home.
  rmSync(fetchedFolder(dir), { recursive: true });
  await ensureSetup(withFetched(), nobodyAsks);
  expect(told).toHaveLength(1);
  execFileSync('sh', ['-c', 'pnpm --version'], { env: withFetched().env });
});
