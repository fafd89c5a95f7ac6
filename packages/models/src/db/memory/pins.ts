// What the person asked to remember, word for word.
import { memoryPinned, memoryUnpinned } from '../../events/memory.ts';
import { YOU } from '../../flow/actors.ts';
import type { Pin } from '../../flow/memory/prompt.ts';
import { append, decideAndAppend, freshId } from '../log.ts';
import type { Db, Queryable } from '../pool.ts';
import { rows, run, tables } from '../rows.ts';

/** @returns what is kept word for word, oldest first */
export const listPins = (database: Queryable, ownerId: string): Promise<Pin[]> =>
  rows(
    database,
    tables
      .selectFrom('pins')
      .select(['id', 'text'])
      .where('owner_id', '=', ownerId)
      .orderBy('created_at')
      .orderBy('id'),
  );

/** So many of their newest messages are looked through. */
const OWN_WORDS = 400;

/** @returns what the person said themselves, the newest first */
export const listOwnWords = async (database: Queryable, ownerId: string): Promise<string[]> =>
  (
    await rows(
      database,
      tables
        .selectFrom('messages as m')
        .innerJoin('events as e', 'e.seq', 'm.seq')
        .select('m.text')
        .where('m.owner_id', '=', ownerId)
        .where('m.role', '=', 'user')
        .where('e.actor', '=', YOU)
        .orderBy('m.seq', 'desc')
        .limit(OWN_WORDS),
    )
  ).map((message) => message.text);

/**
 * Keeps words. Doing it again with the same key keeps them once.
 * @param from.key what this is done once for; null for a wish of the page, which is always a new one
 */
export const pin = (
  db: Db,
  ownerId: string,
  text: string,
  from: { readonly key: string | null; readonly messageId: string | null; readonly actor: string },
): Promise<string> =>
  decideAndAppend(db, async (tx) => {
    const id = `pin-${from.key ?? freshId()}`;
    const fresh = await run(
      tx,
      tables
        .insertInto('pins')
        .values({ id, owner_id: ownerId, text, message_id: from.messageId })
        .onConflict((c) => c.column('id').doNothing()),
    );
    if (fresh > 0) await append(tx, [memoryPinned.new({ actor: from.actor, payload: { id } })], ownerId);
    return id;
  });

/** @returns false when there is no such one */
export const editPin = (db: Db, ownerId: string, id: string, text: string): Promise<boolean> =>
  decideAndAppend(db, async (tx) => {
    const changed = await run(
      tx,
      tables.updateTable('pins').set({ text }).where('owner_id', '=', ownerId).where('id', '=', id),
    );
    if (changed > 0) await append(tx, [memoryPinned.new({ actor: 'you', payload: { id } })], ownerId);
    return changed > 0;
  });

/** @returns false when there is no such one */
export const unpin = (db: Db, ownerId: string, id: string): Promise<boolean> =>
  decideAndAppend(db, async (tx) => {
    const gone = await run(
      tx,
      tables.deleteFrom('pins').where('owner_id', '=', ownerId).where('id', '=', id),
    );
    if (gone > 0) await append(tx, [memoryUnpinned.new({ actor: 'you', payload: { id } })], ownerId);
    return gone > 0;
  });
