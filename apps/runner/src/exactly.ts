// Whether what lies in a clone is a commit, looked at with nothing that an agent could have set.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';

const run = promisify(execFile);
const LIMIT_MS = 5 * 60_000;
const MAX_LISTING = 16 * 1024 * 1024;

/**
 * The clone's own git would say what the agent tells it to: marks in its index, its list of what to overlook,
 * a filter, settings of its own. So it is asked of another one beside it, with an index that is made of the
 * commit, which borrows the clone's objects and nothing else. Each file is read, but for what a `.gitignore`
 * leaves out: installed packages lie there, and caches that bring their own.
 * @param sha of the commit
 * @param overlooked patterns of files that are the runner's and in no commit, from the root of the clone
 * @returns false also where git could not tell
 */
export async function isExactly(
  repo: string,
  sha: string,
  overlooked: readonly string[],
  env: { readonly PATH?: string; readonly TMPDIR?: string },
): Promise<boolean> {
  const beside = mkdtempSync(path.join(env.TMPDIR ?? '/tmp', 'exactly-'));
  const gitDir = path.join(beside, '.git');
  const git = async (more: Record<string, string>, ...args: string[]): Promise<string> =>
    (
      await run('git', args, {
        cwd: repo,
        env: gitEnvironment({ path: env.PATH, more }),
        timeout: LIMIT_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_LISTING,
      })
    ).stdout;
  const here = { GIT_DIR: gitDir, GIT_WORK_TREE: repo };
  try {
    await git({}, 'init', '-q', '--template=', '--', beside);
    writeFileSync(path.join(gitDir, 'objects/info/alternates'), `${path.join(repo, '.git/objects')}\n`);
    await git(here, 'read-tree', `${sha}^{commit}`);
    // It ends with 1 where something differs, and then that is named below.
    await git(here, 'update-index', '-q', '--really-refresh').catch(() => undefined);
    const excluded = overlooked.map((pattern) => `--exclude=${pattern}`);
    const [changed, besides] = await Promise.all([
      git(here, 'diff-files', '--name-only', '-z', '--ignore-submodules=none'),
      git(here, 'ls-files', '--others', '--exclude-per-directory=.gitignore', ...excluded, '-z'),
    ]);
    return changed === '' && besides === '';
  } catch {
    // What can't be compared is not the same.
    return false;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}
