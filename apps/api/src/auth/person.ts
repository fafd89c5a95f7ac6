// A name for whoever asks, by which a browser keeps what is theirs apart from what is another's.
import { ensureVapidKeys } from '@mainloop/models/db/devices/push';
import type { Db } from '@mainloop/models/db/pool';
import { createHash } from 'node:crypto';

/** Names the people of this server. A name says nothing about either, and is another one on another server. */
export class People {
  private readonly db: Db;
  /** Every request that a page sends is held against it, so it is not read for each. */
  private server: string | null = null;
  constructor(db: Db) {
    this.db = db;
  }

  /**
   * Reads whose server it is: a page that is opened is told the truth, and what is kept here is from then on the same.
   * @param userId null where nobody signs in: whoever is at this machine
   * @returns the same for each of their devices
   */
  async nameOf(userId: string | null): Promise<string> {
    // The one key that every server makes for itself, and that stays with its data.
    this.server = (await ensureVapidKeys(this.db)).publicKey;
    return nameOn(this.server, userId);
  }

  /**
   * Nobody is turned away by what was kept: the data may have become another server's meanwhile.
   * @param name by which a page says for whom it asks
   * @returns whether that is who asks
   */
  async isNameOf(name: string, userId: string | null): Promise<boolean> {
    if (this.server !== null && name === nameOn(this.server, userId)) return true;
    return name === (await this.nameOf(userId));
  }
}

const nameOn = (server: string, userId: string | null): string =>
  createHash('sha256')
    .update(JSON.stringify([server, userId]))
    .digest('base64url')
    .slice(0, 16);
