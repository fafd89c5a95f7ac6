// Whether words are somebody's own, whatever their marks and capitals. Pure.

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();

/** @returns whether one of the texts holds the words, whole and in a row; never of words without a letter or digit */
export function isSaidIn(words: string, texts: readonly string[]): boolean {
  const sought = plain(words);
  return sought !== '' && texts.some((text) => ` ${plain(text)} `.includes(` ${sought} `));
}
