// What tasks at work on one repository are to each other, looked at behind each push and never in its way: which of them
// will conflict, and who changed the same files before. One look at a time, and what is pushed meanwhile is one more.
import { isUtf8 } from 'node:buffer';
import path from 'node:path';
import type { Logger } from '@mainloop/logs/log';
import { listTaskOfCommits, noteArea } from '@mainloop/models/db/awareness/areas';
import {
  clearEnded,
  listAtWork,
  listShared,
  noteLooks,
  type AtWork,
  type Looked,
} from '@mainloop/models/db/awareness/collisions';
import type { Db } from '@mainloop/models/db/pool';
import { findLastRun, type RunByToken } from '@mainloop/models/db/runs/runs';
import { PAST_FORMAT, pastCommits, whoKnows } from '@mainloop/models/flow/awareness/areas';
import { collidingFiles, MOST_FILES, type Collision } from '@mainloop/models/flow/awareness/collisions';
import type { Merge } from '@mainloop/models/flow/awareness/merge-tree';
import { reveal, spellOut } from '@mainloop/models/flow/text';
import type { GatewayConfig } from './config.ts';
import { OWN_ENV, type GitPlaces } from './git-places.ts';
import { readGit, recordsOfGit } from './git-run.ts';
import { sweepMerges, withMerges, type Merges, type Pair } from './merges.ts';

/** Files whose lines are looked for in one look: two more calls of git for each. */
const MOST_LINED = 60;
/** Of a change; who knows these knows the area. */
const MOST_PATHS = 100;
const MOST_PAST = 500;
const MAX_PAST_BYTES = 1024 * 1024;
const PAST_SINCE = '3 years ago';
const MAX_PATH = 300;
const ASIDE = { isAside: true, timeoutMs: 20_000 } as const;

/** What is to be looked at of one repository of one user. */
interface Wish {
  readonly run: RunByToken;
  /** Tasks that have pushed; `all`: every one that is at work. */
  tasks: Set<string> | 'all';
}

/**
 * Looks at tasks beside each other.
 * @returns `pushed`: a task has pushed, and is looked at soon. `begin`: looks at all, as after a start. `sweep`:
 * clears what is over
 */
export function openAwareness(config: GatewayConfig, db: Db, places: GitPlaces, log: Logger) {
  const aside = path.join(config.gitDir, 'merges');
  const wishes = new Map<string, Wish>();
  let working: Promise<void> | null = null;

  const wish = (run: RunByToken, tasks: 'all' | readonly string[]): void => {
    const key = `${run.owner_id} ${run.repo.toLowerCase()}`;
    const before = wishes.get(key)?.tasks;
    const all = tasks === 'all' || before === 'all';
    wishes.set(key, { run, tasks: all ? 'all' : new Set([...(before ?? []), ...tasks]) });
    working ??= work().finally(() => (working = null));
  };

  const work = async (): Promise<void> => {
    // Whoever has pushed has their answer first.
    await new Promise((done) => setImmediate(done));
    for (let [next] = wishes; next !== undefined; [next] = wishes) {
      const [key, { run, tasks }] = next;
      wishes.delete(key);
      try {
        await look({ db, places, aside }, run, tasks);
      } catch (err) {
        // The next push looks again; nobody waits for this.
        log.warn({ err, repo: run.repo }, 'tasks could not be looked at beside each other');
      }
    }
  };

  return {
    pushed: (run: RunByToken): void => wish(run, [run.task_id]),
    async begin(): Promise<void> {
      await sweepMerges(aside);
      for (const { taskId } of await listShared(db)) {
        const run = await findLastRun(db, taskId);
        if (run !== null) wish(run, 'all');
      }
    },
    sweep: (): Promise<void> => clearEnded(db),
  };
}

interface Around {
  readonly db: Db;
  readonly places: GitPlaces;
  /** The folder for what merges make. */
  readonly aside: string;
}

async function look({ db, places, aside }: Around, run: RunByToken, wished: Wish['tasks']): Promise<void> {
  const mirror = await places.refreshMirror(run);
  const atWork = await listAtWork(db, run.owner_id, run.repo);
  const branches = atWork.flatMap(({ branch, base }) => [branch, base]);
  const heads = await headsOf(mirror, branches);
  const fresh = atWork.filter(({ taskId }) => wished === 'all' || wished.has(taskId));
  const looks = await withMerges(mirror, aside, (merges) => looksAt(merges, fresh, atWork, heads));
  await noteLooks(db, run.owner_id, looks);
  await clearEnded(db);
  for (const task of fresh) await lookAtArea(db, run.owner_id, mirror, task, heads);
}

async function lookAtArea(
  db: Db,
  ownerId: string,
  mirror: string,
  task: AtWork,
  heads: Heads,
): Promise<void> {
  const [sha, base] = [heads.get(task.branch), heads.get(task.base)];
  if (sha === undefined || base === undefined) return;
  const commits = await pastOf(mirror, base, sha);
  const shas = commits.map((commit) => commit.sha);
  const taskOf = await listTaskOfCommits(db, ownerId, shas);
  const known = whoKnows(commits, (commit) => taskOf.get(commit), Date.now());
  const earlier = known.tasks.filter((id) => id !== task.taskId);
  await noteArea(db, ownerId, task.taskId, sha, { ...known, tasks: earlier });
}

