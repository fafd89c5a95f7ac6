// NOTIFY is a hint that saves a wait. Whoever listens has a timer as the net under it.
import pg from 'pg';

/**
 * Listens on a channel for as long as the process wants, over any break of the connection.
 * @returns a function that resolves at the next word, or at once when one came since it was last asked
 */
export function wakeOn(url: string, name: string, channel: string, isOver: () => boolean): () => Promise<void> {
  let waiting: (() => void)[] = [];
  let missed = false;
  const listen = (): void => {
    const l = new pg.Client({ connectionString: url, application_name: name });
    const again = (): void => {
      l.removeAllListeners();
      l.on('error', () => undefined);
      void l.end().catch(() => undefined);
      if (!isOver()) setTimeout(listen, 1_000).unref();
    };
    l.once('error', again);
    l.on('notification', () => {
      if (waiting.length === 0) missed = true;
      for (const w of waiting) w();
      waiting = [];
    });
    l.connect()
      .then(() => l.query(`listen ${channel}`))
      .catch(again);
  };
  listen();
  return () =>
    new Promise((resolve) => {
      if (missed) {
        missed = false;
        return resolve();
      }
      waiting.push(resolve);
    });
}
