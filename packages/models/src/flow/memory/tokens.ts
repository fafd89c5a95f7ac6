// How many tokens a text is at most, without asking anybody. Pure.
//
// No tokenizer of the provider's is to be had here, so this counts high on purpose: a short word of Latin
// letters is rarely more than a token for each three of them, a long one may be one for each two (it is a
// hash or a key more often than a word), digits and signs are one each, and any other letter is as many as it
// has bytes, which is as many as a tokenizer over bytes can make of it.
const LONG_WORD = 12;

type Kind = 'letters' | 'blanks' | 'lines' | 'other';

function kindOf(code: number): Kind {
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return 'letters';
  if (code === 32 || code === 9) return 'blanks';
  return code === 10 || code === 13 ? 'lines' : 'other';
}

/** @returns tokens, never fewer than there are for text as people write it */
export function tokensAtMost(text: string): number {
  let tokens = 0;
  for (let at = 0; at < text.length;) {
    const end = endOfPiece(text, at);
    tokens += tokensOf(text, at, end);
    at = end;
  }
  return tokens;
}

/** Where letters, blanks or line ends stop being ones; anything else is one character. */
function endOfPiece(text: string, from: number): number {
  const kind = kindOf(text.charCodeAt(from));
  if (kind === 'other') return from + (text.codePointAt(from)! > 0xffff ? 2 : 1);
  let end = from + 1;
  while (end < text.length && kindOf(text.charCodeAt(end)) === kind) end++;
  return end;
}

function tokensOf(text: string, from: number, end: number): number {
  const length = end - from;
  switch (kindOf(text.charCodeAt(from))) {
    case 'letters':
      return Math.ceil(length / (length > LONG_WORD ? 2 : 3));
    // A single blank goes with the word behind it.
    case 'blanks':
      return Math.ceil((length - 1) / 4);
    case 'lines':
      return Math.ceil(length / 2);
    case 'other':
      return bytesOf(text.codePointAt(from)!);
  }
}

/** Of a character in UTF-8. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/**
 * The longest beginning that has no more than so many tokens, and ends between two words where one is near.
 * @param tokens at most, as `tokensAtMost` counts them
 * @returns the text itself where all of it fits
 */
export function cutToTokens(text: string, tokens: number): string {
  let spent = 0;
  let end = 0;
  while (end < text.length) {
    const next = endOfPiece(text, end);
    spent += tokensOf(text, end, next);
    if (spent > tokens) return beforeWord(text, end, next, tokens - (spent - tokensOf(text, end, next)));
    end = next;
  }
  return text;
}

/** @param left tokens for what does not fit: of a very long word its beginning is taken */
function beforeWord(text: string, end: number, next: number, left: number): string {
  if (next - end > 2 * LONG_WORD && kindOf(text.charCodeAt(end)) === 'letters')
    return text.slice(0, end + Math.max(0, left) * 2);
  const blank = text.lastIndexOf(' ', end);
  return text.slice(0, blank > end - 40 && blank > 0 ? blank : end).trimEnd();
}
