// What was tapped before the page listened: whether it counts once it does. Pure.
import { mayDecide } from './settling.ts';

/** After this nobody expects anything of a tap any more, in milliseconds. app.html forgets it then. */
export const HEARD_FOR_MS = 20_000;

/** A tap, as app.html noted it. */
export interface EarlyTap {
  /** What the button said. */
  readonly words: string;
  /** In milliseconds since the page began, as `performance.now()`. */
  readonly tappedMs: number;
  /** Of a pointer; 0: a key, or Enter in a field of the form. */
  readonly clicks: number;
}

/** What there is where it was tapped, now that the page listens. */
export interface Under {
  readonly words: string;
  /** The same button is at the point that was tapped, and nothing lies over it. */
  readonly isUnder: boolean;
  readonly isDisabled: boolean;
  /** Since when it stands there, for a button that decides; null: it decides nothing. */
  readonly stoodSinceMs: number | null;
  readonly nowMs: number;
}

/**
 * Whether a tap does now what it was meant to do: the same words in the same place, and for a decision, a place
 * in which they had stood long enough to be read before the tap.
 */
export function playsNow(tap: EarlyTap, now: Under): boolean {
  if (now.isDisabled || now.words !== tap.words || now.nowMs - tap.tappedMs > HEARD_FOR_MS) return false;
  if (tap.clicks > 0 && !now.isUnder) return false;
  return (
    now.stoodSinceMs === null ||
    mayDecide({ movedAtMs: now.stoodSinceMs, nowMs: tap.tappedMs, clicks: tap.clicks })
  );
}

/** Where a button stood before the page listened, in CSS pixels of what it scrolls in. */
export interface EarlyPlace {
  readonly x: number;
  readonly y: number;
  /** In milliseconds since the page began. */
  readonly sinceMs: number;
}

/** Less than this is no other place, in CSS pixels. */
const SAME_PX = 4;

/**
 * Since when a button has stood where it stands.
 * @param was null: nobody saw it before
 * @param firstPaintMs null: nobody has seen anything
 * @returns milliseconds since the page began: now, for what just came
 */
export function stoodSince(
  was: EarlyPlace | null,
  now: { readonly x: number; readonly y: number },
  firstPaintMs: number | null,
  nowMs: number,
): number {
  if (was === null || firstPaintMs === null) return nowMs;
  const isSame = Math.abs(was.x - now.x) <= SAME_PX && Math.abs(was.y - now.y) <= SAME_PX;
  return isSame ? Math.max(was.sinceMs, firstPaintMs) : nowMs;
}
