// What is stopped on the person. Pure: one number, the same on every surface.

/**
 * @param items open ones, of every kind: a failure and a pause wait for the person as a question does
 * @param proposals open ones
 * @returns what waits now; what was put off until later does not, nor what has expired
 */
export function waitsForPerson(
  waiting: {
    readonly items: readonly { readonly snoozedUntil: Date | null }[];
    readonly proposals: readonly { readonly expiresAt: Date }[];
  },
  nowMs: number,
): number {
  return (
    waiting.items.filter((i) => !isLater(i, nowMs)).length +
    waiting.proposals.filter((p) => p.expiresAt.getTime() > nowMs).length
  );
}

/**
 * @param input an item as its row has it
 * @returns whether the user has put it off until a time that is still to come
 */
export const isLater = (input: { readonly snoozedUntil: Date | null }, nowMs: number): boolean =>
  input.snoozedUntil !== null && input.snoozedUntil.getTime() > nowMs;

/**
 * The number in words, to begin with.
 * @param count how many items are open
 */
export const waitsWords = (count: number): string => {
  if (count === 0) return 'Nothing needs you.';
  return count === 1 ? 'One thing needs you.' : `${count} things need you.`;
};
