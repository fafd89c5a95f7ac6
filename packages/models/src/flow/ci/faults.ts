// Jobs that failed and never were the code's fault: the forge ended them, and says so beside the check.

/** Why a job that counts as failed says nothing about the change. */
export interface CheckFault {
  /** `refused`: its environment did not let it begin. `platform`: the forge could not run it, or lost it. */
  readonly is: 'refused' | 'platform';
  /** The forge's own words, one line. */
  readonly words: string;
}

/**
 * What GitHub writes beside a job that it ended itself. Nothing else tells such a job from one whose test
 * failed: its conclusion is the same.
 * @see https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/review-deployments
 */
const FAULTS: readonly (readonly [RegExp, CheckFault['is']])[] = [
  [/^The deployment was rejected or didn't satisfy other protection rules/, 'refused'],
  [/ is not allowed to deploy to .+ due to environment protection rules/, 'refused'],
  // Of billing, for instance.
  [/^The job was not started because /, 'platform'],
  [/^The job was not acquired by Runner /, 'platform'],
  [/^The (?:hosted|self-hosted) runner\b.* lost communication with the server/, 'platform'],
  [/^The runner has received a shutdown signal/, 'platform'],
  [/^GitHub Actions has encountered an internal error/, 'platform'],
];

/**
 * @param said the messages of a failed job's annotations, in any order
 * @returns null where the job failed by itself, as far as anything tells
 */
export function faultIn(said: readonly string[]): CheckFault | null {
  for (const [words, is] of FAULTS) {
    const message = said.find((m) => words.test(m.trim()));
    if (message !== undefined) return { is, words: message.trim().split('\n', 1)[0]! };
  }
  return null;
}
