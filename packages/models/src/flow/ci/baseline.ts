// Red before the agent began: whether a check that is red on a change was red in the same way on the commit
// that the change is from. Pure.
import { countsOf } from './counts.ts';

/** A check as it ended on one commit. */
export interface Ended {
  /** null when it ran out of time */
  readonly exitCode: number | null;
  /** The end of what it printed. */
  readonly tail: string;
}

/** Not there, or not to be run: that says nothing of the code. */
const DID_NOT_RUN = new Set([126, 127]);
/**
 * @returns false as well for a command that was not found or could not be run: that says nothing about the
 * code
 */
export const isRed = (ended: Pick<Ended, 'exitCode'>): boolean =>
  ended.exitCode !== null && ended.exitCode !== 0 && !DID_NOT_RUN.has(ended.exitCode);

const ANSI = /\u001b\[[\d;]*m/g;
/** A line without what differs each time: where it stands, how long it took, which port it had. */
const bare = (line: string): string =>
  line
    .replace(ANSI, '')
    .replace(/0x[0-9a-f]+|[0-9a-f]{7,40}|\d+/gi, '#')
    .trim();
const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(bare)
    .filter((l) => l !== '');

/**
 * Rather says that a check is red by the change: what is wrongly called old would never be looked at.
 * @param before on the commit that the change is from
 * @param now on the change
 * @returns whether what is red now was red before, all of it
 */
export function wasRedBefore(before: Ended, now: Ended): boolean {
  if (!isRed(before) || !isRed(now)) return false;
  // What crashes says less than what failed.
  if (before.exitCode !== now.exitCode) return false;
  const [had, has] = [countsOf(before.tail), countsOf(now.tail)];
  if ((had === null) !== (has === null)) return false;
  // Fewer tests than before may be because the one that is new stopped the others.
  if (had !== null && has !== null && (has.failed > had.failed || has.failed === 0)) return false;
  const known = new Map<string, number>();
  for (const line of linesOf(before.tail)) known.set(line, (known.get(line) ?? 0) + 1);
  return linesOf(now.tail).every((line) => {
    // With numbers away, one more of the same is a new one.
    const left = known.get(line) ?? 0;
    known.set(line, left - 1);
    return left > 0 || isSummary(line);
  });
}

/** A line that only counts, in any of the words for it. Which tests fail stands on lines of their own. */
const isSummary = (line: string): boolean =>
  /^[^\p{L}]*(tests?|test suites?|tests run|snapshots?|time|duration\w*|suites|pass|passing|todo|skipped)[:\s]+#/iu.test(
    line,
  ) || /^[=\s]*# (failed|passed|errors?|passing)\b/i.test(line);

/** Files that say which packages are there: with other packages a check of the commit before is another check. */
const PACKAGES =
  /(^|\/)(package(-lock)?\.json|npm-shrinkwrap\.json|pnpm-(lock|workspace)\.yaml|yarn\.lock|bun\.lockb?|pyproject\.toml|(uv|poetry|pdm)\.lock|Pipfile(\.lock)?|requirements[^/]*\.(txt|in)|setup\.(py|cfg)|go\.(mod|sum)|Cargo\.(toml|lock)|Gemfile(\.lock)?|pom\.xml|build\.gradle(\.kts)?|\.gitmodules)$/;

/** @param changed paths that differ between the two commits. @returns whether the packages are the same for both */
export const hasSamePackages = (changed: readonly string[]): boolean =>
  !changed.some((p) => PACKAGES.test(p));

/** trunk brings its linters from the network, and a sandbox may not reach them. */
const NO_NETWORK =
  /could not resolve|couldn't resolve|failed to (download|fetch|connect)|(download|connection) (failed|refused|timed? out)|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|unable to (download|connect)|network is unreachable|proxy/i;

/**
 * What `trunk check` says when it could not have what it needs: then it has not looked at the code.
 * @returns the sentence; null when it has, or when this is another command
 */
export function trunkTrouble(command: string, ended: Ended): string | null {
  if (!/(^|\/)trunk check\b/.test(command) || !isRed(ended) || !NO_NETWORK.test(ended.tail)) return null;
  return `trunk could not fetch what it needs from here, so it did not look at the code (it ended with exit ${ended.exitCode}).`;
}
