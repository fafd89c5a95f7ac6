// What a person sees of the page, and what became of their taps: read in the page itself.
import type { Page } from 'playwright-core';

/** Something that can be tapped, where it is now. */
export interface Target {
  readonly x: number;
  readonly y: number;
  readonly tag: string;
  readonly label: string;
  /** What the card that it stands in decides, `item/ID` or `proposal/ID`; else the task or the page that it is on. */
  readonly subject: string;
  readonly writable: boolean;
}

/** A click as the page got it. `at`: milliseconds of the page's own clock. */
export interface Click {
  readonly at: number;
  readonly label: string;
  readonly subject: string;
}

const HELPERS = `
  const subjectOf = (e) => {
    const path = e?.closest('[data-decides]')?.dataset.decides ?? '';
    const m = /^\\/api\\/(inbox|proposals)\\/([^/]+)/.exec(path);
    return m ? (m[1] === 'inbox' ? 'item/' : 'proposal/') + m[2] : e?.closest('[data-notes]') ? 'note' : location.pathname;
  };
  const labelOf = (e) => (e?.getAttribute('aria-label') ?? e?.textContent ?? '').trim().replace(/\\s+/g, ' ');
  const BUTTONS = 'button, a[href], summary, input, textarea, select, label';
`;

/** Runs in every page from its start. */
export const WATCH = `(() => {
  ${HELPERS}
  globalThis.walkClicks = [];
  addEventListener('click', (e) => {
    if (e.detail === 0) return;
    const b = e.target.closest?.(BUTTONS);
    globalThis.walkClicks.push({ at: performance.now(), label: labelOf(b), subject: subjectOf(b) });
  }, { capture: true });
})()`;

export const look = (page: Page): Promise<{ targets: Target[]; now: number }> =>
  page.evaluate<{ targets: Target[]; now: number }>(`(() => {
    ${HELPERS}
    const targets = [];
    for (const e of document.querySelectorAll('button, a[href], summary, input, textarea')) {
      const r = e.getBoundingClientRect();
      const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
      if (r.width === 0 || x < 0 || y < 0 || x >= innerWidth || y >= innerHeight || e.disabled || e.type === 'file') continue;
      const top = document.elementFromPoint(x, y);
      if (top === null || !(e === top || e.contains(top))) continue;
      const writable = e.tagName === 'TEXTAREA' || (e.tagName === 'INPUT' && /^(text|search|)$/.test(e.getAttribute('type') ?? ''));
      targets.push({ x, y, tag: e.tagName, label: labelOf(e), subject: subjectOf(e), writable });
    }
    return { targets, now: performance.now() };
  })()`);

export const clicks = (page: Page): Promise<Click[]> =>
  page.evaluate<Click[]>('globalThis.walkClicks?.splice(0) ?? []');

/** What has the focus: the card that keys go to, and whether letters go into a field. */
export const focus = (
  page: Page,
): Promise<{ subject: string; label: string; inField: boolean; inRow: boolean }> =>
  page.evaluate<{ subject: string; label: string; inField: boolean; inRow: boolean }>(`(() => {
    ${HELPERS}
    const e = document.activeElement;
    return { subject: subjectOf(e), label: labelOf(e), inField: e?.matches('input, textarea, select') ?? false, inRow: e?.closest('[data-row]') !== null };
  })()`);

/**
 * Every word that this device still has: in a field, as a draft, as a decision that is held, or as something
 * that waits for a network.
 */
export const words = (page: Page): Promise<string> =>
  page.evaluate<string>(`(async () => {
    // Looking must not make it.
    const there = (await indexedDB.databases()).some((d) => d.name === 'mainloop');
    const open = !there ? null : await new Promise((r) => { const q = indexedDB.open('mainloop'); q.onsuccess = () => r(q.result); q.onerror = () => r(null); });
    const kept = open === null || !open.objectStoreNames.contains('waiting') ? [] : await new Promise((r) => {
      const q = open.transaction('waiting').objectStore('waiting').getAll(); q.onsuccess = () => r(q.result); q.onerror = () => r([]);
    });
    open?.close();
    return JSON.stringify([...document.querySelectorAll('input, textarea')].map((e) => e.value)) + JSON.stringify({ ...localStorage }) + JSON.stringify(kept);
  })()`);

/** What the page says was decided: cards with the way back. Not what it says it is taking back. */
export const promised = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    ${HELPERS}
    return [...document.querySelectorAll('[data-decides] [role=status]:not([data-state=taking_back])')].map((e) => subjectOf(e)).filter((s) => /^(item|proposal)/.test(s));
  })()`);
