// How many tokens a text is at most, without asking anybody. Pure.
//
// No tokenizer of the provider's is to be had here, so this counts high on purpose: a short word of Latin letters is rarely more than a token for
// each three of them, a long one may be one for each two (it is a hash or a key more often than a word), digits and signs are one each, and any
// other letter is as many as it has bytes, which is as many as a tokenizer over bytes can make of it.
const PIECES = /[A-Za-z]+|[ \t]+|[\r\n]+|[\s\S]/gu;
const LONG_WORD = 12;
const encoder = new TextEncoder();

/** @returns tokens, never fewer than there are for text as people write it */
export function tokensAtMost(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += tokensOf(piece);
  return tokens;
}

function tokensOf(piece: string): number {
  const first = piece.charCodeAt(0);
  // A single blank goes with the word behind it.
  if (first === 32 || first === 9) return Math.ceil((piece.length - 1) / 4);
  if (first === 10 || first === 13) return Math.ceil(piece.length / 2);
  if (/^[A-Za-z]/.test(piece)) return Math.ceil(piece.length / (piece.length > LONG_WORD ? 2 : 3));
  return first < 128 ? 1 : encoder.encode(piece).length;
}

/** Nothing gives fewer tokens for its characters than this. */
const CHARS_A_TOKEN = 5;

/** The longest beginning that has no more than so many tokens, and ends between two words where one is near. */
export function cutToTokens(text: string, tokens: number): string {
  const candidate = text.slice(0, Math.max(0, tokens) * CHARS_A_TOKEN + CHARS_A_TOKEN);
  if (candidate.length === text.length && tokensAtMost(text) <= tokens) return text;
  let spent = 0;
  let end = 0;
  for (const match of candidate.matchAll(PIECES)) {
    spent += tokensOf(match[0]);
    if (spent > tokens) break;
    end = match.index + match[0].length;
  }
  const blank = candidate.lastIndexOf(' ', end);
  return candidate.slice(0, blank > end - 40 && blank > 0 ? blank : end).trimEnd();
}
