// The rows of a page, and how the focus goes from one to the next. Rows carry data-row.
import { settlesInMs } from './settling.ts';
import { scrollByProgram } from './steady.svelte.ts';

/**
 * What is folded away has a place on the page and can't have the focus. An old browser knows only of what has
 * no place at all.
 * @param element anywhere on the page
 * @returns false for what is folded away or hidden
 */
export const isSeen = (element: HTMLElement): boolean =>
  'checkVisibility' in element ? element.checkVisibility() : (element as HTMLElement).offsetParent !== null;
/**
 * What the arrow keys go through.
 * @returns rows that are seen, in the order of the page
 */
export const rows = (): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>('[data-row]')].filter(isSeen);

let movedOnMs = -Infinity;
/**
 * Whether the focus has just gone on by itself: a key that is held down, or pressed once too often, aims at nothing.
 * @param atMs of the key, on the clock of the page (`event.timeStamp`)
 * @returns true for about as long as a finger needs to notice
 */
export const justMovedOn = (atMs: number): boolean => settlesInMs(movedOnMs, atMs) > 0;
/**
 * After a decision the focus goes to what stands below it, or else above. Somebody who types elsewhere keeps
 * theirs.
 * @param card that was decided, still on the page; undefined does nothing
 */
export function moveOn(card: HTMLElement | undefined): void {
  const focus = document.activeElement;
  if (card === undefined || (focus !== null && focus !== document.body && !card.contains(focus))) return;
  const all = rows();
  const i = all.indexOf(card);
  const next = all[i + 1] ?? all[i - 1];
  if (i === -1 || next === undefined) return;
  movedOnMs = performance.now();
  goTo(next);
}

/**
 * The page scrolls there by itself: whatever comes under a finger by it was not aimed at.
 * @param row gets the focus and is brought into sight
 */
export function goTo(row: HTMLElement): void {
  row.focus({ preventScroll: true });
  scrollByProgram(() => row.scrollIntoView({ block: 'nearest' }));
}
