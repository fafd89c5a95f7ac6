// What was said while there was no network. It goes out once, in order, when there is one; what is stale is
// refused politely.
import { createStore, del, entries, set } from 'idb-keyval';

export interface Waiting {
  readonly path: string;
  /** Carries an id of its own (answerId, clientId), so that sending it twice says it once. */
  readonly body: unknown;
  /** What it is about, for the words when it is refused. */
  readonly label: string;
  /** What was decided, as the card shows it for as long as it waits. */
  readonly says?: string;
}
/** What is kept of it: when it was said, and what became of it, until a page has heard of that. */
type Kept = Waiting & { readonly at: number; readonly outcome?: Outcome };
type Outcome = 'sent' | { readonly refused: string };
/** What became of something that waited. */
export interface Told {
  /** Of what is kept of it until a page has heard. */
  readonly id: string;
  readonly path: string;
  readonly body: unknown;
  /** The sentence, where it was refused; null: it was sent. */
  readonly refused: string | null;
}

/** Chrome's, and in no standard yet: https://developer.mozilla.org/docs/Web/API/SyncManager */
type WithSync = ServiceWorkerRegistration & { readonly sync?: { register(tag: string): Promise<void> } };

const store = (): ReturnType<typeof createStore> => createStore('mainloop', 'waiting');

/**
 * Keeps something to be sent when there is a network.
 * @returns whether it goes out by itself then; else it does once a page is open
 */
export async function keep(waiting: Waiting): Promise<boolean> {
  await set(crypto.randomUUID(), { ...waiting, at: Date.now() } satisfies Kept, store());
  // Chrome takes it only while a page is open.
  return wakeLater().catch(() => false);
}

/** @returns whether the browser wakes the service worker when the network is back */
async function wakeLater(): Promise<boolean> {
  // The worker itself has its registration at hand. In a page `ready` would be waited for for ever where there is
  // no worker.
  const { registration } = globalThis as { registration?: WithSync };
  const found: WithSync | undefined = registration ?? (await navigator.serviceWorker?.getRegistration());
  await found?.sync?.register('waiting');
  return found?.sync !== undefined;
}

/**
 * What waits, in the order in which it was said.
 * @returns nothing in a browser that keeps nothing
 */
export const listWaiting = async (): Promise<Waiting[]> =>
  // A browser that keeps nothing has nothing waiting.
  (await entries<string, Kept>(store()).catch(() => []))
    .flatMap(([, kept]) => (kept.outcome === undefined ? [kept] : []))
    .toSorted((a, b) => a.at - b.at);

/** Page and service worker may both send or take back: one does at a time. */
const alone = <T>(does: () => Promise<T>): Promise<T> =>
  navigator.locks ? navigator.locks.request('mainloop-waiting', does) : does();

/**
 * Takes back what was to go to a place.
 * @param path of the request
 * @returns whether there was something: what is being sent in this moment is not taken back
 */
export function unkeep(path: string): Promise<boolean> {
  return alone(async () => {
    const all = await entries<string, Kept>(store());
    const waiting = all.filter(([, kept]) => kept.path === path && kept.outcome === undefined);
    for (const [id] of waiting) await del(id, store());
    return waiting.length > 0;
  });
}

/** @returns what went out and what was refused, of which no page has heard yet */
export const sendWaiting = (): Promise<readonly Told[]> => alone(send);

/** A page has heard of it, and has forgotten the words that arrived. */
export async function forgetTold(told: readonly Told[]): Promise<void> {
  for (const { id } of told) await del(id, store());
}

async function send(): Promise<readonly Told[]> {
  const told: Told[] = [];
  let isAway = false;
  for (const [id, kept] of (await entries<string, Kept>(store())).sort((a, b) => a[1].at - b[1].at)) {
    const outcome: Outcome | null = kept.outcome ?? (isAway ? null : await sendOne(kept));
    isAway ||= outcome === null;
    if (outcome === null) continue;
    // Not simply gone: whoever sends need not be the page that holds the words.
    if (kept.outcome === undefined) await set(id, { ...kept, outcome } satisfies Kept, store());
    told.push({ id, path: kept.path, body: kept.body, refused: outcome === 'sent' ? null : outcome.refused });
  }
  return told;
}

/** @returns null: it waits on, and all that was said after it */
async function sendOne(kept: Kept): Promise<Outcome | null> {
  const response = await fetch(kept.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(kept.body),
  }).catch(
    // No network: it waits on, see below.
    () => null,
  );
  // Still away, starting, or signed out: it waits on.
  if (response === null || response.status >= 500 || response.status === 401) return null;
  if (response.ok) return 'sent';
  // No JSON: then there is a sentence of our own.
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  return { refused: `${kept.label}: ${error ?? 'this could not be sent any more.'}` };
}
