// What is said of a token that may not read all that the forge knows of a commit. Pure.

/**
 * @param names what it may not read: "checks", "workflow runs" ... at least one
 * @returns one sentence for the person
 */
export function sayUnreadable(names: readonly string[]): string {
  const [last, ...others] = [...new Set(names)].reverse();
  const all = others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
  return `The token may not read the ${all} of this repository, so they do not count.`;
}
