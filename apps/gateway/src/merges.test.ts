// Merges in memory against real git: what two branches conflict in, and in which lines.
import { afterAll, expect, test } from '@jest/globals';
import { collidingFiles } from '@mainloop/models/flow/awareness/collisions';
import type { Merge } from '@mainloop/models/flow/awareness/merge-tree';
import { CLEAN_GIT } from '@mainloop/testkit/hub';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withMerges } from './merges.ts';

const home = mkdtempSync('/tmp/mainloop-merges-');
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Act = (put: (file: string | Buffer, text: string | Buffer) => void, run: Git) => void;
type Git = (...args: string[]) => string;

const git =
  (dir: string): Git =>
  (...args) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      cwd: dir,
      env: CLEAN_GIT,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();

const inFolder = (dir: string, file: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(file)]);

/** A repository with a base and two branches from it. @returns where, and the commits of base and branches */
function branches(name: string, base: Act, one: Act, other: Act): { dir: string; shas: string[] } {
  const dir = path.join(home, name.replaceAll(/\W/g, '-'));
  mkdirSync(dir);
  const run = git(dir);
  run('init', '-q', '-b', 'main');
  const put = (file: string | Buffer, text: string | Buffer): void => {
    if (typeof file === 'string') mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(inFolder(dir, file), text);
  };
  const commit = (act: Act): string => {
    act(put, run);
    run('add', '-A');
    run('commit', '-qm', 'x', '--allow-empty');
    return run('rev-parse', 'HEAD');
  };
  const from = commit(base);
  return {
    dir: path.join(dir, '.git'),
    shas: [
      from,
      ...[one, other].map((act) => {
        run('checkout', '-q', '-f', '--detach', from);
        run('clean', '-fdq');
        return commit(act);
      }),
    ],
  };
}

/** @returns what the two conflict in, a line for each file, as "changed a.txt 5-6|5" */
async function met({ dir, shas }: { dir: string; shas: string[] }): Promise<string[]> {
  const folder = path.join(home, 'aside');
  return withMerges(dir, folder, async (merges) => {
    const [merge] = await merges.mergeAll([[shas[1]!, shas[2]!]]);
    const rows: string[] = [];
    for (const file of merge?.files ?? []) {
      const lines = await merges.linesOf(file);
      const say = (all: readonly (readonly [number, number])[]): string =>
        all.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
      const where =
        lines.ours.length + lines.theirs.length === 0 ? '' : ` ${say(lines.ours)}|${say(lines.theirs)}`;
      rows.push(`${file.how} ${file.path}${where}`);
    }
    return merge === null || merge === undefined ? ['unknown'] : rows;
  });
}

const numbered = (from: number, to: number, changed: Record<number, string> = {}): string =>
  Array.from({ length: to - from + 1 }, (_, n) => `${changed[from + n] ?? from + n}\n`).join('');
/** The folder of a submodule has to be there, or git takes it for deleted. */
const submoduleAt =
  (commit: string): Act =>
  (_put, run) => {
    mkdirSync(path.join(run('rev-parse', '--show-toplevel'), 'sub'), { recursive: true });
    run('update-index', '--add', '--cacheinfo', `160000,${commit.repeat(40)},sub`);
  };
const BINARY = (last: number): Buffer => Buffer.from([0, 1, 2, 0, last]);
const NO_UTF8 = Buffer.from([0x61, 0xff, 0x62]);

