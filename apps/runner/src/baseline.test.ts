// A check that is red on the change, and the commit before it: in a real clone, put back as it was.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Baseline, RunSpec } from '@mainloop/models/contracts/runner';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Around } from './around.ts';
import { isRedBefore, type OnChange } from './baseline.ts';

const dir = mkdtempSync('/tmp/mainloop-baseline-');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let repo: string;
let bin: string;
let kept: Baseline[];
const git = (...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd: repo,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
const put = (name: string, text: string): void => writeFileSync(path.join(repo, name), text);
const commit = (): void => {
  git('add', '-A');
  git('commit', '-qm', 'x');
};
const pushed = (): void => void git('update-ref', 'refs/remotes/origin/work', 'HEAD');
/** Lists what is wrong, makes a file that is in no commit and changes one that is. */
const CHECK = 'echo ran >> .git/ran; cat bad.txt; echo x > junk.txt; echo x >> clean.txt; exit 1';

beforeEach(() => {
  const at = mkdtempSync(path.join(dir, 'case-'));
  [repo, bin, kept] = [path.join(at, 'repo'), path.join(at, 'bin'), []];
  for (const folder of [repo, bin]) mkdirSync(folder);
  writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\necho "npm $*" >> .git/ran; cat bad.txt; exit 1\n');
  chmodSync(path.join(bin, 'npm'), 0o755);
  git('init', '-q', '-b', 'main');
  put('bad.txt', 'a.ts:1 unused x\n');
  put('clean.txt', 'x\n');
  put('.gitignore', 'kept/\n');
  commit();
  git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  git('checkout', '-q', '-b', 'work');
  put('new.txt', 'the change\n');
  commit();
  pushed();
  mkdirSync(path.join(repo, 'kept'));
  put('kept/packages', 'stay');
});
const ran = (): number => {
  try {
    return readFileSync(path.join(repo, '.git/ran'), 'utf8').trim().split('\n').length;
  } catch {
    // Nothing ran.
    return 0;
  }
};
const around = (spec: Partial<RunSpec> = {}): Around =>
  ({
    config: { repo },
    spec: { phase: 'implement', branch: 'work', base: 'main', folder: '', askPermissions: false, ...spec },
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: dir },
    spool: { write: () => undefined },
    link: {
      patiently: (method: string, at: string, body?: string) => {
        if (method === 'POST') kept.push(JSON.parse(body!) as Baseline);
        const query = new URL(at, 'http://x').searchParams;
        const known =
          kept.find(
            (b) =>
              b.sha === query.get('sha') &&
              b.what === query.get('what') &&
              b.command === query.get('command'),
          ) ?? null;
        return Promise.resolve({
          status: 200,
          body: Buffer.from(JSON.stringify(method === 'POST' ? {} : { known })),
        });
      },
    },
  }) as unknown as Around;
const red = (tail: string, more: Partial<OnChange> = {}): OnChange => ({
  what: 'verify',
  command: CHECK,
  exitCode: 1,
  tail,
  sha: git('rev-parse', 'HEAD'),
  clean: true,
  ...more,
});

test('red in the same way before: it ran there once, is kept by that commit, and the clone is as it was', async () => {
  const [head, base] = [git('rev-parse', 'HEAD'), git('rev-parse', 'main')];
  expect(await isRedBefore(around(), red('a.ts:9 unused x\n'))).toBe(true);
  expect(kept).toEqual([
    { what: 'verify', command: CHECK, exitCode: 1, tail: 'a.ts:1 unused x\n', sha: base },
  ]);
  expect([
    git('symbolic-ref', '--short', 'HEAD'),
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain'),
  ]).toEqual(['work', head, '']);
  expect(readFileSync(path.join(repo, 'kept/packages'), 'utf8')).toBe('stay');
  expect(await isRedBefore(around(), red('a.ts:9 unused x\n'))).toBe(true);
  expect([ran(), kept.length]).toEqual([1, 1]);
  // The next change from the same commit is compared with what is known of it.
  expect(await isRedBefore(around(), red('a.ts:9 unused x\nb.ts:1 unused y\n'))).toBe(false);
  expect(ran()).toBe(1);
});

test.each<[string, () => Partial<OnChange>, Partial<RunSpec>]>([
  ['green on the change', () => ({ exitCode: 0 }), {}],
  ['not there on the change', () => ({ exitCode: 127 }), {}],
  ['out of time on the change', () => ({ exitCode: null }), {}],
  ['something is in no commit', () => ({ clean: false }), {}],
  ['agents ask before anything runs', () => ({}), { askPermissions: true }],
  ['a base that is not there', () => ({}), { base: 'gone' }],
  ['not pushed', () => (appendFileSync(path.join(repo, 'new.txt'), 'more\n'), commit(), {}), {}],
  ['other packages', () => (put('package.json', '{}'), commit(), pushed(), {}), {}],
])('%s: nothing runs on the commit before', async (_, arrange, spec) => {
  const more = arrange();
  expect(await isRedBefore(around(spec), red('a.ts:1 unused x\n', more))).toBe(false);
  expect([ran(), kept]).toEqual([0, []]);
});

test('a check that the change brought was not red before', async () => {
  put('Makefile', 'lint:\n\techo x\n');
  writeFileSync(path.join(bin, 'make'), '#!/bin/sh\nexit 1\n');
  chmodSync(path.join(bin, 'make'), 0o755);
  commit();
  pushed();
  expect(await isRedBefore(around(), red('', { what: 'lint', command: 'make lint' }))).toBe(false);
  expect(git('symbolic-ref', '--short', 'HEAD')).toBe('work');
});
