// Which names of what this device keeps change when another person signs in on it. Pure.

/** Of the names of what a person wrote or decided: drafts, what is known of them elsewhere, and what is on its way. */
const THEIRS = /^(?:draft|shared|held)\//;
/** Of the names of what somebody wrote who is not signed in now. */
const ASIDE = 'of/';

/**
 * What was another's is set aside, and what was set aside of the one who comes is theirs again.
 * @param names of all that is kept on this device
 * @param was who was here last; null: nobody that is known, so what lies here is the new one's
 * @param now who is here
 * @returns the old and the new name of each thing that moves, in an order in which none takes the place of another
 */
export function namesAfter(
  names: readonly string[],
  was: string | null,
  now: string,
): readonly (readonly [from: string, to: string])[] {
  if (was === null || was === now) return [];
  const mine = `${ASIDE}${now}/`;
  return [
    ...names.filter((name) => THEIRS.test(name)).map((name) => [name, `${ASIDE}${was}/${name}`] as const),
    ...names.filter((name) => name.startsWith(mine)).map((name) => [name, name.slice(mine.length)] as const),
  ];
}

/**
 * What others said on this device that has not gone out.
 * @param names of all that is kept on this device
 * @returns the names of words and decisions that were on their way; not of what was only begun
 */
export const heldOfOthers = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.startsWith(ASIDE) && /^of\/[^/]+\/held\//.test(name));

/** @returns the names of all that is set aside */
export const setAside = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.startsWith(ASIDE));
