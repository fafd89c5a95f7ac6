// The live stream: one LISTEN for all readers of this replica. NOTIFY is a hint, the table is the truth, a
// slow poll is the net.
import { DELTA_CHANNEL, listenTo, OUTPUT_CHANNEL } from '@mainloop/models/db/listen';
import { CHANNEL, eventsAfter, lastSeq } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import type { LoggedEvent } from '@mainloop/models/events/registry';
import { OWNER } from '@mainloop/models/flow/ids';

interface StreamItem {
  /** Present on events only; a reader resumes from it. Deltas and output hints are transient. */
  readonly seq?: number;
  readonly kind: 'event' | 'delta' | 'output';
  readonly data: unknown;
}
export type Sink = (item: StreamItem) => void;

const POLL_MS = 2_000;

export class Hub {
  private readonly sinks = new Set<Sink>();
  private cursor = 0;
  private reading = false;
  private again = false;
  private stopListening: (() => Promise<void>) | null = null;
  private timer: NodeJS.Timeout | null = null;
  private readonly db: Db;
  private readonly url: string;

  constructor(db: Db, url: string) {
    this.db = db;
    this.url = url;
  }

  async start(): Promise<void> {
    this.cursor = await lastSeq(this.db, OWNER);
    this.stopListening = listenTo(
      this.url,
      'mainloop-api-listen',
      [CHANNEL, DELTA_CHANNEL, OUTPUT_CHANNEL],
      (channel, payload) => this.heard(channel, payload),
      () => void this.read(),
    );
    this.timer = setInterval(() => void this.read(), POLL_MS);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.sinks.clear();
    await this.stopListening?.();
  }

  /** Where it stands: the newest event that its readers were given. */
  get at(): number {
    return this.cursor;
  }

  get readers(): number {
    return this.sinks.size;
  }

  /**
   * Hands over everything after `after`, then whatever comes. No gap and no double: new items are held back while the
   * past is read, and events below the reader's own cursor are dropped.
   * @returns how to leave
   */
  async join(after: number, sink: Sink): Promise<() => void> {
    let cursor = after;
    let held: StreamItem[] | null = [];
    const mine: Sink = (item) => {
      if (held) return void held.push(item);
      if (item.seq !== undefined) {
        if (item.seq <= cursor) return;
        cursor = item.seq;
      }
      sink(item);
    };
    this.sinks.add(mine);
    try {
      for (;;) {
        const past = await eventsAfter(this.db, OWNER, cursor);
        for (const event of past.events) {
          cursor = event.seq;
          sink({ seq: event.seq, kind: 'event', data: event });
        }
        cursor = past.upTo;
        if (past.isLast) break;
      }
    } catch (err) {
      this.sinks.delete(mine);
      throw err;
    }
    const waiting = held;
    held = null;
    for (const item of waiting) mine(item);
    return () => void this.sinks.delete(mine);
  }

  /**
   * Waits for an event that `take` makes something of.
   * @param after events count from this cursor on
   * @param ms how long at most
   * @returns what was made of the first one, or null when none came
   */
  async waitFor<T>(after: number, take: (event: LoggedEvent) => T | null, ms: number): Promise<T | null> {
    const found = Promise.withResolvers<T | null>();
    const leave = await this.join(after, (item) => {
      const taken = item.kind === 'event' ? take(item.data as LoggedEvent) : null;
      if (taken !== null) found.resolve(taken);
    });
    const timer = setTimeout(() => found.resolve(null), ms);
    try {
      return await found.promise;
    } finally {
      clearTimeout(timer);
      leave();
    }
  }

  private heard(channel: string, payload: string): void {
    if (channel === CHANNEL) return void this.read();
    const kind = channel === DELTA_CHANNEL ? 'delta' : 'output';
    const data: unknown = JSON.parse(payload || '{}');
    for (const sink of this.sinks) sink({ kind, data });
  }

  private async read(): Promise<void> {
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      do {
        this.again = false;
        const fresh = await eventsAfter(this.db, OWNER, this.cursor);
        for (const event of fresh.events) {
          this.cursor = event.seq;
          for (const sink of this.sinks) sink({ seq: event.seq, kind: 'event', data: event });
        }
        this.cursor = fresh.upTo;
        if (!fresh.isLast) this.again = true;
      } while (this.again);
    } catch {
      // Postgres is away; the poll tries again.
    } finally {
      this.reading = false;
    }
  }
}
