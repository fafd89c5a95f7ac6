// Set-ups that are kept on this machine: one folder for each, and of the newest of each repository copies
// that wait for the next tasks. A task is given one by a rename, so it owns what it gets and nobody else ever
// sees it again.
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { readyCopies } from './copies.ts';
import { emptyFolder, type Owner } from './place.ts';

/** Two tasks that are started one after the other both find theirs. */
const READY = 2;
/** By then the agent of the task that took one is at work. */
const REST_MS = 5_000;

interface Meta {
  readonly key: string;
  readonly bytes: number;
  /** Of every name, size, mode and link in it. */
  readonly digest: string;
}

interface Entry extends Meta {
  readonly folder: string;
  readonly usedMs: number;
}

export type KeptStore = ReturnType<typeof keptStore>;

/**
 * @param folder only ours: no sandbox sees it
 * @param maxBytes of all together, the copies that wait included
 * @param onDamage hears in words what was thrown away, and why
 * @param restMs from a copy's being taken to the making of the next
 */
export function keptStore(
  folder: string,
  maxBytes: number,
  onDamage: (words: string) => void,
  restMs = REST_MS,
) {
  const ofRepo = (repo: string): string =>
    path.join(folder, createHash('sha256').update(repo).digest('hex').slice(0, 24));
  const treeOf = (entry: { folder: string }): string => path.join(entry.folder, 'tree');
  /** What is so large that there is no room for two copies of it beside itself has one. */
  const readyOf = (entry: Meta): number => ((1 + READY) * entry.bytes <= maxBytes ? READY : 1);

  const entriesIn = (of: string): Entry[] =>
    (existsSync(of) ? readdirSync(of) : []).flatMap((name) => {
      const at = path.join(of, name);
      const meta = /^[0-9a-f]{64}$/.test(name) ? metaOf(at) : null;
      return meta === null
        ? []
        : [{ ...meta, folder: at, usedMs: statSync(path.join(at, 'meta.json')).mtimeMs }];
    });
  const newestOf = (repo: string): Entry | null =>
    entriesIn(ofRepo(repo)).toSorted((a, b) => b.usedMs - a.usedMs)[0] ?? null;

  const drop = async (at: string): Promise<void> => {
    if (!existsSync(at)) return;
    // Out of everybody's sight first: half of one is none.
    const gone = path.join(folder, `.gone-${randomUUID()}`);
    renameSync(at, gone);
    await erase(gone);
  };

  /** @returns where it lies; null when what was kept is not what it was any more, and is thrown away */
  const copy = async (kept: string): Promise<string | null> => {
    const meta = metaOf(kept);
    // Thrown away meanwhile.
    if (meta === null) return null;
    const name = randomUUID();
    const [to, whole] = [path.join(folder, `.copy-${name}`), path.join(folder, `.ready-${name}`)];
    try {
      await command('cp', ['-a', '--reflink=auto', '--', treeOf({ folder: kept }), to]);
      if ((await digestOf(to)) !== meta.digest) throw new Error('it is not what it was when it was kept');
      renameSync(to, whole);
      return whole;
    } catch (err) {
      onDamage(`A kept set-up was thrown away: ${(err as Error).message}.`);
      await erase(to);
      await drop(kept);
      return null;
    }
  };
  const copies = readyCopies(copy, restMs);
  const leave = async (at: string): Promise<void> => {
    for (const left of await copies.forget(at)) await erase(left);
    await drop(at);
  };

  return {
    /** Removes what a worker that was ended left half done. */
    async open(): Promise<void> {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(folder)) if (name.startsWith('.')) await erase(path.join(folder, name));
    },

    keys: (repo: string): string[] => entriesIn(ofRepo(repo)).map((e) => e.key),

    /** It is wanted again, so it is the newest, and the next tasks will want copies of it. */
    touch(repo: string, key: string): void {
      const entry = entriesIn(ofRepo(repo)).find((x) => x.key === key);
      if (entry === undefined) return;
      const now = new Date();
      utimesSync(path.join(entry.folder, 'meta.json'), now, now);
      copies.fill(entry.folder, readyOf(entry));
    },

    /**
     * Takes a folder away from where it was made and keeps it.
     * @param made of the same file system as the store; nothing writes to it any more
     * @returns false when it alone is more than may be kept
     */
    async put(repo: string, key: string, made: string): Promise<boolean> {
      const arriving = path.join(folder, `.new-${randomUUID()}`);
      mkdirSync(arriving, { mode: 0o700 });
      renameSync(made, path.join(arriving, 'tree'));
      const bytes = await bytesOf(path.join(arriving, 'tree'));
      if (bytes * 2 > maxBytes) {
        await erase(arriving);
        return false;
      }
      writeFileSync(
        path.join(arriving, 'meta.json'),
        JSON.stringify({ key, bytes, digest: await digestOf(path.join(arriving, 'tree')) } satisfies Meta),
      );
      mkdirSync(ofRepo(repo), { recursive: true, mode: 0o700 });
      const at = path.join(ofRepo(repo), key);
      await leave(at);
      renameSync(arriving, at);
      await this.sweep();
      const entry = newestOf(repo);
      if (entry !== null) copies.fill(entry.folder, readyOf(entry), 0);
      return true;
    },

    /**
     * Gives the newest set-up of a repository to a task.
     * @param to does not exist yet; of the same file system
     * @returns false when there is none
     */
    async give(repo: string, to: string, owner: Owner | null): Promise<boolean> {
      const entry = newestOf(repo);
      if (entry === null) return false;
      const at = await copies.take(entry.folder);
      if (at === null) return false;
      if (owner !== null) await command('chown', ['-hR', `${owner.uid}:${owner.gid}`, '--', at]);
      renameSync(at, to);
      // The next tasks find one too.
      copies.fill(entry.folder, readyOf(entry));
      return true;
    },

    /** Forgets what was not wanted for longest, until no more is left than that. */
    async sweep(): Promise<void> {
      const all = readdirSync(folder)
        .filter((n) => !n.startsWith('.'))
        .flatMap((n) => entriesIn(path.join(folder, n)))
        .toSorted((a, b) => b.usedMs - a.usedMs);
      let bytes = 0;
      for (const entry of all) {
        // With its copies.
        bytes += (1 + readyOf(entry)) * entry.bytes;
        if (bytes <= maxBytes) continue;
        await leave(entry.folder);
      }
    },
  };
}

