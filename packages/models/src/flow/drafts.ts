// Words that were begun and not sent yet, on several devices at once: no words are lost, whoever writes last. Pure.

/** What the server has of a draft. */
export interface KeptDraft {
  readonly text: string;
  /** Counts its changes; 0: there never was one. */
  readonly revision: number;
}

/** What is written about, as far as drafts know: `chat`, one thing of a kind, a setting, a form, or a field of a project to be added. */
export const DRAFT_KEY = /^(?:chat|(?:project|item|task|proposal|comment|setting|form)\/[\w.:-]{1,200})$/;

/** What the words are about, for whoever finds them when it is gone. */
export interface DraftAbout {
  readonly title: string;
  /** Null: of no task yet. */
  readonly taskId: string | null;
}

/** A whole form, as JSON, or a value: two of them can't be put one behind the other. */
const isForm = (key: string): boolean => /^(?:proposal|comment|setting|form)\//.test(key);

/**
 * Two texts that were written without knowing of each other.
 * @returns both, the first one first; one alone where it holds the other
 */
export function joined(first: string, second: string): string {
  if (second.includes(first)) return second;
  return first.includes(second) ? first : `${first.trimEnd()} ${second.trimStart()}`;
}

const longer = (one: string, other: string): string => (one.length >= other.length ? one : other);

/**
 * What a draft is after a device wrote to it. Whoever knew the newest has the word, also to empty it; whoever
 * did not takes nothing away.
 * @param came what the device has, and the revision that it saw last
 */
export function afterWrite(
  key: string,
  kept: KeptDraft,
  came: { readonly text: string; readonly base: number },
): KeptDraft {
  const merge = isForm(key) ? longer : joined;
  const text = came.base === kept.revision ? came.text : merge(kept.text, came.text);
  return text === kept.text ? kept : { text, revision: kept.revision + 1 };
}

/** What a device knows of the server's copy. */
export interface SeenDraft extends KeptDraft {
  /** It was on its way, and nobody heard whether it arrived; null: nothing was. */
  readonly sending: string | null;
}
export const NEVER_SEEN: SeenDraft = { text: '', revision: 0, sending: null };

/** What there is to do: nothing, to show the server's copy, or to send this device's. */
export type DraftStep =
  | { readonly do: 'nothing' }
  | { readonly do: 'show'; readonly text: string }
  | { readonly do: 'send'; readonly base: number };

/** @returns what is known once it is clear that what was on its way did arrive */
export const heard = (seen: SeenDraft, remote: KeptDraft): SeenDraft =>
  seen.sending !== null && remote.revision === seen.revision + 1 && remote.text === seen.sending
    ? { ...remote, sending: null }
    : seen;

/** @param local what stands in the field of this device */
export function draftStep(local: string, known: SeenDraft, remote: KeptDraft): DraftStep {
  const seen = heard(known, remote);
  if (local !== seen.text)
    return local === remote.text ? { do: 'nothing' } : { do: 'send', base: seen.revision };
  return local === remote.text ? { do: 'nothing' } : { do: 'show', text: remote.text };
}

/**
 * What stands in the field when the server has answered: it may hold words of another device, and meanwhile
 * more was typed here.
 */
export function afterAnswer(key: string, sent: string, now: string, answered: string): string {
  if (now === sent) return answered;
  if (answered === sent) return now;
  if (isForm(key)) return longer(now, answered);
  return now.startsWith(sent) ? answered + now.slice(sent.length) : joined(answered, now);
}
