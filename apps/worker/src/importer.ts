// A git folder of this machine as a repository of the local GitHub: brought in, and looked at again. With a
// real GitHub there is no such thing.
import { execFile } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ForgeError } from '@mainloop/adapters/forge/port';
import {
  FOLDER_OUTCOMES,
  repositoryNameOf,
  whyNoProject,
  type FolderLook,
} from '@mainloop/models/flow/projects/folders';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import { z } from 'zod';

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
      const dir = realFolder(named);
      if (dir === null) throw new ForgeError('not_found', `There is no folder ${named} on this machine.`);
      const { branch, below, root } = await placeOf(dir, known);
      const response = await fetch(`${settings.githubApiUrl}/_local/import`, {
        method: 'POST',
        headers: { authorization: `token ${settings.localGitHubSecret}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          full: `local/${repositoryNameOf([path.basename(root), ...below.split('/')].filter(Boolean).join('-'))}`,
          folder: dir,
          root,
          branch,
        }),
        // Away: it has not answered.
      }).catch(() => null);
      // What ends in the middle of its answer has not answered either.
      const said = Answer.safeParse(await response?.json().catch(() => null));
      if (said.success && response?.ok === false && 'message' in said.data)
        throw new ForgeError('rejected', said.data.message);
      if (!said.success || !('look' in said.data))
        throw new ForgeError('unavailable', 'The local GitHub does not answer.');
      return { ...said.data.look, localPath: dir, below };
    },
  };
}

/** What the local GitHub says of a folder, or why it does not take it. */
const Answer = z.union([
  z.object({
    look: z.object({
      full: z.string(),
      branch: z.string(),
      outcome: z.enum(FOLDER_OUTCOMES),
      commits: z.number(),
    }),
  }),
  z.object({ message: z.string() }),
]);

/**
 * Where a folder lies in its repository. Whoever owns it may change it at any moment, so each question may be
 * answered with no.
 */
async function placeOf(
  dir: string,
  known: string | undefined,
): Promise<{ readonly branch: string; readonly below: string; readonly root: string }> {
  const git = async (...args: string[]): Promise<string> =>
    (
      await run('git', ['-C', dir, ...args], { env: gitEnvironment({ path: process.env.PATH }) })
    ).stdout.trim();
  // A no is an answer, too: what it means is said below.
  const asked = async (...args: string[]): Promise<string | null> => git(...args).catch(() => null);
  const kind = await asked(
    'rev-parse',
    '--is-bare-repository',
    '--is-inside-git-dir',
    '--is-shallow-repository',
    '--show-object-format',
  );
  const [isBare, isInside, isShallow, objectFormat] = kind?.split('\n') ?? [];
  const hasCommit = (await asked('rev-parse', '--verify', 'HEAD')) !== null;
  const branch = (await asked('symbolic-ref', '--short', 'HEAD')) ?? known ?? null;
  const refusal = whyNoProject(dir, {
    isRepository: kind !== null,
    hasNoFiles: isBare === 'true' || isInside === 'true',
    isShallow: isShallow === 'true',
    objectFormat: objectFormat ?? '',
    hasCommit,
    branch,
  });
  if (refusal !== null || branch === null) throw new ForgeError('rejected', refusal ?? '');
  try {
    const below = (await git('rev-parse', '--show-prefix')).replace(/\/$/, '');
    if (below === '') return { branch, below, root: dir };
    const root = await git('rev-parse', '--show-toplevel');
    if ((await git('ls-tree', '-d', '--full-tree', '--name-only', 'HEAD', '--', below)) !== '')
      return { branch, below, root };
    throw new ForgeError(
      'rejected',
      `${dir} is in no commit of ${root} yet. Commit something in it, then add it again.`,
    );
  } catch (err) {
    if (err instanceof ForgeError) throw err;
    throw new ForgeError('rejected', `${dir} changed while it was looked at. Add it again.`);
  }
}

/** Without links in it; null where there is none. */
function realFolder(named: string): string | null {
  try {
    const real = realpathSync(named);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    // Not there.
    return null;
  }
}
