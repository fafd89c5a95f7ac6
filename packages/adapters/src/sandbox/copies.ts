// Copies of something that is large, made before somebody asks for one: whoever asks takes what is there, and
// the next one is made when he is under way.

/** There, on its way, or not begun. */
interface Coming {
  /** Null: none could be made, or nobody wants it any more. */
  readonly at: Promise<string | null>;
  /** Somebody waits for it. */
  begin(): void;
  leave(): void;
}

export type Copies = ReturnType<typeof readyCopies>;

/**
 * @param make a copy, and says where it lies; null when it can't be made
 * @param restMs after one was taken, before the next is made in its place: making it takes processor and disk
 * from what was just started with the one before
 */
export function readyCopies(make: (of: string) => Promise<string | null>, restMs: number) {
  const waiting = new Map<string, Coming[]>();

  const coming = (of: string, delayMs: number): Coming => {
    const { promise: begun, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(true), delayMs);
    timer.unref();
    const decide = (isWanted: boolean): void => {
      clearTimeout(timer);
      resolve(isWanted);
    };
    const at = begun.then((isWanted) => (isWanted ? make(of) : null));
    // Whoever takes it hears of it.
    at.catch(() => undefined);
    return { at, begin: () => decide(true), leave: () => decide(false) };
  };

  return {
    /**
     * Sees to it that so many are there or come, one after the other. Returns at once.
     * @param delayMs before the first of them that is missing is begun
     */
    fill(of: string, count: number, delayMs = restMs): void {
      const line = waiting.get(of) ?? [];
      waiting.set(of, line);
      for (let after = delayMs; line.length < count; after += restMs) line.push(coming(of, after));
    },

    /** One that nobody else will have: what is there, else what comes next, and that at once. */
    take(of: string): Promise<string | null> {
      const mine = waiting.get(of)?.shift() ?? coming(of, 0);
      mine.begin();
      return mine.at;
    },

    /** @returns where those lie that nobody will take any more; what has not begun never does */
    async forget(of: string): Promise<string[]> {
      const line = waiting.get(of) ?? [];
      waiting.delete(of);
      for (const one of line) one.leave();
      const left = await Promise.allSettled(line.map((one) => one.at));
      return left.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []));
    },
  };
}
