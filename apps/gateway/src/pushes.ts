// What a push brings, looked at once and written down; and what is held until the person agrees.
import { createHash } from 'node:crypto';
import { takeAllowance } from '@mainloop/models/db/allowance';
import { append, freshId } from '@mainloop/models/db/log';
import { one, withTx, type Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs';
import { cleanText, MAX_DIFF_CHARS } from '@mainloop/models/flow/text';
import { checkFiles } from './git-rules.ts';
import { ZERO, type RefUpdate } from './pkt.ts';

export interface Look {
  readonly files: readonly string[];
  readonly ciDigest: string;
  readonly diff: string;
  /** What this push changed since the one before it; empty for the first. */
  readonly delta: string;
  readonly commits: { sha: string; title: string }[];
  readonly additions: number;
  readonly deletions: number;
}

export type Git = (dir: string, args: string[], env?: NodeJS.ProcessEnv) => Promise<string>;

/** Everything the person may want to know of a push, computed once, in a repository only we write to. */
export async function inspect(git: Git, dir: string, r: RunByToken, u: RefUpdate): Promise<Look> {
  const range = `refs/heads/${r.default_branch}...${u.newSha}`;
  const stat = (await git(dir, ['diff', '--numstat', '-z', '--no-renames', range]))
    .split('\0')
    .filter(Boolean)
    .map((l) => l.split('\t'));
  const show = ['-c', 'core.quotePath=false', 'diff', '--no-color', '--no-ext-diff', '--no-textconv', '-M'];
  const diff = await git(dir, [...show, range]);
  // After a force push the old commit may be gone from here: then there is the whole change to look at.
  const delta = u.oldSha === ZERO ? '' : await git(dir, [...show, `${u.oldSha}..${u.newSha}`]).catch(() => '');
  const log = await git(dir, [
    'log',
    '--format=%H%x09%s',
    '-n',
    '50',
    `${u.oldSha === ZERO ? `refs/heads/${r.default_branch}` : u.oldSha}..${u.newSha}`,
  ]).catch(() => '');
  const files = stat.map((s) => s[2] ?? '');
  const ciDiff = files.some((f) => checkFiles([f], false).kind === 'hold')
    ? await git(dir, [
        'diff',
        '--no-color',
        '--no-ext-diff',
        '--no-textconv',
        range,
        '--',
        ...files.filter((f) => checkFiles([f], false).kind === 'hold'),
      ])
    : '';
  return {
    files,
    diff: cleanText(diff, MAX_DIFF_CHARS),
    delta: cleanText(delta, MAX_DIFF_CHARS),
    ciDigest: createHash('sha256').update(ciDiff).digest('hex').slice(0, 12),
    commits: log
      .split('\n')
      .filter(Boolean)
      .map((l) => ({ sha: l.split('\t')[0]!, title: l.split('\t').slice(1).join('\t').slice(0, 200) })),
    additions: stat.reduce((n, s) => n + (Number(s[0]) || 0), 0),
    deletions: stat.reduce((n, s) => n + (Number(s[1]) || 0), 0),
  };
}

const ciItem = (r: RunByToken, digest: string): string => `${r.task_id}-ci-${digest}`;

export async function ciAllowed(db: Db, r: RunByToken, digest: string): Promise<boolean> {
  const item = await one<{ answer: { decision: string } | null }>(db, 'select answer from inbox_items where id = $1', [ciItem(r, digest)]);
  return item?.answer?.decision === 'allow';
}

/** @returns why it is not even held: too much waits for the reader already; null when it is */
export async function hold(db: Db, r: RunByToken, look: Look, files: readonly string[]): Promise<string | null> {
  const id = ciItem(r, look.ciDigest);
  const ciDiff = look.diff
    .split(/^(?=diff --git )/m)
    .filter((d) => files.some((f) => d.includes(` b/${f}\n`)))
    .join('');
  return withTx(db, async (tx) => {
    const verdict = await takeAllowance(tx, r, 'heldPushes');
    // The same change once more is no new question.
    if (!verdict.ok && !(await one(tx, 'select 1 from events where dedupe_key = $1', [`held/${id}`]))) return verdict.sentence;
    await append(
      tx,
      [
        { type: 'push.held', taskId: r.task_id, actor: 'gateway', dedupeKey: `held/${id}`, payload: { pushId: id, files: [...files] } },
        {
          type: 'inbox.opened',
          taskId: r.task_id,
          actor: 'gateway',
          dedupeKey: `inbox/${id}`,
          payload: {
            id,
            kind: 'ci_files',
            title: 'Let this change to CI files through?',
            body: `CI runs these files with the repository's secrets.\n\n\`\`\`diff\n${ciDiff.slice(0, 20_000)}\n\`\`\``,
            options: [{ label: 'Allow' }, { label: 'Refuse' }],
          },
        },
      ],
      r.owner_id,
    );
    return null;
  });
}

/** The agent is told of every refusal; of a flood of them the story has enough after a few. */
export const noteRefused = (db: Db, r: RunByToken, branch: string, reason: string): Promise<unknown> =>
  withTx(db, async (tx) => {
    if (!(await takeAllowance(tx, r, 'refusedPushes')).ok) return;
    await append(tx, [{ type: 'push.refused', taskId: r.task_id, actor: 'gateway', payload: { branch: branch.slice(0, 200), reason } }], r.owner_id);
  });

export async function recordPush(db: Db, r: RunByToken, u: RefUpdate, look: Look): Promise<void> {
  const id = freshId();
  await withTx(db, async (tx) => {
    const fresh = await append(
      tx,
      [
        {
          type: 'branch.pushed',
          taskId: r.task_id,
          actor: 'agent',
          dedupeKey: `pushed/${r.task_id}/${u.newSha}`,
          payload: {
            pushId: id,
            branch: r.branch,
            sha: u.newSha,
            commits: look.commits,
            files: look.files.length,
            additions: look.additions,
            deletions: look.deletions,
          },
        },
      ],
      r.owner_id,
    );
    if (fresh.length === 0) return;
    await tx.query(
      'insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)',
      [id, r.owner_id, r.task_id, r.id, r.branch, u.oldSha, u.newSha, 'forwarded', look.diff, look.delta],
    );
  });
}
