// A work tree is handed over whole, whatever its files are called.
import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkOut } from './checkout.ts';

test('names that are no UTF-8, with line ends and quotes, and links that lead nowhere', async () => {
  const home = mkdtempSync('/tmp/mainloop-checkout-');
  try {
    const [source, dir] = [path.join(home, 'source'), path.join(home, 'work')];
    mkdirSync(path.join(source, 'a "b"\nc'), { recursive: true });
    mkdirSync(dir);
    const latin1 = Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([0xe9])]);
    writeFileSync(latin1, 'x');
    writeFileSync(path.join(source, 'a "b"\nc', 'x;$(y)'), 'x');
    symlinkSync('nowhere', path.join(source, 'dangling'));
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
        cwd: source,
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'trunk/main');
    git('add', '-A');
    git('commit', '-qm', 'first');
    const owner = { uid: process.getuid!(), gid: process.getgid!() };
    await checkOut({ source, dir, branch: 'trunk/main', sha: git('rev-parse', 'HEAD'), owner });
    const names = readdirSync(path.join(dir, 'repo'), { encoding: 'buffer' }).map((n) =>
      n.toString('latin1'),
    );
    expect(names.sort()).toEqual(['.git', 'a "b"\nc', 'caf\xe9', 'dangling']);
  } finally {
    rmSync(home, { recursive: true });
  }
});
