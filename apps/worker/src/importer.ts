// A git folder of this machine as a repository of the local GitHub: brought in, and looked at again. With a
// real GitHub there is no such thing.
import { execFile } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { repositoryNameOf, type FolderLook } from '@mainloop/models/flow/folders';
import { gitEnvironment } from '@mainloop/models/flow/git';

const run = promisify(execFile);

export interface Importer {
  /**
   * Brings in what the folder has and we do not: all of it at first, later the commits that were made since.
   * @param folder as a person writes it; `~` is their home
   * @param known its branch, of one that is here already: in the middle of a rebase a folder is on none
   * @returns what came of it, the folder's whole path, without links in it, and where it lies in its
   * repository (empty: it is its top)
   * @throws ForgeError `rejected` or `not_found` with what to do
   */
  look(
    folder: string,
    known?: string,
  ): Promise<FolderLook & { readonly localPath: string; readonly below: string }>;
}

/**
 * Folders of this machine as projects, by way of the local GitHub.
 * @param settings `localGitHubSecret`: null when another forge is used, and then every look is refused
 */
export function localImporter(settings: {
  githubApiUrl: string;
  localGitHubSecret: string | null;
}): Importer {
  return {
    async look(folder, known) {
      if (
        settings.localGitHubSecret === null ||
        !/^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(settings.githubApiUrl)
      )
        throw new ForgeError(
          'rejected',
          'Folders can only be added while mainloop uses its local GitHub. Unset GITHUB_TOKEN, or push the folder to GitHub and add it as owner/name.',
        );
      const named = path.resolve(folder.replace(/^~(?=\/|$)/, homedir()));
      if (!isDirectory(named))
        throw new ForgeError('not_found', `There is no folder ${named} on this machine.`);
      const dir = realpathSync(named);
      const git = async (...args: string[]): Promise<string> =>
        (
          await run('git', ['-C', dir, ...args], { env: gitEnvironment({ path: process.env.PATH }) })
        ).stdout.trim();
      let branch: string;
      try {
        await git('rev-parse', '--verify', 'HEAD');
        branch = await git('symbolic-ref', '--short', 'HEAD').catch((err: unknown) => {
          if (known === undefined) throw err;
          return known;
        });
      } catch {
        throw new ForgeError(
          'rejected',
          `${dir} is not a git folder with a commit on a branch. Run git init, commit something, then add it again.`,
        );
      }
      const below = (await git('rev-parse', '--show-prefix')).replace(/\/$/, '');
      const root = below === '' ? dir : await git('rev-parse', '--show-toplevel');
      if (
        below !== '' &&
        (await git('ls-tree', '-d', '--full-tree', '--name-only', 'HEAD', '--', below)) === ''
      )
        throw new ForgeError(
          'rejected',
          `${dir} is in no commit of ${root} yet. Commit something in it, then add it again.`,
        );
      const response = await fetch(`${settings.githubApiUrl}/_local/import`, {
        method: 'POST',
        headers: { authorization: `token ${settings.localGitHubSecret}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          full: `local/${repositoryNameOf([path.basename(root), ...below.split('/')].filter(Boolean).join('-'))}`,
          folder: dir,
          root,
          branch,
        }),
      }).catch(() => {
        throw new ForgeError('unavailable', 'The local GitHub does not answer.');
      });
      const said = (await response.json()) as { message: string; look: FolderLook };
      if (!response.ok) throw new ForgeError('rejected', said.message);
      return { ...said.look, localPath: dir, below };
    },
  };
}

function isDirectory(dir: string): boolean {
  try {
    return statSync(dir).isDirectory();
  } catch {
    // Not there.
    return false;
  }
}
