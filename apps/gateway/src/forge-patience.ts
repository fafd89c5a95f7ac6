// A forge that is away for a moment is asked again: an agent whose push is refused for it would end with its work undelivered.
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

export const stderrOf = (err: unknown): string => (err as { stderr?: string }).stderr ?? '';

/**
 * @param act asks the forge once by git; may be asked again, and knows itself whether a try that went wrong had done its work
 * @param fromMs when somebody began to wait for it: who stood in a row behind others has waited already
 * @returns what it returns. Throws its error when the forge refuses, or is still away FORGE_PATIENCE_MS after that.
 */
export async function whileForgeIsAway<T>(act: () => Promise<T>, fromMs: number, clock: Clock = WALL): Promise<T> {
  const untilMs = fromMs + FORGE_PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await act();
    } catch (err) {
      if (!isForgeAway(stderrOf(err)) || clock.now() + pauseMs > untilMs) throw err;
    }
    await clock.sleep(pauseMs);
  }
}
