// A field that opens has the focus, and what is typed is for it.

/** For a field that the person opened. The browser's own autofocus gives way to whatever has the focus, which is the card. */
export function focused(el: HTMLElement): void {
  // After the click that opened it has ended: that one takes the focus to the button.
  queueMicrotask(() => el.focus({ preventScroll: true }));
}
