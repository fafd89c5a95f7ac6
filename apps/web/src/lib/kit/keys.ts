// One keyboard for the whole app. Rows carry data-row, their buttons data-key; nothing happens while somebody types.
import { goTo, isSeen, justMovedOn, rows } from '../decide/rows.ts';
import { settlesInMs } from '../decide/settling.ts';

/** When a letter last went, or was meant to go, into a field. */
let typedAtMs = -Infinity;
/**
 * Whoever points at something has stopped typing.
 * @returns nothing: the next key is a shortcut again, whatever was typed before
 */
export const pointed = (): void => void (typedAtMs = -Infinity);
/**
 * Whether a key is one of a word that is being typed: its field may have gone under the fingers, because what
 * it answered was decided elsewhere, and the rest of the word is no shortcut.
 */
function isOfWord(event: KeyboardEvent, inField: boolean): boolean {
  // When it was pressed: a busy page hears it later, and the pause between two letters was none.
  const nowMs = event.timeStamp;
  if (inField) typedAtMs = event.key === 'Enter' || event.key === 'Tab' ? -Infinity : nowMs;
  else if (settlesInMs(typedAtMs, nowMs) > 0) typedAtMs = nowMs;
  else return false;
  return true;
}

/** What was typed since the finder was asked for, while it is on its way: its words, and no shortcuts. */
let early: string | null = null;
/**
 * What was typed for the palette before it had come.
 * @returns it, once; empty where nothing was
 */
export function takeEarly(): string {
  const typed = early ?? '';
  early = null;
  return typed;
}

export interface Actions {
  /** Opens the finder with `takeEarly()`, which it takes also when it can't be opened. */
  find(): void;
  help(): void;
  undo(): void;
}

/**
 * Whether a form that the person opened is on the page: then every letter is meant for it.
 * @returns false for one that is folded away
 */
export const formIsOpen = (): boolean =>
  [...document.querySelectorAll<HTMLElement>('[data-writing]')].some(isSeen);

/**
 * Does what a key stands for, where it is no part of a word.
 * @param event of the whole page; what is taken is prevented from doing anything else
 * @param actions what a shortcut may start
 */
export function onKey(event: KeyboardEvent, actions: Actions): void {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    early ??= '';
    return actions.find();
  }
  if (early !== null && !event.metaKey && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    if (event.key.length === 1) early += event.key;
    return;
  }
  const target = event.target as HTMLElement;
  // Escape leaves a form, and its words are kept.
  if (event.key === 'Escape') {
    pointed();
    return target.closest('[data-writing]')?.querySelector<HTMLElement>('[data-back]')?.click();
  }
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (isOfWord(event, target.closest('input, textarea, select, dialog, [contenteditable]') !== null)) return;
  if (formIsOpen()) return;
  const now = target.closest<HTMLElement>('[data-row]');
  switch (event.key) {
    case 'j':
    case 'k': {
      const all = rows();
      const i = now === null ? -1 : all.indexOf(now);
      const next = all[event.key === 'j' ? Math.min(i + 1, all.length - 1) : Math.max(i - 1, 0)];
      if (next !== undefined) goTo(next);
      return event.preventDefault();
    }
    case 'Enter':
      if (now !== null && target === now) now.querySelector<HTMLElement>('[data-opens], a[href]')?.click();
      return;
    case 'a':
    case 'r':
    case 's':
    case 'e': {
      // A key that is held down, or pressed once too often, aims at nothing: the next row would get the rest.
      if (event.repeat || justMovedOn(event.timeStamp)) return;
      const to = now?.querySelector<HTMLElement>(`[data-key=${event.key}]`);
      if (!to) return;
      event.preventDefault();
      return to.matches('input:not([type=checkbox]), textarea') ? to.focus() : to.click();
    }
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      if (event.repeat || justMovedOn(event.timeStamp)) return;
      return [...(now?.querySelectorAll<HTMLElement>('[data-option]') ?? [])][Number(event.key) - 1]?.click();
    case 'u':
      return event.repeat ? undefined : actions.undo();
    case '/':
      event.preventDefault();
      early ??= '';
      return actions.find();
    case '?':
      return actions.help();
  }
}