/** The commits of branches by their names. */
type Heads = ReadonlyMap<string, string>;

async function headsOf(mirror: string, branches: readonly string[]): Promise<Heads> {
  const refs = [...new Set(branches)].map((branch) => `refs/heads/${branch}`);
  if (refs.length === 0) return new Map();
  const format = '--format=%(objectname) %(refname)';
  const args = ['--git-dir', mirror, 'for-each-ref', format, '--', ...refs];
  const out = await readGit(args, OWN_ENV, 1024 * 1024, ASIDE);
  const rows = out.bytes.toString().split('\n').filter(Boolean);
  return new Map(
    rows.map((row) => {
      const [sha = '', ref = ''] = row.split(' ');
      return [ref.slice('refs/heads/'.length), sha];
    }),
  );
}

/** @returns each pair of which one is fresh, once, where it is known what came of it */
async function looksAt(
  merges: Merges,
  fresh: readonly AtWork[],
  atWork: readonly AtWork[],
  heads: Heads,
): Promise<Looked[]> {
  const all = pairsOf(fresh, atWork).map(([one, other]) => ({
    one,
    other,
    sha: heads.get(one.branch),
    otherSha: heads.get(other.branch),
  }));
  // A branch that is gone collides with nothing.
  const [there, gone] = [all.filter(isThere), all.filter((pair) => !isThere(pair))];
  const together = await merges.mergeAll(there.map(({ sha, otherSha }): Pair => [sha, otherSha]));
  const met = there.flatMap((pair, n) => (together[n]?.isClean === false ? [pair] : []));
  const bases = await withBases(
    merges,
    met.flatMap(({ one, other }) => [one, other]),
    heads,
  );
  const looks: Looked[] = gone.map(({ one, other }) => ({ one, other, sha: '', otherSha: '', files: [] }));
  let lined = 0;
  for (const [n, pair] of there.entries()) {
    const merged = together[n] ?? null;
    const [mine, theirs] = [bases.get(pair.one.taskId), bases.get(pair.other.taskId)];
    if (merged === null) continue;
    if (!merged.isClean && (mine === undefined || theirs === undefined)) continue;
    const files: Collision[] = [];
    for (const file of merged.isClean ? [] : collidingFiles(merged, [mine!, theirs!])) {
      const isLined = files.length < MOST_FILES && lined++ < MOST_LINED;
      const met = isLined ? await merges.linesOf(file) : { ours: [], theirs: [] };
      // As the log keeps it, or the next look would take it for another.
      const shown = spellOut(reveal(file.path).slice(0, MAX_PATH));
      files.push({ path: shown, how: file.how, lines: met.ours, theirs: met.theirs });
    }
    looks.push({ ...pair, files });
  }
  return looks;
}

type There<P> = P & { readonly sha: string; readonly otherSha: string };
const isThere = <P extends { sha: string | undefined; otherSha: string | undefined }>(
  pair: P,
): pair is There<P> => pair.sha !== undefined && pair.otherSha !== undefined;

/** What goes to another branch meets these nowhere. */
function pairsOf(fresh: readonly AtWork[], atWork: readonly AtWork[]): (readonly [AtWork, AtWork])[] {
  const done = new Set<string>();
  return fresh.flatMap((one) => {
    done.add(one.taskId);
    return atWork
      .filter((other) => !done.has(other.taskId) && other.base === one.base)
      .map((other) => [one, other] as const);
  });
}

/** How each of these merges with its base, by its id; without those of which that is not known. */
async function withBases(
  merges: Merges,
  tasks: readonly AtWork[],
  heads: Heads,
): Promise<ReadonlyMap<string, Merge>> {
  const each = [...new Map(tasks.map((task) => [task.taskId, task])).values()].flatMap((task) => {
    const [base, sha] = [heads.get(task.base), heads.get(task.branch)];
    return base === undefined || sha === undefined ? [] : [{ task, pair: [base, sha] as const }];
  });
  const merged = await merges.mergeAll(each.map(({ pair }) => pair));
  return new Map(
    each.flatMap(({ task }, n) => {
      const merge = merged[n] ?? null;
      return merge === null ? [] : [[task.taskId, merge] as const];
    }),
  );
}

/** @returns commits of the base that changed files which the branch changes */
async function pastOf(mirror: string, base: string, sha: string): Promise<ReturnType<typeof pastCommits>> {
  const at = ['--git-dir', mirror, '-c', 'core.bigFileThreshold=8m'];
  const paths: string[] = [];
  const take = (record: Buffer): 'more' | 'stop' => {
    // What is no text can't be said to git in an argument.
    if (isUtf8(record)) paths.push(record.toString());
    return paths.length < MOST_PATHS ? 'more' : 'stop';
  };
  const diff = ['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', `${base}...${sha}`, '--'];
  await recordsOfGit([...at, ...diff], OWN_ENV, take, ASIDE);
  if (paths.length === 0) return [];
  const log = ['log', '-z', `--format=${PAST_FORMAT}`, '--no-merges', `--max-count=${MOST_PAST}`];
  const out = await readGit(
    [...at, ...log, `--since=${PAST_SINCE}`, base, '--', ...paths],
    OWN_ENV,
    MAX_PAST_BYTES,
    ASIDE,
  );
  return pastCommits(out.bytes.toString());
}
