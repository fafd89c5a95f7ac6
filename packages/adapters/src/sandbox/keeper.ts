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
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { KeptList, SetupMade, type SetupWanted } from '@mainloop/models/contracts/kept-setup';
import { lookWords } from '@mainloop/models/flow/runs/kept-setup';
import type { KeptStore } from './kept.ts';
import type { Owner } from './place.ts';
import type { ProjectSetup, Sandbox } from './port.ts';
import { putWhole } from './whole-file.ts';

const run = promisify(execFile);
const LOOK_MS = 500;
/** Longer than a set-up may take, with the packages on their way. */
const LONGEST_MS = 20 * 60_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_LISTING_BYTES = 256 * 1024 * 1024;

export interface KeeperOptions {
  readonly folder: string;
  readonly store: KeptStore;
  /** Sandboxes that start with `keep.mjs` and are told what is wanted. */
  places(wanted: () => string): Sandbox & { workOf(taskId: string): string };
  /** Folder of bare mirrors, `<owner>/<name>.git`. */
  readonly mirrors: string;
  /** Opens the package proxy for one repository and a time, and nothing else. */
  tokenFor(repo: string, untilMs: number): string;
  onTrouble(words: string): void;
}

export type Keeper = ReturnType<typeof keeper>;

/** Where a default branch stands, as far as a set-up may hang on it; each by its hash. */
interface Standing {
  readonly setup: string;
  readonly commit: string;
  readonly tree: string;
  readonly manifests: string;
}
/** What was looked at last, and what came of it. */
interface Seen extends Standing {
  readonly by: 'manifests' | 'tree' | 'commit';
  /** Of what is kept; null: nothing is. */
  readonly key: string | null;
}

const comesToTheSame = (seen: Seen, now: Standing): boolean =>
  seen.setup === now.setup && seen[seen.by] === now[seen.by];

/** What failed may succeed with any commit, or by itself with the next one. */
function hangsOn(made: SetupMade): Pick<Seen, 'by' | 'key'> {
  if (made.kind === 'failed') return { by: 'commit', key: null };
  if (made.kind === 'nothing') return { by: 'manifests', key: null };
  return { by: made.reads === 'everything' ? 'tree' : 'manifests', key: made.key };
}

/** Makes set-ups ahead of the tasks that want them, one at a time. @returns how it is told of one, and ended */
export function keeper(options: KeeperOptions) {
  let wanted: SetupWanted | null = null;
  const places = options.places(() => JSON.stringify(wanted));
  const waiting = new Map<string, { readonly repo: string; readonly setup: ProjectSetup }>();
  let working: Promise<void> | null = null;
  const looked = path.join(options.folder, 'looked');

  /** Projects may share a repository; what each is set up with is its own. */
  const keptFor = (repo: string, folder: string | undefined): string => (folder ? `${repo}/${folder}` : repo);

  const gitIn = async (repo: string, ...args: string[]): Promise<string> =>
    (
      await run(
        'git',
        ['-c', 'safe.directory=*', `--git-dir=${path.join(options.mirrors, `${repo}.git`)}`, ...args],
        {
          env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
          maxBuffer: MAX_LISTING_BYTES,
        },
      )
    ).stdout;
  const tip = async (repo: string, base: string): Promise<string | null> =>
    existsSync(path.join(options.mirrors, `${repo}.git`))
      ? (
          await gitIn(repo, 'rev-parse', '-q', '--verify', `refs/heads/${base}^{commit}`)
            // No such branch there yet: it is looked again at the next run.
            .catch(() => '')
        ).trim() || null
      : null;
  const stateOf = async (repo: string, setup: ProjectSetup, commit: string): Promise<Standing> => ({
    setup: JSON.stringify([setup.command, setup.folder ?? '']),
    commit,
    tree: (await gitIn(repo, 'rev-parse', '--verify', `${commit}^{tree}`)).trim(),
    manifests: createHash('sha256')
      .update(
        JSON.stringify(lookWords(await gitIn(repo, 'ls-tree', '-r', '-l', '-z', commit), setup.folder ?? '')),
      )
      .digest('hex'),
  });

  const make = async (repo: string, setup: ProjectSetup): Promise<void> => {
    const commit = await tip(repo, setup.base);
    if (commit === null) return;
    const own = keptFor(repo, setup.folder);
    const file = path.join(looked, createHash('sha256').update(own).digest('hex'));
    const seen = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Seen) : null;
    const now = await stateOf(repo, setup, commit);
    if (seen !== null && comesToTheSame(seen, now)) {
      if (seen.key === null) return;
      // Gone since, for want of room: made again.
      if (options.store.keys(own).includes(seen.key)) return options.store.touch(own, seen.key);
    }
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
      if (made.kind === 'same') options.store.touch(own, made.key);
      if (made.kind === 'made') {
        if (!lstatSync(path.join(work, 'kept')).isDirectory()) throw new Error('what it made is no folder');
        if (KeptList.parse(JSON.parse(plain(path.join(work, 'kept/list.json')))).key !== made.key)
          throw new Error('it names two keys');
        await options.store.put(own, made.key, path.join(work, 'kept'));
      }
      if (made.kind === 'failed') options.onTrouble(`The set-up of ${own} can't be kept: ${made.why}`);
      mkdirSync(looked, { recursive: true, mode: 0o700 });
      putWhole(file, JSON.stringify({ ...now, ...hangsOn(made) } satisfies Seen), 0o600);
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
