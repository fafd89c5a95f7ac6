// Which ways of merging a change are open to a person. Pure.
import { setsOff } from './text.ts';
import type { MergeMethod } from '../workflow.ts';

/** Said of commits that nobody could look through. */
export const UNREAD = 'their messages could not be read whole';
const MOST_NAMED = 5;

interface Commit {
  readonly sha: string;
  readonly message: string;
  /** "name <address>" of its author line. */
  readonly author?: string;
}
/**
 * @returns a line for each of an agent's commits whose message would do something on the default branch; five
 * at most
 */
export const actingCommits = (commits: readonly Commit[]): string[] =>
  commits
    .flatMap(({ sha, message, author }) => {
      // Signed off by its author says no more than its author line.
      const line = setsOff(
        author === undefined
          ? message
          : message
              .split('\n')
              .filter((l) => l.trim() !== `Signed-off-by: ${author}`)
              .join('\n'),
      );
      return line === null ? [] : [`${sha.slice(0, 7)} says “${line}”`];
    })
    .slice(0, MOST_NAMED);

/**
 * Only as one commit a change gets a message of ours. Each other way carries the agent's own messages over as
 * they are, so with words that act it is refused, and the person is told the way that is open; to rewrite
 * commits that were reviewed would make them others.
 * @param acting of `actingCommits` at the newest push; null when nobody looked
 * @returns why it is not merged in this way, as a sentence; null when it is
 */
export function wayRefused(method: MergeMethod, acting: readonly string[] | null): string | null {
  if (method === 'squash' || acting?.length === 0) return null;
  const [first = UNREAD, ...others] = acting ?? [];
  const why = others.length === 0 ? first : `${first}, and ${others.length} more like it`;
  return `Of the agent's commits, ${why}: on the default branch that would count. Merge it as one commit, which has a message of ours, or ask for changes.`;
}
