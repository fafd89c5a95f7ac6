// Comparing what somebody shows with what we keep.
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Takes the same time whatever differs, and however long it is. An empty secret of ours is shown by nobody.
 * @param shown by whoever asks to be let in
 * @param kept ours
 */
export function isSecret(shown: string | null | undefined, kept: string | null | undefined): boolean {
  if (!shown || !kept) return false;
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(shown), hash(kept));
}
