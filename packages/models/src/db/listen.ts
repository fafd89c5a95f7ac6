// NOTIFY is a hint that saves a wait. Whoever listens has a timer as the net under it.
import pg from 'pg';

/** What comes to the draft of a turn that is spoken. Only on its way: nothing of it is kept. */
export const DELTA_CHANNEL = 'mainloop_delta';
/** Up to where the output of a run is there now. */
export const OUTPUT_CHANNEL = 'mainloop_output';

/**
 * Waits for a word, at most `ms` milliseconds and no longer than `over` is not aborted. One that came since
 * this listener last waited counts. Never rejects, and leaves nothing behind however it ends.
 */
export type Listener = (ms: number, over?: AbortSignal) => Promise<void>;

/** A word that is given and waited for, inside one process. */
export interface Word {
  give(): void;
  /** A listener of its own for whoever waits: it hears every word that is given from now on. */
  listener(): Listener;
  /** How many wait now. */
  waiting(): number;
}

/** @returns a word that is passed on inside of this process, for whoever waits for it */
export function openWord(): Word {
  const waiting = new Set<() => void>();
  let given = 0;
  return {
    give() {
      given++;
      for (const done of Array.from(waiting)) done();
    },
    listener() {
      let heard = given;
      return (ms, over) =>
        new Promise<void>((resolve) => {
          // Not Promise.race: it would leave a reaction on whatever outlives the wait, one for each turn of a loop.
          const done = (): void => {
            heard = given;
            clearTimeout(timer);
            over?.removeEventListener('abort', done);
            waiting.delete(done);
            resolve();
          };
          const timer = setTimeout(done, ms);
          timer.unref();
          if (given > heard || over?.aborted) return done();
          over?.addEventListener('abort', done, { once: true });
          waiting.add(done);
        });
    },
    waiting: () => waiting.size,
  };
}

/**
 * Listens on a channel for as long as the process wants, over any break of the connection.
 * @param url of Postgres
 * @param name how Postgres shows this connection
 * @returns makes a listener for whoever waits
 */
export function wakeOn(url: string, name: string, channel: string, isOver: () => boolean): () => Listener {
  const word = openWord();
  const listen = (): void => {
    const listener = new pg.Client({ connectionString: url, application_name: name });
    const again = (): void => {
      listener.removeAllListeners();
      listener.on('error', () => undefined);
      // It is broken, which is why another one comes.
      // It is broken, which is why another one comes.
      void listener.end().catch(() => undefined);
      if (!isOver()) setTimeout(listen, 1_000).unref();
    };
    listener.once('error', again);
    listener.on('notification', word.give);
    listener
      .connect()
      .then(() => listener.query(`listen ${channel}`))
      .catch(again);
  };
  listen();
  return word.listener;
}

/**
 * Listens on some channels and passes on what is said, over any break of the connection. What was said during
 * one is lost.
 * @param url of Postgres
 * @param name how Postgres shows this connection
 * @param heard takes what was said on a channel, '' for nothing
 * @param isUp called whenever it listens again: whoever keeps a place reads on from there
 * @returns stops it, and resolves when the connection is closed
 */
export function listenTo(
  url: string,
  name: string,
  channels: readonly string[],
  heard: (channel: string, payload: string) => void,
  isUp: () => void,
): () => Promise<void> {
  let current: pg.Client | null = null;
  let isOver = false;
  const again = (listener: pg.Client): void => {
    if (current !== listener || isOver) return;
    current = null;
    listener.on('error', () => undefined);
    // It is broken, which is why another one comes.
    void listener.end().catch(() => undefined);
    setTimeout(() => {
      if (!isOver) listen();
    }, 500).unref();
  };
  const listen = (): void => {
    const listener = new pg.Client({ connectionString: url, application_name: name });
    current = listener;
    listener.once('error', () => again(listener));
    listener.once('end', () => again(listener));
    listener.on('notification', (n) => heard(n.channel, n.payload ?? ''));
    listener
      .connect()
      .then(() => listener.query(channels.map((channel) => `listen ${channel}`).join('; ')))
      .then(isUp)
      .catch(() => again(listener));
  };
  listen();
  return async () => {
    isOver = true;
    // It is closing; a connection that is gone already is as good.
    await current?.end().catch(() => undefined);
  };
}
