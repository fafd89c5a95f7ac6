// What a sentence of the conversation says that must not get lost: numbers, dates, names, decisions, and what
// is not so. Pure.
import { wordsIn } from '../conversation/search.ts';
import { tokensAtMost } from './tokens.ts';

/** One line that a summary is written from: a message, or a line of a summary below. */
export interface SourceLine {
  readonly who: 'user' | 'assistant' | 'note';
  readonly text: string;
  /** The day that it is about, as 2026-11-26, where the summary has to name it; null within one day. */
  readonly day: string | null;
}

/** A sentence, and what is in it. */
export interface Sentence {
  readonly text: string;
  readonly who: SourceLine['who'];
  readonly day: string | null;
  /** Numbers, dates and names, small; each once. */
  readonly atoms: ReadonlySet<string>;
  /** Its telling words that are no atoms, small. */
  readonly subject: ReadonlySet<string>;
  readonly isNegated: boolean;
  readonly isDecided: boolean;
  readonly tokens: number;
}

const MAX_SENTENCE = 280;
const NEGATED = /\b(?:not|never|none|neither|nor|without|cannot|no longer|no more|stop(?:ped)?)\b|n['’]t\b/i;
const DECIDED =
  /\b(?:decid\w+|agreed?|approved?|rejected|chose|choose|settled|remember|promised?|must|always|never|from now on|let['’]s|we (?:will|go with|use)|instead)\b/i;
const DATE =
  /^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^(?:january|february|march|april|may|june|july|august|september|october|november|december)$/;
/** Said of a change and no part of what it is about. */
const OF_CHANGE = new Set(
  'now not no any more longer never instead actually changed moved correction meant sorry again still only anymore'.split(
    ' ',
  ),
);
const NUMBER = /\d(?:[\d.,:/-]*\d)?/g;
const CODE = /`([^`\n]{2,60})`|(?:[\w.-]+\/)+[\w.-]+|\b\w+[_]\w+\b|\b[a-z]+[A-Z]\w*\b|(?:^|\s)[@#]\w[\w-]*/g;
const CAPITAL = /(?<=[\p{L}\p{N},;:)'’"] )\p{Lu}[\p{L}\p{M}'’-]+/gu;

/**
 * The sentences of a text, each cut where it would be too long for a summary.
 * @returns in their order, each with what would be missed of it: numbers, names, whether it says no
 */
export function sentencesOf({ who, text, day }: SourceLine): Sentence[] {
  return text
    .split(/\n+|(?<=[.!?])\s+(?=[\p{Lu}\d"'(`])/u)
    .map((piece) =>
      shorten(
        piece
          .replace(/\s+/gu, ' ')
          .replace(/^(?:[-*•]|>+) /, '')
          .trim(),
      ),
    )
    .filter((piece) => /[\p{L}\p{N}]/u.test(piece))
    .map((piece) => sentence(piece, who, day));
}

function shorten(text: string): string {
  if (text.length <= MAX_SENTENCE) return text;
  const blank = text.lastIndexOf(' ', MAX_SENTENCE);
  return `${text.slice(0, blank > 0 ? blank : MAX_SENTENCE).toWellFormed()} …`;
}

function sentence(text: string, who: Sentence['who'], day: string | null): Sentence {
  const atoms = atomsOf(text);
  const subject = new Set(
    wordsIn(text).filter((word) => !atoms.has(word) && !OF_CHANGE.has(word) && !/^\d/.test(word)),
  );
  for (const atom of atoms) for (const word of atom.split(' ')) subject.delete(word);
  return {
    text,
    who,
    day,
    atoms,
    subject,
    isNegated: NEGATED.test(text),
    isDecided: DECIDED.test(text),
    tokens: tokensAtMost(text) + 4,
  };
}

/**
 * Numbers, dates and names of a text, small, each once.
 * @returns in small letters
 */
