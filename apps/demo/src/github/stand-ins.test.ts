// Actions that a machine can't fetch: which version they are asked for, and what is laid for a workflow that
// names them.
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fits, nodeRange, npmFor, versionIn } from './stand-in-versions.mts';
import { layStandIns, stepsOf, usedActions } from './stand-ins.ts';

const NOW = new Date('2026-11-26T00:00:00Z');

test.each([
  ['18', '18'],
  ['18.x', '18.x'],
  ['v20.11.1', '20.11.1'],
  ['>=16 <21', '>=16 <21'],
  ['lts/*', '26'],
  ['lts/-1', '24'],
  ['lts/Iron', '20'],
  ['lts/unheard-of', null],
  ['latest', '*'],
  ['$(id)', null],
  ['--global', null],
])('Node %s is %s for npm', (wanted, range) => expect(nodeRange(wanted, NOW)).toBe(range));

test('before October the newest long line is last year’s', () =>
  expect(nodeRange('lts/*', new Date('2026-09-30T00:00:00Z'))).toBe('24'));

test.each([
  [24, null],
  [20, 'npm@10'],
  [16, 'npm@8'],
  [10, 'npm@6'],
])('Node %s runs %s', (major, npm) => expect(npmFor(major)).toBe(npm));

test.each([
  ['', '3.11.2', true],
  ['3', '3.11.2', true],
  ['3.x', '3.11.2', true],
  ['3.11', '3.11.2', true],
  ['3.1', '3.11.2', false],
  ['3.12', '3.11.2', false],
  ['>=3.9', '3.11.2', true],
  ['>= 3.9, <3.11', '3.11.2', false],
  ['>3.11', '3.11.2', false],
  ['<=3.11', '3.11.2', true],
  ['3.8 - 3.10', '3.11.2', false],
  ['^1.20', '1.24.0', true],
  ['~1.20', '1.24.0', false],
  ['1.19 || ^1.21', '1.24.0', true],
  ['!=3.11', '3.11.2', false],
  ['pypy3.9', '3.9.1', false],
  ['3.14-dev', '3.14.0', false],
  ['3.11', 'Python', false],
])('%s will do with %s: %s', (wanted, have, want) => expect(fits(wanted, have)).toBe(want));

test.each([
  ['.nvmrc', 'v20\n', 'node', 'v20'],
  ['package.json', '{"engines":{"node":">=18"},"volta":{"node":"20.1.0"}}', 'node', '20.1.0'],
  ['go.mod', 'module x\n\ngo 1.22\n', 'go', '1.22'],
  ['.tool-versions', 'golang 1.22.1\nnodejs 20.0.0\npython 3.12\n', 'node', '20.0.0'],
  ['.tool-versions', 'golang 1.22.1\n', 'go', '1.22.1'],
  ['pyproject.toml', '[project]\nrequires-python = ">=3.8"\n', 'python', '>=3.8'],
  ['.python-version', '\n', 'python', null],
] as const)('%s says %j: %s %s', (name, text, tool, want) => expect(versionIn(name, text, tool)).toBe(want));

const WORKFLOW = `
on: push
jobs:
  t:
    steps:
      - uses: actions/checkout@v4
      - uses: Actions/Setup-Node@v4
      - id: kept
        uses: "actions/cache/restore@v4"
      - uses: dtolnay/rust-toolchain@1.70.0
      - uses: somebody/else@main
      - { id: "1", run: echo }
`;

test('what a workflow uses is found with its version, also in a folder of an action', () => {
  expect(usedActions([WORKFLOW, 'jobs: { x: { uses: ./.github/workflows/y.yml } }'])).toEqual([
    { name: 'Actions/Setup-Node', ref: 'v4' },
    { name: 'actions/cache', ref: 'v4' },
    { name: 'dtolnay/rust-toolchain', ref: '1.70.0' },
  ]);
});

test('a step is a stand-in’s when nothing else has its name', () => {
  const steps = stepsOf([
    { uses: 'actions/checkout@v4' },
    { uses: 'actions/setup-node@v4' },
    { id: 'kept', uses: 'actions/cache/restore@v4' },
    { id: '1', run: 'echo' },
  ]);
  expect([...steps]).toEqual([['kept', 'actions/cache']]);
});

