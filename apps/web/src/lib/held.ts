// Decisions that were made and have not been heard of yet, on this device, so that none is lost with the page
// it was made on.
const PREFIX = 'held/';

/** What is needed to send it again. An item's body carries an id of its own, so that sent twice it counts once. */
export interface Held {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly says: string;
  readonly first?: { readonly path: string; readonly body: Readonly<Record<string, unknown>> };
  readonly onlyOnline?: boolean;
  readonly atMs: number;
  /** Its page has gone: it was sent then, and nobody heard whether it arrived. */
  readonly left: boolean;
}

/** Whoever holds it for longer than it can be taken back is not there any more. */
const LOST_MS = 10_000;

/** @returns how long to wait before it is sent by a page that did not make it, in milliseconds; 0: at once */
export const waitsMs = (held: Held, nowMs: number): number =>
  held.left ? 0 : Math.max(0, Math.min(LOST_MS, held.atMs + LOST_MS - nowMs));

export function hold(held: Held): void {
  try {
    localStorage.setItem(PREFIX + held.path, JSON.stringify(held));
  } catch {
    // Storage that is full or forbidden: it is held for as long as the page is open.
  }
}

export const release = (path: string): void => localStorage.removeItem(PREFIX + path);

export function heldOf(path: string): Held | null {
  return read(localStorage.getItem(PREFIX + path));
}

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
