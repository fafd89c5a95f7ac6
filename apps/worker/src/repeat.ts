// What the worker does again and again beside its activities: its maintenance.
import { openWord, type Listener } from '@mainloop/models/db/listen';

/** What `work` answers when it took as many as it takes at once: there may be more. */
const FULL_BATCH = 100;

export interface Maintenance {
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  /** Wakes it before its time. */
  readonly word?: Listener | undefined;
  /** At least so long from one round to the next, however many words come: each commits, and appends wait for that. */
  readonly restMs?: number | undefined;
  /** Ends it, after the round that is under way. */
  readonly over: AbortSignal;
  readonly onError: (err: Error) => void;
}

/**
 * Does the same again and again until it is over. An error is reported and the next round tries again.
 * @returns when it is over and its last round has ended
 */
export async function repeat(maintenance: Maintenance): Promise<void> {
  const pause = maintenance.word ?? openWord().listener();
  const rest = openWord().listener();
  while (!maintenance.over.aborted) {
    try {
      while ((await maintenance.work()) === FULL_BATCH && !maintenance.over.aborted);
    } catch (err) {
      maintenance.onError(err as Error);
    }
    if (maintenance.restMs !== undefined) await rest(maintenance.restMs, maintenance.over);
    await pause(maintenance.everyMs, maintenance.over);
  }
}
