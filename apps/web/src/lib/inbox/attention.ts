// What an item costs the person: when it was first seen and touched, how many taps it took, and how long it
// was looked at.
import { act } from '../live/act.ts';

/** Longer than this nobody read: the phone lay on the table. */
const READ_AT_MOST_MS = 60_000;
const WORK_AT_MOST_MS = 15 * 60_000;
const LOOK_MS = 800;
const told = new Set<string>();

export class Attention {
  private taps = 0;
  private readMs = 0;
  private inSight = 0;
  private openedAt = 0;
  private readonly id: string;
  constructor(id: string) {
    this.id = id;
  }

  /** Watches a card for as long as it is on the page. */
  readonly watch = (element: HTMLElement): (() => void) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry!.isIntersecting && document.visibilityState === 'visible') {
          this.inSight = performance.now();
          timer = setTimeout(() => this.tell('shown'), LOOK_MS);
        } else {
          clearTimeout(timer);
          this.look();
        }
      },
      { threshold: 0.5 },
    );
    observer.observe(element);
    const tap = (): void => {
      this.taps++;
      if (this.openedAt === 0) {
        this.look();
        this.openedAt = performance.now();
        this.tell('opened');
      }
    };
    element.addEventListener('click', tap, { capture: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      element.removeEventListener('click', tap, { capture: true });
    };
  };

  cost(): { taps: number; ms: number } {
    const worked = this.openedAt === 0 ? 0 : Math.min(WORK_AT_MOST_MS, performance.now() - this.openedAt);
    return { taps: this.taps, ms: Math.round(Math.min(READ_AT_MOST_MS, this.readMs) + worked) };
  }

  private look(): void {
    if (this.inSight > 0 && this.openedAt === 0) this.readMs += performance.now() - this.inSight;
    this.inSight = 0;
  }

  private tell(what: 'shown' | 'opened'): void {
    const key = `${this.id}/${what}`;
    if (told.has(key)) return;
    told.add(key);
    void act(`/api/inbox/${this.id}/seen`, { what });
  }
}
