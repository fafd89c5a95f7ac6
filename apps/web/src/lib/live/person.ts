// Whose words and decisions wait on this device. Each goes out as the one's who wrote it, or not at all.
import { PERSON_HEADER } from '@mainloop/models/flow/person';
import { namesAfter } from './aside.ts';

/** Under this name stands who was here last, for the next page and for other tabs. */
const KEY = 'person';

let here: string | null = null;

/** @returns a name for whoever this page is of, and for their server; null: not known */
export const personHere = (): string | null => here;

/** @returns what says for whom this page asks; the api refuses it when somebody else is signed in */
export const forMe = (): Record<string, string> => (here === null ? {} : { [PERSON_HEADER]: here });

/**
 * Somebody is here. To be called before anything reads what this device keeps.
 * @param person as the server calls them; null where it could not say: then it is who was here last
 */
export function arrive(person: string | null): void {
  const was = localStorage.getItem(KEY);
  here = person ?? was;
  if (person === null || person === was) return;
  try {
    for (const [from, to] of namesAfter(Object.keys(localStorage), was, person)) {
      const kept = localStorage.getItem(from) ?? '';
      localStorage.removeItem(from);
      localStorage.setItem(to, kept);
    }
    localStorage.setItem(KEY, person);
  } catch {
    // Storage that is full or forbidden: the api still refuses what is another's.
  }
  // Nor are the pages that the other one saw last for whoever is here now.
  if (was !== null) navigator.serviceWorker?.controller?.postMessage({ type: 'forget' });
}

/**
 * Watches for somebody else who signs in on another tab: this page is not theirs.
 * @param leave called then
 * @returns an end to it
 */
export function watchPerson(leave: () => void): () => void {
  const heard = ({ key, newValue }: StorageEvent): void => {
    if (key === KEY && newValue !== null && here !== null && newValue !== here) leave();
  };
  addEventListener('storage', heard);
  return () => removeEventListener('storage', heard);
}
