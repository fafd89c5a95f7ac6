// What the runner recorded about a commit, as the loop and the reader need it.
import type { Evidence } from '@mainloop/models/contracts/runner';
import { one, type Queryable } from '@mainloop/models/db/pool';
import type { Verified } from '@mainloop/models/flow/ci';
import { fence } from '@mainloop/models/flow/text';
import type { TaskRow } from './tasks.ts';

/** The newest run of the verify command, or of another check, on exactly this commit; or null. */
export async function lastVerify(q: Queryable, taskId: string, sha: string, what: Evidence['what'] = 'verify'): Promise<Evidence | null> {
  const row = await one<{ payload: Evidence }>(
    q,
    `select payload from events where task_id = $1 and type = 'evidence.recorded' and payload->>'what' = $3 and payload->>'sha' = $2
        and (payload->>'clean')::boolean order by seq desc limit 1`,
    [taskId, sha, what],
  );
  return row?.payload ?? null;
}

export const verdictOf = (e: Evidence | null): Verified => (e === null ? 'unknown' : e.exitCode === 0 ? 'passed' : 'failed');

/** For the summary comment: what was checked on this commit and what it said, from exit codes, not from what the agent tells. */
export function evidenceLines(t: TaskRow, verify: Evidence | null, checks: readonly Evidence[] = []): string {
  const sha = `\`${(t.head_sha ?? '').slice(0, 7)}\``;
  const parts: string[] = [];
  if (t.ci?.verdict === 'green') parts.push(`CI is green on ${sha}, ${t.ci.passed} of ${t.ci.passed} checks.`);
  else parts.push(`No CI has checked ${sha}.`);
  for (const c of checks)
    parts.push(
      `${c.what === 'lint' ? 'The linter' : 'Diagnostics'}, \`${c.command}\`: ${c.exitCode === 0 ? 'nothing found' : c.exitCode === null ? 'ran out of time' : `exit ${c.exitCode}, see the story`}.`,
    );
  if (verify)
    parts.push(
      `In the sandbox, \`${verify.command}\` ended with ${verify.exitCode === null ? 'a time-out' : `exit ${verify.exitCode}`} after ${(verify.ms / 1000).toFixed(1)} s.\n\n<details><summary>Its last lines</summary>\n\n${fence(verify.tail.split('\n').slice(-20).join('\n'), '')}\n\n</details>\n\n`,
    );
  return parts.join(' ');
}
