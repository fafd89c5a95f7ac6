// What the worker does again and again beside its activities.
import { openWord, type Listener } from '@mainloop/models/db/listen';

/** What `work` answers when it took as many as it takes at once: there may be more. */
const FULL_BATCH = 100;

export interface Duty {
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  /** Wakes it before its time. */
  readonly word?: Listener | undefined;
  /** Ends it, after the round that is under way. */
  readonly over: AbortSignal;
  readonly onError: (err: Error) => void;
}

/** Does a duty until it is over. An error is reported and the next round tries again. */
export async function repeat(duty: Duty): Promise<void> {
  const pause = duty.word ?? openWord().listener();
  while (!duty.over.aborted) {
    try {
      while ((await duty.work()) === FULL_BATCH && !duty.over.aborted);
    } catch (err) {
      duty.onError(err as Error);
    }
    await pause(duty.everyMs, duty.over);
  }
}
