// Doing something: one request, one honest sentence when it is refused. What may wait is kept while there is
// no network.
import { forMe, personHere } from './person.ts';

export type Result =
  | { ok: true; data: Record<string, unknown>; kept?: true }
  /** isAway: there was no network, or no server yet, and it was not kept for when there is. */
  | { ok: false; sentence: string; isAway?: true };

const AWAY = 'You are offline, so nothing was sent. Try again when you are back.';
/** Of answers: nobody was there behind who gave it (RFC 9110). A server that starts is no refusal. */
const STARTING: ReadonlySet<number> = new Set([502, 503, 504]);

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
  const sent = JSON.stringify(body);
  // It goes out also when the page goes meanwhile. Browsers do that for small bodies only.
  const response = await fetch(path, {
    method,
    headers: { 'content-type': 'application/json', ...forMe() },
    body: sent,
    keepalive: sent.length < MOST_KEPT_ALIVE,
  }).catch(
    // No network.
    () => null,
  );
  if (response === null) return forLater(path, body, later, AWAY);
  // No JSON: then the status is all there is to say.
  const data = (await response.json().catch(() => ({}))) as { error?: string } & Record<string, unknown>;
  if (response.ok) return { ok: true, data };
  const sentence = forPerson(data.error ?? 'That did not work. Try again.');
  return STARTING.has(response.status) ? forLater(path, body, later, sentence) : { ok: false, sentence };
}

/** @param sentence for the person, where it can't be kept */
async function forLater(
  path: string,
  body: unknown,
  later: Later | undefined,
  sentence: string,
): Promise<Result> {
  const away = { ok: false, sentence, isAway: true } as const;
  if (later === undefined) return away;
  // Loaded only now: the first page does not need it.
  return import('./waiting.ts')
    .then(({ keep }) => keep({ path, body, ...later }, personHere()))
    .then(
      () => ({ ok: true, data: {}, kept: true }) as const,
      // The network went before this page had all of itself, or this browser keeps nothing.
      () => away,
    );
}

/** The name that programs have for a field ("folder: A folder is …") says nothing to whoever filled it in. */
const forPerson = (sentence: string): string => sentence.replace(/^[a-z]\w*(?:\.\w+)*: (?=\S)/, '');
