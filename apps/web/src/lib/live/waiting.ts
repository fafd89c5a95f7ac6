// What was said while there was no network. It goes out once, in order, when there is one; what is stale is
// refused politely.
import { PERSON_HEADER } from '@mainloop/models/flow/person';
import { createStore, del, entries, get, set } from 'idb-keyval';

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
type Kept = Waiting & {
  readonly at: number;
  /** Who said it; left out by a page that did not know. */
  readonly by?: string;
  readonly outcome?: Outcome;
};
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

/** Who is here, for the service worker, which sees no page. */
const people = (): ReturnType<typeof createStore> => createStore('mainloop-person', 'person');
/** @param person whose page is open */
export const rememberPerson = (person: string): Promise<void> => set('here', person, people());
/** @returns whose page was open last; null: none that knew */
export const lastPerson = async (): Promise<string | null> =>
  // A browser that keeps nothing knows nobody.
  (await get<string>('here', people()).catch(() => undefined)) ?? null;

const isOf = ({ by }: Kept, person: string | null): boolean =>
  by === undefined || person === null || by === person;

/**
 * Keeps something to be sent when there is a network.
 * @param person who said it
 * @returns whether it goes out by itself then; else it does once a page is open
 */
export async function keep(waiting: Waiting, person: string | null): Promise<boolean> {
  const by = person === null ? {} : { by: person };
  await set(crypto.randomUUID(), { ...waiting, ...by, at: Date.now() } satisfies Kept, store());
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
 * @param person whose; null: not known, then whatever there is
 * @returns nothing in a browser that keeps nothing
 */
export const listWaiting = async (person: string | null): Promise<Waiting[]> =>
  (await allKept())
    .flatMap(([, kept]) => (kept.outcome === undefined && isOf(kept, person) ? [kept] : []))
    .toSorted((a, b) => a.at - b.at);

const allKept = (): Promise<[string, Kept][]> =>
  // A browser that keeps nothing has nothing waiting.
  entries<string, Kept>(store()).catch(() => []);

/**
 * What waits for somebody who is not here.
 * @param person who is here; null: nobody
 */
const keptOfOthers = async (person: string | null): Promise<[string, Kept][]> =>
  (await allKept()).filter(
    ([, kept]) => kept.outcome === undefined && (person === null || !isOf(kept, person)),
  );

/**
 * How many things were said here that wait for whoever said them to sign in again.
 * @param person who is here; null: nobody
 */
export const countOfOthers = async (person: string | null): Promise<number> =>
  (await keptOfOthers(person)).length;

/**
 * Drops what waits for somebody who is not here.
 * @param person who is here; null: nobody
 */
export const dropOfOthers = (person: string | null): Promise<void> =>
  alone(async () => {
    for (const [id] of await keptOfOthers(person)) await del(id, store());
  });

/** Page and service worker may both send or take back: one does at a time. */
const alone = <T>(does: () => Promise<T>): Promise<T> =>
  navigator.locks ? navigator.locks.request('mainloop-waiting', does) : does();

/**
 * Takes back what was to go to a place.
 * @param path of the request
 * @param person who takes it back
 * @returns whether there was something: what is being sent in this moment is not taken back
 */
export function unkeep(path: string, person: string | null): Promise<boolean> {
  return alone(async () => {
    const all = await entries<string, Kept>(store());
    const waiting = all.filter(
      ([, kept]) => kept.path === path && kept.outcome === undefined && isOf(kept, person),
    );
    for (const [id] of waiting) await del(id, store());
    return waiting.length > 0;
  });
}

/**
 * Sends what waits.
 * @param person whose; the api refuses what is another's
 * @returns what went out and what was refused, of which no page has heard yet
 */
export const sendWaiting = (person: string | null): Promise<readonly Told[]> => alone(() => send(person));

/** A page has heard of it, and has forgotten the words that arrived. */
export async function forgetTold(told: readonly Told[]): Promise<void> {
  for (const { id } of told) await del(id, store());
}

async function send(person: string | null): Promise<readonly Told[]> {
  const told: Told[] = [];
  let isAway = false;
  const all = (await entries<string, Kept>(store())).filter(([, kept]) => isOf(kept, person));
  for (const [id, kept] of all.toSorted((a, b) => a[1].at - b[1].at)) {
    const outcome: Outcome | null = kept.outcome ?? (isAway ? null : await sendOne(kept));
    isAway ||= outcome === null;
    if (outcome === null) continue;
    // Not simply gone: whoever sends need not be the page that holds the words.
    if (kept.outcome === undefined) await set(id, { ...kept, outcome } satisfies Kept, store());
    told.push({ id, path: kept.path, body: kept.body, refused: outcome === 'sent' ? null : outcome.refused });
  }
  return told;
}

/** Of answers: not signed in, and somebody else is (RFC 9110). */
const WAITS_ON: ReadonlySet<number> = new Set([401, 412]);

/** @returns null: it waits on, and all that was said after it */
async function sendOne(kept: Kept): Promise<Outcome | null> {
  const response = await fetch(kept.path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(kept.by === undefined ? {} : { [PERSON_HEADER]: kept.by }),
    },
    body: JSON.stringify(kept.body),
  }).catch(
    // No network: it waits on, see below.
    () => null,
  );
  // Still away, starting, or signed out; or somebody else has just signed in: it waits on.
  if (response === null || response.status >= 500 || WAITS_ON.has(response.status)) return null;
  if (response.ok) return 'sent';
  // No JSON: then there is a sentence of our own.
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  return { refused: `${kept.label}: ${error ?? 'this could not be sent any more.'}` };
}
