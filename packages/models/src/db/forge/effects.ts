// What reached the forge: pushes that were forwarded, and effects, each noted before and after it. And what came from it: webhooks.
import type { Failure } from '../../flow/ci.ts';
import { many, one, type Queryable, type Tx } from '../pool.ts';

/** A push that the gateway forwarded. The shas are of git, in hex; `oldSha` is all zeros for a branch that was new. */
interface NewPush {
  readonly id: string;
  readonly ownerId: string;
  readonly taskId: string;
  readonly runId: string;
  readonly branch: string;
  readonly oldSha: string;
  readonly newSha: string;
  /** Of the whole branch, from where it left its base. */
  readonly diff: string;
  /** Of this push alone. */
  readonly delta: string;
}

/** Call it in the transaction that appends the push to the log. */
export async function insertPush(tx: Tx, p: NewPush): Promise<void> {
  await tx.query(
    'insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff, delta) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)',
    [p.id, p.ownerId, p.taskId, p.runId, p.branch, p.oldSha, p.newSha, 'forwarded', p.diff, p.delta],
  );
}

/** Whether a task has pushed this commit. */
export const hasPushed = async (q: Queryable, taskId: string, sha: string): Promise<boolean> =>
  (await one(q, 'select 1 from pushes where task_id = $1 and new_sha = $2', [taskId, sha])) !== null;

/** @returns when a task pushed a commit; null for what is none of its pushes */
export const findPushedAt = async (q: Queryable, taskId: string, sha: string): Promise<Date | null> =>
  (
    await one<{ createdAt: Date }>(
      q,
      'select created_at as "createdAt" from pushes where task_id = $1 and new_sha = $2 order by created_at limit 1',
      [taskId, sha],
    )
  )?.createdAt ?? null;

/** @returns how the checks of a commit failed, as it was last told; null when it was never told as red, or in words alone */
export async function findFailures(q: Queryable, taskId: string, sha: string): Promise<readonly Failure[] | null> {
  const row = await one<{ failures: Failure[] | null }>(
    q,
    `select payload->'failures' as failures from events where task_id = $1 and type = 'ci.verdict' and payload->>'sha' = $2
        and payload->>'verdict' = 'red' order by seq desc limit 1`,
    [taskId, sha],
  );
  return row?.failures ?? null;
}

/** @returns the diff of the whole branch at a task's newest push; '' when it has not pushed */
export const findLatestDiff = async (q: Queryable, taskId: string): Promise<string> =>
  (await one<{ diff: string }>(q, 'select diff from pushes where task_id = $1 order by created_at desc limit 1', [taskId]))?.diff ?? '';

/** @returns what the newest push of a task says of the messages of its commits, [] when it has not pushed; null for a push that was not looked at */
export async function findActing(q: Queryable, taskId: string): Promise<readonly string[] | null> {
  const pushed = await one<{ acting: readonly string[] | null }>(
    q,
    "select payload->'acting' as acting from events where task_id = $1 and type = 'branch.pushed' order by seq desc limit 1",
    [taskId],
  );
  return pushed === null ? [] : pushed.acting;
}

/** 'intent': it was about to happen, and whether it did is not known. 'done': it did, and `result` is what it gave. */
export type EffectRow<T> = { readonly state: 'intent'; readonly result: null } | { readonly state: 'done'; readonly result: T };

/** @param key the task's id and what is done @returns null when it was never tried */
export const findEffect = <T>(q: Queryable, key: string): Promise<EffectRow<T> | null> =>
  one<EffectRow<T>>(q, 'select state, result from forge_effects where key = $1', [key]);

/** Notes that an effect is about to happen. */
export async function insertIntent(q: Queryable, key: string, taskId: string): Promise<void> {
  await q.query("insert into forge_effects (key, task_id, state) values ($1,$2,'intent') on conflict do nothing", [key, taskId]);
}

/** Notes that an effect has happened, and what it gave. */
export async function updateDone(q: Queryable, key: string, result: object): Promise<void> {
  await q.query("update forge_effects set state = 'done', result = $2 where key = $1", [key, JSON.stringify(result)]);
}

/** Whether each comment of the review that is on the forge stands on a line there, by its key among the effects. */
export async function listCommentEffects(q: Queryable, taskId: string): Promise<Map<string, boolean>> {
  const rows = await many<{ key: string; result: { line?: boolean } | null }>(
    q,
    'select key, result from forge_effects where task_id = $1 and key like $2',
    [taskId, `${taskId}/comment-%`],
  );
  return new Map(rows.map((r) => [r.key, r.result?.line === true]));
}

/** Remembers what the app and the forge agree on about a thread. */
export async function saveThread(q: Queryable, taskId: string, commentId: string, resolved: boolean): Promise<void> {
  await q.query(
    `insert into forge_effects (key, task_id, state, result) values ($1,$2,'done',$3) on conflict (key) do update set result = excluded.result`,
    [`${taskId}/thread-${commentId}`, taskId, JSON.stringify({ resolved })],
  );
}

/** Takes a webhook for this transaction. @param id as the forge counts its deliveries @returns false when it was taken before */
export async function claimDelivery(tx: Tx, id: string): Promise<boolean> {
  const r = await tx.query('insert into webhook_deliveries (id) values ($1) on conflict do nothing', [id]);
  return r.rowCount !== 0;
}
