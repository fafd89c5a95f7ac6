// Forgetting for good: the words leave every table and every event, and summaries that stood on them are written anew.
import { messageForgotten } from '../../events/conversation.ts';
import { sql } from 'kysely';
import { append, decideAndAppend } from '../log.ts';
import type { Db, Tx } from '../pool.ts';
import { anyOf, row, rows, run, tables } from '../rows.ts';

/** What is forgotten: some messages, what was said in a time (from then on, and before then), or everything. */
export type Forgotten =
  { readonly ids: readonly string[] } | { readonly from: Date; readonly to: Date } | 'everything';

/** As many as one event names. */
const IN_ONE_EVENT = 1_000;

/**
 * Deletes messages with all that was made of them: summaries at every level, answers of a model that wait to
 * be looked at, and what was pinned from them. Tasks and cards that came of them stay: they are work, and are
 * deleted as such.
 * @returns how many messages there were
 */
export const forget = (db: Db, ownerId: string, what: Forgotten): Promise<number> =>
  decideAndAppend(db, async (tx) => {
    const said = await rows(tx, messagesOf(ownerId, what));
    if (said.length === 0) return 0;
    const ids = said.map((m) => m.id);
    await row(tx, tables.selectNoFrom(sql<number>`forget_words(${ownerId}, ${ids})`.as('touched')));
    for (let at = 0; at < ids.length; at += IN_ONE_EVENT)
      await append(
        tx,
        [messageForgotten.new({ actor: 'you', payload: { ids: ids.slice(at, at + IN_ONE_EVENT) } })],
        ownerId,
      );
    const times = said.map((m) => m.at.getTime()).toSorted((a, b) => a - b);
    await forgetSummaries(tx, ownerId, new Date(times[0]!), new Date(times.at(-1)!));
    await run(tx, tables.deleteFrom('summary_answers').where('owner_id', '=', ownerId));
    await run(
      tx,
      tables.deleteFrom('pins').where('owner_id', '=', ownerId).where('message_id', '=', anyOf(ids)),
    );
    return ids.length;
  });

function messagesOf(ownerId: string, what: Forgotten) {
  const all = tables.selectFrom('messages').select(['id', 'at']).where('owner_id', '=', ownerId);
  if (what === 'everything') return all;
  return 'ids' in what
    ? all.where('id', '=', anyOf(what.ids))
    : all.where('at', '>=', what.from).where('at', '<', what.to);
}

/** Old copies too. */
const forgetSummaries = (tx: Tx, ownerId: string, first: Date, last: Date): Promise<number> =>
  run(
    tx,
    tables
      .deleteFrom('summaries')
      .where('owner_id', '=', ownerId)
      .where('from_at', '<=', last)
      .where('to_at', '>', first),
  );
