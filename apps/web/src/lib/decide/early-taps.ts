// Plays what was tapped before the page listened. app.html notes it: that script is there before any other.
import { playsNow, stoodSince, type EarlyPlace, type EarlyTap } from './early.ts';

interface Noted extends EarlyTap {
  readonly x: number;
  readonly y: number;
}
type Choice = HTMLSelectElement | HTMLInputElement;
interface Early {
  readonly taps: Map<HTMLElement, Noted>;
  readonly places: Map<HTMLElement, EarlyPlace>;
  readonly choices: Map<Choice, { readonly value: string; readonly checked: boolean | undefined }>;
  /** Notes nothing any more. */
  stop(): void;
  wordsOf(element: HTMLElement): string;
}
declare global {
  interface Window {
    early?: Early;
  }
}

const firstPaintMs = (): number | null =>
  performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null;

/**
 * Since when a deciding button stands where it stands.
 * @param place in CSS pixels of what it scrolls in
 * @returns now, unless the server sent it there with the page
 */
export const standsSince = (element: HTMLElement, place: { x: number; y: number }, nowMs: number): number =>
  stoodSince(window.early?.places.get(element) ?? null, place, firstPaintMs(), nowMs);

function plays(early: Early, element: HTMLElement, tap: Noted, stoodSinceMs: number | null): boolean {
  return playsNow(tap, {
    words: early.wordsOf(element),
    isUnder: element.contains(document.elementFromPoint(tap.x, tap.y)),
    isDisabled: !element.isConnected || (element as HTMLButtonElement).disabled,
    stoodSinceMs,
    nowMs: performance.now(),
  });
}

/**
 * Does what was tapped meanwhile, from the moment on in which everything on the page listens.
 * @param settled waits until what the page shows has been brought up to date
 * @param sinceOf since when a button that decides has stood where it stands; null for the others
 */
export async function playEarly(
  settled: () => Promise<void>,
  sinceOf: (element: HTMLElement) => number | null,
): Promise<void> {
  const early = window.early;
  if (early === undefined) return;
  early.stop();
  delete window.early;
  for (const [field, { value, checked }] of early.choices) {
    if (!field.isConnected) continue;
    if (checked === undefined) field.value = value;
    else (field as HTMLInputElement).checked = checked;
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
  for (const [element, tap] of early.taps) {
    // What a tap does may move what the next one was aimed at.
    await settled();
    element.removeAttribute('data-heard');
    if (plays(early, element, tap, sinceOf(element))) element.click();
  }
}
