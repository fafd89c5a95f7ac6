// Rules that may say the same, to be compared, and what was found.
import { learningLikened } from '../../events/learnings.ts';
import type { Likenable, LikenedBy } from '../../flow/learnings/likeness.ts';
import { append, decideAndAppend } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { row, rows, tables } from '../rows.ts';

/** So many of the newest are compared. */
const COMPARED = 500;

/** @returns the newest that count or may come to count, the older first; `nearTo`: the user is asked already */
export async function listLikenable(
  database: Queryable,
  ownerId: string,
): Promise<(Likenable & { readonly nearTo: string | null })[]> {
  const newest = await rows(
    database,
    tables
      .selectFrom('learnings')
      .select(['id', 'rule', 'state', 'project_id as projectId', 'apart', 'near_to as nearTo'])
      .where('owner_id', '=', ownerId)
      .where('state', 'in', ['noted', 'proposed', 'approved'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(COMPARED),
  );
  return newest.toReversed();
}

/** Asks the user whether a rule is the same as another. What was decided meanwhile stays as it is. */
export const saveLikened = (
  db: Db,
  ownerId: string,
  {
    id,
    rule,
    to,
    by,
  }: { readonly id: string; readonly rule: string; readonly to: string; readonly by: LikenedBy },
): Promise<void> =>
  decideAndAppend(db, async (tx) => {
    const isStill = await row(
      tx,
      tables
        .selectFrom('learnings')
        .select('id')
        .where('owner_id', '=', ownerId)
        .where('id', '=', id)
        .where('rule', '=', rule)
        .where('near_to', 'is', null),
    );
    if (isStill !== null)
      await append(tx, [learningLikened.new({ actor: 'mainloop', payload: { id, to, by } })], ownerId);
  });
