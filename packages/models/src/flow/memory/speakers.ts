// Whose words stand on each line of a summary. They are kept beside it, so that a summary of summaries weighs
// what the user said as the user's, and what mainloop answered as no more than that. Pure.
import { carries, overlap, sentencesOf, type Sentence, type SourceLine } from './sentences.ts';
import { linesOf } from './summary.ts';

export type Speaker = SourceLine['who'];

/** So much of what a line says has to be said by somebody to be theirs. */
const THEIRS = 0.3;
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^\d{4}-\d\d-\d\d: /, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
const telling = (s: Sentence): Set<string> => new Set([...s.atoms, ...s.subject]);

/**
 * @param summary lines that begin with "- "
 * @param source what it was written from
 * @returns one for each line of it: who said what stands there. Where both said it, the user, because it was
 * asked or confirmed; `note` where nobody's words are alike
 */
export function speakersOf(summary: string, source: readonly SourceLine[]): Speaker[] {
  const said = source.flatMap(sentencesOf).map((s) => ({ s, words: telling(s), text: plain(s.text) }));
  return linesOf(summary).map((line) => {
    const text = plain(line);
    const same = said.filter((x) => x.text === text).map((x) => x.s.who);
    if (same.length > 0) return first(same);
    const [whole] = sentencesOf({ who: 'note', day: null, text: line.replaceAll(/[.!?](?=\s)/g, ',') });
    if (whole === undefined) return 'note';
    const words = telling(whole);
    const like = said.map((x) => ({
      who: x.s.who,
      // All that it must say is more than many words in common.
      weight: overlap(words, x.words) + (x.words.size > 1 && carries(whole, x.s) ? 1 : 0),
    }));
    const most = Math.max(0, ...like.map((x) => x.weight));
    if (most < THEIRS) return 'note';
    return first(like.filter((x) => x.weight === most).map((x) => x.who));
  });
}

const first = (who: readonly Speaker[]): Speaker =>
  (['user', 'assistant', 'note'] as const).find((one) => who.includes(one)) ?? 'note';

/**
 * @param before the summary as it was, with whose words its lines were; null: not known
 * @returns whose words the lines are after the user wrote it anew: what they left as it was is whose it was, and
 * the rest is theirs
 */
export function speakersOfEdit(text: string, before: string, saidBy: readonly Speaker[] | null): Speaker[] {
  const kept = new Map(linesOf(before).map((line, at) => [line, saidBy?.[at] ?? 'note']));
  return linesOf(text).map((line) => kept.get(line) ?? 'user');
}