const CASES: [name: string, base: Act, one: Act, other: Act, conflicts: string[]][] = [
  [
    'other lines of one file',
    (put) => put('a', numbered(1, 20)),
    (put) => put('a', numbered(1, 20, { 3: 'x' })),
    (put) => put('a', numbered(1, 20, { 15: 'y' })),
    [],
  ],
  [
    'the same line, below lines that one of them put in',
    (put) => put('a', numbered(1, 20)),
    (put) => put('a', `new\nnew\n${numbered(1, 20, { 9: 'x', 10: 'x' })}`),
    (put) => put('a', numbered(1, 20, { 10: 'y' })),
    ['changed a 11-12|10'],
  ],
  [
    'lines that touch',
    (put) => put('a', numbered(1, 9)),
    (put) => put('a', numbered(1, 9, { 4: 'x' })),
    (put) => put('a', numbered(1, 9, { 5: 'y' })),
    ['changed a 4|5'],
  ],
  [
    'the same change',
    (put) => put('a', numbered(1, 9)),
    (put) => put('a', numbered(1, 9, { 4: 'x' })),
    (put) => put('a', numbered(1, 9, { 4: 'x', 9: 'y' })),
    [],
  ],
  [
    'both add it',
    (put) => put('a', 'a'),
    (put) => put('n', 'same\none\n'),
    (put) => put('n', 'same\nother\n'),
    ['added n 2|2'],
  ],
  [
    'moved here, edited there',
    (put) => put('a', numbered(1, 30)),
    (_put, run) => void run('mv', 'a', 'b'),
    (put) => put('a', numbered(1, 30, { 7: 'x' })),
    [],
  ],
  [
    'moved and edited here, edited there in the same line',
    (put) => put('a', numbered(1, 30)),
    (put, run) => {
      run('mv', 'a', 'b');
      put('b', numbered(1, 30, { 7: 'x' }));
    },
    (put) => put('a', numbered(1, 30, { 7: 'y' })),
    ['changed b 7|7'],
  ],
  [
    'each moves it elsewhere',
    (put) => put('a', numbered(1, 30)),
    (_put, run) => void run('mv', 'a', 'b'),
    (_put, run) => void run('mv', 'a', 'c'),
    ['renamed a', 'renamed b', 'renamed c'],
  ],
  [
    'deleted here, edited there',
    (put) => put('a', numbered(1, 30)),
    (_put, run) => void run('rm', '-q', 'a'),
    (put) => put('a', numbered(1, 30, { 7: 'y' })),
    ['deleted_here a'],
  ],
  [
    'moved here, deleted there',
    (put) => put('a', numbered(1, 30)),
    (_put, run) => void run('mv', 'a', 'b'),
    (_put, run) => void run('rm', '-q', 'a'),
    ['deleted_there b'],
  ],
  [
    'not text',
    (put) => put('a', BINARY(1)),
    (put) => put('a', BINARY(2)),
    (put) => put('a', BINARY(3)),
    ['binary a'],
  ],
  [
    'a mode here, lines there',
    (put) => put('a', numbered(1, 9)),
    (_put, run) => void chmodSync(path.join(run('rev-parse', '--show-toplevel'), 'a'), 0o755),
    (put) => put('a', numbered(1, 9, { 4: 'y' })),
    [],
  ],
  [
    'a link here, lines there',
    (put) => put('a', numbered(1, 9)),
    (_put, run) => {
      const file = path.join(run('rev-parse', '--show-toplevel'), 'a');
      rmSync(file);
      symlinkSync('elsewhere', file);
    },
    (put) => put('a', numbered(1, 9, { 4: 'y' })),
    ['kind a'],
  ],
  [
    'a folder here, a file there',
    (put) => put('b', 'b'),
    (put) => put('a/b', 'x'),
    (put) => put('a', 'y'),
    ['kind a'],
  ],
  ['a submodule', submoduleAt('1'), submoduleAt('2'), submoduleAt('3'), ['submodule sub']],
  [
    'odd names',
    (put) => put('b', 'b'),
    (put) => {
      put('q"\n\t', '1\n');
      put(NO_UTF8, '1\n');
      put('--x', '1\n');
      put('*', '1\n');
    },
    (put) => {
      put('q"\n\t', '2\n');
      put(NO_UTF8, '2\n');
      put('--x', '2\n');
      put('*', '2\n');
    },
    ['added * 1|1', 'added --x 1|1', 'added a\\xffb 1|1', 'added q"\n\t 1|1'],
  ],
  [
    'all line ends here, one line there',
    (put) => put('a', numbered(1, 5)),
    (put) => put('a', numbered(1, 5).replaceAll('\n', '\r\n')),
    (put) => put('a', numbered(1, 5, { 3: 'y' })),
    ['changed a 1-5|3'],
  ],
  [
    'its own text looks like a conflict',
    (put) => put('a', '<<<<<<<\n1\n=======\n2\n>>>>>>>\n'),
    (put) => put('a', '<<<<<<<\n1\n=======\nx\n>>>>>>>\n'),
    (put) => put('a', '<<<<<<<\n1\n=======\ny\n>>>>>>>\n'),
    ['changed a 4|4'],
  ],
  [
    'a huge file',
    (put) => put('a', 'x'.repeat(9_000_000)),
    (put) => put('a', 'y'.repeat(9_000_000)),
    (put) => put('a', 'z'.repeat(9_000_000)),
    ['changed a'],
  ],
  [
    'histories with nothing in common',
    (put) => put('a', 'a'),
    (put) => put('a', 'b'),
    (put, run) => {
      run('checkout', '-q', '--orphan', 'alone');
      put('a', 'c');
    },
    ['unknown'],
  ],
];

