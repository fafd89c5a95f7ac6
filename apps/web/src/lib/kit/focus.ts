// A field that opens has the focus, and what is typed is for it.
import { tick } from 'svelte';

/**
 * For a field that the person opened. The browser's own autofocus gives way to whatever has the focus, which is the
 * card. Whoever types in another field by then goes on in it: a form may have to be loaded first.
 * @param element that was just put on the page
 */
export function focused(element: HTMLElement): void {
  // After the click that opened it has ended: that one takes the focus to the button.
  queueMicrotask(() => {
    if (!document.activeElement?.matches(TYPED_IN)) element.focus({ preventScroll: true });
  });
}
const TYPED_IN =
  'textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])';

/**
 * When what had the focus has gone: it goes back to where it came from, and not to the top of the page.
 * @param find looks for it on the page as it is then
 */
export async function focusBack(find: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  find()?.focus({ preventScroll: true });
}
