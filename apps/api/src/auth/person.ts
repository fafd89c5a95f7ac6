// A name for whoever asks, by which a browser keeps what is theirs apart from what is another's.
import { ensureVapidKeys } from '@mainloop/models/db/devices/push';
import type { Db } from '@mainloop/models/db/pool';
import { createHash } from 'node:crypto';

/**
 * A name for a person of this server. It says nothing about either.
 * @param userId null where nobody signs in: whoever is at this machine
 * @returns the same for each of their devices, and another one on another server
 */
export async function personOf(db: Db, userId: string | null): Promise<string> {
  // The one key that every server makes for itself, and that stays with its data. It is read each time: by a kept one,
  // words for one server would go out on another that took its place.
  const { publicKey } = await ensureVapidKeys(db);
  return createHash('sha256')
    .update(JSON.stringify([publicKey, userId]))
    .digest('base64url')
    .slice(0, 16);
}