test.each(CASES)('%s', async (name, base, one, other, conflicts) => {
  expect((await met(branches(name, base, one, other))).toSorted()).toEqual(conflicts.toSorted());
});

test('what git can not merge keeps nothing else from being looked at, and a look leaves nothing behind', async () => {
  const { dir, shas } = branches(
    'in a row',
    (put) => put('a', '1\n'),
    (put) => put('a', '2\n'),
    (put) => put('a', '3\n'),
  );
  const [base, one, other] = shas as [string, string, string];
  const before = git(dir)('count-objects', '-v');
  const gone = 'f'.repeat(40);
  const folder = path.join(home, 'aside');
  const merges = await withMerges(dir, folder, ({ mergeAll }) =>
    mergeAll([
      [gone, one],
      [base, one],
      [one, gone],
      [one, other],
      [gone, gone],
    ]),
  );
  expect(merges.map((merge) => (merge === null ? null : merge.files.map(({ path: file }) => file)))).toEqual([
    null,
    [],
    null,
    ['a'],
    null,
  ]);
  expect([git(dir)('count-objects', '-v'), readdirSync(folder)]).toEqual([before, []]);
});

test.each(['--help', 'main', '', 'HEAD\nHEAD', 'A'.repeat(40)])(
  '%j is no commit to merge',
  async (operand) => {
    const { dir, shas } = branches(
      `operand ${operand}`,
      (put) => put('a', '1\n'),
      () => undefined,
      () => undefined,
    );
    const asked = withMerges(dir, path.join(home, 'aside'), ({ mergeAll }) =>
      mergeAll([[shas[0]!, operand]]),
    );
    await expect(asked).rejects.toThrow('only commits are merged, by their names');
  },
);

test('what conflicts with the base already is not told of the other task', async () => {
  const { dir, shas } = branches(
    'base moved',
    (put) => {
      put('a', '1\n');
      put('b', '1\n');
    },
    (put) => {
      put('a', '2\n');
      put('b', '2\n');
    },
    (put) => {
      put('a', '3\n');
      put('b', '3\n');
    },
  );
  const run = git(path.dirname(dir));
  run('checkout', '-q', '-f', shas[0]!);
  writeFileSync(path.join(path.dirname(dir), 'a'), '4\n');
  run('commit', '-qam', 'main moves');
  const main = run('rev-parse', 'HEAD');
  const [one, other] = [shas[1]!, shas[2]!];
  const merged = await withMerges(dir, path.join(home, 'aside'), ({ mergeAll }) =>
    mergeAll([
      [one, other],
      [main, one],
      [main, other],
    ]),
  );
  const [together, ...bases] = merged as [Merge, Merge, Merge];
  expect([together, ...bases].map(({ files }) => files.map(({ path: file }) => file))).toEqual([
    ['a', 'b'],
    ['a'],
    ['a'],
  ]);
  expect(collidingFiles(together, bases).map(({ path: file }) => file)).toEqual(['b']);
});
