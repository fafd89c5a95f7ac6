// Doing something: one request, one honest sentence when it is refused.
export type Result = { ok: true; data: Record<string, unknown> } | { ok: false; sentence: string };

export async function act(path: string, body: unknown = {}, method = 'POST'): Promise<Result> {
  try {
    const r = await fetch(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const data = (await r.json().catch(() => ({}))) as { error?: string } & Record<string, unknown>;
    return r.ok ? { ok: true, data } : { ok: false, sentence: data.error ?? 'That did not work. Try again.' };
  } catch {
    return { ok: false, sentence: 'You are offline, so nothing was sent. Try again when you are back.' };
  }
}
