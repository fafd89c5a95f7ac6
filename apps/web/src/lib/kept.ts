// What of a kept text still counts. Pure.

/** After this nobody comes back to it, in milliseconds. */
export const KEEP_MS = 60 * 24 * 3_600_000;

/**
 * @param stored what this device holds, of whatever version or hand
 * @returns the words, or null when there are none or they are too old
 */
export function keptFor(stored: string | null, nowMs: number): string | null {
  if (stored === null) return null;
  try {
    const kept = JSON.parse(stored) as { text?: unknown; at?: unknown } | null;
    if (typeof kept?.text !== 'string' || typeof kept.at !== 'number' || kept.text === '') return null;
    return nowMs - kept.at <= KEEP_MS ? kept.text : null;
  } catch {
    // No words of ours: whoever wrote them, nothing is lost that could be shown.
    return null;
  }
}
