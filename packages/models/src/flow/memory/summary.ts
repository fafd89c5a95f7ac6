// What a summary must carry, whether it does, and the extract that stands in where no model wrote a good one. Pure.
import {
  carries,
  corrections,
  numbersOf,
  sentencesOf,
  weight,
  type Corrected,
  type Sentence,
  type SourceLine,
} from './sentences.ts';
import { PYRAMID, type Level } from './levels.ts';
import { tokensAtMost } from './tokens.ts';

/** Of the ceiling, what must be carried takes so much at most: the rest is for the model's own choice. */
const MUST_SHARE = 0.55;
/** What a summary is written from, looked through. */
interface Looked {
  readonly sentences: readonly Sentence[];
  readonly corrected: readonly Corrected[];
  /** What must be carried, in the order in which it was said. */
  readonly musts: readonly Sentence[];
}

/** Why a summary is not used. */
export type Problem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'too_long'; readonly tokens: number; readonly ceiling: number }
  | { readonly kind: 'missing'; readonly sentence: string }
  | { readonly kind: 'invented'; readonly what: string }
  | { readonly kind: 'twice'; readonly line: string }
  | { readonly kind: 'outdated'; readonly line: string; readonly correction: string };

/** Looks a source through once, for the check and for the extract. */
function look(lines: readonly SourceLine[], level: Level): Looked {
  const sentences = lines.flatMap(sentencesOf);
  const corrected = corrections(sentences);
  const gone = new Set(corrected.map((c) => c.old));
  const seen = new Set<string>();
  const chosen = new Set<Sentence>();
  let room = Math.floor(PYRAMID[level].ceilingTokens * MUST_SHARE);
  const ranked = sentences
    .map((sentence, at) => ({ sentence, at, weight: weight(sentence) }))
    .filter((r) => r.weight > 2 && !gone.has(r.sentence))
    .toSorted((a, b) => b.weight - a.weight || b.at - a.at);
  for (const { sentence } of ranked) {
    const tokens = lineTokens(sentence);
    if (tokens > room || seen.has(key(sentence.text))) continue;
    seen.add(key(sentence.text));
    chosen.add(sentence);
    room -= tokens;
  }
  return { sentences, corrected, musts: sentences.filter((s) => chosen.has(s)) };
}

/** A line of a summary. */
const lineOf = (sentence: Sentence): string =>
  `- ${sentence.day === null ? '' : `${sentence.day}: `}${sentence.text}`;
const lineTokens = (sentence: Sentence): number => tokensAtMost(lineOf(sentence)) + 1;
const key = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/**
 * The sentences of a source that say the most, word for word, as a summary. What was corrected is left out,
 * or stands with its correction.
 * @returns lines that begin with "- "; empty when nothing was said that has words
 */
export function extractOf(lines: readonly SourceLine[], level: Level): string {
  const { sentences, corrected, musts } = look(lines, level);
  const gone = new Set(corrected.map((c) => c.old));
  const taken = new Set<Sentence>();
  const seen = new Set<string>();
  let room = PYRAMID[level].ceilingTokens;
  const take = (sentence: Sentence): void => {
    const tokens = lineTokens(sentence);
    if (tokens > room || taken.has(sentence) || seen.has(key(sentence.text))) return;
    taken.add(sentence);
    seen.add(key(sentence.text));
    room -= tokens;
  };
  musts.forEach(take);
  // What a correction corrects says what it is about, where the correction itself does not.
  const joined = new Map<Sentence, string>();
  for (const { old, by } of corrected) {
    if (!taken.has(by) || by.subject.size >= 2) continue;
    const words = ` (of: ${old.text})`;
    const tokens = tokensAtMost(words);
    if (tokens > room) continue;
    joined.set(by, words);
    room -= tokens;
  }
  sentences
    .map((sentence, at) => ({ sentence, at, weight: weight(sentence) + (sentence.who === 'user' ? 1 : 0) }))
    .filter((r) => !gone.has(r.sentence))
    .toSorted((a, b) => b.weight - a.weight || a.at - b.at)
    .forEach((r) => take(r.sentence));
  return sentences
    .filter((s) => taken.has(s))
    .map((s) => lineOf(s) + (joined.get(s) ?? ''))
    .join('\n');
}

