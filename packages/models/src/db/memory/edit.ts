// A summary as the person wrote it: a new copy beside the old one, never a change of it.
import { memoryEdited } from '../../events/memory.ts';
import { speakersOfEdit } from '../../flow/memory/speakers.ts';
import { tokensAtMost } from '../../flow/memory/tokens.ts';
import { append, decideAndAppend, freshId } from '../log.ts';
import type { Db } from '../pool.ts';
import { now, row, run, tables } from '../rows.ts';

/** What stands on it is due anew. @returns false when there is no such one that counts */
export const editSummary = (db: Db, ownerId: string, id: string, text: string): Promise<boolean> =>
  decideAndAppend(db, async (tx) => {
    const old = await row(
      tx,
      tables
        .selectFrom('summaries')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('id', '=', id)
        .where('replaced_at', 'is', null),
    );
    if (old === null) return false;
    await run(tx, tables.updateTable('summaries').set({ replaced_at: now }).where('id', '=', id));
    const { created_at: _, said_by: saidBy, ...kept } = old;
    const fresh = `s-${freshId()}`;
    await run(
      tx,
      tables.insertInto('summaries').values({
        ...kept,
        id: fresh,
        version: old.version + 1,
        text,
        written_by: 'you',
        said_by: JSON.stringify(speakersOfEdit(text, old.text, saidBy)),
        tokens: tokensAtMost(text),
        replaced_at: null,
      }),
    );
    await append(tx, [memoryEdited.new({ actor: 'you', payload: { id: fresh, insteadOf: id } })], ownerId);
    return true;
  });
