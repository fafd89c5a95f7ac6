// NOTIFY is a hint that saves a wait. Whoever listens has a timer as the net under it.
import pg from 'pg';

/**
 * Waits for a word, at most `ms` milliseconds and no longer than `over` is not aborted. One that came since this listener last
 * waited counts. Never rejects, and leaves nothing behind however it ends.
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
    const l = new pg.Client({ connectionString: url, application_name: name });
    const again = (): void => {
      l.removeAllListeners();
      l.on('error', () => undefined);
      void l.end().catch(() => undefined);
      if (!isOver()) setTimeout(listen, 1_000).unref();
    };
    l.once('error', again);
    l.on('notification', word.give);
    l.connect()
      .then(() => l.query(`listen ${channel}`))
      .catch(again);
  };
  listen();
  return word.listener;
}
