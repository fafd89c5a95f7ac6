// Words that were begun and not sent yet, on several devices at once: no words are lost, whoever writes last. Pure.
import { formIn, joined, versionsOf, withVersions, type Versions } from './draft-versions.ts';

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

/** Of what was written elsewhere, in letters, so that a draft stays as short as one may be: the newest of it. */
const MOST_ELSEWHERE = 20_000;
/** What a person wrote in a form, by field. */
function wordsIn(value: unknown, name = ''): Map<string, string> {
  if (typeof value === 'string') return new Map(value.trim() === '' ? [] : [[name, value.trim()]]);
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...wordsIn(inner, `${name}/${key}`)]));
}
/** What a field called so holds is one value, as a number: a part of it is another one. */
const IS_VALUE = /\/value$/;
/** What of a form was written elsewhere and does not stand here, by field and in its order. */
export function wordsElsewhere(elsewhere: string, here: string): string[] {
  const there = wordsIn(formIn(here));
  const stands = (name: string, words: string): boolean =>
    IS_VALUE.test(name) ? there.get(name) === words : there.get(name)?.includes(words) === true;
  return [...wordsIn(formIn(elsewhere))].flatMap(([name, words]) => (stands(name, words) ? [] : [words]));
}

const holds = (form: string, other: string): boolean => wordsElsewhere(other, form).length === 0;

/** Two forms that were written without knowing of each other. @returns the first one, with what only the other holds beside it */
function besides(first: Versions, other: Versions): Versions {
  const also: string[] = [];
  let room = MOST_ELSEWHERE;
  for (const form of [other.text, ...first.also, ...other.also]) {
    if (form.length > room || [first.text, ...also].some((one) => holds(one, form))) continue;
    also.push(form);
    room -= form.length;
  }
  return { text: first.text, also };
}

/** A value: kept bare, as it was before values were forms, two of them can't be put one behind the other. */
const isValue = (key: string): boolean => key.startsWith('setting/');

const longer = (one: string, other: string): string => (one.length >= other.length ? one : other);

/** @param isFirst whether the one stays in sight; else the longer of two forms does, and of two values the other, which is newer */
function merged(key: string, one: string, other: string, isFirst: boolean): string {
  if (one === '' || other === '') return longer(one, other);
  const [first, second] = [versionsOf(one), versionsOf(other)];
  if (formIn(first.text) === null || formIn(second.text) === null)
    return isValue(key) ? longer(one, other) : joined(one, other);
  const staysInSight = isFirst || (!isValue(key) && first.text.length >= second.text.length);
  return withVersions(staysInSight ? besides(first, second) : besides(second, first));
}

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
  const text = came.base === kept.revision ? came.text : merged(key, kept.text, came.text, false);
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
 * @param sent what the server was sent, `now` what stands in the field
 */
export function afterAnswer(key: string, sent: string, now: string, answered: string): string {
  if (now === sent) return answered;
  if (answered === sent) return now;
  if (isValue(key) || formIn(now) !== null) return merged(key, now, answered, true);
  return now.startsWith(sent) ? answered + now.slice(sent.length) : joined(answered, now);
}
