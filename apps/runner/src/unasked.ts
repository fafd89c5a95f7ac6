// Whether a request of the agent needs no permission: its shape is on the list, and what it names lies where it may.
import { execFile } from 'node:child_process';
import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isPlainGitConfig, isTouchy, unaskedIf } from '@mainloop/models/flow/runs/permissions';
import type { Around } from './around.ts';
import { workFolder } from './folders.ts';

const run = promisify(execFile);

/** @returns false when a person is to be asked, also when that can't be told */
export async function mayUnasked(
  around: Pick<Around, 'config' | 'env'> & { readonly spec?: { readonly folder: string } },
  tool: string,
  input: unknown,
): Promise<boolean> {
  if (typeof input !== 'object' || input === null) return false;
  const ifs = unaskedIf(tool, input as Record<string, unknown>);
  if (ifs === null) return false;
  try {
    const root = realpathSync(around.config.repo);
    // The agent stands in the project's folder; what it may touch is all of the clone.
    const from = workFolder({ repo: root }, { folder: around.spec?.folder ?? '' });
    const inside = (file: string): string | null => within(root, realPath(path.resolve(from, file)));
    if (!ifs.reads.every((f) => isOutOfGit(inside(f)))) return false;
    if (!ifs.writes.every((f) => isHarmless(inside(f)) && isHarmless(within(root, path.resolve(from, f)))))
      return false;
    return !ifs.git || (await isPlainClone(root, around));
  } catch {
    // What can't be looked at is asked about.
    return false;
  }
}

const isOutOfGit = (relative: string | null): boolean =>
  relative !== null && !relative.split('/').some((p) => p.toLowerCase() === '.git');
const isHarmless = (relative: string | null): boolean =>
  relative !== null && relative !== '' && !isTouchy(relative);

/**
 * The file itself, behind every link on its way; what is not there yet lies under the folder that is.
 * @throws when a link leads nowhere
 */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch (err) {
    // A link that leads nowhere would be written through.
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT' || isThere(file) || path.dirname(file) === file)
      throw err;
    return path.join(realPath(path.dirname(file)), path.basename(file));
  }
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** @returns the path from the root, or null when it lies elsewhere */
function within(root: string, file: string): string | null {
  const relative = path.relative(root, file);
  return relative === '..' || relative.startsWith('../') || path.isAbsolute(relative) ? null : relative;
}

/** git reads its clone's configuration before anything else, and much in there is a program. */
async function isPlainClone(root: string, { config, env }: Pick<Around, 'config' | 'env'>): Promise<boolean> {
  const git = path.join(root, '.git');
  const file = path.join(git, 'config');
  if (!lstatSync(git).isDirectory() || !lstatSync(file).isFile()) return false;
  if (['commondir', 'config.worktree'].some((f) => isThere(path.join(git, f)))) return false;
  const { stdout } = await run('git', ['config', '--file', file, '--no-includes', '--null', '--list'], {
    cwd: '/',
    env,
    maxBuffer: 1024 * 1024,
  });
  return isPlainGitConfig(stdout, `${config.gatewayUrl}/git/repo.git`);
}
