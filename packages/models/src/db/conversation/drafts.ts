// Words that were begun and not sent yet.
import type { Taken } from '../../contracts/routes.ts';
import { afterWrite, type DraftAbout, type KeptDraft } from '../../flow/inbox/drafts.ts';
import { takeLock } from '../locks.ts';
import { withTx, type Db } from '../pool.ts';
import { now, nowAnd, row, rows, run, tables } from '../rows.ts';

/** After this nobody comes back to it, in milliseconds; a browser forgets its copy then, too. */
const KEEP_MS = 60 * 24 * 3_600_000;

/** More are not listed: each may have fifty thousand characters. */
const LISTED = 500;

/** Postgres keeps no NUL, and what was pasted may hold one. */
const storable = (text: string): string => text.replaceAll('\0', '');

/**
 * The person's drafts, those that were sent as ''. A device lets go of words that are not listed any more, so
 * those that were sent give way first.
 * @returns the newest, so many at most, oldest first; before them those that were sent
 */
export const listDrafts = async (
  db: Db,
  ownerId: string,
): Promise<(KeptDraft & { key: string; about: DraftAbout | null })[]> => {
  const newest = tables
    .selectFrom('drafts')
    .select(['key', 'text', 'revision', 'about'])
    .where('owner_id', '=', ownerId)
    .where('updated_at', '>', nowAnd(-KEEP_MS))
    .orderBy((eb) => eb('text', '=', ''))
    .orderBy('updated_at', 'desc')
    .limit(LISTED);
  return (await rows(db, newest)).toReversed();
};

/**
 * Keeps what a device wrote, and forgets what nobody came back to. Sent twice it counts once.
 * @returns what is kept: with the words of another device that this one did not know
 */
export const keepDraft = (
  db: Db,
  ownerId: string,
  { key, text, about, base }: Taken<'keepDraft'>,
): Promise<KeptDraft> =>
  withTx(db, async (tx) => {
    await takeLock(tx, 'drafts');
    await run(
      tx,
      tables.deleteFrom('drafts').where('owner_id', '=', ownerId).where('updated_at', '<', nowAnd(-KEEP_MS)),
    );
    const there = await row(
      tx,
      tables
        .selectFrom('drafts')
        .select(['text', 'revision'])
        .where('owner_id', '=', ownerId)
        .where('key', '=', key),
    );
    const before = there ?? { text: '', revision: 0 };
    const kept = afterWrite(key, before, { text: storable(text), base });
    if (kept.revision === before.revision) return kept;
    const values = {
      text: kept.text,
      revision: kept.revision,
      about: about === null ? null : JSON.stringify({ ...about, title: storable(about.title) }),
      updated_at: now,
    };
    await run(
      tx,
      tables
        .insertInto('drafts')
        .values({ owner_id: ownerId, key, ...values })
        .onConflict((c) => c.columns(['owner_id', 'key']).doUpdateSet(values)),
    );
    return kept;
  });
