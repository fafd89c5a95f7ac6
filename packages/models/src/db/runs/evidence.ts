// What the runner recorded about a commit: which command it ran there and how that ended.
import type { Evidence } from '../../contracts/runner.ts';
import type { Payloads } from '../../events/registry.ts';
import { payloadText } from '../payload.ts';
import { one, type Queryable } from '../pool.ts';

const field = (name: keyof Payloads['evidence.recorded']): string => payloadText('evidence.recorded', name);

/** @returns the newest run of the verify command, or of another check, on exactly this commit with nothing changed beside it; null when none is known */
export async function findEvidence(q: Queryable, taskId: string, sha: string, what: Evidence['what']): Promise<Evidence | null> {
  const row = await one<{ payload: Evidence }>(
    q,
    `select payload from events where task_id = $1 and type = 'evidence.recorded' and ${field('what')} = $3 and ${field('sha')} = $2
        and (${field('clean')})::boolean order by seq desc limit 1`,
    [taskId, sha, what],
  );
  return row?.payload ?? null;
}