function metaOf(at: string): Meta | null {
  try {
    const meta = JSON.parse(readFileSync(path.join(at, 'meta.json'), 'utf8')) as Partial<Meta>;
    return typeof meta.key === 'string' && typeof meta.bytes === 'number' && typeof meta.digest === 'string'
      ? (meta as Meta)
      : null;
  } catch {
    // Damaged, so it is none.
    return null;
  }
}

/** Go's modules are closed to their own owner. */
async function erase(at: string): Promise<void> {
  if (!existsSync(at)) return;
  await emptyFolder(at, null);
  rmSync(at, { recursive: true, force: true });
}

const LISTING = `find . -type f -printf 'f %m %s %P\\0' -o -type l -printf 'l %l %P\\0' -o -printf '%y %m %P\\0' | LC_ALL=C sort -z | sha256sum`;

/** Reads no content: what a disk has lost shows in sizes, and what somebody has changed nobody could have. */
const digestOf = (at: string): Promise<string> => command('/bin/sh', ['-c', LISTING], at);
const bytesOf = async (at: string): Promise<number> =>
  Number((await command('du', ['-sk', '.'], at)).split('\t')[0]) * 1024;

/** @returns what it printed */
function command(program: string, args: readonly string[], cwd = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, words] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      words = (words + data.toString()).slice(-500);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(out.trim()) : reject(new Error(`${program}: ${words.trim() || `exit ${code}`}`)),
    );
  });
}
