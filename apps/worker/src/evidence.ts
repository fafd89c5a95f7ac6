// What the runner recorded about a commit, as the loop and the reader need it.
import type { Evidence } from '@mainloop/models/contracts/runner';
import type { TaskRow } from '@mainloop/models/db/tasks/tasks';
import type { Verified } from '@mainloop/models/flow/ci/report';
import {
  agentCode,
  agentLine,
  agentName,
  joined,
  ours,
  type ForgeText,
} from '@mainloop/models/flow/forge/text';

const CHECKS = {
  lint: { name: ours`The linter`, fine: ours`nothing found` },
  diagnostics: { name: ours`Diagnostics`, fine: ours`nothing found` },
  tests: { name: ours`Tests`, fine: ours`passed` },
};

/**
 * What was red before the change says nothing of it.
 * @param evidence how the verify command ended, null when it has not run
 * @returns what that says of the change
 */
export function verdictOf(evidence: Evidence | null): Verified {
  if (evidence === null || evidence.redBefore === true) return 'unknown';
  return evidence.exitCode === 0 ? 'passed' : 'failed';
}

/**
 * For the summary comment: what was checked on this commit and what it said, from exit codes, not from
 * what the agent tells.
 * @param verify the project's own command
 * @param checks what the runner found in the clone and ran besides
 */
export function evidenceLines(
  task: TaskRow,
  verify: Evidence | null,
  checks: readonly Evidence[] = [],
): ForgeText {
  const sha = agentName((task.headSha ?? '').slice(0, 7));
  const before = (evidence: Evidence): ForgeText =>
    evidence.redBefore === true ? ours`, as it did before this change` : ours``;
  const ended = (evidence: Evidence): ForgeText =>
    evidence.exitCode === null ? ours`a time-out` : ours`exit ${evidence.exitCode}${before(evidence)}`;
  const parts = [
    task.ci?.verdict === 'green'
      ? ours`CI is green on ${sha}, ${task.ci.passed ?? 0} of ${task.ci.passed ?? 0} checks.`
      : ours`No CI has checked ${sha}.`,
  ];
  for (const check of checks) {
    const { name, fine } = CHECKS[check.what as keyof typeof CHECKS] ?? CHECKS.diagnostics;
    const said = check.exitCode === 0 ? fine : ours`${ended(check)}, see the story`;
    parts.push(ours`${name}, ${agentName(check.command)}: ${said}.`);
  }
  if (verify) {
    const tail = agentCode(verify.tail.split('\n').slice(-20).join('\n'));
    const took = agentLine((verify.ms / 1000).toFixed(1));
    parts.push(
      ours`In the sandbox, ${agentName(verify.command)} ended with ${ended(verify)} after ${took} s.\n\n<details><summary>Its last lines</summary>\n\n${tail}\n\n</details>\n\n`,
    );
  }
  return joined(parts, ' ');
}