/**
 * Whether a summary may stand for its source.
 * @param summary lines that begin with "- "
 * @returns nothing when it may; else what is wrong, the first of each kind but all that is missing
 */
export function problemsOf(summary: string, source: readonly SourceLine[], level: Level): Problem[] {
  const { sentences, corrected, musts } = look(source, level);
  const lines = linesOf(summary);
  if (lines.length === 0) return sentences.length === 0 ? [] : [{ kind: 'empty' }];
  const problems: Problem[] = [];
  const tokens = tokensAtMost(summary);
  const ceiling = PYRAMID[level].ceilingTokens;
  // What is far too long is not even looked through.
  if (tokens > ceiling) return [{ kind: 'too_long', tokens, ceiling }];
  const said = lines.flatMap((text) => whole(text));
  const keys = lines.map(key);
  for (const must of musts) {
    const stands = keys.some((line) => line.includes(key(must.text)));
    if (!stands && !said.some((line) => carries(line, must)))
      problems.push({ kind: 'missing', sentence: must.text });
  }
  const invented = inventedIn(summary, source);
  if (invented !== null) problems.push({ kind: 'invented', what: invented });
  const twice = lines.find((line, at) => lines.findIndex((l) => key(l) === key(line)) !== at);
  if (twice !== undefined) problems.push({ kind: 'twice', line: twice });
  // What the source says word for word, and never took back, may stand whatever it resembles.
  const gone = new Set(corrected.map((c) => c.old));
  const kept = new Set(sentences.filter((s) => !gone.has(s)).map((s) => key(s.text)));
  const isKept = (line: Sentence): boolean => kept.has(key(line.text.replace(/^\d{4}-\d\d-\d\d: /, '')));
  for (const { old, by } of corrected) {
    const line = said.find((l) => !isKept(l) && saysOld(l, old, by));
    if (line === undefined) continue;
    problems.push({ kind: 'outdated', line: line.text, correction: by.text });
    break;
  }
  return problems;
}

/** A line of a summary as one sentence, whatever its marks. */
const whole = (text: string): Sentence[] =>
  sentencesOf({ who: 'user', day: null, text: text.replaceAll(/[.!?](?=\s)/g, ',') });

/**
 * The lines of a text, by whatever anybody could take for their end.
 * @returns empty ones included
 */
export const textLines = (text: string): string[] => text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);

/**
 * The lines of a summary, without their marks.
 * @param summary as the model wrote it
 * @returns none that is empty
 */
export const linesOf = (summary: string): string[] =>
  textLines(summary)
    .map((line) => line.replace(/^\s*(?:[-*•])\s*/, '').trim())
    .filter((line) => line !== '');

/** Addresses, names of hosts, pieces of code. */
const SAID_ELSEWHERE =
  /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\/\/\S+|(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|cloud|xyz)\b|`[^`\n]+`/gi;

/** A number, address or piece of code that is nowhere in the source; null when there is none. */
function inventedIn(summary: string, source: readonly SourceLine[]): string | null {
  const all = source.map((l) => `${l.day ?? ''} ${l.text}`).join('\n');
  const numbers = new Set(numbersOf(all).flatMap((n) => [n, ...n.split(/[^\d]+/)]));
  const number = numbersOf(summary).find(
    (n) => !n.split(/[^\d]+/).every((piece) => numbers.has(piece) || piece === ''),
  );
  if (number !== undefined) return number;
  const small = all.toLowerCase();
  const links = [...summary.matchAll(SAID_ELSEWHERE)].map(([found]) => found.replaceAll('`', ''));
  return links.find((link) => !small.includes(link.toLowerCase())) ?? null;
}

/** Whether a line says what was corrected, and not the correction. */
function saysOld(line: Sentence, old: Sentence, by: Sentence): boolean {
  const small = line.text.toLowerCase();
  const only = [...old.atoms].filter((atom) => !by.atoms.has(atom));
  const newer = [...by.atoms].filter((atom) => !old.atoms.has(atom));
  const isAbout = old.subject.size > 0 && [...old.subject].every((word) => line.subject.has(word));
  if (!isAbout || line.isNegated) return false;
  if (only.length === 0 && newer.length === 0) return by.isNegated;
  const has = (atoms: Iterable<string>): boolean => [...atoms].every((atom) => small.includes(atom));
  return has(only.length > 0 ? only : old.atoms) && !has(newer);
}
