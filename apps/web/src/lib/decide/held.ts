// Decisions that were made and have not been heard of yet, on this device, so that none is lost with the page
// it was made on.
/** Of a decision's name in what this device keeps. */
export const PREFIX = 'held/';

/** What is needed to send it again. An item's body carries an id of its own, so that sent twice it counts once. */
export interface Held {
  readonly path: string;
  /** Of one of several that go to the same place; without it there is one decision on each. */
  readonly id?: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly label: string;
  readonly says?: string;
  readonly first?: { readonly path: string; readonly body: Readonly<Record<string, unknown>> };
  readonly onlyOnline?: boolean;
  readonly atMs: number;
  /** Its page has gone: it was sent then, and nobody heard whether it arrived. */
  readonly left: boolean;
}

/** What is held, among all that is. */
export type HeldName = Pick<Held, 'path' | 'id'>;

/** @returns under what it is kept on this device */
export const keyOf = ({ path, id }: HeldName): string => PREFIX + path + (id === undefined ? '' : `#${id}`);

/**
 * Keeps a request on this device until the network takes it; a later one of the same name is in its place.
 * @param held what to send, and when it was decided
 */
export function hold(held: Held): void {
  try {
    localStorage.setItem(keyOf(held), JSON.stringify(held));
  } catch {
    // Storage that is full or forbidden: it is held for as long as the page is open.
  }
}

/**
 * Forgets what waited for the network.
 * @param name of the request that was sent, or is not wanted any more
 */
export const release = (name: HeldName): void => localStorage.removeItem(keyOf(name));
