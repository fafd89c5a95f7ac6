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
 * @returns when it is kept
 */
export async function keep(waiting: Waiting): Promise<void> {
  await set(crypto.randomUUID(), { ...waiting, at: Date.now() } satisfies Kept, store());
  // Without a service worker the page sends it.
  const worker: WithSync | undefined = await navigator.serviceWorker?.ready.catch(() => undefined);
  // A browser without background sync: the page sends it when it is open.
  await worker?.sync?.register('waiting').catch(() => undefined);
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

/**
 * Takes back what was to go to a place.
 * @param path of the request
 */
export async function unkeep(path: string): Promise<void> {
  for (const [id, kept] of await entries<string, Kept>(store()))
    if (kept.path === path && kept.outcome === undefined) await del(id, store());
}

/**
 * Page and service worker may both try: one does at a time.
 * @returns what went out and what was refused, of which no page has heard yet
 */
export function sendWaiting(): Promise<readonly Told[]> {
  return navigator.locks ? navigator.locks.request('mainloop-waiting', send) : send();
}

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
