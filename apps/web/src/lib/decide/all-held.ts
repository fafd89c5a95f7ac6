// What an earlier page decided and did not hear of. Loaded when it is wanted.
import { keyOf, PREFIX, type Held, type HeldName } from './held.ts';

/** Whoever holds it for longer than it can be taken back is not there any more. */
const LOST_MS = 10_000;

/** What a page does about something that it did not decide itself. */
type TakeUp =
  { readonly do: 'nothing' } | { readonly do: 'wait'; readonly ms: number } | { readonly do: 'send' };

/**
 * What to do about a decision that another page made. Asked again after each wait: that page may be there after
 * all, and may have sent it, taken it back, or decided otherwise since.
 * @param held what is stored now
 * @param isHeldHere whether this page has decided on the same thing meanwhile, and will send that
 * @param waitedFor when that was made which this page has waited for, in milliseconds since 1970; null: for none yet
 */
export function takeUpStep(
  held: Held | null,
  isHeldHere: boolean,
  waitedFor: number | null,
  nowMs: number,
): TakeUp {
  if (held === null || isHeldHere) return { do: 'nothing' };
  // Once is enough: by a clock that was put back it would wait for as long again and again.
  const ms = held.atMs === waitedFor ? 0 : waitsMs(held, nowMs);
  return ms === 0 ? { do: 'send' } : { do: 'wait', ms };
}

/** @returns how long to wait before it is sent by a page that did not make it, in milliseconds; 0: at once */
export const waitsMs = (held: Held, nowMs: number): number =>
  held.left ? 0 : Math.max(0, Math.min(LOST_MS, held.atMs + LOST_MS - nowMs));

/**
 * What waits on this device for the network.
 * @param name of the request: where it goes, `/api/inbox/…`
 * @returns null where nothing waits, or what is stored can no longer be read
 */
export function heldOf(name: HeldName): Held | null {
  return read(localStorage.getItem(keyOf(name)));
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
