// A git folder of this machine that is a project: what a look at it comes to, how it is called, and how
// merged work comes back to it.

/**
 * Whether it is a plain path inside of a repository, or empty for all of it.
 * @param folder with `/`, without one at its ends
 */
export const isFolderBelow = (folder: string): boolean =>
  folder === '' ||
  folder
    .split('/')
    .every(
      (part) =>
        part !== '' &&
        part !== '.' &&
        part !== '..' &&
        part.toLowerCase() !== '.git' &&
        !/[\0\n\r\\]/.test(part),
    );

/**
 * What a project is called: by its repository, and by its folder where several projects may share that. A
 * folder of this machine is a repository of its own, whose name says it already.
 * @param project `folder` is empty for all of it
 */
export const projectName = (project: {
  readonly repo: string;
  readonly folder: string;
  readonly localPath: string | null;
}): string =>
  project.folder === '' || project.localPath !== null ? project.repo : `${project.repo}/${project.folder}`;

/** What git says of a folder of this machine. */
export interface FolderFacts {
  readonly isRepository: boolean;
  /** It is a bare repository, or lies in a folder .git. */
  readonly hasNoFiles: boolean;
  /** Its history is cut off, as by `git clone --depth`. */
  readonly isShallow: boolean;
  /** `sha1` or `sha256`. */
  readonly objectFormat: string;
  readonly hasCommit: boolean;
  /** The one that is checked out; null in the middle of a rebase, and at a commit alone. */
  readonly branch: string | null;
}

/**
 * Why a folder can't be a project, and what to do.
 * @param dir its whole path
 * @returns sentences for the person; null when it can
 */
export function whyNoProject(dir: string, facts: FolderFacts): string | null {
  if (!facts.isRepository)
    return `${dir} is not a git folder. Run git init in it, commit something, then add it again.`;
  if (facts.hasNoFiles)
    return `${dir} is what git keeps, without files to work on. Add a folder in which its files are checked out.`;
  if (facts.objectFormat !== 'sha1')
    return `${dir} names its commits by ${facts.objectFormat.toUpperCase()}. mainloop, like GitHub, works with SHA1 only.`;
  if (!facts.hasCommit) return `${dir} has no commit yet. Commit something, then add it again.`;
  if (facts.isShallow)
    return `${dir} is a shallow clone: the beginning of its history is missing. Run git fetch --unshallow in it, then add it again.`;
  return facts.branch === null
    ? `${dir} is on no branch just now. Finish the rebase or run git switch, then add it again.`
    : null;
}

export const FOLDER_OUTCOMES = ['added', 'refreshed', 'unchanged', 'behind', 'diverged'] as const;
/**
 * What adding a folder, or looking at it again, came to. `behind`: it lacks what was merged; `diverged`: it
 * and mainloop each lack some.
 */
export type FolderOutcome = (typeof FOLDER_OUTCOMES)[number];

export interface Look {
  readonly outcome: FolderOutcome;
  /** How many commits came in; 0 unless `refreshed`. */
  readonly commits: number;
}

export interface FolderLook extends Look {
  /** "owner/name" on the local GitHub. */
  readonly full: string;
  /** The branch that work starts from. */
  readonly branch: string;
}

/**
 * Characters that a repository's name may not have become dashes: "my api" is "my-api".
 * @returns `folder` where no character is left
 */
export const repositoryNameOf = (folderName: string): string =>
  folderName.replace(/[^\w.-]+/g, '-').replace(/^-+/, '') || 'folder';

/**
 * Two folders of one name are two repositories.
 * @param wanted "owner/name"
 * @param isTaken by another folder
 * @returns `wanted`, or with the first number that is free behind it: "local/api-2"
 */
export function freeName(wanted: string, isTaken: (full: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  for (let n = 2; ; n++) if (!isTaken(`${wanted}-${n}`)) return `${wanted}-${n}`;
}

/**
 * How a folder's branch stands to ours.
 * @param theirs the folder's commit
 * @param ours the commit of the same branch here
 * @param base the newest commit that both have; null when they have none in common
 */
export function standing(theirs: string, ours: string, base: string | null): Exclude<FolderOutcome, 'added'> {
  if (theirs === ours) return 'unchanged';
  if (base === ours) return 'refreshed';
  return base === theirs ? 'behind' : 'diverged';
}

export interface PulledBack {
  /** A whole path; null where it is not known. */
  readonly localPath: string | null;
  readonly remoteUrl: string;
  readonly defaultBranch: string;
}

/**
 * One command that brings merged work back, wherever it is typed and however often. It merges when both
 * sides have commits, asks
 * nothing, and leaves the folder's remotes as they are.
 * @returns a line for a shell, quoted where it has to be
 */
export const pullCommand = (pulled: PulledBack): string => pullWords(pulled).map(shellWord).join(' ');

/**
 * The same, word for word.
 * @returns the program and its arguments
 */
export const pullWords = (pulled: PulledBack): string[] => [
  'git',
  ...(pulled.localPath === null ? [] : ['-C', pulled.localPath]),
  'pull',
  '--no-rebase',
  '--no-edit',
  '--',
  pulled.remoteUrl,
  // The whole name: a tag of the same name would come before the branch.
  `refs/heads/${pulled.defaultBranch}`,
];

/** For a POSIX shell. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** What was done, in one or two sentences. @param repo "owner/name" */
export function lookWords(repo: string, { outcome, commits }: Look): string {
  if (outcome === 'added') return `Added ${repo}.`;
  return `${repo} was there already. ${NEWS[outcome](commits === 1 ? '1 new commit' : `${commits} new commits`)}`;
}
const NEWS: Record<Exclude<FolderOutcome, 'added'>, (commits: string) => string> = {
  refreshed: (commits) => `${commits} came in.`,
  unchanged: () => 'Nothing is new.',
  behind: () => 'Work was merged since; your folder does not have it yet.',
  diverged: () => 'Your folder and mainloop each have commits that the other lacks.',
};

/**
 * Why no task can start from a folder that has diverged, and what to do.
 * @returns two sentences for the person
 */
export const divergedWords = (pulled: PulledBack): string =>
  `Your folder and mainloop each have commits on ${pulled.defaultBranch} that the other lacks. Run ${pullCommand(pulled)} and then Retry.`;

/**
 * Why no task can start from a folder in whose place another one was put.
 * @returns two sentences for the person
 */
export const swappedWords = (localPath: string, leadsTo: string): string =>
  `${localPath} leads to another folder now, ${leadsTo}. Put your folder back and then Retry, or add the other one as a project.`;

/**
 * @param here a whole path, without links in it
 * @returns the project whose folder it is in, the innermost of several
 */
export const projectAt = <P extends Pick<PulledBack, 'localPath'>>(
  here: string,
  projects: readonly P[],
): P | undefined =>
  projects
    .filter(({ localPath: of }) => of !== null && (here === of || here.startsWith(`${of}/`)))
    .toSorted((a, b) => b.localPath!.length - a.localPath!.length)[0];
