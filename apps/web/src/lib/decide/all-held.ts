// What an earlier page decided and did not hear of. Loaded when it is wanted.
import { PREFIX, type Held } from './held.ts';

/** Whoever holds it for longer than it can be taken back is not there any more. */
const LOST_MS = 10_000;

/** @returns how long to wait before it is sent by a page that did not make it, in milliseconds; 0: at once */
export const waitsMs = (held: Held, nowMs: number): number =>
  held.left ? 0 : Math.max(0, Math.min(LOST_MS, held.atMs + LOST_MS - nowMs));

/**
 * What waits on this device for the network.
 * @param path of the request: `/api/inbox/…`
 * @returns null where nothing waits, or what is stored can no longer be read
 */
export function heldOf(path: string): Held | null {
  return read(localStorage.getItem(PREFIX + path));
}

/**
 * All that waits on this device for the network.
 * @returns in no order; what can no longer be read is left out
 */
export const allHeld = (): Held[] =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .flatMap((key) => read(localStorage.getItem(key)) ?? []);

function read(text: string | null): Held | null {
  try {
    const held = JSON.parse(text ?? 'null') as Partial<Held> | null;
    return typeof held?.path === 'string' && typeof held.atMs === 'number' && typeof held.body === 'object'
      ? (held as Held)
      : null;
  } catch {
    // Written by another version, or by hand.
    return null;
  }
}
