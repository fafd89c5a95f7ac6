// Watches where the deciding buttons are, so that none decides by a finger that was aimed at another one.
import { standsSince } from './early-taps.ts';
import { hasMoved, mayDecide, settlesInMs, type Place } from './settling.ts';

interface Watched {
  place: Place | null;
  movedAtMs: number;
  settled(is: boolean): void;
  readonly scrollers: readonly HTMLElement[];
}

/** What moves is followed for as long as an animation of ours takes. */
const FOLLOW_MS = 300;
const LOOK_MS = 100;
const watched = new Map<HTMLElement, Watched>();
let followUntil = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let byProgram = false;
let mutations: MutationObserver | undefined;
let sizes: ResizeObserver | undefined;

function scrollersOf(element: HTMLElement): HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let parent = element.parentElement; parent !== null; parent = parent.parentElement)
    if (/auto|scroll/.test(getComputedStyle(parent).overflow)) found.push(parent);
  return found;
}

function placeOf(element: HTMLElement, scrollers: readonly HTMLElement[]): Place {
  const { x, y } = element.getBoundingClientRect();
  let [scrolledX, scrolledY, mostX, mostY] = [scrollX, scrollY, 0, 0];
  for (const scroller of scrollers) {
    [scrolledX, scrolledY] = [scrolledX + scroller.scrollLeft, scrolledY + scroller.scrollTop];
    [mostX, mostY] = [
      mostX + scroller.scrollWidth - scroller.clientWidth,
      mostY + scroller.scrollHeight - scroller.clientHeight,
    ];
  }
  return { x, y, scrolledX, scrolledY, mostX, mostY };
}

function look(element: HTMLElement, seen: Watched, nowMs: number): void {
  const now = placeOf(element, seen.scrollers);
  if (hasMoved(seen.place, now, byProgram)) seen.movedAtMs = nowMs;
  seen.place = now;
  seen.settled(settlesInMs(seen.movedAtMs, nowMs) === 0);
}

/** What stood there before this page listened, and still does, has settled already; null for what is new. */
function stoodBefore(
  element: HTMLElement,
  scrollers: readonly HTMLElement[],
): Pick<Watched, 'place' | 'movedAtMs'> {
  const nowMs = performance.now();
  if (window.early === undefined) return { place: null, movedAtMs: nowMs };
  const place = placeOf(element, scrollers);
  const at = { x: place.x + place.scrolledX, y: place.y + place.scrolledY };
  return { place, movedAtMs: standsSince(element, at, nowMs) };
}

/** @returns since when it has stood where it stands, in milliseconds since the page began; null: it decides nothing */
export function steadySince(element: HTMLElement): number | null {
  const seen = watched.get(element);
  if (seen === undefined) return null;
  look(element, seen, performance.now());
  return seen.movedAtMs;
}

/** Looks at all of them now, and again until everything has settled. */
function lookAll(): void {
  clearTimeout(timer);
  timer = undefined;
  const nowMs = performance.now();
  let waits = nowMs < followUntil;
  for (const [element, seen] of watched) {
    look(element, seen, nowMs);
    waits ||= settlesInMs(seen.movedAtMs, nowMs) > 0;
  }
  byProgram = false;
  if (waits && watched.size > 0) timer = setTimeout(lookAll, LOOK_MS);
}

function somethingMoved(): void {
  followUntil = performance.now() + FOLLOW_MS;
  if (timer === undefined) timer = setTimeout(lookAll, 0);
}

/**
 * Scrolls without the person: what comes under a finger by it was not aimed at.
 * @param scroll does it at once
 */
export function scrollByProgram(scroll: () => void): void {
  lookAll();
  scroll();
  byProgram = true;
  lookAll();
  somethingMoved();
}

/** One deciding button: whether it has settled, and whether a click on it counts. */
export class Steady {
  settled = $state(false);
  /**
   * Whether it stood somewhere else before: one that only just came is not shown pale, for then a whole page
   * would be.
   */
  moved = $state(false);
  private w: Watched | null = null;

  readonly watch = (element: HTMLElement): (() => void) => {
    mutations ??= new MutationObserver(somethingMoved);
    sizes ??= new ResizeObserver(somethingMoved);
    if (watched.size === 0) {
      mutations.observe(document.body, {
        childList: true,
        characterData: true,
        subtree: true,
        attributes: true,
        attributeFilter: ['open', 'hidden'],
      });
      sizes.observe(document.body);
      // Where the person has scrolled to is known before the page gets shorter: only then is it seen that the
      // browser scrolled back by itself.
      document.addEventListener('scroll', lookAll, { capture: true, passive: true });
    }
    // A place on the way up grows without any element coming or going: a picture that arrived, a field that
    // is typed into.
    const scrollers = scrollersOf(element);
    const content = scrollers[0]?.firstElementChild;
    if (content) sizes.observe(content);
    // And what it scrolls in gets more room: a note at the foot left, a field under it became shorter.
    if (scrollers[0]) sizes.observe(scrollers[0]);
    this.w = {
      ...stoodBefore(element, scrollers),
      settled: (is) => {
        if (is) this.moved = true;
        this.settled = is;
      },
      scrollers,
    };
    watched.set(element, this.w);
    somethingMoved();
    return () => {
      watched.delete(element);
      this.w = null;
      if (watched.size > 0) return;
      mutations?.disconnect();
      sizes?.disconnect();
      document.removeEventListener('scroll', lookAll, { capture: true });
    };
  };

  /** Looks once more in the very moment of the click. */
  takes(event: MouseEvent): boolean {
    if (this.w === null) return false;
    const nowMs = performance.now();
    look(event.currentTarget as HTMLElement, this.w, nowMs);
    // When the finger was lifted: a busy page hears of it later, and what it showed then is what was aimed at.
    const tappedMs = Math.min(event.timeStamp, nowMs);
    const takes = mayDecide({ movedAtMs: this.w.movedAtMs, nowMs: tappedMs, clicks: event.detail });
    if (!takes) {
      // Whoever taps once more on the same point has not looked: the time to look begins anew.
      this.w.movedAtMs = nowMs;
      somethingMoved();
    }
    return takes;
  }
}

let fingers = 0;
const waiting = new Set<() => void>();
/**
 * Calls back at once, or when no finger is on the page any more: a list does not shift under one.
 * @param then is called once
 */
export function whenUntouched(then: () => void): void {
  if (fingers === 0) then();
  else waiting.add(then);
}
function lifted(): void {
  fingers = 0;
  const all = [...waiting];
  waiting.clear();
  for (const then of all) then();
}
/**
 * Knows from here on whether a finger is on the page.
 * @returns ends it
 */
export function watchFingers(): () => void {
  const down = (): void => void (fingers = 1);
  const up = (): void => void setTimeout(lifted, 0);
  const ends = ['pointerup', 'pointercancel', 'blur'] as const;
  addEventListener('pointerdown', down, { capture: true });
  for (const end of ends) addEventListener(end, up, { capture: true });
  return () => {
    removeEventListener('pointerdown', down, { capture: true });
    for (const end of ends) removeEventListener(end, up, { capture: true });
  };
}
