// A list whose rows change places shows where each went.
import { tick } from 'svelte';

const TAKES_MS = 180;

/**
 * Call it before the list changes: whatever stands elsewhere afterwards moves there from where it was.
 * @param list whose children are rows; nothing moves where the person wants less of it
 */
export function whileMoving(list: HTMLElement): void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const before = [...list.children].map((row) => [row, row.getBoundingClientRect().top] as const);
  void tick().then(() => {
    for (const [row, top] of before) {
      const by = top - row.getBoundingClientRect().top;
      if (by !== 0 && row.isConnected)
        row.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], {
          duration: TAKES_MS,
          easing: 'ease-out',
        });
    }
  });
}