test('each is laid as an action of its own, and says its version where that is all it is told', () => {
  const folder = mkdtempSync('/tmp/mainloop-stand-ins-');
  try {
    const args = layStandIns({ folder, at: '/opt/ci/stand-ins', node: '/opt/ci/node' }, [WORKFLOW]);
    expect(args.filter((_, i) => i % 2 === 0)).toEqual(Array(3).fill('--local-repository'));
    const cache = args
      .find((a) => a.startsWith('actions/cache@v4='))!
      .replace('actions/cache@v4=/opt/ci/stand-ins', folder);
    expect(existsSync(path.join(cache, 'restore/action.yml'))).toBe(true);
    const rust = args.find((a) => a.startsWith('dtolnay/'))!.replace(/^[^=]*=\/opt\/ci\/stand-ins/, folder);
    expect(readFileSync(path.join(rust, 'action.yml'), 'utf8')).toContain('"toolchain":{"default":"1.70.0"}');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** @returns what the stand-in printed, its outputs, and how it ended */
function stand(
  home: string,
  name: string,
  inputs: object,
  toolPath = process.env.PATH,
): { code: number; said: string; out: string } {
  const out = path.join(home, 'out');
  writeFileSync(out, '');
  mkdirSync(path.join(home, 'home'), { recursive: true });
  mkdirSync(path.join(home, 'repo'), { recursive: true });
  const env = {
    PATH: toolPath,
    HOME: path.join(home, 'home'),
    INPUTS: JSON.stringify(inputs),
    GITHUB_OUTPUT: out,
  };
  const at = path.join(import.meta.dirname, 'stand-in.mts');
  const more = {
    GITHUB_PATH: path.join(home, 'path'),
    GITHUB_ENV: path.join(home, 'env'),
    GITHUB_WORKSPACE: path.join(home, 'repo'),
  };
  try {
    const said = execFileSync(process.execPath, [at, name], {
      cwd: path.join(home, 'repo'),
      env: { ...env, ...more },
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return { code: 0, said, out: readFileSync(out, 'utf8') };
  } catch (err) {
    const thrown = err as { status: number; stdout: string };
    return { code: thrown.status, said: thrown.stdout, out: readFileSync(out, 'utf8') };
  }
}

test('an artifact goes from one job to another; one without files is as the workflow says', () => {
  const home = mkdtempSync('/tmp/mainloop-stand-ins-');
  try {
    mkdirSync(path.join(home, 'repo/dist/deep'), { recursive: true });
    writeFileSync(path.join(home, 'repo/dist/deep/a.txt'), 'a');
    writeFileSync(path.join(home, 'repo/dist/b.log'), 'b');
    expect(
      stand(home, 'actions/upload-artifact', { name: 'built', path: 'dist/**\n!dist/*.log' }),
    ).toMatchObject({ code: 0 });
    expect(stand(home, 'actions/download-artifact', { name: 'built', path: 'got' })).toMatchObject({
      code: 0,
    });
    expect(readFileSync(path.join(home, 'repo/got/deep/a.txt'), 'utf8')).toBe('a');
    expect(existsSync(path.join(home, 'repo/got/b.log'))).toBe(false);
    expect(stand(home, 'actions/download-artifact', { path: 'all' })).toMatchObject({ code: 0 });
    expect(existsSync(path.join(home, 'repo/all/built/deep/a.txt'))).toBe(true);
    expect(stand(home, 'actions/upload-artifact', { path: 'nothing/*' })).toMatchObject({ code: 0 });
    const none = stand(home, 'actions/upload-artifact', { path: 'nothing/*', 'if-no-files-found': 'error' });
    expect(none).toMatchObject({ code: 1 });
    // The workflow's own failure, and nothing that this machine lacks.
    expect(none.said).not.toContain('not here');
    expect(stand(home, 'actions/download-artifact', { name: '../../etc' })).toMatchObject({ code: 1 });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test.each<[what: string, inputs: object, bundle: string, code: number, said: RegExp]>([
  ['fits', { 'ruby-version': '3.1' }, 'exit 9', 0, /^Ruby 3\.1\.2, the one/],
  [
    'is another',
    { 'ruby-version': '3.4' },
    '',
    1,
    /^mainloop, not here: Ruby 3\.4 can't be had .+; 3\.1\.2 is there$/m,
  ],
  ['is none', { 'ruby-version': 'jruby-9.4' }, '', 1, /^mainloop, not here: Ruby jruby-9\.4 can't/m],
  ['is named by a file', { 'ruby-version': 'default' }, '', 1, /^mainloop, not here: Ruby 3\.3\.0 can't/m],
  ['installs', { 'ruby-version': 'ruby', 'bundler-cache': 'true' }, 'echo "$BUNDLE_PATH" > ran', 0, /^Ruby/],
  [
    'has no registry',
    { 'ruby-version': '3.1', 'bundler-cache': 'true' },
    'echo "Bundler::HTTPError Could not fetch specs from http://127.0.0.1/" >&2; exit 17',
    1,
    /^mainloop, not here: its gems can't be had on this machine$/m,
  ],
  [
    'does not fit its lock file',
    { 'ruby-version': '3.1', 'bundler-cache': 'true' },
    'echo "Your lockfile does not satisfy dependencies" >&2; exit 16',
    1,
    /^Your lockfile does not satisfy dependencies$/m,
  ],
])('a Ruby that %s', (_, inputs, bundle, code, said) => {
  const home = mkdtempSync('/tmp/mainloop-stand-ins-');
  try {
    const bin = path.join(home, 'bin');
    mkdirSync(bin);
    mkdirSync(path.join(home, 'repo'));
    writeFileSync(path.join(home, 'repo/.ruby-version'), 'ruby-3.3.0\n');
    const program = (name: string, script: string): void =>
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    program('ruby', 'case "$1" in --version) echo "ruby 3.1.2p20 (2022-04-12) [x86_64-linux-gnu]";; esac');
    program('bundle', bundle);
    const ended = stand(home, 'ruby/setup-ruby', inputs, `${bin}:${process.env.PATH}`);
    expect(ended).toMatchObject({ code, said: expect.stringMatching(said) });
    if (bundle.includes('ran'))
      expect(readFileSync(path.join(home, 'repo/ran'), 'utf8')).toBe(`${home}/repo/vendor/bundle\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('a Python that nobody has is told; one that is here is in an environment of its own', () => {
  const home = mkdtempSync('/tmp/mainloop-stand-ins-');
  try {
    const none = stand(home, 'actions/setup-python', { 'python-version': '2.6' });
    expect(none).toMatchObject({ code: 1 });
    expect(none.said).toMatch(/^mainloop, not here: Python 2[.]6 can't be had on this machine/m);
    const some = stand(home, 'actions/setup-python', { 'python-version': '3.x' });
    expect(some).toMatchObject({ code: 0 });
    expect(some.out).toMatch(/^python-version=3[.]/m);
    expect(readFileSync(path.join(home, 'path'), 'utf8')).toMatch(/bin$/m);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
