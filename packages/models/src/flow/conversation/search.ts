// Looking for what was said: which words are looked for, and which piece of a text shows them. Pure.

/** More words than this narrow nothing any more. */
const MAX_WORDS = 12;
/** What belongs to a sentence only. */
const LITTLE = new Set(
  'a about an and are as at be but by can could did do does for from had has have how i if in is it its me my not of on or our say said she so that the their them then there they this to told us was we were what when where which who why will with would you your'.split(
    ' ',
  ),
);

/**
 * Whether a word, in small letters, belongs to a sentence only.
 * @returns true for "the", "und" and their like
 */
export const isLittle = (word: string): boolean => LITTLE.has(word);

/**
 * The words that somebody looks for, without what belongs to a sentence only.
 * @returns each once, small, in the order in which they stand; none when there is nothing to look for
 */
export function wordsIn(asked: string, most = MAX_WORDS): string[] {
  const words = asked
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}_./#@-]+/u)
    .map((w) => w.replace(/^[./#@-]+|[./#@-]+$/g, ''))
    .filter((w) => w !== '');
  const telling = words.filter((w) => !isLittle(w));
  return [...new Set(telling.length > 0 ? telling : words)].slice(0, most);
}

export interface Excerpt {
  readonly text: string;
  /** What was looked for, within the text: from and to, in characters, in order, none within another. */
  readonly marks: readonly (readonly [number, number])[];
}

/**
 * The piece of a text that shows the most of the words that are looked for.
 * @param words small, as `wordsIn` gives them
 * @param chars how long the piece may be, without the dots that say that there is more
 */
export function excerptOf(text: string, words: readonly string[], chars: number): Excerpt {
  const flat = text.replace(/\s+/gu, ' ').trim();
  // Letters that get longer when they become small (İ) would shift every place behind them.
  const small = [...flat].map((c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c)).join('');
  const hits = hitsIn(small, words);
  const from = start(hits, flat.length, chars);
  const begin = from === 0 ? 0 : boundary(flat, from, +1);
  const end = begin + chars >= flat.length ? flat.length : endOf(flat, begin, chars);
  const before = begin > 0 ? '… ' : '';
  const marks = hits
    .filter(([a, b]) => a >= begin && b <= end)
    .map(([a, b]) => [a - begin + before.length, b - begin + before.length] as const);
  return { text: `${before}${flat.slice(begin, end).trimEnd()}${end < flat.length ? ' …' : ''}`, marks };
}

/** Where the words stand, in order, and the longer one where two overlap. */
function hitsIn(small: string, words: readonly string[]): [number, number][] {
  const all: [number, number][] = [];
  for (const word of words)
    for (
      let i = small.indexOf(word);
      i !== -1 && all.length < 2_000;
      i = small.indexOf(word, i + word.length)
    )
      all.push([i, i + word.length]);
  const inOrder = all.toSorted((a, b) => a[0] - b[0] || b[1] - a[1]);
  const kept: [number, number][] = [];
  for (const hit of inOrder) if (hit[0] >= (kept.at(-1)?.[1] ?? 0)) kept.push(hit);
  return kept;
}

/**
 * Where a window of that length begins that holds the most of the hits, with a third of it before the first
 * of them.
 */
function start(hits: readonly [number, number][], length: number, chars: number): number {
  if (length <= chars || hits.length === 0) return 0;
  let best = { at: 0, n: 0 };
  let last = 0;
  for (let first = 0; first < hits.length; first++) {
    while (last < hits.length && hits[last]![1] <= hits[first]![0] + chars) last++;
    if (last - first > best.n) best = { at: first, n: last - first };
  }
  const span = hits[best.at + Math.max(best.n, 1) - 1]![1] - hits[best.at]![0];
  const room = Math.max(0, Math.min(Math.floor(chars / 3), chars - span));
  return Math.max(0, Math.min(hits[best.at]![0] - room, length - chars));
}

/**
 * The nearest beginning of a word from there on, or the nearest end of one before, not further off than a
 * word is long.
 */
function boundary(text: string, at: number, step: 1 | -1): number {
  for (let i = at; Math.abs(i - at) < 24 && i > 0 && i < text.length; i += step)
    if (text[i - 1] === ' ') return step === 1 ? i : i - 1;
  return whole(text, at);
}

/** Never between the two halves of one character. */
const whole = (text: string, at: number): number => (/[\uDC00-\uDFFF]/.test(text[at] ?? '') ? at + 1 : at);

function endOf(text: string, begin: number, chars: number): number {
  const end = boundary(text, begin + chars, -1);
  return end > begin ? end : whole(text, begin + chars);
}

/** Endings of English words; what is before them is enough to tell a word by. */
const ENDING = /(?:ings?|ed|es|e|s|ly|ions?)$/;
/**
 * A word without its ending, so that "merged" finds "merging".
 * @param word in small letters
 * @returns the word itself where too little would be left
 */
export const stemOf = (word: string): string => {
  const stem = word.replace(ENDING, '');
  return stem.length >= 3 ? stem : word;
};
/**
 * How much a word counts that comes again and again, and how much a long text is held against it (BM25's
 * usual values).
 */
const AGAIN = 1.2;
const LENGTH = 0.75;

/**
 * How much of what is looked for each text holds. A word that few of them have counts more than one that most
 * have, and in a long text less.
 * @param texts those that are weighed against each other
 * @param words small, as `wordsIn` gives them; each is found by its beginning, without its English ending
 * @returns a weight for each text, 0 when it holds none
 */
export function weights(texts: readonly string[], words: readonly string[]): number[] {
  const small = texts.map((t) => t.toLowerCase());
  const mean = small.reduce((n, t) => n + t.length, 0) / Math.max(1, small.length);
  const sums = texts.map(() => 0);
  for (const stem of new Set(words.map(stemOf))) {
    const times = small.map((t) => timesIn(t, stem));
    const holding = times.filter((n) => n > 0).length;
    const rare = Math.log(1 + (texts.length - holding + 0.5) / (holding + 0.5));
    for (const [i, n] of times.entries()) {
      const long = 1 - LENGTH + (LENGTH * small[i]!.length) / Math.max(1, mean);
      sums[i]! += (rare * n * (AGAIN + 1)) / (n + AGAIN * long);
    }
  }
  return sums;
}

/** How often a word begins with it. */
function timesIn(text: string, beginning: string): number {
  let n = 0;
  for (let i = text.indexOf(beginning); i !== -1; i = text.indexOf(beginning, i + beginning.length))
    if (i === 0 || !/[\p{L}\p{N}]/u.test(text[i - 1]!) || !/^[\p{ASCII}]/u.test(beginning)) n += 1;
  return n;
}

/** @param day as 2026-11-26 @returns when the next one begins, in UTC */
export const dayAfter = (day: string): Date => new Date(Date.parse(day) + 24 * 3_600_000);
