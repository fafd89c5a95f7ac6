// Set-ups that are kept: each task gets one of its own, whole or not at all, and there are never more than fit.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { until } from '@mainloop/testkit/stack';
import { keptStore, type KeptStore } from './kept.ts';

const MIB = 1024 * 1024;
/** No test lasts so long. */
const NEVER_MS = 3_600_000;
let dir: string;
let store: KeptStore;
let damage: string[];
beforeEach(async () => {
  dir = mkdtempSync('/tmp/mainloop-kept-');
  // A copy for the next task may still be on its way when a test ends; what it says then is not the next test's.
  const heard: string[] = [];
  damage = heard;
  store = keptStore(path.join(dir, 'store'), 10 * MIB, (words) => heard.push(words), NEVER_MS);
  await store.open();
});
afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwX', dir]);
  rmSync(dir, { recursive: true });
});

const key = (c: string): string => c.repeat(64);
let n = 0;
/** What a set-up has made: files, a link, a folder that is closed to writing as Go's are. */
function made(text: string, bytes = 10): string {
  const at = path.join(dir, `made-${(n += 1)}`);
  mkdirSync(path.join(at, '0/closed'), { recursive: true });
  writeFileSync(path.join(at, '0/a.js'), text);
  writeFileSync(path.join(at, '0/closed/b'), 'x'.repeat(bytes));
  symlinkSync('../a.js', path.join(at, '0/closed/link'));
  chmodSync(path.join(at, '0/closed'), 0o555);
  return at;
}
const to = (): string => path.join(dir, `task-${(n += 1)}`);
const text = (at: string): string => readFileSync(path.join(at, '0/a.js'), 'utf8');

test('nothing is given where nothing is kept, and nothing of another repository', async () => {
  await store.put('me/a', key('a'), made('a'));
  const at = to();
  expect([await store.give('me/b', at, null), existsSync(at)]).toEqual([false, false]);
});

test('each task gets one of its own, and what one does with it no other one sees', async () => {
  await store.put('me/a', key('a'), made('whole'));
  const [first, second, third] = [to(), to(), to()];
  expect(await store.give('me/a', first, null)).toBe(true);
  chmodSync(path.join(first, '0/closed'), 0o755);
  for (const file of ['0/a.js', '0/closed/b']) writeFileSync(path.join(first, file), 'poisoned');
  rmSync(path.join(first, '0/closed/link'));
  expect(await Promise.all([store.give('me/a', second, null), store.give('me/a', third, null)])).toEqual([
    true,
    true,
  ]);
  for (const at of [second, third]) {
    expect([
      text(at),
      readlinkSync(path.join(at, '0/closed/link')),
      lstatSync(path.join(at, '0/closed')).mode & 0o777,
    ]).toEqual(['whole', '../a.js', 0o555]);
  }
  expect(damage).toEqual([]);
});

test('the newest is given, and one that is wanted again is the newest', async () => {
  await store.put('me/a', key('a'), made('old'));
  await store.put('me/a', key('b'), made('new'));
  execFileSync('find', [
    path.join(dir, 'store'),
    '-name',
    'meta.json',
    '-path',
    `*/${key('a')}/*`,
    '-exec',
    'touch',
    '-d',
    '2020-01-01',
    '{}',
    '+',
  ]);
  const [first, second] = [to(), to()];
  await store.give('me/a', first, null);
  store.touch('me/a', key('a'));
  await store.give('me/a', second, null);
  expect([text(first), text(second), store.keys('me/a').toSorted()]).toEqual([
    'new',
    'old',
    [key('a'), key('b')],
  ]);
});

test('what is damaged is thrown away and never given', async () => {
  await store.put('me/a', key('a'), made('whole'));
  const first = to();
  await store.give('me/a', first, null);
  // Another worker, after a machine that lost a part of its disk.
  const tree = path.join(
    dir,
    'store',
    readdirSync(path.join(dir, 'store')).find((f) => !f.startsWith('.'))!,
    key('a'),
    'tree',
  );
  writeFileSync(path.join(tree, '0/a.js'), '');
  const again = keptStore(path.join(dir, 'store'), 10 * MIB, (words) => damage.push(words));
  await again.open();
  const at = to();
  expect([await again.give('me/a', at, null), existsSync(at), again.keys('me/a')]).toEqual([
    false,
    false,
    [],
  ]);
  expect(damage).toEqual(['A kept set-up was thrown away: it is not what it was when it was kept.']);
});

const copiesThere = (): string[] =>
  readdirSync(path.join(dir, 'store')).filter((name) => name.startsWith('.ready-'));

test('two tasks in a row find their copies, and the next are made when those are at work', async () => {
  store = keptStore(path.join(dir, 'store'), 10 * MIB, (words) => damage.push(words), 1);
  await store.put('me/a', key('a'), made('whole'));
  await until('two copies', async () => copiesThere().length === 2);
  // What is given from now on was made before: what would be copied now is another text.
  const tree = path.dirname(execFileSync('find', [dir, '-name', 'meta.json'], { encoding: 'utf8' }).trim());
  const [first, second] = [to(), to()];
  writeFileSync(path.join(tree, 'tree/0/a.js'), 'later');
  await store.give('me/a', first, null);
  await store.give('me/a', second, null);
  expect([text(first), text(second)]).toEqual(['whole', 'whole']);
  await until('two more', async () => copiesThere().length === 2);
  const third = to();
  await store.give('me/a', third, null);
  expect([text(third), damage]).toEqual(['later', []]);
});

test('what has no room for two copies has one', async () => {
  store = keptStore(path.join(dir, 'store'), 10 * MIB, (words) => damage.push(words), 1);
  await store.put('me/a', key('a'), made('a', 4 * MIB));
  await until('a copy', async () => copiesThere().length === 1);
  const [first, second] = [to(), to()];
  expect([await store.give('me/a', first, null), await store.give('me/a', second, null)]).toEqual([
    true,
    true,
  ]);
  await until('its successor', async () => copiesThere().length === 1);
  expect(store.keys('me/a')).toEqual([key('a')]);
});

test('what a worker left half done is removed when the next one opens it', async () => {
  for (const name of ['.new-x', '.copy-x', '.ready-x', '.gone-x']) {
    mkdirSync(path.join(dir, 'store', name, 'tree'), { recursive: true });
    chmodSync(path.join(dir, 'store', name, 'tree'), 0o555);
  }
  await store.open();
  expect(readdirSync(path.join(dir, 'store'))).toEqual([]);
});

test('no more is kept than may be, what was not wanted for longest goes first, and what is too large alone is not kept', async () => {
  await store.put('me/a', key('a'), made('a', 3 * MIB));
  execFileSync('find', [
    path.join(dir, 'store'),
    '-name',
    'meta.json',
    '-exec',
    'touch',
    '-d',
    '2020-01-01',
    '{}',
    '+',
  ]);
  await store.put('me/b', key('b'), made('b', 3 * MIB));
  expect([store.keys('me/a'), store.keys('me/b')]).toEqual([[], [key('b')]]);
  expect(await store.put('me/c', key('c'), made('c', 6 * MIB))).toBe(false);
  expect([store.keys('me/b'), store.keys('me/c')]).toEqual([[key('b')], []]);
  const at = to();
  expect([await store.give('me/b', at, null), text(at)]).toEqual([true, 'b']);
});
