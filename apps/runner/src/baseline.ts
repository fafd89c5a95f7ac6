// Whether a check that is red on the change was red before it: run once more on the commit that the change is
// from, and kept by that commit.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Baseline, BaselineKnown, type Evidence } from '@mainloop/models/contracts/runner';
import { hasSamePackages, isRed, wasRedBefore } from '@mainloop/models/flow/ci/baseline';
import type { Around } from './around.ts';
import { checksOf } from './checks.ts';
import { isExactly } from './exactly.ts';
import { workFolder } from './folders.ts';
import { say } from './log.ts';
import { ownFiles } from './workspace.ts';
import { shell } from './shell.ts';

const run = promisify(execFile);
const LIMIT_MS = 10 * 60_000;

/** A check as it ended on the change, and where its clone stands. */
export type OnChange = Pick<Evidence, 'command' | 'exitCode' | 'tail' | 'sha' | 'clean'> & {
  readonly what: Baseline['what'];
};

/**
 * @returns whether it was red in the same way on the commit that the change is from. Where that can't be known (something is not in a
 *   commit or not pushed, the packages are others, agents ask before anything runs) it was not.
 */
export async function isRedBefore(around: Around, change: OnChange): Promise<boolean> {
  if (!isRed(change) || !change.clean || around.spec.askPermissions) return false;
  const sha = await baseOf(around, change.sha);
  if (sha === null) return false;
  const asked = new URLSearchParams({ what: change.what, command: change.command, sha });
  const answer = await around.link.patiently('GET', `/run/baseline?${asked}`);
  const { known } =
    answer.status === 200 ? BaselineKnown.parse(JSON.parse(answer.body.toString())) : { known: null };
  const before = known ?? (await runOn(around, sha, change));
  return before !== null && wasRedBefore(before, change);
}

const gitOf =
  (around: Around) =>
  async (...args: string[]): Promise<string> =>
    (
      await run('git', args, { cwd: around.config.repo, env: around.env, maxBuffer: 16 * 1024 * 1024 })
    ).stdout.trim();

/** @returns where the change left its base, if all of it is pushed and it needs the same packages; null if not */
async function baseOf(around: Around, head: string): Promise<string | null> {
  const git = gitOf(around);
  try {
    const [pushed, base] = await Promise.all([
      git('rev-parse', `refs/remotes/origin/${around.spec.branch}`),
      git('merge-base', 'HEAD', `refs/remotes/origin/${around.spec.base}`),
    ]);
    if (pushed !== head || base === head) return null;
    return hasSamePackages((await git('diff', '--name-only', '-z', base, head)).split('\0')) ? base : null;
  } catch {
    // No such branch, or nothing in common: there is nothing to compare with.
    return null;
  }
}

/** Runs it there and puts the clone back. @returns null where the commit has no such check, or can't be had */
async function runOn(around: Around, sha: string, { what, command }: OnChange): Promise<Baseline | null> {
  const git = gitOf(around);
  try {
    await git('checkout', '-q', '--detach', sha);
    // A filter of the agent's could have brought something else.
    if (!(await isExactly(around.config.repo, sha, ownFiles(around.spec), around.env))) return null;
    const work = workFolder(around.config, around.spec);
    const isThere =
      what === 'verify' ||
      checksOf(work, around.env.PATH ?? '').some((c) => c.what === what && c.command === command);
    if (!isThere) return null;
    const { code, tail } = await shell(command, { repo: work, env: around.env }, LIMIT_MS);
    const baseline: Baseline = { what, command, exitCode: code, tail, sha };
    around.spool.write(
      JSON.stringify({
        type: 'mainloop',
        subtype: 'note',
        text: `“${command}” ended with exit ${code} before the change.`,
      }),
    );
    await around.link.patiently('POST', '/run/baseline', JSON.stringify(Baseline.parse(baseline)), {
      'content-type': 'application/json',
    });
    return baseline;
  } catch {
    // What can't be compared was not red before.
    return null;
  } finally {
    // It was clean before, so whatever is neither kept nor ignored was made there. What can't be put back the
    // next run puts back.
    await git('checkout', '-q', '-f', around.spec.branch)
      .then(() => git('clean', '-q', '-f', '-d'))
      .catch((err: unknown) => say('warn', 'the clone could not be put back on its branch', err));
  }
}
