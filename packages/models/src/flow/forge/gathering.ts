// Comments are gathered into one run: people say a thing in several of them, one after the other. Pure.

/** What waits on a pull request to be worked on. */
export interface Waiting {
  readonly comments: number;
  /** Who wrote the newest. */
  readonly author: string;
  /** Names all that waits, with its words: another comment, or an edit, is another. */
  readonly words: string;
  /** A review was sent in which changes are asked for: nothing more is to be waited for. */
  readonly atOnce: boolean;
  /** How long it has to be quiet, in milliseconds. */
  readonly quietMs: number;
}

export interface Gathered {
  readonly words: string;
  /** When the first was noticed, in milliseconds of the workflow's time. */
  readonly sinceMs: number;
  /** When the agent is woken, whatever is said until then. */
  readonly lastMs: number;
  /** When it is woken if nothing more is said. */
  readonly dueMs: number;
}

/** Whoever goes on writing is not waited for longer than this many quiet times. */
const LONGEST = 5;

/** @param before what was gathered at the look before; null when nothing waited then */
export function gather(before: Gathered | null, waiting: Waiting, nowMs: number): Gathered {
  if (before?.words === waiting.words) return before;
  const sinceMs = before?.sinceMs ?? nowMs;
  const lastMs = before?.lastMs ?? nowMs + waiting.quietMs * LONGEST;
  return {
    words: waiting.words,
    sinceMs,
    lastMs,
    dueMs: waiting.atOnce ? nowMs : Math.min(nowMs + waiting.quietMs, lastMs),
  };
}
