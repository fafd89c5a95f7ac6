// What a push brings, looked at once and written down; and what is held until the person agrees.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { takeAllowance } from '@mainloop/models/db/runs/allowance';
import { countShown, findShown, hasPushed, insertPush } from '@mainloop/models/db/forge/effects';
import { findDecision } from '@mainloop/models/db/inbox/items';
import { append, decideAndAppend, freshId, hasEvent } from '@mainloop/models/db/log';
import { withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { branchPushed, pushHeld, pushRefused } from '@mainloop/models/events/forge';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { changedCiFiles, ciTree, type TreeEntry } from '@mainloop/models/flow/ci/files';
import { CUT_MARK, nameOfBytes, readDiff } from '@mainloop/models/flow/review/diff';
import { heldSentence, MAX_HELD_BYTES } from '@mainloop/models/flow/ci/held';
import { actingCommits, UNREAD } from '@mainloop/models/flow/forge/merge-messages';
import { cleanText, MAX_DIFF_CHARS, reveal } from '@mainloop/models/flow/text';
import type { Decision } from '@mainloop/models/flow/workflow';
import { GitFailed, readGit, recordsOfGit } from './git-run.ts';
import { ZERO, type RefUpdate } from './pkt.ts';

/** What a push does to the files that CI runs. */
export type CiChange =
  | { readonly kind: 'none' }
  /** They are as they were when the branch began, and the default branch has others now. */
  | { readonly kind: 'behind' }
  | {
      readonly kind: 'changed';
      readonly digest: string;
      readonly files: readonly string[];
      readonly diff: string;
      readonly refusal: string | null;
    };

export interface Look {
  readonly ci: CiChange;
  readonly files: number;
  readonly diff: string;
  /** What this push changed since the one before it; empty for the first. */
  readonly delta: string;
  readonly commits: { sha: string; title: string }[];
  readonly additions: number;
  readonly deletions: number;
  /** Of the whole branch: what `actingCommits` says of it. */
  readonly acting: readonly string[];
}

/** Files of one tree at most, and of a held change. */
const MAX_TREE = 300_000;
const MAX_CI_FILES = 100;
const MAX_INCLUDE_BYTES = 256 * 1024;
const MAX_INCLUDES = 100;
const MAX_MESSAGES_BYTES = 1024 * 1024;
/** What is larger than this is a binary file to git's diff: it is streamed, not held in memory. */
export const PLAIN = ['-c', 'core.bigFileThreshold=8m', '-c', 'core.quotePath=true'];
const DIFF = ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/'];

/**
 * Everything the person may want to know of a push, computed once, in a repository only we write to.
 * @param dir the repository that holds what was pushed
 * @returns its commits, its size, and what it does to CI files
 */
export async function inspect(
  env: NodeJS.ProcessEnv,
  dir: string,
  run: RunByToken,
  update: RefUpdate,
): Promise<Look> {
  const at = ['--git-dir', dir, ...PLAIN];
  const main = `refs/heads/${run.default_branch}`;
  const range = `${main}...${update.newSha}`;
  const { files, additions, deletions } = await sizeOf(env, at, range);
  const diff = await cutDiff([...at, ...DIFF, '-M', range, '--'], env);
  // After a force push the old commit may be gone from here: then there is the whole change to look at.
  const delta =
    update.oldSha === ZERO
      ? ''
      : await cutDiff([...at, ...DIFF, '-M', `${update.oldSha}..${update.newSha}`, '--'], env).catch(
          () => '',
        );
  const since = update.oldSha === ZERO ? main : update.oldSha;
  // After a force push the old commit may be gone: the titles are left out.
  const log = await readGit(
    [...at, 'log', '-z', '--format=%H%x09%s', '-n', '50', `${since}..${update.newSha}`, '--'],
    env,
    256 * 1024,
  ).catch(() => null);
  return {
    files,
    additions,
    deletions,
    diff,
    delta,
    ci: await ciChange(env, at, main, update.newSha),
    acting: await actingOn(env, at, `${main}..${update.newSha}`),
    commits: (log?.bytes.toString() ?? '')
      .split('\0')
      .map((l) => /^([0-9a-f]{40,64})\t(.*)$/s.exec(l))
      .filter((m) => m !== null)
      .map((m) => ({ sha: m[1]!, title: cleanText(m[2]!.slice(0, 200), 200) })),
  };
}

/**
 * How large a change is.
 * @param at behind `git`; what it takes for binary has no lines
 */
export async function sizeOf(
  env: NodeJS.ProcessEnv,
  at: readonly string[],
  range: string,
): Promise<Pick<Look, 'files' | 'additions' | 'deletions'>> {
  let [files, additions, deletions] = [0, 0, 0];
  await recordsOfGit([...at, ...DIFF, '--numstat', '-z', '--no-renames', range, '--'], env, (record) => {
    const [added, deleted] = record.toString('latin1', 0, 40).split('\t');
    files++;
    additions += Number(added) || 0;
    deletions += Number(deleted) || 0;
    return 'more';
  });
  return { files, additions, deletions };
}

async function actingOn(
  env: NodeJS.ProcessEnv,
  at: readonly string[],
  range: string,
): Promise<readonly string[]> {
  const log = await readGit(
    [...at, 'log', '-z', '--format=%H%x09%an <%ae>%x09%B', range, '--'],
    env,
    MAX_MESSAGES_BYTES,
  );
  if (log.cut) return [UNREAD];
  const commits = log.bytes
    .toString()
    .split('\0')
    .filter((l) => l !== '');
  return actingCommits(
    commits.map((line) => {
      const [sha = '', author = '', ...message] = line.split('\t');
      return { sha, author, message: message.join('\t') };
    }),
  );
}

/** Not read beyond what is kept; the last line says so. Renames of very many files are not looked for by git itself. */
async function cutDiff(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const out = await readGit(args, env, MAX_DIFF_CHARS);
  const text = cleanText(out.bytes.toString(), MAX_DIFF_CHARS);
  return out.cut
    ? `${text}\n${CUT_MARK} (the rest of this change is left out: it is larger than ${MAX_DIFF_CHARS / 1_000_000} MB)`
    : text;
}

interface Tree {
  readonly entries: readonly TreeEntry[];
  readonly open: string | null;
}

/** The modes that git knows, each one string. */
const MODES = ['100644', '100755', '120000', '160000', '040000'];
function modeOf(record: Buffer): string {
  const mode = record.toString('latin1', 0, 6);
  return MODES.find((m) => m === mode) ?? mode;
}

/** The files of a commit that CI runs. */
async function ciOf(env: NodeJS.ProcessEnv, at: readonly string[], commit: string): Promise<Tree> {
  const tree: TreeEntry[] = [];
  let odd: string | null = null;
  await recordsOfGit([...at, 'ls-tree', '-r', '-z', '--full-tree', commit, '--'], env, (record) => {
    // MODE SP TYPE SP ID TAB NAME. Of a hundred thousand of them nothing is made that is not kept.
    const tab = record.indexOf(9);
    const name = record.subarray(tab + 1);
    const isText = isUtf8(name);
    const path = isText ? name.toString('utf8') : nameOfBytes(name);
    if (!isText) odd ??= path;
    tree.push({
      mode: modeOf(record),
      id: record.toString('latin1', record.lastIndexOf(32, tab) + 1, tab),
      path,
    });
    if (tree.length > MAX_TREE) throw new GitFailed('', `it has more than ${MAX_TREE} files`);
    return 'more';
  });
  const known = new Map<string, string | null>();
  for (;;) {
    const found = ciTree(tree, known);
    if (found.wants.length === 0) {
      const isOdd = odd !== null && found.entries.some((e) => e.path.includes('\\x'));
      return { entries: found.entries, open: isOdd ? 'a name is not UTF-8' : found.open };
    }
    for (const id of found.wants) {
      // What can't be read counts as unknown, and that holds the push.
      const text =
        known.size < MAX_INCLUDES
          ? await readGit([...at, 'cat-file', 'blob', id], env, MAX_INCLUDE_BYTES).catch(() => null)
          : null;
      known.set(id, text === null || text.cut ? null : text.bytes.toString());
    }
  }
}

/** What stood there before is a part of what is agreed to: the same files in the place of newer ones take those back. */
const digestOf = (before: Tree, after: Tree): string => {
  const hash = createHash('sha256');
  for (const [which, { entries }] of Object.entries({ before, after }))
    for (const { mode, id, path } of entries) hash.update(`${which} ${mode} ${id}\0${path}\0`);
  // In full: a part of a hash can be met by trying. base64url, so that it fits where ids do.
  return hash.digest('base64url');
};

async function ciChange(
  env: NodeJS.ProcessEnv,
  at: readonly string[],
  main: string,
  sha: string,
): Promise<CiChange> {
  const [before, after] = [await ciOf(env, at, main), await ciOf(env, at, sha)];
  const changed = changedCiFiles(before.entries, after.entries);
  if (changed.length === 0) return { kind: 'none' };
  // No common history: then the push is held.
  const fork =
    (await readGit([...at, 'merge-base', main, sha], env, 1_000).catch(() => null))?.bytes
      .toString()
      .trim() ?? '';
  const from = fork === '' ? before : await ciOf(env, at, fork);
  if (fork !== '' && changedCiFiles(from.entries, after.entries).length === 0) return { kind: 'behind' };
  const few = changed.slice(0, MAX_CI_FILES);
  // Whole files where they are small: what stands around a line says what it does.
  const out = await readGit(
    [...at, ...DIFF, '--no-renames', '--full-index', '-U20', main, sha, '--', ...few],
    env,
    MAX_HELD_BYTES,
  );
  const text = out.bytes.toString();
  const shown = readDiff(text);
  const reasons: readonly (readonly [boolean, string])[] = [
    [before.open !== null || after.open !== null, after.open ?? before.open ?? ''],
    [changed.length > MAX_CI_FILES, `it changes ${changed.length} of these files, more than can be shown`],
    [out.cut || shown.cut, 'it is too long to be shown whole'],
    [
      after.entries.some((e) => e.mode === '160000' && changed.includes(e.path)),
      'a part of it stands in another repository',
    ],
    [
      shown.files.some((f) => f.binary) || out.bytes.includes(0) || !Buffer.from(text).equals(out.bytes),
      'a part of it is not text',
    ],
    [changed.some((p) => !shown.files.some((f) => f.path === p)), 'a part of it could not be shown'],
  ];
  return {
    kind: 'changed',
    digest: digestOf(from, after),
    files: few.map((f) => reveal(f).slice(0, 300)),
    diff: out.cut ? `${text}\n${CUT_MARK} (the rest is not shown)` : text,
    refusal: reasons.find(([is]) => is)?.[1] ?? null,
  };
}

const ciItem = (run: RunByToken, digest: string): string => `${run.task_id}-ci-${digest}`;

/**
 * What the person said to exactly this state of the CI files in the place of that one.
 * @param digest of the CI files as they are where the branch left the default branch, and as they would be
 * @returns null while nobody has
 */
export const ciAnswer = (db: Db, run: RunByToken, digest: string): Promise<Decision | null> =>
  findDecision(db, ciItem(run, digest));

/** @returns why it is not even held: too much waits for the reader already; null when it is */
export async function hold(
  db: Db,
  run: RunByToken,
  change: CiChange & { kind: 'changed' },
): Promise<string | null> {
  const id = ciItem(run, change.digest);
  return withTx(db, async (tx) => {
    const verdict = await takeAllowance(tx, run, 'heldPushes');
    // The same change once more is no new question.
    if (!verdict.ok && !(await hasEvent(tx, `held/${id}`))) return verdict.sentence;
    await append(
      tx,
      [
        pushHeld.new({
          taskId: run.task_id,
          actor: 'gateway',
          payload: { pushId: id, files: [...change.files] },
        }),
        inboxOpened.new({
          taskId: run.task_id,
          actor: 'gateway',
          payload: {
            id,
            kind: 'ci_files',
            runId: run.id,
            title: 'Let this change to CI files through?',
            body: heldSentence(change.refusal),
            options: [...(change.refusal === null ? [{ label: 'Allow' }] : []), { label: 'Refuse' }],
            held: { diff: cleanText(change.diff, MAX_HELD_BYTES * 2), mayAllow: change.refusal === null },
          },
        }),
      ],
      run.owner_id,
    );
    return null;
  });
}

/**
 * The agent is told of every refusal; of a flood of them the story has enough after a few.
 * @param reason in words, as the agent was told
 */
export const noteRefused = (db: Db, run: RunByToken, branch: string, reason: string): Promise<unknown> =>
  withTx(db, async (tx) => {
    if (!(await takeAllowance(tx, run, 'refusedPushes')).ok) return;
    await append(
      tx,
      [
        pushRefused.new({
          taskId: run.task_id,
          actor: 'gateway',
          payload: { branch: branch.slice(0, 200), reason },
        }),
      ],
      run.owner_id,
    );
  });

/**
 * Notes a push that has reached the forge; the same one once more changes nothing.
 * @param look what `inspect` saw of it
 */
export async function recordPush(db: Db, run: RunByToken, update: RefUpdate, look: Look): Promise<void> {
  const id = freshId();
  await decideAndAppend(db, async (tx) => {
    // The same push once more.
    if (
      (await findShown(tx, run.task_id))?.sha === update.newSha &&
      (await hasPushed(tx, run.task_id, update.newSha))
    )
      return;
    const about = { taskId: run.task_id, actor: 'agent' };
    const payload = {
      pushId: id,
      branch: run.branch,
      sha: update.newSha,
      commits: look.commits,
      files: look.files,
      additions: look.additions,
      deletions: look.deletions,
      acting: look.acting,
    };
    // A force push may go back to what was pushed before.
    const pushed = (await hasPushed(tx, run.task_id, update.newSha))
      ? branchPushed.again({ ...about, key: { count: await countShown(tx, run.task_id) }, payload })
      : branchPushed.new({ ...about, payload });
    const fresh = await append(tx, [pushed], run.owner_id);
    if (fresh.length === 0) return;
    await insertPush(tx, {
      id,
      ownerId: run.owner_id,
      taskId: run.task_id,
      runId: run.id,
      branch: run.branch,
      oldSha: update.oldSha,
      newSha: update.newSha,
      diff: look.diff,
      delta: look.delta,
    });
  });
}
