// Every push leaves a pack or loose objects in the mirror. They are packed together now and then, and nothing
// that somebody borrows from the mirror is ever lost by it.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isUntidy, lieIn, tidyMirrors } from './mirror-upkeep.ts';

let home: string;
let mirror: string;
let origin: string;
const git = (cwd: string, ...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
/** A commit that the mirror fetches, as a pack of its own or as loose objects. */
function push(text: string, as: 'pack' | 'loose'): string {
  writeFileSync(path.join(origin, 'a.txt'), text);
  git(origin, 'commit', '-qam', text);
  fetch(as);
  return git(origin, 'rev-parse', 'HEAD');
}
const fetch = (as: 'pack' | 'loose'): string =>
  git(
    mirror,
    '-c',
    `fetch.unpackLimit=${as === 'pack' ? 1 : 1_000}`,
    'fetch',
    '-q',
    '--prune',
    origin,
    '+refs/heads/*:refs/heads/*',
  );

beforeEach(() => {
  home = mkdtempSync('/tmp/mainloop-upkeep-');
  origin = path.join(home, 'origin');
  mirror = path.join(home, 'git/mirrors/me/a.git');
  mkdirSync(origin);
  mkdirSync(mirror, { recursive: true });
  git(origin, 'init', '-q', '-b', 'main');
  writeFileSync(path.join(origin, 'a.txt'), '');
  git(origin, 'add', '-A');
  git(mirror, 'init', '-q', '--bare');
  git(mirror, 'config', 'gc.auto', '0');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const tidy = () => tidyMirrors(path.join(home, 'git'));

test.each([
  [{ packs: 1, loose: 0 }, false],
  [{ packs: 20, loose: 2_000 }, false],
  [{ packs: 21, loose: 0 }, true],
  [{ packs: 0, loose: 2_001 }, true],
])('%j is untidy: %s', (lies, want) => expect(isUntidy(lies)).toBe(want));

test('many pushes lie in a few packs afterwards, each of their commits still there, and a second look finds nothing to do', async () => {
  const all = Array.from({ length: 22 }, (_, i) => [push(`p${i}`, 'pack'), push(`l${i}`, 'loose')]).flat();
  expect(isUntidy(lieIn(mirror))).toBe(true);
  expect(await tidy()).toEqual({ packed: ['me/a'], trouble: [] });
  expect(lieIn(mirror).packs).toBeLessThan(10);
  expect(readdirSync(path.join(mirror, 'objects')).filter((n) => n.length === 2)).toEqual([]);
  git(mirror, 'fsck', '--full', '--strict');
  for (const sha of all) expect(git(mirror, 'cat-file', '-t', sha)).toBe('commit');
  expect(await tidy()).toEqual({ packed: [], trouble: [] });
});

test('a clone that borrows from the mirror keeps what no branch names any more, and one that reads meanwhile reads on', async () => {
  push('first', 'pack');
  const lost = push('somebody works on this', 'pack');
  const clone = path.join(home, 'clone');
  git(home, 'init', '-q', clone);
  writeFileSync(path.join(clone, '.git/objects/info/alternates'), `${path.join(mirror, 'objects')}\n`);
  git(clone, 'update-ref', 'HEAD', lost);
  const reader = spawn('git', ['cat-file', '--batch-check'], {
    cwd: clone,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
  const asks = async (sha: string): Promise<string> => {
    reader.stdin.write(`${sha}\n`);
    return (await lines.next()).value as string;
  };
  try {
    // It has looked into the folder of packs, and remembers.
    expect(await asks(lost)).toMatch(/commit/);
    git(origin, 'reset', '-q', '--hard', 'HEAD~1');
    const all = Array.from({ length: 22 }, (_, i) => push(`p${i}`, 'pack'));
    expect((await tidy()).packed).toEqual(['me/a']);
    expect(git(mirror, 'for-each-ref', '--contains', lost)).toBe('');
    for (const sha of [lost, ...all]) expect(await asks(sha)).toMatch(/commit/);
    git(clone, 'fsck', '--full');
  } finally {
    const ended = once(reader, 'close');
    reader.kill();
    await ended;
  }
});

test('what an unfinished fetch left is removed once it is old; what is being written stays', async () => {
  const packs = path.join(mirror, 'objects/pack');
  const [old, young] = [path.join(packs, 'tmp_pack_old'), path.join(packs, 'tmp_pack_young')];
  for (const file of [old, young]) writeFileSync(file, 'x');
  utimesSync(old, new Date(0), new Date(0));
  await tidy();
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
});

test('one that is broken is said, and the next is packed all the same', async () => {
  for (let i = 0; i < 21; i++) push(`p${i}`, 'pack');
  const other = path.join(home, 'git/mirrors/a/broken.git/objects/pack');
  mkdirSync(other, { recursive: true });
  for (let i = 0; i < 25; i++) writeFileSync(path.join(other, `pack-${i}.pack`), 'x');
  const { packed, trouble } = await tidy();
  expect(packed).toEqual(['me/a']);
  expect(trouble).toEqual([expect.stringMatching(/^a\/broken: /)]);
  expect(statSync(other).isDirectory()).toBe(true);
});

test('where there is no mirror yet there is nothing to do', async () => {
  expect(await tidyMirrors(path.join(home, 'none'))).toEqual({ packed: [], trouble: [] });
});