export function atomsOf(text: string): Set<string> {
  const atoms = new Set<string>(numbersOf(text));
  for (const [found, quoted] of text.matchAll(CODE)) atoms.add((quoted ?? found).trim().toLowerCase());
  for (const [name] of text.matchAll(CAPITAL)) atoms.add(name.toLowerCase());
  for (const word of wordsIn(text)) if (DATE.test(word)) atoms.add(word);
  return atoms;
}

/**
 * Numbers of a text, without what only groups their digits.
 * @returns as they stand there, in their order: `1,200` is `1200`
 */
export const numbersOf = (text: string): string[] =>
  [...text.matchAll(NUMBER)].map(([number]) => number.replaceAll(/,(?=\d{3})/g, ''));

/**
 * How much of two sets is in both: 0 to 1. Of two empty ones, nothing.
 * @returns the share of all words that both have
 */
export function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const both = [...one].filter((word) => other.has(word)).length;
  const all = one.size + other.size - both;
  return all === 0 ? 0 : both / all;
}

/**
 * How much it would be missed.
 * @returns 0 for one that says nothing; at most 11
 */
export function weight(s: Sentence): number {
  const dates = [...s.atoms].filter((atom) => DATE.test(atom) || /^\d{4}-\d\d/.test(atom)).length;
  const said = s.atoms.size + dates + (s.isDecided ? 3 : 0) + (s.isNegated ? 2 : 0);
  return said === 0 ? 0 : Math.min(said, 9) + (s.who === 'user' ? 2 : 0);
}

/** A sentence that a later one takes back or says anew, and that one. */
export interface Corrected {
  readonly old: Sentence;
  readonly by: Sentence;
}

/** So much alike is the same thing said anew. */
const SAME = 0.8;
/** "not Tuesday, Thursday": within so many sentences of what it corrects. */
const NEAR = 30;

/**
 * What is corrected among sentences, oldest first: later ones win.
 * @param sentences oldest first
 * @returns each with the one that corrects it
 */
export function corrections(sentences: readonly Sentence[]): Corrected[] {
  const found: Corrected[] = [];
  const bySubject = new Map<string, Sentence>();
  sentences.forEach((by, at) => {
    if (by.subject.size >= 2) {
      const key = [...by.subject].sort().join(' ');
      const old = bySubject.get(key);
      if (old && isOther(old, by)) found.push({ old, by });
      bySubject.set(key, by);
    }
    const [, gone] =
      /\bnot (?:on |at |the |in )?([\p{L}\p{N}][\p{L}\p{N}.:-]*)[,;.]? (?:but |it is |it's )?[\p{L}\p{N}]/iu.exec(
        by.text,
      ) ?? [];
    if (gone === undefined || by.subject.size > 3) return;
    const old = sentences
      .slice(Math.max(0, at - NEAR), at)
      .findLast((s) => s.atoms.has(gone.toLowerCase()) && !s.isNegated);
    if (old && !found.some((c) => c.old === old)) found.push({ old, by });
  });
  return found;
}

const isOther = (old: Sentence, by: Sentence): boolean =>
  old.isNegated !== by.isNegated ||
  ((old.atoms.size > 0 || by.atoms.size > 0) &&
    ([...old.atoms].some((atom) => !by.atoms.has(atom)) ||
      [...by.atoms].some((atom) => !old.atoms.has(atom))));

/**
 * Whether a line says what a sentence says: its numbers, dates and names, and whether it is so.
 * @param line of a summary
 * @param must what must not be lost
 */
export function carries(line: Sentence, must: Sentence): boolean {
  const hard = [...must.atoms];
  if (must.isNegated && !line.isNegated) return false;
  if (hard.length > 0) {
    const small = line.text.toLowerCase().replaceAll(/,(?=\d{3})/g, '');
    return hard.every((atom) => small.includes(atom));
  }
  const there = [...must.subject].filter((word) => line.subject.has(word) || line.atoms.has(word)).length;
  return must.subject.size === 0 || there / must.subject.size >= SAME - 0.3;
}
