// Old reviews that are read for rules: wished for, read, kept.
import { learningMined, learningMining } from '../../events/learnings.ts';
import type { Mined, OldSignal } from '../../flow/learnings/mining.ts';
import { refusal, type Refusal } from '../../flow/refusals.ts';
import { append, decideAndAppend, freshId } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { anyOf, row, rows, tables } from '../rows.ts';
import { noteLearning } from './learnings.ts';

/** Wishes that the old reviews of a project are read. One that is being read is not wished for twice. */
export const wishMining = (
  db: Db,
  ownerId: string,
  projectId: string,
): Promise<{ readonly ok: true } | Refusal<'no_project'>> =>
  decideAndAppend(db, async (tx) => {
    const project = await row(
      tx,
      tables
        .selectFrom('projects')
        .select('mining')
        .where('owner_id', '=', ownerId)
        .where('id', '=', projectId)
        .where('removed_at', 'is', null),
    );
    if (project === null) return refusal('no_project');
    const payload = { id: freshId(), projectId };
    if (project.mining === null) await append(tx, [learningMining.new({ actor: 'you', payload })], ownerId);
    return { ok: true };
  });

/** A wish that nobody has fulfilled. */
export interface Wish {
  readonly id: string;
  readonly projectId: string;
  readonly repo: string;
}
/** @returns what is wished for, of projects that are there */
export const listWishes = async (database: Queryable, ownerId: string): Promise<Wish[]> =>
  (
    await rows(
      database,
      tables
        .selectFrom('projects')
        .select(['mining', 'id as projectId', 'repo'])
        .where('owner_id', '=', ownerId)
        .where('mining', 'is not', null)
        .where('removed_at', 'is', null)
        .orderBy('id'),
    )
  ).map(({ mining, ...project }) => ({ id: mining!, ...project }));

/** @returns those of comments that came in with a task, and taught then what they teach */
export async function listMet(
  database: Queryable,
  ownerId: string,
  projectId: string,
  commentIds: readonly number[],
): Promise<Set<number>> {
  const found = await rows(
    database,
    tables
      .selectFrom('review_comments as c')
      .innerJoin('tasks as t', 't.id', 'c.task_id')
      .select('c.forge_id as forgeId')
      .where('c.owner_id', '=', ownerId)
      .where('t.project_id', '=', projectId)
      .where('c.forge_id', '=', anyOf(commentIds)),
  );
  return new Set(found.map(({ forgeId }) => Number(forgeId)));
}

/** So many are kept in one transaction: everybody else who appends waits for it. */
const AT_ONCE = 20;

/**
 * Keeps what old comments teach, each once however often they are read.
 * @returns how many were new, and how many said what was known
 */
export async function keepOld(
  db: Db,
  ownerId: string,
  projectId: string,
  signals: readonly OldSignal[],
): Promise<{ kept: number; again: number }> {
  const came = { kept: 0, again: 0 };
  for (let from = 0; from < signals.length; from += AT_ONCE)
    await decideAndAppend(db, async (tx) => {
      for (const { signal, commentId, url } of signals.slice(from, from + AT_ONCE)) {
        const old = { commentId: String(commentId), url };
        const noted = await noteLearning(tx, {
          ...signal,
          ownerId,
          taskId: null,
          projectId,
          runId: null,
          old,
        });
        if (noted === 'new') came.kept += 1;
        if (noted === 'again') came.again += 1;
      }
    });
  return came;
}

/** Notes what came of a wish. */
export const saveMined = (db: Db, ownerId: string, wish: Wish, mined: Mined): Promise<void> =>
  decideAndAppend(db, async (tx) => {
    const payload = { id: wish.id, projectId: wish.projectId, ...mined };
    await append(tx, [learningMined.new({ actor: 'mainloop', payload })], ownerId);
  });
