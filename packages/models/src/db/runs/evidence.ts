// What the runner recorded about a commit: which command it ran there and how that ended.
import type { Evidence } from '../../contracts/runner.ts';
import type { Payloads } from '../../events/registry.ts';
import { sql } from 'kysely';
import { payloadField } from '../payload.ts';
import type { Queryable } from '../pool.ts';
import { row, tables } from '../rows.ts';
import type { RedCheck } from '../../flow/ci-told.ts';

const field = (name: keyof Payloads['evidence.recorded']) => payloadField('evidence.recorded', name);

/** @returns the newest run of the verify command, or of another check, on exactly this commit with nothing changed beside it; null when none is known */
export async function findEvidence(q: Queryable, taskId: string, sha: string, what: Evidence['what']): Promise<Evidence | null> {
  const found = await row(
    q,
    tables
      .selectFrom('events')
      .select('payload')
      .where('task_id', '=', taskId)
      .where('type', '=', 'evidence.recorded')
      .where(field('what'), '=', what)
      .where(field('sha'), '=', sha)
      .where(sql<boolean>`(${field('clean')})::boolean`)
      .orderBy('seq', 'desc')
      .limit(1),
  );
  return (found?.payload as Evidence | undefined) ?? null;
}

const NAMED = ['lint', 'diagnostics', 'tests'] as const;
/** Not there, or not to be run: that says nothing of the change. */
const DID_NOT_RUN = new Set([126, 127]);
const MAX_TAIL_CHARS = 4_000;

/** @returns the checks which the repository itself names, and which are red on exactly this commit. One that could not run, or ran out of time, is not red. */
export async function listRedChecks(q: Queryable, taskId: string, sha: string): Promise<RedCheck[]> {
  const found = await Promise.all(NAMED.map(async (what) => ({ what, e: await findEvidence(q, taskId, sha, what) })));
  return found.flatMap(({ what, e }) =>
    e === null || e.exitCode === null || e.exitCode === 0 || DID_NOT_RUN.has(e.exitCode)
      ? []
      : [{ what, command: e.command, tail: e.tail.slice(-MAX_TAIL_CHARS) }],
  );
}
