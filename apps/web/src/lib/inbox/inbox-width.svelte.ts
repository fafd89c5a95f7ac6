// How wide the inbox stands beside a page, on this device.
const KEY = 'inbox-width';
const USUAL_PX = 400;
export const LEAST_PX = 320;
export const MOST_PX = 640;

class InboxWidth {
  px = $state(USUAL_PX);
  load(): void {
    this.set(Number(localStorage.getItem(KEY) ?? USUAL_PX));
  }
  /** @param px as it is wanted, in CSS pixels; undefined: as it was at first */
  set(px = USUAL_PX): void {
    this.px = Number.isFinite(px) ? Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, px))) : USUAL_PX;
  }
  keep(): void {
    try {
      localStorage.setItem(KEY, String(this.px));
    } catch {
      // Storage that is full or forbidden: it is as wide for as long as the page is open.
    }
  }
}
export const inboxWidth = new InboxWidth();
