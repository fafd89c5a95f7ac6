// Folders of this machine as repositories of the local GitHub: brought in once, and looked at again before each task.
import { realpathSync, statSync } from 'node:fs';
import { freeName, standing, type FolderLook } from '@mainloop/models/flow/projects/folders';
import { isBranchName, isRepositoryName, isWholePath } from '@mainloop/models/flow/machine/operands';
import type { Ctx } from './ctx.ts';
import { moved } from './git-http.ts';
import { nowIso, type Repo } from './store.ts';

/** Where a folder's branch lies while it is compared with ours. No branch: no clone of the repository sees it. */
const INCOMING = 'refs/mainloop/incoming';

export interface Folders {
  /** A repository of exactly this name, made from the folder if there is none yet. */
  ensure(full: string, folder: string, branch: string): Promise<Repo>;
  /**
   * The folder's own repository, with the commits that were made in the folder since. Nothing that was merged
   * here is lost.
   * @param wanted the name that it gets if it is free
   * @param branch the folder's own; of one that is here already its default branch counts, whatever is
   * checked out just now
   * @param root of the repository that the folder lies in; left out: it is the folder
   */
  look(
    wanted: string,
    folder: string,
    branch: string,
    root?: string,
  ): Promise<{ repo: Repo; look: FolderLook }>;
}

/**
 * One look at a time: a folder that is added twice at once is one repository.
 * Folders of this machine as repositories.
 * @returns verbs that may be asked again
 */
export function folders(context: Ctx): Folders {
  const { store, bare } = context;
  const repoOf = (full: string): Repo | undefined =>
    store.one('repo', (r) => r.full.toLowerCase() === full.toLowerCase());

  const check = (full: string, folder: string, branch: string): void => {
    if (!isRepositoryName(full)) throw new Error('a repository is called owner/name');
    if (!isBranchName(branch)) throw new Error('that is no name of a branch');
    if (!isWholePath(folder) || !statSync(folder).isDirectory())
      throw new Error('a folder is a whole path to one on this machine');
  };

  const make = async (full: string, folder: string, branch: string, root = folder): Promise<Repo> => {
    await bare.importFrom(full, root, branch);
    return store.insert('repo', {
      full,
      folder: realpathSync(folder),
      defaultBranch: branch,
      createdAt: nowIso(),
    });
  };

  const commonOf = async (full: string, one: string, other: string): Promise<string | null> =>
    // They have no commit in common.
    (await bare.git(full, ['merge-base', one, other]).catch(() => '')).trim() || null;

  /** @returns null when it is another folder's */
  const lookAgain = (
    repo: Repo,
    folder: string,
    checkedOut: string,
    root: string,
  ): Promise<FolderLook | null> =>
    bare.serial(repo.full, async () => {
      const { full, defaultBranch } = repo;
      const ours = (await bare.sha(full, defaultBranch))!;
      const renamed = !(await bare.isIn(full, root, defaultBranch));
      await bare.fetchFrom(full, root, `+refs/heads/${renamed ? checkedOut : defaultBranch}:${INCOMING}`);
      try {
        const theirs = (await bare.git(full, ['rev-parse', INCOMING])).trim();
        const base = await commonOf(full, ours, theirs);
        if (repo.folder === undefined && base === null) return null;
        store.update('repo', repo, { folder });
        const outcome = standing(theirs, ours, base);
        const branch = renamed && base === ours ? checkedOut : defaultBranch;
        if (branch !== defaultBranch) {
          await bare.git(full, ['update-ref', `refs/heads/${branch}`, theirs]);
          await bare.git(full, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
          store.update('repo', repo, { defaultBranch: branch });
        }
        if (outcome !== 'refreshed') return { full, branch, outcome, commits: 0 };
        const commits = Number(await bare.git(full, ['rev-list', '--count', `${ours}..${theirs}`]));
        await bare.git(full, ['update-ref', `refs/heads/${branch}`, theirs]);
        await moved(context, repo, branch, ours, theirs, 'you');
        return { full, branch, outcome, commits };
      } finally {
        await bare.git(full, ['update-ref', '-d', INCOMING]);
      }
    });

  return {
    async ensure(full, folder, branch) {
      check(full, folder, branch);
      return repoOf(full) ?? make(full, folder, branch);
    },

    look: (wanted, folder, branch, root = folder) =>
      bare.serial('folders', async () => {
        check(wanted, folder, branch);
        check(wanted, root, branch);
        const real = realpathSync(folder);
        const owner = wanted.slice(0, wanted.indexOf('/') + 1);
        const known =
          store.one('repo', (r) => r.folder === real && r.full.startsWith(owner)) ?? repoOf(wanted);
        if (known !== undefined && (known.folder ?? real) === real) {
          const look = await lookAgain(known, real, branch, root === folder ? real : root);
          if (look !== null) return { repo: known, look };
        }
        const repo = await make(
          freeName(wanted, (full) => repoOf(full) !== undefined),
          real,
          branch,
          root === folder ? real : root,
        );
        return { repo, look: { full: repo.full, branch, outcome: 'added', commits: 0 } };
      }),
  };
}
