// The work tree that CI runs in: a repository of its own that shares nothing with the forge's, given to the
// uid that runs the workflow.
import { execFile } from 'node:child_process';
import { lchownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gitEnvironment } from '@mainloop/models/flow/machine/git';
import { log } from './log.ts';

const run = promisify(execFile);

export interface Checkout {
  /** The forge's bare repository. */
  readonly source: string;
  /** An empty folder that only we can enter; `repo` and `home` are made in it. */
  readonly dir: string;
  readonly branch: string;
  readonly sha: string;
  /** null: we are not root, the workflow runs under our own uid. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/**
 * Everything here happens before anything of the workflow runs, in a folder that nobody else can enter; it
 * is
 * handed over in the end. The objects are sent through git's transport: a plain clone of a path would
 * hard-link the forge's own files, and the workflow, made their owner, could write into every branch of the
 * forge.
 * @param checkout of which repository, branch and commit, where to, and whom it belongs to in the end
 */
export async function checkOut(checkout: Checkout): Promise<void> {
  const repo = path.join(checkout.dir, 'repo');
  const env = gitEnvironment({ path: process.env.PATH, reach: 'files' });
  const git = async (...args: string[]): Promise<void> =>
    void (await run('git', args, { env, cwd: checkout.dir }));
  await git('clone', '-q', '--template=', '--no-local', '--no-checkout', '--', checkout.source, repo);
  // As whole reference names, a branch is never taken for an option.
  await git('-C', repo, 'update-ref', `refs/heads/${checkout.branch}`, checkout.sha);
  await git('-C', repo, 'symbolic-ref', 'HEAD', `refs/heads/${checkout.branch}`);
  await git('-C', repo, 'reset', '-q', '--hard');
  mkdirSync(path.join(checkout.dir, 'home'));
  if (checkout.owner) give(Buffer.from(checkout.dir), checkout.owner);
}

/**
 * Children first: until the last step nobody but us can reach into the folder. A link is given away itself,
 * not what it names. Names are bytes: not every repository has them in UTF-8.
 */
function give(folder: Buffer, owner: { uid: number; gid: number }): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const child = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    if (entry.isDirectory()) give(child, owner);
    else lchownSync(child, owner.uid, owner.gid);
  }
  lchownSync(folder, owner.uid, owner.gid);
}

/**
 * What the workflow left is removed under its own uid: as root, a folder that is exchanged for a link while
 * we walk would lead us out. What can't be removed so stays, and is said in the log.
 * @param owner the account that it was handed to; null: it stayed ours
 */
export async function remove(dir: string, owner: Checkout['owner']): Promise<void> {
  // Not handed over, or to nobody else: only we were in it.
  if (owner === null || lstatSync(dir).uid !== owner.uid)
    return rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  const sweep = 'chmod -R u+rwX -- "$1"; find "$1" -mindepth 1 -delete';
  try {
    await run('/bin/sh', ['-c', sweep, 'sh', dir], {
      ...owner,
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      timeout: 60_000,
    });
    rmdirSync(dir);
  } catch (err) {
    log.warn({ err }, 'a work tree could not be removed');
  }
}
