// Doing something: one request, one honest sentence when it is refused. What may wait is kept while there is
// no network.
export type Result =
  | { ok: true; data: Record<string, unknown>; kept?: true }
  /** isAway: there was no network, and it was not kept for when there is. */
  | { ok: false; sentence: string; isAway?: true };

const AWAY = {
  ok: false,
  sentence: 'You are offline, so nothing was sent. Try again when you are back.',
  isAway: true,
} as const;

/**
 * Characters of a request that may outlive its page; all of a page together may have 64 KiB. Source:
 * https://fetch.spec.whatwg.org
 */
const MOST_KEPT_ALIVE = 10_000;

/** What is said of something that waits for a network: what it is about, and what was decided. */
interface Later {
  readonly label: string;
  readonly says?: string;
}

/** @param later when it may go out later; its body then carries an id of its own */
export async function act(path: string, body: unknown = {}, method = 'POST', later?: Later): Promise<Result> {
  let response: Response;
  try {
    const sent = JSON.stringify(body);
    // It goes out also when the page goes meanwhile. Browsers do that for small bodies only.
    response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: sent,
      keepalive: sent.length < MOST_KEPT_ALIVE,
    });
  } catch {
    if (later === undefined) return AWAY;
    // Loaded only now: the first page does not need it.
    return import('./waiting.ts')
      .then(({ keep }) => keep({ path, body, ...later }))
      .then(
        () => ({ ok: true, data: {}, kept: true }) as const,
        // The network went before this page had all of itself, or this browser keeps nothing.
        () => AWAY,
      );
  }
  // No JSON: then the status is all there is to say.
  const data = (await response.json().catch(() => ({}))) as { error?: string } & Record<string, unknown>;
  return response.ok
    ? { ok: true, data }
    : { ok: false, sentence: forPerson(data.error ?? 'That did not work. Try again.') };
}

/** The name that programs have for a field ("folder: A folder is …") says nothing to whoever filled it in. */
const forPerson = (sentence: string): string => sentence.replace(/^[a-z]\w*(?:\.\w+)*: (?=\S)/, '');
