// Reads reviews from before mainloop for rules, where the user wished for it. No model is asked.
import { ForgeError, type Forge, type OldLineComment } from '@mainloop/adapters/forge/port';
import { keepOld, listMet, listWishes, saveMined, type Wish } from '@mainloop/models/db/learnings/mining';
import type { Db } from '@mainloop/models/db/pool';
import { isOurComment } from '@mainloop/models/flow/ids';
import {
  MINED_COMMENTS,
  signalsIn,
  worthReading,
  type Mined,
  type OldComment,
} from '@mainloop/models/flow/learnings/mining';

type Read = Pick<Forge, 'listNewestLineComments' | 'mayWrite'>;

/** Ended in the middle, it is done again, and what was kept is not kept twice. */
export async function mineReviews(db: Db, forge: Read, ownerId: string): Promise<void> {
  for (const wish of await listWishes(db, ownerId))
    await saveMined(db, ownerId, wish, await mine(db, forge, ownerId, wish));
}

async function mine(db: Db, forge: Read, ownerId: string, { projectId, repo }: Wish): Promise<Mined> {
  try {
    const all = (await forge.listNewestLineComments(repo, MINED_COMMENTS)).map(oldComment);
    const ids = all.map(({ id }) => id);
    const met = await listMet(db, ownerId, projectId, ids);
    const fresh = all.filter(({ id }) => !met.has(id));
    const mayWrite = new Set<string>();
    for (const author of new Set(worthReading(fresh).map((comment) => comment.author)))
      if (await forge.mayWrite(repo, author)) mayWrite.add(author);
    const came = await keepOld(db, ownerId, projectId, signalsIn(fresh, mayWrite));
    return { read: all.length, ...came, sentence: null };
  } catch (err) {
    // A forge that is away for a moment is asked again; what it refuses is said.
    if (!(err instanceof ForgeError) || err.kind === 'unavailable') throw err;
    return { read: 0, kept: 0, again: 0, sentence: err.message };
  }
}

const oldComment = (comment: OldLineComment): OldComment => ({
  id: comment.id,
  pull: comment.pull,
  author: comment.author,
  isOurs: isOurComment(comment),
  isBot: comment.bot,
  isReply: (comment.inReplyTo ?? null) !== null,
  body: comment.body,
  path: comment.path,
  url: comment.url,
});
