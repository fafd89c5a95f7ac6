// What becomes of a change that conflicts with the branch it is to be merged into. Pure.

/** How often in a row the agent brings the base into a branch that conflicts with it, until a person looks. */
const MAX_JOINS = 3;

/** How often the agent has done so since the branch last fitted, and the commit that the last time was about. */
export interface Joined {
  readonly sha: string;
  readonly times: number;
}
/**
 * @returns what becomes of a branch that conflicts with its base: the agent's work, once for each head, or a
 * sentence for the person
 */
export function afterConflict(
  sha: string,
  base: string,
  joined: Joined | undefined,
): { repair: Joined } | { ask: string } {
  if (joined?.sha === sha)
    return {
      ask: `It still conflicts with ${base}: the repair left the branch as it was. Look at it, then Retry.`,
    };
  const times = joined?.times ?? 0;
  if (times >= MAX_JOINS)
    return { ask: `It conflicts with ${base} again after ${times} repairs. Look at it, then Retry.` };
  return { repair: { sha, times: times + 1 } };
}
/** @param base the branch that it would be merged into */
export const sayConflict = (base: string): string => `It conflicts with ${base} now.`;
