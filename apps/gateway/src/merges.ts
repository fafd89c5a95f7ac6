// Merges in memory, in a repository that only we write to: no working tree is touched, and what a merge makes is put aside
// and thrown away.
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isObjectName } from '@mainloop/models/flow/machine/operands';
import { differingLines, meetingLines, type MetLines } from '@mainloop/models/flow/awareness/lines';
import { mergeReader, type Merge, type MetFile } from '@mainloop/models/flow/awareness/merge-tree';
import { OWN_ENV } from './git-places.ts';
import { GitFailed, readGit, recordsOfGit } from './git-run.ts';

/** The names of two commits. */
export type Pair = readonly [ours: string, theirs: string];

/** One git of a look; together they have what the look has. */
const ONE_MS = 20_000;
const LOOK_MS = 60_000;
/** Nothing writes to what is older: a look is over long before. */
const LEFT_MS = 10 * LOOK_MS;
const MAX_DIFF_BYTES = 512 * 1024;
/** What is larger is not read for its lines: it counts as binary to a diff. */
const PLAIN = ['-c', 'core.bigFileThreshold=8m'];
const DIFF = [
  'diff',
  '-U0',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--no-indent-heuristic',
  '--diff-algorithm=histogram',
];

export interface Merges {
  /** @returns what came of each, in their order; null for one that git can't do, such as of two histories */
  mergeAll(pairs: readonly Pair[]): Promise<(Merge | null)[]>;
  /** @returns the lines in which the sides of a file meet; none where that can't be told */
  linesOf(file: MetFile): Promise<MetLines>;
}

/** Where a look works, and how long it may. */
interface Look {
  readonly env: NodeJS.ProcessEnv;
  readonly at: readonly string[];
  readonly untilMs: number;
}

/**
 * Lets something look at merges in a repository.
 * @param repository bare; nothing is written to it
 * @param folder where what they make is put for as long as the look takes
 */
export async function withMerges<T>(
  repository: string,
  folder: string,
  work: (merges: Merges) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const aside = await mkdtemp(path.join(folder, 'look-'));
  const look: Look = {
    env: {
      ...OWN_ENV,
      GIT_OBJECT_DIRECTORY: aside,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: path.join(repository, 'objects'),
    },
    at: ['--git-dir', repository, ...PLAIN],
    untilMs: Date.now() + LOOK_MS,
  };
  try {
    return await work({
      mergeAll: (pairs) => mergeAll(look, pairs),
      linesOf: (file) => linesOf(look, file),
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

const isOver = ({ untilMs }: Look): boolean => Date.now() > untilMs;
const limitsOf = ({ untilMs }: Look): { timeoutMs: number; isAside: true } => ({
  timeoutMs: Math.max(1, Math.min(ONE_MS, untilMs - Date.now())),
  isAside: true,
});

async function mergeAll(look: Look, pairs: readonly Pair[]): Promise<(Merge | null)[]> {
  if (!pairs.flat().every(isObjectName)) throw new Error('only commits are merged, by their names');
  const all: (Merge | null)[] = [];
  while (all.length < pairs.length && !isOver(look)) {
    all.push(...(await mergeSome(look, pairs.slice(all.length))));
    // The one at which git ended.
    if (all.length < pairs.length) all.push(null);
  }
  return pairs.map((_, n) => all[n] ?? null);
}

/** As many as git does in one go: it ends at the first that it can't do. */
async function mergeSome(look: Look, pairs: readonly Pair[]): Promise<readonly Merge[]> {
  const reader = mergeReader();
  const input = pairs.map(([ours, theirs]) => `${ours} ${theirs}\n`).join('');
  const take = (record: Buffer): 'more' => {
    reader.take(record);
    return 'more';
  };
  const args = [...look.at, 'merge-tree', '--write-tree', '--stdin', '-z', '--messages'];
  try {
    await recordsOfGit(args, look.env, take, { input, ...limitsOf(look) });
  } catch (err) {
    if (!(err instanceof GitFailed)) throw err;
  }
  return reader.merges;
}

async function linesOf(look: Look, { how, base, ours, theirs }: MetFile): Promise<MetLines> {
  const none = { ours: [], theirs: [] };
  if (ours === null || theirs === null || isOver(look)) return none;
  try {
    if (how === 'added') return differingLines(await diff(look, ours.id, theirs.id));
    if (how !== 'changed' || base === null) return none;
    return meetingLines(await diff(look, base.id, ours.id), await diff(look, base.id, theirs.id));
  } catch (err) {
    // The file alone is told then.
    if (err instanceof GitFailed) return none;
    throw err;
  }
}

async function diff(look: Look, one: string, other: string): Promise<string> {
  const args = [...look.at, ...DIFF, one, other, '--'];
  const out = await readGit(args, look.env, MAX_DIFF_BYTES, limitsOf(look));
  return out.cut ? '' : out.bytes.toString('latin1');
}

/** Removes what looks left behind that were cut off. @param folder as `withMerges` had it */
export async function sweepMerges(folder: string): Promise<void> {
  // There is no such folder before the first look.
  for (const name of await readdir(folder).catch(() => [])) {
    const left = path.join(folder, name);
    // It may be gone by now.
    const at = (await stat(left).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - at > LEFT_MS) await rm(left, { recursive: true, force: true });
  }
}
