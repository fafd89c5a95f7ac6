// Compares rules by what they mean, in the background, so that the user is asked whether two are the same.
import { EmbedderError, type Embedder } from '@mainloop/adapters/embedder/port';
import { listLikenable, saveLikened } from '@mainloop/models/db/learnings/likeness';
import type { Db } from '@mainloop/models/db/pool';
import { sameAs } from '@mainloop/models/flow/learnings/likeness';
import { nearness } from '@mainloop/models/flow/conversation/meaning';

/** What was compared already, so that a round with nothing new costs one look at the list. Kept between rounds. */
export interface Compared {
  /** By the words of a rule. */
  readonly vectors: Map<string, Int8Array>;
  /** All rules as they were, in one text. */
  last: string;
}
/** @returns where the first round begins */
export const nothingCompared = (): Compared => ({ vectors: new Map(), last: '' });

/**
 * @param embedder null where there is none: then their words decide, and fewer are found
 * @throws EmbedderError when it breaks while it reads; the next round tries again
 */
export async function likenRules(
  db: Db,
  embedder: Embedder | null,
  ownerId: string,
  compared: Compared,
): Promise<void> {
  const all = await listLikenable(db, ownerId);
  const now = JSON.stringify(all);
  if (now === compared.last) return;
  const vectors = embedder === null ? null : await vectorsOf(embedder, all, compared.vectors);
  const near = vectors && ((a: string, b: string) => nearness(vectors.get(a)!, vectors.get(b)!));
  for (const one of all) {
    if (one.nearTo !== null) continue;
    const found = sameAs(one, all, near);
    if (found !== null)
      await saveLikened(db, ownerId, { id: one.id, rule: one.rule, to: found.to.id, by: found.by });
  }
  compared.last = now;
}

/** @returns by the words of each rule; null where the model is not on this machine */
async function vectorsOf(
  embedder: Embedder,
  all: readonly { readonly rule: string }[],
  known: Map<string, Int8Array>,
): Promise<Map<string, Int8Array> | null> {
  const words = new Set(all.map(({ rule }) => rule));
  for (const rule of known.keys()) if (!words.has(rule)) known.delete(rule);
  const fresh = [...words].filter((rule) => !known.has(rule));
  try {
    const made = await embedder.embed(fresh);
    fresh.forEach((rule, i) => known.set(rule, made[i]!));
    return known;
  } catch (err) {
    if (err instanceof EmbedderError && err.kind === 'not_here') return null;
    throw err;
  }
}
