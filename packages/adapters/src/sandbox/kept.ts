// Set-ups that are kept on this machine: one folder for each, and of the newest of each repository a copy
// that waits for the next task. A task is given the copy by a rename, so it owns what it gets and nobody else
// ever sees it again.
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
import { emptyFolder, type Owner } from './place.ts';

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
 */
export function keptStore(folder: string, maxBytes: number, onDamage: (words: string) => void) {
  const ofRepo = (repo: string): string =>
    path.join(folder, createHash('sha256').update(repo).digest('hex').slice(0, 24));
  const treeOf = (entry: { folder: string }): string => path.join(entry.folder, 'tree');
  /** By folder of an entry: its copy, on its way or there. */
  const copies = new Map<string, Promise<string | null>>();

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
  const copy = async (entry: Entry): Promise<string | null> => {
    const to = path.join(folder, `.copy-${randomUUID()}`);
    try {
      await command('cp', ['-a', '--reflink=auto', '--', treeOf(entry), to]);
      if ((await digestOf(to)) === entry.digest) return to;
      throw new Error('it is not what it was when it was kept');
    } catch (err) {
      onDamage(`A kept set-up was thrown away: ${(err as Error).message}.`);
      await erase(to);
      await drop(entry.folder);
      return null;
    }
  };
  const ready = (entry: Entry): Promise<string | null> => {
    const there = copies.get(entry.folder) ?? copy(entry);
    copies.set(entry.folder, there);
    return there;
  };

  return {
    /** Removes what a worker that was ended left half done. */
    async open(): Promise<void> {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(folder)) if (name.startsWith('.')) await erase(path.join(folder, name));
    },

    keys: (repo: string): string[] => entriesIn(ofRepo(repo)).map((e) => e.key),

    /** It is wanted again, so it is the newest. */
    async touch(repo: string, key: string): Promise<void> {
      const entry = entriesIn(ofRepo(repo)).find((x) => x.key === key);
      if (entry === undefined) return;
      const now = new Date();
      utimesSync(path.join(entry.folder, 'meta.json'), now, now);
      await ready(entry);
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
      await drop(at);
      renameSync(arriving, at);
      await this.sweep();
      const entry = newestOf(repo);
      if (entry !== null) await ready(entry);
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
      const mine = ready(entry);
      copies.delete(entry.folder);
      const at = await mine;
      if (at === null) return false;
      if (owner !== null) await command('chown', ['-hR', `${owner.uid}:${owner.gid}`, '--', at]);
      renameSync(at, to);
      // The next task finds one too.
      void ready(entry);
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
        // With its copy.
        bytes += 2 * entry.bytes;
        if (bytes <= maxBytes) continue;
        const waiting = copies.get(entry.folder);
        copies.delete(entry.folder);
        if (waiting) await erase((await waiting) ?? '');
        await drop(entry.folder);
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
  if (at === '' || !existsSync(at)) return;
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
