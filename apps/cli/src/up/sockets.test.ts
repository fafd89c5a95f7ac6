// A socket's path has a limit, and a folder in /tmp may have been made by somebody else.
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureClosedFolder, socketBase } from './sockets.ts';

const LONGEST = 'pg/.s.PGSQL.5432.lock';
const tmp = mkdtempSync('/tmp/mainloop-sockets-');
afterAll(() => rmSync(tmp, { recursive: true, force: true }));

describe('where the sockets lie', () => {
  test.each([
    ['/var/lib/mainloop', 0, '/run', '/var/lib/mainloop/run/s'],
    [
      `/home/somebody/${'a'.repeat(80)}`,
      1000,
      '/run/user/1000',
      /^\/run\/user\/1000\/mainloop-[0-9a-f]{16}$/,
    ],
    [`/home/somebody/${'a'.repeat(80)}`, 1000, null, /^\/tmp\/mainloop-1000-[0-9a-f]{16}$/],
    // Bytes count, not letters.
    [`/home/${'ä'.repeat(40)}`, 1000, null, /^\/tmp\//],
    [`/home/${'a'.repeat(90)}`, 1000, `/${'b'.repeat(90)}`, /^\/tmp\//],
  ])('%s for %d beside %s', (home, uid, runtime, where) => {
    expect(socketBase(home, LONGEST, uid, runtime)).toMatch(where);
  });

  test('every path fits, and two data folders never share one', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 200 }),
        fc.string({ minLength: 1, maxLength: 200 }),
        (a, b) => {
          const [x, y] = [a, b].map((n) =>
            socketBase(`/${n.replaceAll('/', '_').replace(/^\.+$/, '_')}`, LONGEST, 1000, null),
          ) as [string, string];
          expect(Buffer.byteLength(path.join(x, LONGEST))).toBeLessThanOrEqual(107);
          if (a.replaceAll('/', '_').replace(/^\.+$/, '_') !== b.replaceAll('/', '_').replace(/^\.+$/, '_'))
            expect(x).not.toBe(y);
        },
      ),
    );
  });
});

describe('a folder for us alone', () => {
  const mine = [process.getuid!()];

  test('is made closed, and closed again when somebody opened it', () => {
    const dir = path.join(tmp, 'new');
    ensureClosedFolder(dir, 0o700, mine);
    expect(lstatSync(dir).mode & 0o777).toBe(0o700);
    const open = path.join(tmp, 'open');
    mkdirSync(open, { mode: 0o777 });
    ensureClosedFolder(open, 0o700, mine);
    expect(lstatSync(open).mode & 0o777).toBe(0o700);
  });

  test('is neither a link, nor a file, nor somebody else’s', () => {
    symlinkSync(tmp, path.join(tmp, 'link'));
    writeFileSync(path.join(tmp, 'file'), '');
    for (const n of ['link', 'file'])
      expect(() => ensureClosedFolder(path.join(tmp, n), 0o700, mine)).toThrow('belongs to somebody else');
    if (process.getuid!() !== 0) return;
    mkdirSync(path.join(tmp, 'theirs'));
    chownSync(path.join(tmp, 'theirs'), 65_534, 65_534);
    expect(() => ensureClosedFolder(path.join(tmp, 'theirs'), 0o700, mine)).toThrow(
      'belongs to somebody else',
    );
  });
});
