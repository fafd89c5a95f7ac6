// The bare repositories behind the local GitHub: the truth for everything git.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import { isBranchName, isRepositoryName } from '@mainloop/models/flow/machine/operands';

const run = promisify(execFile);

/**
 * Whoever named the folder may mean one that another account owns, as the owner of a container does; git then asks
 * to be told so, and takes no settings from the process that it serves. The word goes through a shell.
 */
const READS = `--upload-pack=git -c 'safe.directory=*' upload-pack`;

export class Bare {
  private readonly locks = new Map<string, Promise<unknown>>();
  private readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  dir(full: string): string {
    if (!isRepositoryName(full)) throw new Error('bad repository name');
    return path.join(this.root, `${full}.git`);
  }

  async git(full: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const around = gitEnvironment({ path: process.env.PATH, reach: 'files', more: env });
    return (
      await run('git', ['--git-dir', this.dir(full), ...args], { env: around, maxBuffer: 512 * 1024 * 1024 })
    ).stdout;
  }

  /** One writer at a time for each repository, so that a push and a merge see each other. */
  serial<T>(full: string, work: () => Promise<T>): Promise<T> {
    const next = (this.locks.get(full) ?? Promise.resolve()).then(work, work);
    this.locks.set(
      full,
      // The caller has the error; the next in line only waits for the end.
      next.catch(() => undefined),
    );
    return next;
  }

  async init(full: string, branch: string): Promise<void> {
    const dir = this.dir(full);
    if (existsSync(path.join(dir, 'HEAD'))) return;
    mkdirSync(dir, { recursive: true });
    await run('git', ['init', '-q', '--bare', '--template=', '-b', branch, '--', dir], {
      env: gitEnvironment({ path: process.env.PATH }),
    });
    await this.git(full, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    await this.git(full, ['config', 'gc.auto', '0']);
  }

  /** A branch of a folder, and all of its tags, into a repository that is new here. */
  async importFrom(full: string, folder: string, branch: string): Promise<void> {
    await this.init(full, branch);
    try {
      // Kept as one pack, like a clone: a few large files are else written one by one, packed anew, and sent
      // so ever after.
      await this.fetchFrom(full, folder, `+refs/heads/${branch}:refs/heads/${branch}`, [
        '-c',
        'fetch.unpackLimit=1',
      ]);
    } catch (err) {
      rmSync(this.dir(full), { recursive: true, force: true });
      throw err;
    }
  }

  /**
   * @param refs what to bring from the folder, as git-fetch(1) names it; the folder's tags come with it
   * @param settings of git, for this time
   */
  async fetchFrom(
    full: string,
    folder: string,
    refs: string,
    settings: readonly string[] = [],
  ): Promise<void> {
    await this.git(full, [
      ...settings,
      'fetch',
      READS,
      '-q',
      '--no-tags',
      '--',
      folder,
      refs,
      '+refs/tags/*:refs/tags/*',
    ]);
  }

  /** @returns whether a folder has a branch */
  async isIn(full: string, folder: string, branch: string): Promise<boolean> {
    return (await this.git(full, ['ls-remote', READS, '--', folder, `refs/heads/${branch}`])).trim() !== '';
  }

  async sha(full: string, branch: string): Promise<string | null> {
    if (!isBranchName(branch)) return null;
    // There is no such branch.
    return (
      (
        await this.git(full, ['rev-parse', '-q', '--verify', `refs/heads/${branch}`]).catch(() => '')
      ).trim() || null
    );
  }

  /** @returns the tree of the two merged; null when they conflict */
  async mergedTree(full: string, base: string, head: string): Promise<string | null> {
    try {
      return (await this.git(full, ['merge-tree', '--write-tree', base, head])).split('\n')[0]!;
    } catch (err) {
      // Exit 1 is a conflict; anything else is none of its answers.
      if ((err as { code?: number }).code === 1) return null;
      throw err;
    }
  }

  async heads(full: string): Promise<Map<string, string>> {
    const out = await this.git(full, [
      'for-each-ref',
      '--format=%(refname:short) %(objectname)',
      'refs/heads/',
    ]);
    return new Map(
      out
        .split('\n')
        .filter(Boolean)
        .map((l) => l.split(' ') as [string, string]),
    );
  }
}
