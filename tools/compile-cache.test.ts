import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { compile } from './compile-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mainloop-compile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that says whether Node had to take types away from it itself. */
const stripped = (cache: string): unknown =>
  JSON.parse(
    spawnSync(process.execPath, [...NODE_FLAGS, path.join(folder, 'main.mts')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache },
    }).stdout,
  );

test('a program that was compiled is not stripped of its types once more, and did not run for it', () => {
  const ran = path.join(folder, 'ran');
  writeFileSync(path.join(folder, 'other.mts'), 'export const other: number = 1;\n');
  writeFileSync(
    path.join(folder, 'main.mts'),
    `import { existsSync, writeFileSync } from 'node:fs';
import { other } from './other.mts';
const before: boolean = existsSync(${JSON.stringify(ran)});
writeFileSync(${JSON.stringify(ran)}, String(other));
const isLoaded = process.moduleLoadList.some((name: string) => name.includes('amaro'));
console.log(JSON.stringify({ before, isLoaded }));
`,
  );
  const cache = path.join(folder, 'cache');
  compile(path.join(folder, 'main.mts'), cache);
  expect(stripped(cache)).toEqual({ before: false, isLoaded: false });
  expect(stripped(path.join(folder, 'none'))).toEqual({ before: true, isLoaded: true });
});

test('a program that cannot be linked is said with its words', () => {
  writeFileSync(path.join(folder, 'main.mts'), "import { gone } from './gone.mts';\ngone();\n");
  expect(() => compile(path.join(folder, 'main.mts'), path.join(folder, 'cache'))).toThrow(/gone\.mts/);
});
