import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { putFile, readPlain, setAside } from './folders.ts';

const places: [string, (file: string) => void][] = [
  ['nothing', () => undefined],
  ['a file', (f) => writeFileSync(f, 'old')],
  ['a pipe', (f) => void execFileSync('sh', ['-c', `mkfifo ${f}`])],
  ['a folder', (f) => mkdirSync(path.join(f, 'deep'), { recursive: true })],
  ['a link', (f) => symlinkSync(path.join(path.dirname(f), 'other'), f)],
];
test.each(places)('where %s is, a file is put, and nothing waits', (_, leave) => {
  const dir = mkdtempSync('/tmp/mainloop-folders-');
  writeFileSync(path.join(dir, 'other'), 'untouched');
  const file = path.join(dir, 'file');
  leave(file);
  putFile(file, 'new');
  expect([readFileSync(file, 'utf8'), readFileSync(path.join(dir, 'other'), 'utf8')]).toEqual([
    'new',
    'untouched',
  ]);
});

test('only a plain file is read', () => {
  const dir = mkdtempSync('/tmp/mainloop-folders-');
  writeFileSync(path.join(dir, 'plain'), 'text');
  execFileSync('sh', ['-c', `mkfifo ${dir}/pipe`]);
  expect(['plain', 'pipe', 'missing', '.'].map((f) => readPlain(path.join(dir, f)))).toEqual([
    'text',
    null,
    null,
    null,
  ]);
});

test.each([
  ...places,
  [
    'a closed folder',
    (f) => void execFileSync('sh', ['-c', `mkdir -p ${f}/a/b; chmod 000 ${f}/a`]),
  ] as (typeof places)[number],
])('where %s is, is nothing afterwards', (_, leave) => {
  const file = path.join(mkdtempSync('/tmp/mainloop-folders-'), 'file');
  leave(file);
  setAside(file);
  expect(existsSync(file)).toBe(false);
});
