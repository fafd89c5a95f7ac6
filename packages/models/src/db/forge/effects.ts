// What reached the forge: pushes that were forwarded, and effects, each noted before and after it. And what
// came from it: webhooks.
import type { Payloads } from '../../events/registry.ts';
import type { Failure } from '../../flow/ci/report.ts';
import { effectKey } from '../../flow/forge/effects.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import type { Queryable, Tx } from '../pool.ts';
import { anyOf, hasRow, row, rows, run, tables } from '../rows.ts';

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

/**
 * Call it in the transaction that appends the push to the log.
 * @param push `diff` of the whole branch, `delta` since the push before it
 */
export async function insertPush(
  tx: Tx,
  { id, ownerId, taskId, runId, branch, oldSha, newSha, diff, delta }: NewPush,
): Promise<void> {
  const ofRun = { id, owner_id: ownerId, task_id: taskId, run_id: runId };
  await run(
    tx,
    tables
      .insertInto('pushes')
      .values({ ...ofRun, branch, old_sha: oldSha, new_sha: newSha, state: 'forwarded', diff, delta }),
  );
}

/** A commit that somebody else brought to a task's branch, or set it back to. */
interface SeenPush extends Omit<NewPush, 'runId'> {}

/**
 * Call it in the transaction that appends it to the log.
 * @param push what somebody else has pushed: it has no run
 */
export async function insertSeen(
  tx: Tx,
  { id, ownerId, taskId, branch, oldSha, newSha, diff, delta }: SeenPush,
): Promise<void> {
  const of = { id, owner_id: ownerId, task_id: taskId, run_id: '' };
  await run(
    tx,
    tables
      .insertInto('pushes')
      .values({ ...of, branch, old_sha: oldSha, new_sha: newSha, state: 'seen', diff, delta }),
  );
}

/** What went through the gateway, and what others brought to the branch. */
const shownOf = (taskId: string) => tables.selectFrom('pushes').where('task_id', '=', taskId);
const pushesOf = (taskId: string) => shownOf(taskId).where('state', '=', 'forwarded');

