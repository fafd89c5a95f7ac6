// What every activity gets: a heartbeat, and its errors translated from the ports' closed unions to ApplicationFailure.
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

interface KindedError {
  readonly kind: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}
const HEARTBEAT_MS = 1_000;
const RETRYABLE = new Set(['rate_limited', 'unavailable']);

const isKinded = (e: unknown): e is KindedError => typeof e === 'object' && e !== null && typeof (e as { kind?: unknown }).kind === 'string';

/** Wraps every activity of an object, so that none forgets. */
export function translated<T extends Record<string, (i: never) => Promise<unknown>>>(activities: T): T {
  return Object.fromEntries(Object.entries(activities).map(([name, f]) => [name, (i: never) => wrapped(() => f(i))])) as T;
}

async function wrapped<R>(act: () => Promise<R>): Promise<R> {
  // Without it a killed worker's activity is only tried again when its whole time is up.
  const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await act();
  } catch (err) {
    if (!isKinded(err)) throw err;
    throw ApplicationFailure.create({
      type: `port.${err.kind}`,
      message: err.message,
      nonRetryable: !RETRYABLE.has(err.kind),
      ...(err.retryAfterMs ? { nextRetryDelay: err.retryAfterMs } : {}),
    });
  } finally {
    clearInterval(beat);
  }
}
