// What of a kept text still counts. Pure.
import type { DraftAbout } from '@mainloop/models/flow/inbox/drafts';

/** After this nobody comes back to it, in milliseconds. */
export const KEEP_MS = 60 * 24 * 3_600_000;

/** What words are about, as long as that is there to be shown; and for whoever finds them when it is not. */
export type About = DraftAbout;
interface Kept {
  readonly text: string;
  readonly about: About | null;
}

/**
 * @param stored what this device holds, of whatever version or hand
 * @returns the words and what they are about, or null when there are none or they are too old
 */
export function readKept(stored: string | null, nowMs: number): Kept | null {
  if (stored === null) return null;
  try {
    const kept = JSON.parse(stored) as { text?: unknown; at?: unknown; about?: Partial<About> | null } | null;
    if (
      typeof kept?.text !== 'string' ||
      typeof kept.at !== 'number' ||
      kept.text === '' ||
      nowMs - kept.at > KEEP_MS
    )
      return null;
    const { title, taskId } = kept.about ?? {};
    return {
      text: kept.text,
      about:
        typeof title === 'string' && (typeof taskId === 'string' || taskId === null)
          ? { title, taskId }
          : null,
    };
  } catch {
    // No words of ours: whoever wrote them, nothing is lost that could be shown.
    return null;
  }
}

/**
 * The words alone.
 * @param stored as it stands in the storage of this device
 * @param nowMs since 1970
 * @returns null for what is none, or has been kept for too long
 */
export const keptFor = (stored: string | null, nowMs: number): string | null =>
  readKept(stored, nowMs)?.text ?? null;
