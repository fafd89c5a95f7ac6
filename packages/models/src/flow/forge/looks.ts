// When the forge is asked again without a word from it. Pure.

const SOON_MS: readonly number[] = [4_000, 30_000];
const LATER_MS = 10 * 60_000;
const LONGEST_MS = 6 * 3_600_000;

/**
 * GitHub's lists may lag behind its webhooks, its times are whole seconds, and of a reaction or a resolved
 * thread it tells nobody. So a look that came with a word from it is followed by two more soon, and then by
 * one ever more seldom.
 * @param looks how many there were since the last word
 * @returns milliseconds until the next
 */
export const lookAgainMs = (looks: number): number =>
  SOON_MS[looks] ?? Math.min(LATER_MS * 2 ** (looks - SOON_MS.length), LONGEST_MS);
