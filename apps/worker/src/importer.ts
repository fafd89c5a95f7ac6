// Bringing a git folder of this machine into the local GitHub. With a real GitHub there is no such thing.
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { gitEnvironment } from '@mainloop/models/flow/git';

const run = promisify(execFile);
export type Importer = (folder: string) => Promise<{ full: string }>;

export function localImporter(c: { githubApiUrl: string; localGitHubSecret: string | null }): Importer {
  return async (folder) => {
    if (c.localGitHubSecret === null || !/^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(c.githubApiUrl))
      throw new ForgeError(
        'rejected',
        'Folders can only be added while mainloop uses its local GitHub. Unset GITHUB_TOKEN, or push the folder to GitHub and add it as owner/name.',
      );
    const dir = path.resolve(folder);
    if (!isDirectory(dir)) throw new ForgeError('not_found', `There is no folder ${dir} on this machine.`);
    const git = async (...a: string[]): Promise<string> =>
      (await run('git', ['-C', dir, ...a], { env: gitEnvironment({ path: process.env.PATH }) })).stdout.trim();
    let branch: string;
    try {
      branch = await git('symbolic-ref', '--short', 'HEAD');
      await git('rev-parse', '--verify', 'HEAD');
    } catch {
      throw new ForgeError('rejected', `${dir} is not a git folder with a commit on a branch. Run git init, commit something, then add it again.`);
    }
    const full = `local/${path.basename(dir).replace(/[^\w.-]+/g, '-')}`;
    const r = await fetch(`${c.githubApiUrl}/_local/import`, {
      method: 'POST',
      headers: { authorization: `token ${c.localGitHubSecret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ full, folder: dir, branch }),
    });
    if (!r.ok) throw new ForgeError('rejected', ((await r.json()) as { message: string }).message);
    return { full };
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
