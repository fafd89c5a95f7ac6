// Whether a button may decide now. What came under a finger was not aimed at. Pure.

/**
 * How long a button takes no tap after it moved, in milliseconds: longer than between two taps, shorter than
 * reading it takes.
 */
export const SETTLE_MS = 1_000;
/** Less than this, in CSS pixels, no finger misses by. */
const MOVED_PX = 4;

/**
 * Where a button is, in CSS pixels: in the window, how far what it stands in is scrolled, and how far that
 * can be; the page itself never is.
 */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly scrolledX: number;
  readonly scrolledY: number;
  readonly mostX: number;
  readonly mostY: number;
}

/**
 * Whether a button moved under the finger. One that the person scrolled did not: they move it themselves. Nor
 * did one that a browser held in place, by scrolling as much as what stands above it grew. At the end of a
 * page that became shorter, or that got more room, the browser scrolls by itself, and everything comes down.
 * @param before null when it was not there before
 * @param byProgram whether the page scrolled itself meanwhile: then scrolling counts too
 */
export function hasMoved(before: Place | null, now: Place, byProgram = false): boolean {
  if (before === null) return true;
  const far = (by: number): boolean => Math.abs(by) > MOVED_PX;
  const axis = (inWindow: number, scrolled: number, pushed: boolean): boolean =>
    far(inWindow) && (byProgram || pushed || far(inWindow + scrolled));
  // Further than it can be now: nobody who scrolls by hand leaves there for that. A hair is what browsers round.
  const pushedX = before.scrolledX > now.mostX + 1;
  const pushedY = before.scrolledY > now.mostY + 1;
  return (
    axis(now.x - before.x, now.scrolledX - before.scrolledX, pushedX) ||
    axis(now.y - before.y, now.scrolledY - before.scrolledY, pushedY)
  );
}

/**
 * How long it still takes until a button may decide, in milliseconds; 0 when it may.
 * @param movedAtMs when the page last moved under the finger, in milliseconds since 1970
 */
export const settlesInMs = (movedAtMs: number, nowMs: number): number =>
  Math.max(0, movedAtMs + SETTLE_MS - nowMs);

/**
 * Whether a click decides. A key is aimed by the focus, which does not move with the page; holding it down
 * aims at nothing.
 * @param clicks how many clicks of a pointer the event tells of, 0 for a key
 */
export const mayDecide = (input: { movedAtMs: number; nowMs: number; clicks: number }): boolean =>
  input.clicks === 0 || settlesInMs(input.movedAtMs, input.nowMs) === 0;
