// The data folder is closed to other accounts: one that was made open is closed at the next start.
import { afterAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { openTo } from '@mainloop/testkit/neighbour';
import { closeHome, listenerOf } from './closed.ts';

const home = mkdtempSync('/tmp/mainloop-closed-');
afterAll(() => rmSync(home, { recursive: true, force: true }));
const isRoot = process.getuid!() === 0;

test.each([
  ['.', true, 0o711, null],
  ['run', true, 0o711, null],
  ['run/gateway', true, 0o710, SANDBOX_GID],
  ['kit', true, 0o710, SANDBOX_GID],
  ['logs', true, 0o700, null],
  ['what/nobody/knows', true, 0o700, null],
  ['constructor', true, 0o700, null],
  ['.', false, 0o700, null],
  ['kit', false, 0o700, null],
])('%s for root %s', (folder, root, mode, gid) => {
  expect(listenerOf(folder, root)).toEqual({ mode, gid });
});

test('what an older version left open is closed, a link is not followed, and sandboxes still reach what they are given', () => {
  chmodSync(home, 0o755);
  const elsewhere = mkdtempSync('/tmp/mainloop-elsewhere-');
  chmodSync(elsewhere, 0o755);
  const files = [
    'temporal.sqlite',
    'logs/api.log',
    'git/mirrors/demo/tally.git/HEAD',
    'kit/kit-1/node',
    'run/processes.json',
    'run/gateway/gateway.sock',
  ];
  for (const file of files) {
    mkdirSync(path.dirname(path.join(home, file)), { recursive: true, mode: 0o755 });
    writeFileSync(path.join(home, file), 'x', { mode: 0o644 });
  }
  symlinkSync(elsewhere, path.join(home, 'link'));
  try {
    if (isRoot)
      expect(openTo(home, 65_534, 65_534)).toEqual(
        expect.arrayContaining(files.map((f) => path.join(home, f))),
      );
    closeHome(home);
    expect(lstatSync(elsewhere).mode & 0o777).toBe(0o755);
    for (const f of ['temporal.sqlite', 'run/processes.json'])
      expect(lstatSync(path.join(home, f)).mode & 0o777).toBe(0o600);
    expect(lstatSync(path.join(home, 'logs')).mode & 0o777).toBe(0o700);
    if (!isRoot) return;
    expect(openTo(home, 65_534, 65_534)).toEqual([]);
    const given = openTo(home, 2_000_001, SANDBOX_GID);
    expect(given).toEqual(
      expect.arrayContaining([
        path.join(home, 'kit/kit-1/node'),
        path.join(home, 'git/mirrors/demo/tally.git/HEAD'),
      ]),
    );
    expect(given.filter((f) => /sqlite|logs|processes/.test(f))).toEqual([]);
    expect(
      spawnSync('cat', [path.join(home, 'kit/kit-1/node')], { uid: 2_000_001, gid: SANDBOX_GID }).status,
    ).toBe(0);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});
