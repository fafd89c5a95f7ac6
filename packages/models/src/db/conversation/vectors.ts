// What messages mean: their vectors, made in the background, looked through by whoever searches.
import { sql } from 'kysely';
import { MEANING_MODEL, READ_CHARS, signatureBytes, signatureOf } from '../../flow/conversation/meaning.ts';
import type { Queryable, Tx } from '../pool.ts';
import { anyOf, row, rows, run, tables } from '../rows.ts';

/** A message that has no vector yet. */
export interface Unread {
  readonly id: string;
  readonly seq: number;
  readonly at: Date;
  /** Its beginning. */
  readonly text: string;
}

/**
 * Messages of a user without a vector of this model, the newest first.
 * @param s.after, s.before only what was said between these places of the log
 */
export const listUnread = (
  database: Queryable,
  ownerId: string,
  s: { readonly after: number; readonly before: number; readonly limit: number },
): Promise<Unread[]> =>
  rows(
    database,
    tables
      .selectFrom('messages as m')
      .select(['m.id', 'm.seq', 'm.at'])
      .select((m) => sql<string>`left(${m.ref('m.text')}, ${READ_CHARS})`.as('text'))
      .where('m.owner_id', '=', ownerId)
      .where('m.seq', '>', s.after)
      .where('m.seq', '<', s.before)
      .where((is) =>
        is.not(
          is.exists(
            is
              .selectFrom('message_vectors as v')
              .select('v.no')
              .whereRef('v.message_id', '=', 'm.id')
              .where('v.model', '=', MEANING_MODEL),
          ),
        ),
      )
      .orderBy('m.seq', 'desc')
      .limit(s.limit),
  );

/**
 * The place in the log behind the newest message of a user; 0 when nothing was said.
 * @returns a seq
 */
export const findNewest = async (database: Queryable, ownerId: string): Promise<number> =>
  (
    await row(
      database,
      tables
        .selectFrom('messages')
        .select('seq')
        .where('owner_id', '=', ownerId)
        .orderBy('seq', 'desc')
        .limit(1),
    )
  )?.seq ?? 0;

/**
 * Keeps vectors. One that is there stays, and one of a message that has gone meanwhile is not kept.
 * @returns how many are new
 */
export async function saveVectors(
  tx: Tx,
  ownerId: string,
  made: readonly { readonly id: string; readonly at: Date; readonly vector: Int8Array }[],
): Promise<number> {
  if (made.length === 0) return 0;
  // Not held, which the worker has no right to: one that is deleted from now on is refused by its foreign key, all of
  // these with it, and the next pass makes those that are left.
  const there = new Set(
    (
      await rows(
        tx,
        tables
          .selectFrom('messages')
          .select('id')
          .where('id', '=', anyOf(made.map((m) => m.id))),
      )
    ).map((m) => m.id),
  );
  const values = made
    .filter((m) => there.has(m.id))
    .map((m) => ({
      message_id: m.id,
      model: MEANING_MODEL,
      owner_id: ownerId,
      at: m.at,
      signature: Buffer.from(signatureBytes(signatureOf(m.vector))),
      vector: Buffer.from(m.vector.buffer, m.vector.byteOffset, m.vector.byteLength),
    }));
  if (values.length === 0) return 0;
  return run(
    tx,
    tables
      .insertInto('message_vectors')
      .values(values)
      .onConflict((c) => c.columns(['message_id', 'model']).doNothing()),
  );
}

/** Signatures of a user in the order in which they were kept. @param after the number of the last one that is known */
export const listSignatures = (
  database: Queryable,
  ownerId: string,
  after: number,
  limit: number,
): Promise<{ readonly no: number; readonly at: Date; readonly signature: Buffer }[]> =>
  rows(
    database,
    tables
      .selectFrom('message_vectors')
      .select(['no', 'at', 'signature'])
      .where('owner_id', '=', ownerId)
      .where('model', '=', MEANING_MODEL)
      .where('no', '>', after)
      .orderBy('no')
      .limit(limit),
  );

/**
 * Vectors by their numbers, in no order; what has gone with its message is left out.
 * @param numbers `no` of their rows
 */
export const listVectors = (
  database: Queryable,
  ownerId: string,
  numbers: readonly number[],
): Promise<{ readonly messageId: string; readonly vector: Buffer }[]> =>
  rows(
    database,
    tables
      .selectFrom('message_vectors')
      .select(['message_id as messageId', 'vector'])
      .where('owner_id', '=', ownerId)
      .where('model', '=', MEANING_MODEL)
      .where('no', '=', anyOf(numbers)),
  );
