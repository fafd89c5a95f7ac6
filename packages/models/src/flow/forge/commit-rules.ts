// How a repository wants its commits to be, found in what it says and in what it did so far. Pure.

export interface CommitSigns {
  /** Names of files at the top of the repository and in `.github`, as "dco.yml" or ".github/dco.yml". */
  readonly files: readonly string[];
  /** Text of the guide for contributors; '' where there is none. */
  readonly contributing: string;
  /** Text of `package.json`; '' where there is none. */
  readonly packageJson: string;
  /** Messages of the newest commits of the base, without merges. */
  readonly messages: readonly string[];
}
export interface CommitRules {
  /** A `Signed-off-by` with the author's name: https://developercertificate.org */
  readonly signOff: boolean;
  /** https://www.conventionalcommits.org */
  readonly conventional: boolean;
}

/** From fewer commits nothing is concluded. */
const FEWEST = 8;
/** How many of them have to be so. */
const MOST = 0.8;

const COMMITLINT = /^(\.?commitlint(\.config)?(rc)?(\.\w+)?|\.cz(rc|\.json|\.toml)|\.czrc)$/;
const DCO = /^(\.github\/)?dco\.ya?ml$/i;
const CONVENTIONAL = /^(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^)]+\))?!?: \S/;
const SIGNED = /^Signed-off-by: .+ <[^<>\s]+@?[^<>\s]*>$/m;

/**
 * What the repository asks for: by a tool that checks it, by a word of its guide, or because nearly all of
 * its newest commits are so.
 * @returns which of the two it asks for
 */
export function commitRules({ files, contributing, packageJson, messages }: CommitSigns): CommitRules {
  const nearlyAll = (is: RegExp): boolean =>
    messages.length >= FEWEST && messages.filter((m) => is.test(m)).length >= MOST * messages.length;
  return {
    signOff:
      files.some((f) => DCO.test(f)) ||
      /developer certificate of origin|\bDCO\b|signed-off-by|--signoff\b/i.test(contributing) ||
      nearlyAll(SIGNED),
    conventional:
      files.some((f) => COMMITLINT.test(f)) ||
      /"@commitlint\//.test(packageJson) ||
      /conventional[- ]?commits?\b|conventionalcommits\.org/i.test(contributing) ||
      nearlyAll(CONVENTIONAL),
  };
}

/** @returns what the agent is told of it, a sentence each */
export const commitWords = ({ signOff, conventional }: CommitRules): readonly string[] => [
  ...(conventional
    ? [
        'This repository uses Conventional Commits: begin each commit message with a type, as in `fix(parser): keep the odd cent`; `git log` shows which.',
      ]
    : []),
  ...(signOff
    ? [
        'This repository wants each commit signed off by its author: use `git commit -s`, merges included, and change neither name nor address.',
      ]
    : []),
];
