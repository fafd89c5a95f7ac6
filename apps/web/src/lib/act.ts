// Doing something: one request, one honest sentence when it is refused. What may wait is kept while there is no network.
export type Result = { ok: true; data: Record<string, unknown>; kept?: true } | { ok: false; sentence: string };

/** @param later what it is about, when it may go out later; its body then carries an id of its own */
export async function act(path: string, body: unknown = {}, method = 'POST', later?: string): Promise<Result> {
  let r: Response;
  try {
    r = await fetch(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    if (later === undefined) return { ok: false, sentence: 'You are offline, so nothing was sent. Try again when you are back.' };
    // Loaded only now: the first page does not need it.
    await (await import('./waiting.ts')).keep({ path, body, label: later });
    return { ok: true, data: {}, kept: true };
  }
  // No JSON: then the status is all there is to say.
  const data = (await r.json().catch(() => ({}))) as { error?: string } & Record<string, unknown>;
  return r.ok ? { ok: true, data } : { ok: false, sentence: data.error ?? 'That did not work. Try again.' };
}
