// Makes vectors of what was said, in the background, the newest first.
import type { Embedder } from '@mainloop/adapters/embedder/port';
import { findNewest, listUnread, saveVectors } from '@mainloop/models/db/conversation/vectors';
import { claimLock } from '@mainloop/models/db/locks';
import { withTx, type Db } from '@mainloop/models/db/pool';

/** So many at once: what is lost when it is ended in the middle, and how long another one waits. */
const BATCH = 32;
/** What is said during a pass waits for the next one. */
const PASS_MS = 60_000;
/** Everything is looked through again after so long: a rebuild of the messages takes their vectors with it. */
const AGAIN_MS = 3_600_000;

/** What has been seen to have its vectors, so that a pass with nothing to do costs nothing. Kept between passes. */
export interface Seen {
  /** A place of the log: nothing up to there is missing. */
  upTo: number;
  /** When everything was looked through. */
  atMs: number;
}
/** @returns where the first look begins */
export const nothingSeen = (): Seen => ({ upTo: 0, atMs: Number.NEGATIVE_INFINITY });

/**
 * Makes vectors until no message is without one, for a minute at most. One worker at a time; a second one
 * leaves it alone.
 * @param over whether to stop between two batches
 * @returns how many it made
 * @throws EmbedderError when the model is away; what was made stays
 */
export async function readMessages(
  db: Db,
  embedder: Embedder,
  ownerId: string,
  seen: Seen,
  over: () => boolean = () => false,
  nowMs = Date.now(),
): Promise<number> {
  const newest = await findNewest(db, ownerId);
  const anew = nowMs - seen.atMs > AGAIN_MS;
  const after = anew ? 0 : seen.upTo;
  const endsAt = performance.now() + PASS_MS;
  let made = 0;
  for (let before = newest + 1; before > after + 1;) {
    const batch = await readBatch(db, embedder, ownerId, after, before);
    if (batch === 'taken') return made;
    if (batch === 'none') break;
    made += batch.made;
    before = batch.oldest;
    if (over() || performance.now() > endsAt) return made;
  }
  seen.upTo = newest;
  if (anew) seen.atMs = nowMs;
  return made;
}

/**
 * @returns how many were made and the place of the oldest of them; `none` without a vector are left; `taken`:
 * another worker is at it
 */
const readBatch = (
  db: Db,
  embedder: Embedder,
  ownerId: string,
  after: number,
  before: number,
): Promise<{ made: number; oldest: number } | 'none' | 'taken'> =>
  withTx(db, async (tx) => {
    if (!(await claimLock(tx, 'vectors'))) return 'taken';
    const some = await listUnread(tx, ownerId, { after, before, limit: BATCH });
    const oldest = some.at(-1)?.seq;
    if (oldest === undefined) return 'none';
    const vectors = await embedder.embed(some.map((m) => m.text));
    const made = await saveVectors(
      tx,
      ownerId,
      some.map((m, i) => ({ id: m.id, at: m.at, vector: vectors[i]! })),
    );
    return { made, oldest };
  });
