// What a set-up sandbox answers is somebody else's word: it is kept when it is whole, and never followed anywhere.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keeper, type Keeper } from './keeper.ts';
import { keptStore, type KeptStore } from './kept.ts';
import type { Sandbox, SandboxRun } from './port.ts';

const REPO = 'me/a';
const KEY = 'a'.repeat(64);
const MADE = JSON.stringify({ kind: 'made', key: KEY, reads: 'manifests' });
let dir: string;
let store: KeptStore;
let started: { run: SandboxRun; wanted: unknown }[];
let trouble: string[];
let answers: (work: string) => void;
const git = (...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd: dir,
    encoding: 'utf8',
  }).trim();
const commit = (): string =>
  git('--git-dir=me/a.git', '--work-tree=.', 'commit', '-q', '--allow-empty', '-m', 'x') ||
  git('--git-dir=me/a.git', 'rev-parse', 'HEAD');

/** A commit with this file. */
function put(name: string, text: string): string {
  mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
  writeFileSync(path.join(dir, name), text);
  git('--git-dir=me/a.git', '--work-tree=.', 'add', '--', name);
  return commit();
}

beforeEach(async () => {
  dir = mkdtempSync('/tmp/mainloop-keeper-');
  [started, trouble] = [[], []];
  mkdirSync(path.join(dir, 'me'));
  git('init', '-q', '--bare', '-b', 'main', 'me/a.git');
  commit();
  store = keptStore(path.join(dir, 'store'), 10 * 1024 * 1024, (w) => trouble.push(w));
  answers = good;
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A sandbox that has ended as soon as it is looked at. */
function opened(): Promise<Keeper> {
  const workOf = (id: string): string => path.join(dir, 'setups', id, 'work');
  const places = (wanted: () => string): Sandbox & { workOf(id: string): string } => ({
    provision: () => Promise.resolve(),
    start: (run) => {
      started.push({ run, wanted: JSON.parse(wanted()) as unknown });
      mkdirSync(workOf(run.taskId), { recursive: true });
      answers(workOf(run.taskId));
      return Promise.resolve();
    },
    status: () => Promise.resolve({ kind: 'exited', runId: 'r', epoch: 1, detail: '' }),
    stop: () => Promise.resolve(),
    release: (id) => Promise.resolve(rmSync(path.join(dir, 'setups', id), { recursive: true, force: true })),
    list: () => Promise.resolve([]),
    stuck: () => Promise.resolve([]),
    checkup: () => Promise.resolve([]),
    workOf,
  });
  const k = keeper({
    folder: path.join(dir, 'store'),
    store,
    places,
    mirrors: dir,
    tokenFor: (repo) => `for ${repo}`,
    onTrouble: (w) => trouble.push(w),
  });
  return k.open().then(() => k);
}
function good(work: string): void {
  mkdirSync(path.join(work, 'kept/0'), { recursive: true });
  writeFileSync(path.join(work, 'kept/0/a.js'), 'a');
  writeFileSync(
    path.join(work, 'kept/list.json'),
    JSON.stringify({ key: KEY, parts: [['repo', 'node_modules']] }),
  );
  writeFileSync(path.join(work, 'made.json'), MADE);
}
async function look(k: Keeper, command: string | null = null): Promise<void> {
  k.look(REPO, { base: 'main', command });
  await k.idle();
}

test('a default branch is set up once for each command, with a token for its packages alone', async () => {
  const k = await opened();
  const first = git('--git-dir=me/a.git', 'rev-parse', 'HEAD');
  await look(k);
  await look(k);
  expect(started).toMatchObject([
    { run: { token: 'for me/a', repo: REPO }, wanted: { commit: first, command: null, have: [] } },
  ]);
  expect(store.keys(REPO)).toEqual([KEY]);
  answers = says({ kind: 'same', key: KEY, reads: 'manifests' });
  const second = put('package-lock.json', '{}');
  await look(k);
  await look(k, 'make setup');
  expect(started.slice(1).map((s) => s.wanted)).toEqual([
    { commit: second, command: null, folder: '', have: [KEY] },
    { commit: second, command: 'make setup', folder: '', have: [KEY] },
  ]);
  expect(trouble).toEqual([]);
  expect(await k.give(REPO, { base: 'main', command: null }, path.join(dir, 'task'), null)).toBe(true);
});

const says = (made: object) => (work: string) => {
  good(work);
  writeFileSync(path.join(work, 'made.json'), JSON.stringify(made));
};
const EVERYTHING = { kind: 'made', key: KEY, reads: 'everything' };
const FAILED = { kind: 'failed', why: 'no such registry' };

test.each<[string, object, () => string, 'again' | 'not again']>([
  ['changes a lock file', JSON.parse(MADE), () => put('package-lock.json', '2'), 'again'],
  ['changes a manifest of a part', JSON.parse(MADE), () => put('packages/a/package.json', '2'), 'again'],
  ['names a version', JSON.parse(MADE), () => put('.nvmrc', '22'), 'again'],
  ['brings a file that a set-up is found by', JSON.parse(MADE), () => put('gradlew', '#!/bin/sh'), 'again'],
  ['brings a source that is compiled', JSON.parse(MADE), () => put('src/deep/a.c', 'int a;'), 'again'],
  ['changes a source', JSON.parse(MADE), () => put('src/index.js', '2'), 'not again'],
  ['changes what stands at its root', JSON.parse(MADE), () => put('README.md', '2'), 'not again'],
  ['changes nothing', JSON.parse(MADE), commit, 'not again'],
  [
    'changes a source of a project without a set-up',
    { kind: 'nothing' },
    () => put('src/index.js', '2'),
    'not again',
  ],
  [
    'brings a lock file where there was no set-up',
    { kind: 'nothing' },
    () => put('go.mod', 'module a'),
    'again',
  ],
  ['changes a source that the set-up may read', EVERYTHING, () => put('src/index.js', '2'), 'again'],
  ['changes nothing that the set-up may read', EVERYTHING, commit, 'not again'],
  ['changes nothing, after one that failed', FAILED, commit, 'again'],
] as [string, object, () => string, 'again' | 'not again'][])(
  'after a commit that %s the set-up is looked at as it should be',
  async (_, made, change, want) => {
    for (const [name, text] of [
      ['README.md', '1'],
      ['src/index.js', '1'],
      ['packages/a/package.json', '1'],
    ] as const)
      put(name, text);
    const k = await opened();
    answers = says(made);
    await look(k);
    change();
    await look(k);
    expect(started.length).toBe(want === 'again' ? 2 : 1);
  },
);

test('a set-up that was thrown away for want of room is made again', async () => {
  const k = await opened();
  await look(k);
  rmSync(path.join(dir, 'store'), { recursive: true });
  mkdirSync(path.join(dir, 'store'));
  await store.open();
  put('README.md', '2');
  await look(k);
  expect([started.length, store.keys(REPO)]).toEqual([2, [KEY]]);
});

test('two projects of one repository are set up each for itself, and each is given its own', async () => {
  const k = await opened();
  const setups = ['', 'packages/a', 'packages/b'].map((folder) => ({ base: 'main', command: null, folder }));
  for (const setup of setups.slice(1)) k.look(REPO, setup);
  await k.idle();
  for (const setup of setups.slice(1)) k.look(REPO, setup);
  await k.idle();
  expect(started.map((s) => s.wanted)).toMatchObject([{ folder: 'packages/a' }, { folder: 'packages/b' }]);
  const given = [];
  for (const [i, setup] of setups.entries())
    given.push(await k.give(REPO, setup, path.join(dir, `task-${i}`), null));
  expect(given).toEqual([false, true, true]);
});

test('a repository that is not there yet, or has no such branch, is looked at again', async () => {
  const k = await opened();
  for (const [repo, base] of [
    ['me/none', 'main'],
    [REPO, 'none'],
  ] as const)
    k.look(repo, { base, command: null });
  await k.idle();
  await look(k);
  expect(started).toHaveLength(1);
});

test.each<[string, (work: string) => void]>([
  ['no answer', () => undefined],
  [
    'an answer that is a pipe',
    (work) =>
      void (
        good(work),
        rmSync(path.join(work, 'made.json')),
        execFileSync('mkfifo', [path.join(work, 'made.json')])
      ),
  ],
  [
    'an answer that is a link',
    (work) =>
      void (
        good(work),
        rmSync(path.join(work, 'made.json')),
        writeFileSync(path.join(work, 'x'), MADE),
        symlinkSync('x', path.join(work, 'made.json'))
      ),
  ],
  [
    'an answer in other words',
    (work) =>
      void (good(work), writeFileSync(path.join(work, 'made.json'), '{"kind":"made","key":"../../x"}')),
  ],
  [
    'a very long answer',
    (work) =>
      void (good(work), writeFileSync(path.join(work, 'made.json'), `${' '.repeat(5 * 1024 * 1024)}${MADE}`)),
  ],
  [
    'a list of another key',
    (work) =>
      void (
        good(work),
        writeFileSync(path.join(work, 'kept/list.json'), JSON.stringify({ key: 'b'.repeat(64), parts: [] }))
      ),
  ],
  [
    'a list that leads out',
    (work) =>
      void (
        good(work),
        writeFileSync(
          path.join(work, 'kept/list.json'),
          JSON.stringify({ key: KEY, parts: [['home', '../../etc']] }),
        )
      ),
  ],
  [
    'a link in the place of what it made',
    (work) =>
      void (
        good(work),
        rmSync(path.join(work, 'kept'), { recursive: true }),
        symlinkSync(dir, path.join(work, 'kept'))
      ),
  ],
  [
    'a failure',
    (work) =>
      writeFileSync(
        path.join(work, 'made.json'),
        JSON.stringify({ kind: 'failed', why: 'no such registry' }),
      ),
  ],
])('%s is not kept, and said', async (_, says) => {
  answers = says;
  await look(await opened());
  expect([store.keys(REPO), trouble.length]).toEqual([[], 1]);
  expect(trouble[0]).toMatch(/^The set-up of me\/a can't be kept: /);
  expect(existsSync(path.join(dir, 'setups', started[0]!.run.taskId))).toBe(false);
});