interface Shown {
  readonly pushId: string;
  /** Where the branch stands, as far as it was seen. */
  readonly sha: string;
}
/** @returns what the change of a task is shown as; null when nothing was pushed yet */
export const findShown = (database: Queryable, taskId: string): Promise<Shown | null> =>
  row(
    database,
    shownOf(taskId)
      .select(['id as pushId', 'new_sha as sha'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1),
  );

/** @returns how often a task's branch has moved, as far as it was seen */
export const countShown = async (database: Queryable, taskId: string): Promise<number> =>
  (
    await row(
      database,
      shownOf(taskId).select((eb) => eb.fn.countAll<number>().as('n')),
    )
  )?.n ?? 0;

/** @returns the task's own newest push; null when there is none */
export const findLastPush = (
  database: Queryable,
  taskId: string,
): Promise<{ sha: string; at: Date } | null> =>
  row(
    database,
    pushesOf(taskId)
      .select(['new_sha as sha', 'created_at as at'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1),
  );

/**
 * Whether a task has pushed this commit.
 * @param sha a whole object name
 */
export const hasPushed = (database: Queryable, taskId: string, sha: string): Promise<boolean> =>
  hasRow(database, pushesOf(taskId).select('id').where('new_sha', '=', sha));

/** @returns each commit that a task has pushed */
export const listPushed = async (database: Queryable, taskId: string): Promise<string[]> =>
  (await rows(database, pushesOf(taskId).select('new_sha').distinct())).map((push) => push.new_sha);

/** @returns when a commit came to a task's branch first, as far as it was seen; null for one that was not */
export const findPushedAt = async (database: Queryable, taskId: string, sha: string): Promise<Date | null> =>
  (
    await row(
      database,
      shownOf(taskId)
        .select('created_at as createdAt')
        .where('new_sha', '=', sha)
        .orderBy('created_at')
        .limit(1),
    )
  )?.createdAt ?? null;

/**
 * @returns how the checks of a commit failed, as it was last told; null when it was never told as red, or in
 * words alone
 */
export async function findFailures(
  database: Queryable,
  taskId: string,
  sha: string,
): Promise<readonly Failure[] | null> {
  const verdict = (name: 'sha' | 'verdict') => payloadField('ci.verdict', name);
  const told = await row(
    database,
    tables
      .selectFrom('events')
      .select((eb) =>
        sql<
          Failure[] | null
        >`${eb.ref('payload')}->${sql.lit('failures' satisfies keyof Payloads['ci.verdict'])}`.as('failures'),
      )
      .where('task_id', '=', taskId)
      .where('type', '=', 'ci.verdict')
      .where(verdict('sha'), '=', sha)
      .where(verdict('verdict'), '=', 'red')
      .orderBy('seq', 'desc')
      .limit(1),
  );
  return told?.failures ?? null;
}

/** @returns the diff of the whole branch where it stands, as far as it was seen; '' when nothing was pushed */
export const findLatestDiff = async (database: Queryable, taskId: string): Promise<string> =>
  (
    await row(
      database,
      shownOf(taskId).select('diff').orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1),
    )
  )?.diff ?? '';

/** @returns the diff of the last push that a review was worked through with; '' when none was */
export const findLastFix = async (database: Queryable, taskId: string): Promise<string> =>
  (
    await row(
      database,
      tables
        .selectFrom('pushes as p')
        .innerJoin('runs as r', 'r.id', 'p.run_id')
        .select('p.delta')
        .where('p.task_id', '=', taskId)
        .where('r.phase', '=', 'address_review')
        .orderBy('p.created_at', 'desc')
        .limit(1),
    )
  )?.delta ?? '';

/**
 * @returns what the newest push of a task says of the messages of its commits, [] when it has not pushed;
 * null for a push that was not looked at
 */
export async function findActing(database: Queryable, taskId: string): Promise<readonly string[] | null> {
  const pushed = await row(
    database,
    tables
      .selectFrom('events')
      .select((eb) =>
        sql<
          readonly string[] | null
        >`${eb.ref('payload')}->${sql.lit('acting' satisfies keyof Payloads['branch.pushed'])}`.as('acting'),
      )
      .where('task_id', '=', taskId)
      .where('type', '=', 'branch.pushed')
      .orderBy('seq', 'desc')
      .limit(1),
  );
  return pushed === null ? [] : pushed.acting;
}

/** 'intent': it was about to happen, and whether it did is not known. 'done': it did, and `result` is what it gave. */
export type EffectRow<T> =
  { readonly state: 'intent'; readonly result: null } | { readonly state: 'done'; readonly result: T };

/** @param key the task's id and what is done @returns null when it was never tried */
export const findEffect = async <T>(database: Queryable, key: string): Promise<EffectRow<T> | null> =>
  (await row(
    database,
    tables.selectFrom('forge_effects').select(['state', 'result']).where('key', '=', key),
  )) as EffectRow<T> | null;

/**
 * Notes that an effect is about to happen.
 * @param key names the effect, the same for every try; one that is there stays as it is
 */
export async function insertIntent(database: Queryable, key: string, taskId: string): Promise<void> {
  const intent = tables.insertInto('forge_effects').values({ key, task_id: taskId, state: 'intent' });
  await run(
    database,
    intent.onConflict((conflict) => conflict.doNothing()),
  );
}

/**
 * Notes that an effect has happened, and what it gave.
 * @param result what a later try is answered with, as JSON
 */
export async function updateDone(database: Queryable, key: string, result: object): Promise<void> {
  const done = tables.updateTable('forge_effects').set({ state: 'done', result: JSON.stringify(result) });
  await run(database, done.where('key', '=', key));
}

/** @returns those of the comments of a review that were put on a line of the change on the forge */
export async function listOnLines(
  database: Queryable,
  taskId: string,
  commentIds: readonly string[],
): Promise<Set<string>> {
  const idOf = new Map(commentIds.map((id) => [effectKey(taskId, { kind: 'comment', of: id }), id]));
  const effects = tables.selectFrom('forge_effects').select(['key', 'result']);
  const found = await rows(database, effects.where('key', '=', anyOf([...idOf.keys()])));
  return new Set(
    found.flatMap((r) => ((r.result as { line?: boolean } | null)?.line === true ? [idOf.get(r.key)!] : [])),
  );
}

/**
 * Remembers what the app and the forge agree on about a thread.
 * @param commentId ours, not the forge's
 */
export async function saveThread(
  database: Queryable,
  taskId: string,
  commentId: string,
  resolved: boolean,
): Promise<void> {
  const key = effectKey(taskId, { kind: 'thread', of: commentId });
  const agreed = { key, task_id: taskId, state: 'done' as const, result: JSON.stringify({ resolved }) };
  await run(
    database,
    tables
      .insertInto('forge_effects')
      .values(agreed)
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({ result: eb.ref('excluded.result') })),
      ),
  );
}

/**
 * Takes a webhook for this transaction.
 * @param id as the forge counts its deliveries
 * @returns false when it was taken before
 */
export async function claimDelivery(tx: Tx, id: string): Promise<boolean> {
  const delivery = tables.insertInto('webhook_deliveries').values({ id });
  return (
    (await run(
      tx,
      delivery.onConflict((conflict) => conflict.doNothing()),
    )) !== 0
  );
}
