// A program that can't be started is told by an event, and an event of that name that nobody hears ends the whole
// process: one missing program, or one moment without a free process, must not end a service.
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

/** Names of children in a text whose failing to start nobody hears. */
function unheard(text: string): string[] {
  const names = [...text.matchAll(/\b(?:const|let) (\w+)(?:: [\w<>, ]+)? = (?:spawn|fork|execFile)\(/g)].map(
    (m) => m[1]!,
  );
  return names.filter(
    (name) =>
      !new RegExp(`\\b${name}\\b(?!\\.std)[^;]{0,200}?\\.(?:on|once)\\(\\s*'error'`).test(text) &&
      !new RegExp(`\\bonce\\(\\s*${name},`).test(text),
  );
}

test('of every program that is started somebody hears when it can not be', () => {
  const files = execFileSync('git', ['ls-files', 'apps/*.ts', 'packages/*.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && !/\.(test|spec|fixture)\.ts$|^packages\/testkit\//.test(file));
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return /\bspawn\(|\bfork\(/.test(text) ? [[file, unheard(text)] as const] : [];
  });
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter(([, names]) => names.length > 0)).toEqual([]);
});

test.each([
  [
    "const child = spawn('git', []);\nchild.stdin.on('error', () => undefined);\nchild.on('close', end);",
    ['child'],
  ],
  ["const child = spawn('git', []);\nchild.once('exit', end).once('error', end);", []],
  ["const git = spawn('git', []);\nconst ended = once(git, 'close');", []],
])('%j: %j', (text, names) => expect(unheard(text)).toEqual(names));
