// A forge that is away for a moment is asked again: an agent whose push is refused for it would end with its
// work undelivered.
import { setTimeout as sleep } from 'node:timers/promises';
import { isForgeAway } from './forge-words.ts';

/** Shorter than an agent's command may take, longer than a forge or a network takes to start again. */
export const FORGE_PATIENCE_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 4_000;

export interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}
const WALL: Clock = { now: Date.now, sleep };

/** @returns what a program printed before it failed, '' when the error is of another kind */
export const stderrOf = (err: unknown): string => (err as { stderr?: string }).stderr ?? '';

/** When asking in vain began, and when it was last in vain. */
interface Outage {
  readonly fromMs: number;
  readonly lastMs: number;
}

/**
 * @returns asks a repository's forge again while it is away. It returns what `act` returns; it throws its
 * error when the forge refuses, or has been away for FORGE_PATIENCE_MS, no matter who began to ask: whoever
 * comes later, or stood in a row, is told at once. `act` asks once by git, may be asked again, and knows
 * itself whether a try that went wrong had done its work.
 */
export function forgePatience(
  clock: Clock = WALL,
): <T>(remoteUrl: string, act: () => Promise<T>) => Promise<T> {
  const outages = new Map<string, Outage>();
  /** @returns since when the forge has been away; nobody having asked for a while, it is another time */
  const noteAway = (remoteUrl: string): number => {
    const nowMs = clock.now();
    const before = outages.get(remoteUrl);
    const fromMs = before === undefined || nowMs - before.lastMs > FORGE_PATIENCE_MS ? nowMs : before.fromMs;
    outages.set(remoteUrl, { fromMs, lastMs: nowMs });
    return fromMs;
  };
  return async (remoteUrl, act) => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        const done = await act();
        outages.delete(remoteUrl);
        return done;
      } catch (err) {
        if (!isForgeAway(stderrOf(err)) || clock.now() + pauseMs > noteAway(remoteUrl) + FORGE_PATIENCE_MS)
          throw err;
      }
      await clock.sleep(pauseMs);
    }
  };
}
