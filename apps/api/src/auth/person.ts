// A name for whoever asks, by which a browser keeps what is theirs apart from what is another's.
import { ensureVapidKeys, type VapidKeys } from '@mainloop/models/db/devices/push';
import type { Db } from '@mainloop/models/db/pool';
import { createECDH, createHash } from 'node:crypto';

/**
 * A name for a person of this server. It says nothing about either.
 * @param userId null where nobody signs in: whoever is at this machine
 * @returns the same for each of their devices, and another one on another server
 */
export async function personOf(db: Db, userId: string | null): Promise<string> {
  // The one key that every server makes for itself, and that stays with its data.
  const { publicKey } = await ensureVapidKeys(db, makeVapidKeys);
  return createHash('sha256')
    .update(JSON.stringify([publicKey, userId]))
    .digest('base64url')
    .slice(0, 16);
}

/** As web-push makes them (RFC 8292, section 3.2), which would take megabytes for it. */
function makeVapidKeys(): VapidKeys {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  const key = curve.getPrivateKey();
  return {
    publicKey: curve.getPublicKey().toString('base64url'),
    // A number that begins with zeros comes shorter.
    privateKey: Buffer.concat([Buffer.alloc(32 - key.length), key]).toString('base64url'),
  };
}
