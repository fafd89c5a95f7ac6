// Makes the set-up of a default branch in a sandbox of its own, in which no agent ever was, and keeps it for
// the tasks to come.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { KeptList, SetupMade, type SetupWanted } from '@mainloop/models/contracts/kept-setup';
import type { KeptStore } from './kept.ts';
import type { Owner } from './place.ts';
import type { ProjectSetup, Sandbox } from './port.ts';

const run = promisify(execFile);
const LOOK_MS = 500;
/** Longer than a set-up may take, with the packages on their way. */
const LONGEST_MS = 20 * 60_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface KeeperOptions {
  readonly folder: string;
  readonly store: KeptStore;
  /** Sandboxes that start with `keep.mjs` and are told what is wanted. */
  places(wanted: () => string): Sandbox & { workOf(taskId: string): string };
  /** Folder of bare mirrors, `<owner>/<name>.git`. */
  readonly mirrors: string;
  /** Opens the package door for one repository and a time, and nothing else. */
  tokenFor(repo: string, untilMs: number): string;
  onTrouble(words: string): void;
}

export type Keeper = ReturnType<typeof keeper>;

export function keeper(options: KeeperOptions) {
  let wanted: SetupWanted | null = null;
  const places = options.places(() => JSON.stringify(wanted));
  const waiting = new Map<string, { readonly repo: string; readonly setup: ProjectSetup }>();
  let working: Promise<void> | null = null;
  const looked = path.join(options.folder, 'looked');

  /** Projects may share a repository; what each is set up with is its own. */
  const keptFor = (repo: string, folder: string | undefined): string => (folder ? `${repo}/${folder}` : repo);

  const tip = async (repo: string, base: string): Promise<string | null> => {
    const mirror = path.join(options.mirrors, `${repo}.git`);
    if (!existsSync(mirror)) return null;
    const git = [
      '-c',
      'safe.directory=*',
      `--git-dir=${mirror}`,
      'rev-parse',
      '-q',
      '--verify',
      `refs/heads/${base}^{commit}`,
    ];
    // No such branch there yet: it is looked again at the next run.
    const { stdout } = await run('git', git, {
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    }).catch(() => ({ stdout: '' }));
    return stdout.trim() || null;
  };

  const make = async (repo: string, setup: ProjectSetup): Promise<void> => {
    const commit = await tip(repo, setup.base);
    const own = keptFor(repo, setup.folder);
    const seen = path.join(looked, createHash('sha256').update(own).digest('hex'));
    const now = JSON.stringify([commit, setup.command, setup.folder ?? '']);
    if (commit === null || (existsSync(seen) && readFileSync(seen, 'utf8') === now)) return;
    const taskId = `setup-${createHash('sha256').update(own).digest('hex').slice(0, 16)}`;
    wanted = { commit, command: setup.command, folder: setup.folder ?? '', have: options.store.keys(own) };
    await places.release(taskId);
    const until = Date.now() + LONGEST_MS;
    try {
      await places.start({ taskId, runId: taskId, epoch: 1, token: options.tokenFor(repo, until), repo });
      while ((await places.status(taskId)).kind === 'running' && Date.now() < until)
        await new Promise((r) => setTimeout(r, LOOK_MS));
      await places.stop(taskId);
      const work = places.workOf(taskId);
      const made = SetupMade.parse(JSON.parse(plain(path.join(work, 'made.json'))));
      if (made.kind === 'same') await options.store.touch(own, made.key);
      if (made.kind === 'made') {
        if (!lstatSync(path.join(work, 'kept')).isDirectory()) throw new Error('what it made is no folder');
        if (KeptList.parse(JSON.parse(plain(path.join(work, 'kept/list.json')))).key !== made.key)
          throw new Error('it names two keys');
        await options.store.put(own, made.key, path.join(work, 'kept'));
      }
      if (made.kind === 'failed') options.onTrouble(`The set-up of ${own} can't be kept: ${made.why}`);
      // Tried once for each commit, whatever came of it.
      mkdirSync(looked, { recursive: true, mode: 0o700 });
      writeFileSync(seen, now);
    } finally {
      await places.release(taskId);
    }
  };

  const work = async (): Promise<void> => {
    for (let next = [...waiting][0]; next !== undefined; next = [...waiting][0]) {
      waiting.delete(next[0]);
      const [own, { repo, setup }] = next;
      await make(repo, setup).catch((err: unknown) =>
        options.onTrouble(`The set-up of ${own} can't be kept: ${(err as Error).message}`),
      );
    }
    working = null;
  };

  return {
    /**
     * Looks whether the default branch has a set-up that is not kept yet, and makes it, one after the other.
     * Returns at once.
     */
    look(repo: string, setup: ProjectSetup): void {
      waiting.set(keptFor(repo, setup.folder), { repo, setup });
      working ??= work();
    },
    /** When nothing is left to do. */
    idle: async (): Promise<void> => {
      while (working !== null) await working;
    },
    /** @returns false when none is kept for it; see KeptStore */
    give: (repo: string, setup: ProjectSetup, to: string, owner: Owner | null): Promise<boolean> =>
      options.store.give(keptFor(repo, setup.folder), to, owner),
    async open(): Promise<void> {
      await options.store.open();
      for (const taskId of await places.list()) await places.release(taskId);
      rmSync(looked, { recursive: true, force: true });
    },
  };
}

/**
 * The text of a plain file that somebody else wrote: a pipe in its place would never end, a link would lead
 * elsewhere.
 */
function plain(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > MAX_ANSWER_BYTES)
      throw new Error('its answer is no file of that kind');
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
