// Finds what was said by its words and by what it means, and makes one list of both. Without the sentence
// model it is by words alone.
import type { Embedder } from '@mainloop/adapters/embedder/port';
import { listById, searchMessages, type FoundMessage } from '@mainloop/models/db/conversation/search';
import { listSignatures, listVectors } from '@mainloop/models/db/conversation/vectors';
import type { Queryable } from '@mainloop/models/db/pool';
import { fused, nearness, Signatures } from '@mainloop/models/flow/conversation/meaning';

/** How many of each way are put together. */
const OF_EACH = 50;
/** How many pass the sieve, to be weighed. */
const SIEVED = 400;
/** What is further than this has nothing to do with it. */
const NEAR_ENOUGH = 0.25;
/** Whoever looks waits no longer for the model, which loads when it is first asked; the words are there by then. */
const PATIENCE_MS = 1_500;
const PAGE = 20_000;

export interface Sought {
  /** As it was asked. */
  readonly asked: string;
  /** As `wordsIn` (flow/conversation/search.ts) gives them; at least one. */
  readonly words: readonly string[];
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly limit: number;
}

/** What is known of one user's signatures. */
interface Known {
  readonly signatures: Signatures;
  /** The number of the last one. */
  last: number;
  /** Reads what has come since; one at a time. */
  reading: Promise<void>;
}

export class Finder {
  private readonly db: Queryable;
  private readonly embedder: Embedder;
  private readonly known = new Map<string, Known>();

  constructor(db: Queryable, embedder: Embedder) {
    this.db = db;
    this.embedder = embedder;
  }

  /** @returns messages of a user, the best first */
  async find(ownerId: string, sought: Sought): Promise<FoundMessage[]> {
    const [byWords, near] = await Promise.all([
      searchMessages(this.db, ownerId, { ...sought, limit: Math.max(OF_EACH, sought.limit) }),
      within(this.near(ownerId, sought), PATIENCE_MS),
    ]);
    const ids = fused([byWords.map((m) => m.id), near]).slice(0, sought.limit);
    const there = new Map(byWords.map((m) => [m.id, m]));
    const others = ids.filter((id) => !there.has(id));
    if (others.length > 0)
      for (const message of await listById(this.db, ownerId, others)) there.set(message.id, message);
    return ids.flatMap((id) => there.get(id) ?? []);
  }

  /** Ids of messages that mean the like, the nearest first. */
  private async near(ownerId: string, sought: Sought): Promise<string[]> {
    const [[vector], signatures] = await Promise.all([
      this.embedder.embed([sought.asked]),
      this.signaturesOf(ownerId),
    ]);
    const time = {
      ...(sought.from ? { fromMs: sought.from.getTime() } : {}),
      ...(sought.to ? { toMs: sought.to.getTime() } : {}),
    };
    const sieved = signatures.nearest(vector!, SIEVED, time);
    return (await listVectors(this.db, ownerId, sieved))
      .map((v) => ({ id: v.messageId, near: nearness(vector!, new Int8Array(v.vector)) }))
      .filter((v) => v.near >= NEAR_ENOUGH)
      .toSorted((a, b) => b.near - a.near)
      .slice(0, OF_EACH)
      .map((v) => v.id);
  }

  private async signaturesOf(ownerId: string): Promise<Signatures> {
    let k = this.known.get(ownerId);
    if (k === undefined) {
      k = { signatures: new Signatures(), last: 0, reading: Promise.resolve() };
      this.known.set(ownerId, k);
    }
    const known = k;
    // What could not be read this time is read the next time.
    known.reading = known.reading.catch(() => undefined).then(() => this.read(ownerId, known));
    await known.reading;
    return known.signatures;
  }

  private async read(ownerId: string, known: Known): Promise<void> {
    for (;;) {
      const some = await listSignatures(this.db, ownerId, known.last, PAGE);
      for (const s of some) known.signatures.add(s.no, s.signature, s.at.getTime());
      known.last = some.at(-1)?.no ?? known.last;
      if (some.length < PAGE) return;
    }
  }
}

/** @returns nothing when it takes too long or can't be: then the words alone have to do, and doctor says why */
function within(found: Promise<string[]>, ms: number): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), ms);
  });
  // What is asked for is found by its words as well.
  const nothing = (): string[] => [];
  return Promise.race([found.catch(nothing), late]).finally(() => clearTimeout(timer));
}
